//! Arithmetic (RFC 9669 4.1, 4.2).

use lockstep_ir::{Inst, Op, Operand, Order, Trap, Type};

use super::{HALF_BITS, Held, Lower};
use crate::ebpf::{
    insn::Insn,
    opcodes::{AluOp, Source, Width},
};

impl Lower<'_, '_> {
    pub(super) fn alu(&mut self, op: AluOp, width: Width, source: Source, insn: Insn) {
        let dialect = self.module.dialect;
        let ty = width.ty();
        let is_half = (width, source, insn.imm) == (Width::W64, Source::Imm, HALF_BITS as i32);
        if is_half && self.shift_half(op, insn) {
            return;
        }
        let is_unsigned_wide = matches!(op, AluOp::Div | AluOp::Mod | AluOp::Umulh)
            && width == Width::W64
            && dialect.zero_extends_unsigned_imm();
        let b = match source {
            Source::Imm if is_unsigned_wide => self.b.constant(u64::from(insn.imm as u32), ty),
            _ => self.source(source, width, insn),
        };
        let a = self.low(insn.dst, width);
        let value = match op {
            AluOp::Add => self.b.op(Op::Iadd, ty, &[a, b]),
            AluOp::Sub if source == Source::Imm && dialect.swaps_sub_imm() => {
                self.b.op(Op::Isub, ty, &[b, a])
            }
            AluOp::Sub => self.b.op(Op::Isub, ty, &[a, b]),
            AluOp::Mul => self.b.op(Op::Imul, ty, &[a, b]),
            AluOp::Umulh => self.b.op(Op::Umulhi, ty, &[a, b]),
            AluOp::Smulh => self.b.op(Op::Smulhi, ty, &[a, b]),
            AluOp::Div | AluOp::Sdiv | AluOp::Mod | AluOp::Smod => self.divide(op, ty, a, b),
            AluOp::Or => self.b.op(Op::Bor, ty, &[a, b]),
            AluOp::And => self.b.op(Op::Band, ty, &[a, b]),
            AluOp::Xor => self.b.op(Op::Bxor, ty, &[a, b]),
            AluOp::Lsh => self.b.op(Op::Ishl, ty, &[a, b]),
            AluOp::Rsh => self.b.op(Op::Ushr, ty, &[a, b]),
            AluOp::Arsh => self.b.op(Op::Sshr, ty, &[a, b]),
            AluOp::Mov => b,
            AluOp::Hor => {
                let high = self.b.constant(u64::from(insn.imm as u32) << 32, ty);
                self.b.op(Op::Bor, ty, &[a, high])
            }
        };
        let is_signed = match op {
            // v2 has products of its own, which are never sign-extended; the table has no `mul` there.
            AluOp::Add | AluOp::Sub | AluOp::Mul => dialect.sign_extends_sums(),
            AluOp::Mov => source == Source::Reg && dialect.sign_extends_moves(),
            _ => false,
        };
        self.set_low(insn.dst, width, value, is_signed);
    }

    /// There and back by half the bits is how programs without 32-bit instructions say "the low half": lowers either as
    /// half of that, if it is one.
    fn shift_half(&mut self, op: AluOp, insn: Insn) -> bool {
        let reg = usize::from(insn.dst);
        match (op, self.held[reg]) {
            (AluOp::Lsh, _) => {
                let source = self.reg(reg);
                self.held[reg] = Some(Held::Shifted(source));
            }
            (AluOp::Rsh, Some(Held::Shifted(source))) => {
                let mask = self.b.constant(u32::MAX.into(), Type::I64);
                let value = self.b.op(Op::Band, Type::I64, &[source, mask]);
                self.set(insn.dst, value);
            }
            (AluOp::Arsh, Some(Held::Shifted(source))) => {
                let low = self.b.convert(Op::Ireduce, Type::I64, Type::I32, source);
                let value = self.b.convert(Op::Sextend, Type::I32, Type::I64, low);
                self.set(insn.dst, value);
            }
            _ => return false,
        }
        true
    }

