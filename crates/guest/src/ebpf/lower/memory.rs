//! Loads and stores: each access is one check of memory 0.

use lockstep_ir::{Inst, MemoryId, Op, Operand, Order, Trap, Type, Value};

use super::Lower;
use crate::ebpf::{insn::Insn, layout::BASE, opcodes::Source};

impl Lower<'_, '_> {
    pub(super) fn load(&mut self, ty: Type, is_signed: bool, insn: Insn) {
        let token = self.place(insn.src, insn.offset, ty, false);
        let value = self.b.load(ty, Order::Little, token, 0);
        let widen = if is_signed { Op::Sextend } else { Op::Uextend };
        let value = match ty {
            Type::I64 => value,
            _ => self.b.convert(widen, ty, Type::I64, value),
        };
        self.set(insn.dst, value);
    }

    pub(super) fn store(&mut self, ty: Type, source: Source, insn: Insn) {
        let token = self.place(insn.dst, insn.offset, ty, true);
        let value = match source {
            Source::Reg if ty == Type::I64 => self.reg(insn.src),
            Source::Reg => {
                let value = self.reg(insn.src);
                self.b.convert(Op::Ireduce, Type::I64, ty, value)
            }
            Source::Imm => {
                let mask = u64::MAX >> (64 - ty.bits());
                self.b.constant(insn.imm_64() & mask, ty)
            }
        };
        self.b.push(Inst::Store { ty, order: Order::Little, token, offset: 0, value });
    }

    /// A token for a `ty` at the address that a register and an offset make; the span ends here.
    pub(super) fn place(&mut self, reg: u8, offset: i16, ty: Type, is_store: bool) -> Value {
        let addr = self.reg(reg);
        let token = self.flat(addr, i64::from(offset), ty, is_store);
        self.close_span();
        token
    }

    /// Guest addresses are places in memory 0 at a distance.
    fn flat(&mut self, addr: Operand, offset: i64, ty: Type, is_store: bool) -> Value {
        let distance = self.b.constant((offset as u64).wrapping_sub(BASE), Type::I64);
        let at = self.b.op(Op::Iadd, Type::I64, &[addr, distance]);
        let read_only = self.module.layout.region("data").offset;
        if is_store && read_only != 0 {
            let limit = self.b.constant(read_only, Type::I64);
            let cond = self.b.op(Op::Iult, Type::I64, &[at, limit]);
            self.b.push(Inst::TrapIf { cond, trap: Trap::MemoryOutOfBounds });
        }
        let len = Operand::imm(ty.size_bytes());
        self.b.check(MemoryId(0), Type::I64, at, len)
    }
}
