//! One function to dMIR, in one pass over its instructions.
//!
//! # Shape
//!
//! ```text
//! block: charge span   ...   what may trap   charge span   ...   terminator
//! ```
//!
//! # Invariants
//!
//! 1. The eleven registers are variables, but what they hold is known as operands while a block lasts: moves cost nothing, and
//!    variables are set where a block goes on to another.
//! 2. A block begins at every place that is jumped to and after every branch.
//! 3. A span ends with what may trap or sees the counter, so that the counter is the guest's gas there: traps leave the
//!    gas that a step by step count leaves.
//! 4. Whatever leads out of the function's own instructions is a tail call with all registers.

mod alu;
mod atomic;
mod call;
mod flow;
mod memory;

pub(super) use self::atomic::{COMPARE_EXCHANGE, EXCHANGE, FETCH, combination};

use lockstep_ir::{
    Block, Builder, Edge, Func, FuncId, Inst, Op, Operand, Terminator, Trap, Type, Var,
};

use super::{
    insn::{Insn, wide_imm},
    limits,
    module::{Module, registers},
    opcodes::{self, Kind, Source, Width},
};

/// The frame pointer.
pub(super) const FRAME_POINTER: usize = 10;
/// Bits of half a register.
const HALF_BITS: u32 = 32;
/// Registers.
pub(super) const REGISTERS: usize = 11;

/// Lowers `func` into `out`, which is empty; an observed one shows each instruction.
pub(super) fn lower(module: &Module, func: FuncId, is_observed: bool, out: &mut Func) {
    Lower::new(module, func, is_observed, out).run();
}

/// The lowering of one function.
struct Lower<'m, 'f> {
    module: &'m Module,
    b: Builder<'f>,
    /// The variable of each register.
    regs: [Var; REGISTERS],
    /// What a register holds that its variable does not.
    held: [Option<Held>; REGISTERS],
    /// Its slots.
    start: u32,
    end: u32,
    /// For each of its slots, whether a block begins there.
    leads: Vec<bool>,
    /// For each label (its slots, then those made on the way), the block it stands before.
    places: Vec<u32>,
    /// Whether control can reach the next instruction.
    is_reachable: bool,
    /// Whether a block was begun and not ended.
    is_open: bool,
    /// The open charge, and what it is for.
    span: Option<(usize, u32)>,
    is_observed: bool,
    /// Labels of edges that lead out of the function, and the slots they lead to.
    stubs: Vec<(u32, i64)>,
    /// Slot of the instruction at hand.
    slot: u32,
}

/// What a register holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Held {
    /// This.
    Value(Operand),
    /// This shifted left by 32: not worth an operation before somebody wants it.
    Shifted(Operand),
}

impl<'m, 'f> Lower<'m, 'f> {
    fn new(module: &'m Module, func: FuncId, is_observed: bool, out: &'f mut Func) -> Self {
        let signature = &module.interface.signatures[func];
        out.params = signature.params.len() as u32;
        out.results.clone_from(&signature.results);
        let mut b = Builder::new(out);
        let mut regs = [Var(0); REGISTERS];
        let params = module.params(func);
        for reg in registers(params).chain(registers(!params)) {
            regs[reg] = b.var(Type::I64, None);
        }
        b.set_units(limits::FRAME_UNITS as u32 - 1);
        let range = module.range(func);
        let len = range.len();
        Self {
            module,
            b,
            regs,
            held: [None; REGISTERS],
            start: range.start,
            end: range.end,
            leads: vec![false; len],
            places: vec![0; len],
            is_reachable: true,
            is_open: false,
            span: None,
            is_observed,
            stubs: Vec::new(),
            slot: range.start,
        }
    }