    /// A quotient or remainder: total in RFC 9669, trapping in sBPF.
    fn divide(&mut self, op: AluOp, ty: Type, a: Operand, b: Operand) -> Operand {
        if self.module.dialect.is_sbpf() {
            return self.divide_checked(op, ty, a, b);
        }
        let row = match op {
            AluOp::Div => return self.b.op(Op::Udiv, ty, &[a, b]),
            AluOp::Sdiv => return self.b.op(Op::Sdiv, ty, &[a, b]),
            AluOp::Mod => Op::Urem,
            _ => Op::Srem,
        };
        // RFC 9669 4.1: a remainder by zero leaves the dividend.
        let rest = self.b.op(row, ty, &[a, b]);
        match self.b.known(b, ty) {
            Some(known) if known.is_zero() => a,
            Some(_) => rest,
            None => {
                let has_divisor = self.b.op(Op::Ine, ty, &[b, Operand::ZERO]);
                self.b.op(Op::Select, ty, &[has_divisor, rest, a])
            }
        }
    }

    fn divide_checked(&mut self, op: AluOp, ty: Type, a: Operand, b: Operand) -> Operand {
        let row = match op {
            AluOp::Div => Op::UdivChecked,
            AluOp::Sdiv => Op::SdivChecked,
            AluOp::Mod => Op::UremChecked,
            _ => Op::SremChecked,
        };
        if op == AluOp::Smod {
            self.trap_if_rest_overflows(ty, a, b);
        }
        let value = self.b.op(row, ty, &[a, b]);
        self.close_span();
        value
    }

    /// sBPF v2 has no remainder of the smallest number by -1.
    fn trap_if_rest_overflows(&mut self, ty: Type, a: Operand, b: Operand) {
        let smallest = self.b.constant(1 << (ty.bits() - 1), ty);
        let minus_one = self.b.constant(u64::MAX >> (64 - ty.bits()), ty);
        let is_smallest = self.b.op(Op::Ieq, ty, &[a, smallest]);
        let is_minus_one = self.b.op(Op::Ieq, ty, &[b, minus_one]);
        let cond = self.b.op(Op::Band, Type::I8, &[is_smallest, is_minus_one]);
        self.b.push(Inst::TrapIf { cond, trap: Trap::IntegerOverflow });
    }

    /// `movsx`: the low bits of the source, sign-extended to the width.
    pub(super) fn movsx(&mut self, bits: u8, width: Width, insn: Insn) {
        let narrow = narrow_type(u32::from(bits));
        let value = self.reg(insn.src);
        let value = self.b.convert(Op::Ireduce, Type::I64, narrow, value);
        let value = self.b.convert(Op::Sextend, narrow, width.ty(), value);
        self.set_low(insn.dst, width, value, false);
    }

    /// `le` and `be`: what the machine's order makes of it is the guest's, whose order is little-endian (RFC 9669 4.2).
    pub(super) fn end(&mut self, order: Order, insn: Insn) {
        match order {
            Order::Big => self.swap(insn),
            Order::Little => {
                let value = self.cut(insn);
                self.set_cut(insn, value);
            }
        }
    }

    /// The low bytes in opposite order.
    pub(super) fn swap(&mut self, insn: Insn) {
        let value = self.cut(insn);
        let value = self.b.op(Op::Bswap, narrow_type(insn.imm as u32), &[value]);
        self.set_cut(insn, value);
    }

    /// As many low bits of the destination as the immediate says.
    fn cut(&mut self, insn: Insn) -> Operand {
        let (value, ty) = (self.reg(insn.dst), narrow_type(insn.imm as u32));
        if ty == Type::I64 { value } else { self.b.convert(Op::Ireduce, Type::I64, ty, value) }
    }

    fn set_cut(&mut self, insn: Insn, value: Operand) {
        let ty = narrow_type(insn.imm as u32);
        let value = match ty {
            Type::I64 => value,
            _ => self.b.convert(Op::Uextend, ty, Type::I64, value),
        };
        self.set(insn.dst, value);
    }
}

/// The integer of so many bits.
const fn narrow_type(bits: u32) -> Type {
    match bits {
        8 => Type::I8,
        16 => Type::I16,
        32 => Type::I32,
        _ => Type::I64,
    }
}
