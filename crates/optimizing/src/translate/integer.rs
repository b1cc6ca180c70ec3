//! Operations on integers.

use cranelift_codegen::ir::{self, InstBuilder, condcodes::IntCC};
use lockstep_ir::{Op, Operand, Trap, Type};
use lockstep_rt::native::NoCode;

use super::Translation;
use crate::abi::clif_type;

/// Whether the processor has instructions for most of what integers of this type do.
fn is_word(ty: Type) -> bool {
    matches!(ty, Type::I32 | Type::I64)
}

impl Translation<'_, '_, '_> {
    pub(super) fn unary(
        &mut self,
        op: Op,
        ty: Type,
        arg: Operand,
    ) -> Result<Option<ir::Value>, NoCode> {
        if !is_word(ty) && !matches!(op, Op::Bnot | Op::Ineg) {
            return Ok(None);
        }
        let a = self.raw(arg, ty)?;
        let b = self.b.ins();
        Ok(Some(match op {
            Op::Bnot => b.bnot(a),
            Op::Ineg => b.ineg(a),
            Op::Clz => b.clz(a),
            Op::Ctz => b.ctz(a),
            Op::Popcnt => b.popcnt(a),
            Op::Bswap => b.bswap(a),
            _ => return Ok(None),
        }))
    }

    pub(super) fn binary(
        &mut self,
        op: Op,
        ty: Type,
        args: [Operand; 2],
    ) -> Result<Option<ir::Value>, NoCode> {
        if is_word(ty) && is_division(op) {
            return self.division(op, ty, args).map(Some);
        }
        let is_any_width =
            matches!(op, Op::Iadd | Op::Isub | Op::Imul | Op::Band | Op::Bor | Op::Bxor);
        if !is_word(ty) && !is_any_width {
            return Ok(None);
        }
        let (a, b) = (self.raw(args[0], ty)?, self.raw(args[1], ty)?);
        let ins = self.b.ins();
        Ok(Some(match op {
            Op::Iadd => ins.iadd(a, b),
            Op::Isub => ins.isub(a, b),
            Op::Imul => ins.imul(a, b),
            Op::Band => ins.band(a, b),
            Op::Bor => ins.bor(a, b),
            Op::Bxor => ins.bxor(a, b),
            Op::Ishl => ins.ishl(a, b),
            Op::Ushr => ins.ushr(a, b),
            Op::Sshr => ins.sshr(a, b),
            Op::Rotl => ins.rotl(a, b),
            Op::Rotr => ins.rotr(a, b),
            Op::Umin => ins.umin(a, b),
            Op::Umax => ins.umax(a, b),
            Op::Smin => ins.smin(a, b),
            Op::Smax => ins.smax(a, b),
            Op::Umulhi if ty == Type::I64 => ins.umulhi(a, b),
            Op::Smulhi if ty == Type::I64 => ins.smulhi(a, b),
            Op::IshlFull | Op::UshrFull | Op::SshrFull => self.full_shift(op, ty, [a, b])?,
            _ => return Ok(None),
        }))
    }

    /// A shift by a count that is not taken modulo the width.
    fn full_shift(
        &mut self,
        op: Op,
        ty: Type,
        [a, by]: [ir::Value; 2],
    ) -> Result<ir::Value, NoCode> {
        let bits = i64::from(ty.bits());
        let is_all = self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, by, bits);
        if op == Op::SshrFull {
            let most = self.b.ins().iconst(clif_type(ty)?, bits - 1);
            let by = self.b.ins().select(is_all, most, by);
            return Ok(self.b.ins().sshr(a, by));
        }
        let shifted = match op {
            Op::IshlFull => self.b.ins().ishl(a, by),
            _ => self.b.ins().ushr(a, by),
        };
        let zero = self.zero(ty)?;
        Ok(self.b.ins().select(is_all, zero, shifted))
    }

    /// A division, whose divisor the processor is never shown as zero, nor a quotient out of range.
    fn division(&mut self, op: Op, ty: Type, args: [Operand; 2]) -> Result<ir::Value, NoCode> {
        let known = self.known(args[1], ty);
        let (a, b) = (self.raw(args[0], ty)?, self.raw(args[1], ty)?);
        let is_zero = match known {
            Some(divisor) if divisor != 0 => None,
            _ => Some(self.b.ins().icmp_imm_s(IntCC::Equal, b, 0)),
        };
        if op.is_checked() {
            if let Some(is_zero) = is_zero {
                self.trap_if(is_zero, Trap::DivideByZero);
            }
            return self.divide(op, ty, [a, b], known);
        }
        let Some(is_zero) = is_zero else { return self.divide(op, ty, [a, b], known) };
        let one = self.constant(ty, [1, 0])?;
        let divisor = self.b.ins().select(is_zero, one, b);
        let quotient = self.divide(op, ty, [a, divisor], None)?;
        let zero = self.zero(ty)?;
        Ok(self.b.ins().select(is_zero, zero, quotient))
    }

    /// The same for a divisor that is not zero.
    fn divide(
        &mut self,
        op: Op,
        ty: Type,
        [a, b]: [ir::Value; 2],
        known: Option<u64>,
    ) -> Result<ir::Value, NoCode> {
        let all_ones = if ty == Type::I32 { u64::from(u32::MAX) } else { u64::MAX };
        let may_overflow = known.is_none_or(|divisor| divisor == all_ones);
        match op {
            Op::Udiv | Op::UdivChecked => Ok(self.b.ins().udiv(a, b)),
            Op::Urem | Op::UremChecked => Ok(self.b.ins().urem(a, b)),
            Op::Sdiv if may_overflow => {
                // `a / -1` is `-a`, which wraps where the processor would stop.
                let is_minus_one = self.b.ins().icmp_imm_s(IntCC::Equal, b, -1);
                let one = self.constant(ty, [1, 0])?;
                let divisor = self.b.ins().select(is_minus_one, one, b);
                let quotient = self.b.ins().sdiv(a, divisor);
                let negated = self.b.ins().ineg(a);
                Ok(self.b.ins().select(is_minus_one, negated, quotient))
            }
            Op::SdivChecked if may_overflow => {
                let min = i64::MIN >> (64 - ty.bits());
                let is_min = self.b.ins().icmp_imm_s(IntCC::Equal, a, min);
                let is_minus_one = self.b.ins().icmp_imm_s(IntCC::Equal, b, -1);
                let overflows = self.b.ins().band(is_min, is_minus_one);
                self.trap_if(overflows, Trap::IntegerOverflow);
                Ok(self.b.ins().sdiv(a, b))
            }
            Op::Sdiv | Op::SdivChecked => Ok(self.b.ins().sdiv(a, b)),
            // Cranelift's remainder of -1 is zero without dividing.
            _ => Ok(self.b.ins().srem(a, b)),
        }
    }

    pub(super) fn compare(
        &mut self,
        op: Op,
        ty: Type,
        args: [Operand; 2],
    ) -> Result<Option<ir::Value>, NoCode> {
        let Some(cc) = condition(op) else { return Ok(None) };
        let (a, b) = (self.raw(args[0], ty)?, self.raw(args[1], ty)?);
        Ok(Some(self.b.ins().icmp(cc, a, b)))
    }
}

fn is_division(op: Op) -> bool {
    matches!(
        op,
        Op::Udiv
            | Op::Sdiv
            | Op::Urem
            | Op::Srem
            | Op::UdivChecked
            | Op::SdivChecked
            | Op::UremChecked
            | Op::SremChecked
    )
}

/// The condition that a comparison of integers is.
pub(super) fn condition(op: Op) -> Option<IntCC> {
    Some(match op {
        Op::Ieq | Op::Vieq => IntCC::Equal,
        Op::Ine | Op::Vine => IntCC::NotEqual,
        Op::Iult | Op::Viult => IntCC::UnsignedLessThan,
        Op::Iule | Op::Viule => IntCC::UnsignedLessThanOrEqual,
        Op::Iugt | Op::Viugt => IntCC::UnsignedGreaterThan,
        Op::Iuge | Op::Viuge => IntCC::UnsignedGreaterThanOrEqual,
        Op::Islt | Op::Vislt => IntCC::SignedLessThan,
        Op::Isle | Op::Visle => IntCC::SignedLessThanOrEqual,
        Op::Isgt | Op::Visgt => IntCC::SignedGreaterThan,
        Op::Isge | Op::Visge => IntCC::SignedGreaterThanOrEqual,
        _ => return None,
    })
}