    fn run(mut self) {
        self.mark_leaders();
        let mut slot = self.start;
        self.begin_at(slot);
        self.b.at_pc(slot);
        self.check_frame();
        while slot < self.end {
            if slot != self.start && self.leads[(slot - self.start) as usize] {
                self.begin_at(slot);
            }
            let insn = self.module.insns[slot as usize];
            self.slot = slot;
            let row = opcodes::find(self.module.dialect, &insn);
            if self.is_reachable {
                self.b.at_pc(slot);
                self.pay();
                match row {
                    Some(row) => self.instruction(row.kind, insn),
                    None => self.stop(Terminator::Trap(Trap::UndefinedOpcode)),
                }
            }
            slot += row.map_or(1, |row| slots(row.kind));
        }
        if self.is_reachable {
            self.leave_for(slot);
        }
        let places = core::mem::take(&mut self.places);
        self.b.place_blocks(|label| Block(places[label.0 as usize]));
    }

    /// Finds where blocks begin.
    fn mark_leaders(&mut self) {
        self.leads[0] = true;
        let mut slot = self.start;
        while slot < self.end {
            let insn = self.module.insns[slot as usize];
            let kind = opcodes::find(self.module.dialect, &insn).map(|row| row.kind);
            let next = slot + kind.map_or(1, slots);
            if let Some(target) = kind.and_then(|kind| jump_target(kind, insn, slot)) {
                self.mark(target);
            }
            if let Some(Kind::Branch(..)) = kind {
                self.mark(i64::from(next));
            }
            slot = next;
        }
    }

    fn mark(&mut self, slot: i64) {
        if let Some(at) = self.local(slot) {
            self.leads[at] = true;
        }
    }

    /// The place of a slot among the function's own.
    fn local(&self, slot: i64) -> Option<usize> {
        let range = i64::from(self.start)..i64::from(self.end);
        range.contains(&slot).then(|| (slot - i64::from(self.start)) as usize)
    }

    /// A block begins at `slot`; whoever comes from above jumps.
    fn begin_at(&mut self, slot: u32) {
        let label = slot - self.start;
        if self.is_reachable && self.is_open {
            self.stop(Terminator::Jump(Edge::Goto(Block(label))));
        }
        self.begin(label);
    }

    /// The block of a label begins.
    fn begin(&mut self, label: u32) {
        self.places[label as usize] = self.b.func().blocks.len() as u32;
        (self.is_reachable, self.is_open) = (true, true);
    }

    /// A label that stands before nothing yet.
    fn label(&mut self) -> u32 {
        self.places.push(0);
        self.places.len() as u32 - 1
    }

    /// One more instruction; the open span pays for it.
    fn pay(&mut self) {
        if self.is_observed {
            self.close_span();
            for reg in 0..REGISTERS {
                let value = self.reg(reg);
                self.b.push(Inst::Show { ty: Type::I64, value });
            }
            self.b.push(Inst::Step { prepaid: 0, height: 0 });
        }
        match &mut self.span {
            Some((_, gas)) => *gas += 1,
            None => self.span = Some((self.b.open_charge(), 1)),
        }
    }

    /// Prices the open charge.
    fn close_span(&mut self) {
        if let Some((position, gas)) = self.span.take() {
            self.b.set_charge(position, gas);
        }
    }

    /// Sets the variables of registers that hold something else.
    fn flush(&mut self) {
        let mut moves: Vec<(Var, Operand)> = Vec::new();
        for reg in 0..REGISTERS {
            if self.held[reg].is_some() {
                moves.push((self.regs[reg], self.reg(reg)));
            }
        }
        self.held = [None; REGISTERS];
        if !moves.is_empty() {
            self.b.assign(&mut moves);
        }
    }

    /// Ends the block. Who goes on to another has set the variables, or has nothing to set.
    fn stop(&mut self, terminator: Terminator) {
        match terminator {
            Terminator::Jump(Edge::Goto(_)) => self.flush(),
            Terminator::Branch { .. } => {
                debug_assert!(self.held.iter().all(Option::is_none), "set before the condition");
            }
            _ => self.held = [None; REGISTERS],
        }
        self.close_span();
        self.b.terminate(terminator);
        (self.is_reachable, self.is_open) = (false, false);
    }

