//! One block of opcodes to one block of dMIR.
//!
//! # Shape
//!
//! ```text
//! window_check need, grow   [step]   charge span   ...   host operation   charge span   ...   set homes   edge
//! ```
//!
//! # Invariants
//!
//! 1. `stack` says where each operand is: a constant, a value, or still the window slot it came from. Slots are
//!    written only where the block ends, all at once.
//! 2. The open charge covers every instruction lowered since the last host operation, this one included.
//! 3. After an opcode that leaves the block, `done` is set and nothing more is lowered.

pub(super) mod arith;
pub(super) mod flow;
pub(super) mod host;
pub(super) mod memory;
mod stack;

use lockstep_base::U256;
use lockstep_ir::{
    Builder, Edge, Func, Head, Inst, Op, Operand, Source, Terminator, Trap, Type, Value,
};

use self::stack::{Entry, Stack};
use super::{
    imports::HostOp,
    program::{Mode, Program, STACK_LIMIT},
};

/// Instructions in a block at most; longer runs are cut, which bounds what a block needs of a frame.
const BLOCK_LIMIT: usize = 1024;

/// JUMPDESTs in a row that one block takes.
const JUMPDEST_RUN: usize = 16;

/// The lowering of one block.
pub(super) struct Lower<'p, 'f> {
    program: &'p Program,
    b: Builder<'f>,
    stack: Stack,
    /// The instruction being lowered.
    pc: u32,
    /// The one after it.
    next_pc: u32,
    /// Position of the open `charge`, if the span has one yet.
    charge: Option<usize>,
    /// What the span costs so far.
    span_gas: u32,
    /// `gas_left` instructions of the span, with what the span had cost when each ran.
    gas_reads: Vec<(usize, u32)>,
    done: bool,
}

impl<'p, 'f> Lower<'p, 'f> {
    /// Lowers the block at `head` into `out`; with `height`, its twin (see [`lockstep_ir::Lazy::lower`]).
    pub(super) fn block(program: &'p Program, head: Head, height: Option<u16>, out: &'f mut Func) {
        let mut lower = Self {
            program,
            b: Builder::new(out),
            stack: Stack::new(),
            pc: head.0,
            next_pc: head.0,
            charge: None,
            span_gas: 0,
            gas_reads: Vec::new(),
            done: false,
        };
        lower.b.at_head(head);
        lower.b.at_pc(head.0);
        lower.run(height);
    }

    fn run(&mut self, height: Option<u16>) {
        let instrumented = self.program.mode() == Mode::Instrumented;
        let window = self.b.position();
        self.b.push(Inst::WindowCheck { need: 0, grow: 0 });
        if instrumented {
            // After the check: where it fails, the twin shows the step.
            self.b.push(Inst::Step { prepaid: 0, height: 0 });
        }
        let limit = if instrumented { 1 } else { BLOCK_LIMIT };
        let mut count = 0;
        while !self.done {
            if count == limit || self.at_boundary(count) || self.is_too_deep(count) {
                self.leave_to(Head(self.next_pc));
            } else {
                self.instruction(height);
            }
            count += 1;
        }
        let (need, grow) = self.stack.extent();
        *self.b.inst_mut(window) = Inst::WindowCheck { need, grow };
    }

    /// Whether the block ends before the next instruction, its `count`-th: a JUMPDEST, unless the block is nothing but
    /// JUMPDESTs so far (then the last one is). Their number in a row is limited, so that a sea of them stays linear.
    fn at_boundary(&self, count: usize) -> bool {
        if count == 0 || !self.program.is_jumpdest_opcode(self.next_pc) {
            return false;
        }
        !(count < JUMPDEST_RUN && self.program.is_jumpdest_opcode(self.pc))
    }

    /// Whether the block would reach deeper below its base than any stack has words: instructions that only take. The
    /// next block begins with a check of its own, which fails.
    fn is_too_deep(&self, count: usize) -> bool {
        let pops = self.program.opcode(self.next_pc).map_or(0, |priced| priced.row.pops);
        count > 0 && self.stack.need_with(pops) > STACK_LIMIT
    }

    fn is_jumpdest(&self, pc: u32) -> bool {
        use lockstep_ir::Lazy;
        self.program.is_jump_target(pc)
    }

    /// Lowers the next instruction.
    fn instruction(&mut self, height: Option<u16>) {
        self.pc = self.next_pc;
        self.b.at_pc(self.pc);
        let priced = match self.program.opcode(self.pc) {
            Ok(priced) => priced,
            Err(_undefined) => return self.leave(Terminator::Trap(Trap::UndefinedOpcode)),
        };
        let row = priced.row;
        self.next_pc = self.pc + 1 + u32::from(row.immediate);
        if let Some(trap) = height.and_then(|height| self.stack.misfit(height, row)) {
            return self.leave(Terminator::Trap(trap));
        }
        self.stack.require(row.pops);
        self.pay(u32::from(priced.gas));
        (row.lower)(self, row);
        self.stack.note_height();
    }

    /// Adds `gas` to the open span.
    fn pay(&mut self, gas: u32) {
        if gas == 0 {
            return;
        }
        if self.charge.is_none() {
            self.charge = Some(self.b.open_charge());
        }
        self.span_gas += gas;
    }

