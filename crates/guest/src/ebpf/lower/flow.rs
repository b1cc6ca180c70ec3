//! Jumps, and what leads out of the function.

use lockstep_ir::{Block, Edge, Op, Operand, Terminator, Trap};

use super::{Lower, REGISTERS, jump_target};
use crate::ebpf::{
    insn::Insn,
    opcodes::{Kind, Source, Width},
};

impl Lower<'_, '_> {
    pub(super) fn branch(&mut self, test: Op, width: Width, source: Source, insn: Insn) {
        self.flush();
        let a = self.low(insn.dst, width);
        let b = self.source(source, width, insn);
        let ty = width.ty();
        let cond = match test {
            Op::Band => {
                let both = self.b.op(Op::Band, ty, &[a, b]);
                self.b.op(Op::Ine, ty, &[both, Operand::ZERO])
            }
            test => self.b.op(test, ty, &[a, b]),
        };
        let kind = Kind::Branch(test, width, source);
        let target = jump_target(kind, insn, self.slot).expect("a branch has a target");
        let then = self.edge(target);
        let otherwise = self.edge(i64::from(self.slot) + 1);
        self.stop(Terminator::Branch { cond, then, otherwise });
        self.write_stubs();
    }

    /// The edge to `slot`; where it leads out, to a stub that is still to be written.
    pub(super) fn edge(&mut self, slot: i64) -> Edge {
        match self.local(slot) {
            Some(at) => Edge::Goto(Block(at as u32)),
            None => {
                let label = self.label();
                self.stubs.push((label, slot));
                Edge::Goto(Block(label))
            }
        }
    }

    /// Writes what edges out of the function lead to.
    pub(super) fn write_stubs(&mut self) {
        for (label, slot) in core::mem::take(&mut self.stubs) {
            self.begin(label);
            self.leave_for(slot as u32);
        }
    }

    /// Goes on at `slot`, which is not the function's own.
    pub(super) fn leave_for(&mut self, slot: u32) {
        let Some(func) = self.module.function_at(slot) else {
            // Past the last instruction there is one more to pay for, which does not exist.
            self.pay();
            return self.stop(Terminator::Trap(Trap::InvalidJump));
        };
        let registers: Vec<Operand> = (0..REGISTERS).map(|reg| self.reg(reg)).collect();
        let args = self.b.list(&registers);
        self.stop(Terminator::ReturnCall { func, args });
    }
}