    fn instruction(&mut self, kind: Kind, insn: Insn) {
        match kind {
            Kind::Alu(op, width, source) => self.alu(op, width, source, insn),
            Kind::Neg(width) => {
                let value = self.low(insn.dst, width);
                let value = self.b.op(Op::Ineg, width.ty(), &[value]);
                self.set_low(insn.dst, width, value, false);
            }
            Kind::Movsx(bits, width) => self.movsx(bits, width, insn),
            Kind::End(order) => self.end(order, insn),
            Kind::Swap => self.swap(insn),
            Kind::LoadImm => {
                let second = self.module.insns[self.slot as usize + 1];
                let value = self.b.constant(wide_imm(insn, second), Type::I64);
                self.set(insn.dst, value);
            }
            Kind::Load(ty, is_signed) => self.load(ty, is_signed, insn),
            Kind::Store(ty, source) => self.store(ty, source, insn),
            Kind::Atomic(width) => self.atomic(width, insn),
            Kind::Branch(test, width, source) => self.branch(test, width, source, insn),
            Kind::Goto(_) => {
                let target = jump_target(kind, insn, self.slot).expect("a jump has a target");
                let edge = self.edge(target);
                self.stop(Terminator::Jump(edge));
                self.write_stubs();
            }
            Kind::Call => self.call(),
            Kind::CallReg => self.call_reg(insn),
            Kind::Exit => {
                let results = self.module.results();
                let results: Vec<Operand> = results.iter().map(|reg| self.reg(*reg)).collect();
                let values = self.b.list(&results);
                self.stop(Terminator::Return { values });
            }
        }
    }

    /// What a register holds now.
    fn reg(&mut self, reg: impl Into<usize>) -> Operand {
        let reg = reg.into();
        match self.held[reg] {
            None => self.regs[reg].into(),
            Some(Held::Value(value)) => value,
            Some(Held::Shifted(source)) => {
                let shift = Operand::imm(HALF_BITS);
                let value = self.b.op(Op::Ishl, Type::I64, &[source, shift]);
                self.held[reg] = Some(Held::Value(value));
                value
            }
        }
    }

    fn set(&mut self, reg: u8, value: Operand) {
        let reg = usize::from(reg);
        let is_home = value == self.regs[reg].into();
        self.held[reg] = (!is_home).then_some(Held::Value(value));
    }

    /// As many low bits of a register.
    fn low(&mut self, reg: u8, width: Width) -> Operand {
        let value = self.reg(reg);
        match width {
            Width::W64 => value,
            Width::W32 => self.b.convert(Op::Ireduce, Type::I64, Type::I32, value),
        }
    }

    /// Sets a register to so many bits, filled with zeros or with their sign.
    fn set_low(&mut self, reg: u8, width: Width, value: Operand, is_signed: bool) {
        let widen = if is_signed { Op::Sextend } else { Op::Uextend };
        let value = match width {
            Width::W64 => value,
            Width::W32 => self.b.convert(widen, Type::I32, Type::I64, value),
        };
        self.set(reg, value);
    }

    /// The second operand.
    fn source(&mut self, source: Source, width: Width, insn: Insn) -> Operand {
        match (source, width) {
            (Source::Reg, _) => self.low(insn.src, width),
            (Source::Imm, Width::W64) => self.b.constant(insn.imm_64(), Type::I64),
            (Source::Imm, Width::W32) => self.b.constant(u64::from(insn.imm as u32), Type::I32),
        }
    }
}

/// Slots of an instruction.
pub(super) const fn slots(kind: Kind) -> u32 {
    if matches!(kind, Kind::LoadImm) { 2 } else { 1 }
}

/// The slot that an instruction at `slot` may jump to.
pub(super) fn jump_target(kind: Kind, insn: Insn, slot: u32) -> Option<i64> {
    let distance = match kind {
        Kind::Branch(..) | Kind::Goto(opcodes::Reach::Near) => i64::from(insn.offset),
        Kind::Goto(opcodes::Reach::Far) => i64::from(insn.imm),
        _ => return None,
    };
    Some(i64::from(slot) + 1 + distance)
}