    /// Ends the span: prices its charge and tells each `gas_left` what was charged beyond it.
    fn close_span(&mut self) {
        if let Some(position) = self.charge.take() {
            self.b.set_charge(position, self.span_gas);
        }
        for (position, paid) in self.gas_reads.drain(..) {
            if let Inst::GasLeft { prepaid, .. } = self.b.inst_mut(position) {
                *prepaid = self.span_gas - paid;
            }
        }
        self.span_gas = 0;
    }

    /// Ends the block without a successor.
    fn leave(&mut self, terminator: Terminator) {
        self.close_span();
        self.b.terminate(terminator);
        self.done = true;
    }

    /// Ends the block: the stack goes home, then control goes to `head`.
    fn leave_to(&mut self, head: Head) {
        self.stack_home(&mut []);
        let shift = self.stack.height();
        self.leave(Terminator::Jump(Edge::Enter { head, shift }));
    }

    /// Writes every stack word that is not at home to its window slot. Operands in `keep` still mean the same after.
    fn stack_home(&mut self, keep: &mut [&mut Operand]) {
        let mut moves = Vec::new();
        for slot in self.stack.low()..self.stack.height() {
            let entry = self.stack.at(slot);
            if entry.is_home(slot) {
                continue;
            }
            let value = self.word(entry);
            let var = self.stack.var(&mut self.b, slot);
            moves.push((var, value));
        }
        for operand in keep {
            if let Source::Var(var) = operand.source()
                && moves.iter().any(|(moved, _)| *moved == var)
            {
                **operand = self.b.copy(Type::I256, **operand);
            }
        }
        self.b.assign(&mut moves);
    }

    /// Takes the top of the stack.
    fn pop(&mut self) -> Entry {
        self.stack.pop(&mut self.b)
    }

    /// Takes the top of the stack as a word.
    fn pop_word(&mut self) -> Operand {
        let entry = self.pop();
        self.word(entry)
    }

    /// Pushes a word.
    fn push_word(&mut self, operand: Operand) {
        self.stack.push(Entry::word(operand));
    }

    /// Pushes a 64-bit number of at most `bits` significant bits.
    fn push_narrow(&mut self, operand: Operand, bits: u32) {
        self.stack.push(Entry::narrow(operand, bits));
    }

    /// Pushes a boolean.
    fn push_bool(&mut self, operand: Operand) {
        self.stack.push(Entry::boolean(operand));
    }

    /// `entry` as an i256 operand.
    fn word(&mut self, entry: Entry) -> Operand {
        let entry = self.settled(entry);
        if entry.ty == Type::I256 || entry.operand.is_const() {
            return entry.operand;
        }
        self.b.convert(Op::Uextend, entry.ty, Type::I256, entry.operand)
    }

    /// `entry` with its negation, if it has one, done.
    fn settled(&mut self, entry: Entry) -> Entry {
        if !entry.is_negated {
            return entry;
        }
        let operand = self.b.op(Op::Ieq, Type::I8, &[entry.operand, Operand::ZERO]);
        Entry::boolean(operand)
    }

    /// `entry` as an i64 operand, if its value always fits.
    fn narrow(&mut self, entry: Entry) -> Option<Operand> {
        if entry.bits > 64 {
            return None;
        }
        let entry = self.settled(entry);
        Some(match entry.ty {
            _ if entry.operand.is_const() => entry.operand,
            Type::I64 => entry.operand,
            Type::I8 => self.b.convert(Op::Uextend, Type::I8, Type::I64, entry.operand),
            ty => self.b.convert(Op::Ireduce, ty, Type::I64, entry.operand),
        })
    }

    /// The low 64 bits of `entry`.
    fn low_bits(&mut self, entry: Entry) -> Operand {
        match self.narrow(entry) {
            Some(operand) => operand,
            None => self.b.convert(Op::Ireduce, Type::I256, Type::I64, entry.operand),
        }
    }

    /// The number that `entry` stands for, when it is a constant.
    fn known(&self, entry: Entry) -> Option<U256> {
        let bits = self.b.func().const_limbs(entry.operand, Type::I256)?;
        Some(U256::from_limbs([bits[0], bits[1], bits[2], bits[3]]))
    }

    /// Both entries at the narrowest type that holds them.
    fn pair(&mut self, a: Entry, b: Entry) -> (Type, Operand, Operand) {
        if a.bits <= 64
            && b.bits <= 64
            && let (Some(a), Some(b)) = (self.narrow(a), self.narrow(b))
        {
            return (Type::I64, a, b);
        }
        (Type::I256, self.word(a), self.word(b))
    }

    /// Takes `per` gas for each started `unit` of `amount` bytes; a known amount joins the span.
    fn charge_by(&mut self, amount: Entry, per: u32, unit: u32) {
        let known = self.known(amount).and_then(|amount| u32::try_from(amount).ok());
        if let Some(gas) = known.and_then(|amount| amount.div_ceil(unit).checked_mul(per))
            && let Some(total) = self.span_gas.checked_add(gas)
            && total < 1 << 30
        {
            return self.pay(gas);
        }
        let (ty, amount) = match self.narrow(amount) {
            Some(amount) => (Type::I64, amount),
            None => (Type::I256, self.word(amount)),
        };
        if amount != Operand::ZERO {
            self.b.push(Inst::ChargeBy { ty, amount, per, unit });
        }
    }

    /// Calls a host function; a span that the world could see ends with it.
    fn call_host(&mut self, op: HostOp, args: &[Operand]) -> Value {
        let row = op.row();
        if row.ends_span {
            self.close_span();
        }
        self.b.call_host(op.id(), args, row.results)
    }
}

#[cfg(test)]
mod tests;
