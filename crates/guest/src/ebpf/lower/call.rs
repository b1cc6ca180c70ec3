//! Calls of the program's functions and of the host's.

use lockstep_ir::{
    Block, Edge, FuncId, ImportId, Inst, Op, Operand, SigId, TableId, Terminator, Trap, Type, Value,
};

use super::{FRAME_POINTER, Lower, REGISTERS};
use crate::ebpf::{
    insn::{Insn, SLOT_BYTES},
    module::{Callee, params_of, registers},
    verify::params::Registers,
};

/// Arguments of a host function: r1 to r5.
const HOST_ARGS: core::ops::RangeInclusive<usize> = 1..=5;

impl Lower<'_, '_> {
    pub(super) fn call(&mut self) {
        match self.module.callee(self.slot) {
            Some(Callee::Own(slot)) => {
                let func = self.module.function_at(slot).expect("functions begin where calls lead");
                self.call_own(func);
            }
            Some(Callee::Host(import)) => self.call_host(import),
            None => self.stop(Terminator::Trap(Trap::UndefinedOpcode)),
        }
    }

    /// The arguments that a callee takes: its frame lies beyond ours.
    fn args(&mut self, params: Registers) -> Vec<Operand> {
        let mut args = Vec::with_capacity(REGISTERS + 1);
        for reg in registers(params) {
            let value = self.reg(reg);
            args.push(match reg {
                FRAME_POINTER => {
                    let step = self.b.constant(self.module.layout.frame_step(), Type::I64);
                    self.b.op(Op::Iadd, Type::I64, &[value, step])
                }
                _ => value,
            });
        }
        args
    }

    fn call_own(&mut self, func: FuncId) {
        let args = self.args(self.module.params(func));
        let results = &self.module.interface.signatures[func].results;
        let first = self.b.call(func, &args, results);
        self.after_call(first);
    }

    /// The span ended with the call; its results go where they belong.
    fn after_call(&mut self, first: Value) {
        self.close_span();
        for (number, reg) in self.module.results().iter().enumerate() {
            self.set(*reg as u8, Value(first.0 + number as u32).into());
        }
    }

    fn call_host(&mut self, import: ImportId) {
        let args: Vec<Operand> = HOST_ARGS.map(|reg| self.reg(reg)).collect();
        let first = self.b.call_host(import, &args, &[Type::I64]);
        self.close_span();
        self.set(0, first.into());
    }

    /// A call of what a register names: a function by its address, or in RFC 9669 a host function by its number.
    pub(super) fn call_reg(&mut self, insn: Insn) {
        if self.module.numbered.is_empty() {
            return self.call_indirect(insn);
        }
        self.flush();
        let (own, done) = (self.label(), self.label());
        let target = self.reg(self.module.dialect.callee_register(&insn));
        let base = self.b.constant(self.module.text_base, Type::I64);
        let is_host = self.b.op(Op::Iult, Type::I64, &[target, base]);
        let hosts: Vec<u32> = self.module.numbered.iter().map(|_| self.label()).collect();
        let (tests, none) = (self.label(), self.label());
        let (then, otherwise) = (Edge::Goto(Block(tests)), Edge::Goto(Block(own)));
        self.stop(Terminator::Branch { cond: is_host, then, otherwise });
        self.find_host(tests, &hosts, none, insn);
        for (at, label) in hosts.iter().enumerate() {
            self.begin(*label);
            self.call_host(self.module.numbered[at].1);
            self.stop(Terminator::Jump(Edge::Goto(Block(done))));
        }
        self.begin(none);
        self.stop(Terminator::Trap(Trap::InvalidJump));
        self.begin(own);
        self.call_indirect(insn);
        self.stop(Terminator::Jump(Edge::Goto(Block(done))));
        self.begin(done);
    }

    /// Goes to the label of the host function whose number the register holds.
    fn find_host(&mut self, tests: u32, hosts: &[u32], none: u32, insn: Insn) {
        self.begin(tests);
        for (at, label) in hosts.iter().enumerate() {
            let target = self.reg(self.module.dialect.callee_register(&insn));
            let number = self.b.constant(u64::from(self.module.numbered[at].0), Type::I64);
            let cond = self.b.op(Op::Ieq, Type::I64, &[target, number]);
            let next = if at + 1 == hosts.len() { none } else { self.label() };
            let (then, otherwise) = (Edge::Goto(Block(*label)), Edge::Goto(Block(next)));
            self.stop(Terminator::Branch { cond, then, otherwise });
            if next != none {
                self.begin(next);
            }
        }
    }

    /// Calls the function at the address that a register holds.
    fn call_indirect(&mut self, insn: Insn) {
        let target = self.reg(self.module.dialect.callee_register(&insn));
        let base = self.b.constant(self.module.text_base, Type::I64);
        let distance = self.b.op(Op::Isub, Type::I64, &[target, base]);
        if !self.module.dialect.is_sbpf() {
            let low = self.b.op(Op::Band, Type::I64, &[distance, Operand::imm(7)]);
            let cond = self.b.op(Op::Ine, Type::I64, &[low, Operand::ZERO]);
            self.b.push(Inst::TrapIf { cond, trap: Trap::InvalidJump });
        }
        let shift = Operand::imm(SLOT_BYTES.trailing_zeros());
        let index = self.b.op(Op::Ushr, Type::I64, &[distance, shift]);
        let len = self.b.constant(self.module.insns.len() as u64, Type::I64);
        let cond = self.b.op(Op::Iuge, Type::I64, &[index, len]);
        self.b.push(Inst::TrapIf { cond, trap: Trap::InvalidJump });
        let mut args = self.args(params_of(self.module.dialect));
        args.push(index);
        let results = &self.module.interface.types[SigId(0)].results;
        let first = self.b.call_indirect((TableId(0), SigId(0)), &args, results);
        self.after_call(first);
    }
}
