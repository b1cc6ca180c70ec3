//! Operations on floats. What they yield may be another NaN than the canonical one: see `nan`.

use cranelift_codegen::ir::{self, InstBuilder, condcodes::FloatCC};
use lockstep_ir::{Op, Operand, Trap, Type};
use lockstep_rt::native::NoCode;

use super::Translation;
use crate::abi::clif_type;

impl Translation<'_, '_, '_> {
    pub(super) fn float_unary(
        &mut self,
        op: Op,
        ty: Type,
        arg: Operand,
    ) -> Result<ir::Value, NoCode> {
        let a = match op {
            // These keep the bits, so they must be the right ones.
            Op::Fneg | Op::Fabs => self.exact(arg, ty)?,
            _ => self.raw(arg, ty)?,
        };
        let b = self.b.ins();
        Ok(match op {
            Op::Fneg => b.fneg(a),
            Op::Fabs => b.fabs(a),
            Op::Fsqrt => b.sqrt(a),
            Op::Fceil => b.ceil(a),
            Op::Ffloor => b.floor(a),
            Op::Ftrunc => b.trunc(a),
            Op::Fnearest => b.nearest(a),
            _ => return Err(NoCode("an operation on a float that is not known here")),
        })
    }

    pub(super) fn float_binary(
        &mut self,
        op: Op,
        ty: Type,
        args: [Operand; 2],
    ) -> Result<ir::Value, NoCode> {
        if op == Op::Fcopysign {
            let (a, b) = (self.exact(args[0], ty)?, self.exact(args[1], ty)?);
            return Ok(self.b.ins().fcopysign(a, b));
        }
        let (a, b) = (self.raw(args[0], ty)?, self.raw(args[1], ty)?);
        let ins = self.b.ins();
        Ok(match op {
            Op::Fadd => ins.fadd(a, b),
            Op::Fsub => ins.fsub(a, b),
            Op::Fmul => ins.fmul(a, b),
            Op::Fdiv => ins.fdiv(a, b),
            Op::Fmin => ins.fmin(a, b),
            Op::Fmax => ins.fmax(a, b),
            _ => return Err(NoCode("an operation on floats that is not known here")),
        })
    }

    pub(super) fn float_compare(
        &mut self,
        op: Op,
        ty: Type,
        args: [Operand; 2],
    ) -> Result<ir::Value, NoCode> {
        let (a, b) = (self.raw(args[0], ty)?, self.raw(args[1], ty)?);
        let cc = float_condition(op).ok_or(NoCode("a comparison of floats"))?;
        Ok(self.b.ins().fcmp(cc, a, b))
    }

    pub(super) fn float_resize(
        &mut self,
        ty: Type,
        to: Type,
        arg: Operand,
    ) -> Result<ir::Value, NoCode> {
        let a = self.raw(arg, ty)?;
        let clif = clif_type(to)?;
        Ok(match to {
            Type::F64 => self.b.ins().fpromote(clif, a),
            _ => self.b.ins().fdemote(clif, a),
        })
    }

    pub(super) fn int_to_float(
        &mut self,
        op: Op,
        (ty, to): (Type, Type),
        arg: Operand,
    ) -> Result<ir::Value, NoCode> {
        let a = self.raw(arg, ty)?;
        let clif = clif_type(to)?;
        Ok(match op {
            Op::FcvtFromSint => self.b.ins().fcvt_from_sint(clif, a),
            _ => self.b.ins().fcvt_from_uint(clif, a),
        })
    }

    pub(super) fn float_to_int(
        &mut self,
        op: Op,
        (ty, to): (Type, Type),
        arg: Operand,
    ) -> Result<ir::Value, NoCode> {
        let a = self.raw(arg, ty)?;
        let clif = clif_type(to)?;
        let is_signed = matches!(op, Op::FcvtToSint | Op::FcvtToSintSat);
        if op.is_checked() {
            self.check_range(a, (ty, to), is_signed)?;
        }
        Ok(match is_signed {
            true => self.b.ins().fcvt_to_sint_sat(clif, a),
            false => self.b.ins().fcvt_to_uint_sat(clif, a),
        })
    }

    /// Traps unless the float is a number that truncates into the range of `to`.
    fn check_range(
        &mut self,
        a: ir::Value,
        (ty, to): (Type, Type),
        is_signed: bool,
    ) -> Result<(), NoCode> {
        let is_nan = self.b.ins().fcmp(FloatCC::Unordered, a, a);
        self.trap_if(is_nan, Trap::InvalidConversion);
        let bits = to.bits();
        // The lowest number is a float, or lies below the float above the lowest that is too low; the highest is one
        // less than a float.
        let (low, is_low_open) = match (is_signed, ty, bits) {
            (false, ..) => (-1.0, true),
            (true, Type::F64, 32) => (-2_147_483_649.0, true),
            (true, _, 32) => (-2_147_483_648.0, false),
            (true, ..) => (-9_223_372_036_854_775_808.0, false),
        };
        let high = match (is_signed, bits) {
            (true, 32) => 2_147_483_648.0,
            (false, 32) => 4_294_967_296.0,
            (true, _) => 9_223_372_036_854_775_808.0,
            (false, _) => 18_446_744_073_709_551_616.0,
        };
        let cc = if is_low_open { FloatCC::LessThanOrEqual } else { FloatCC::LessThan };
        let low = self.float_constant(ty, low)?;
        let is_low = self.b.ins().fcmp(cc, a, low);
        self.trap_if(is_low, Trap::IntegerOverflow);
        let high = self.float_constant(ty, high)?;
        let is_high = self.b.ins().fcmp(FloatCC::GreaterThanOrEqual, a, high);
        self.trap_if(is_high, Trap::IntegerOverflow);
        Ok(())
    }

    fn float_constant(&mut self, ty: Type, number: f64) -> Result<ir::Value, NoCode> {
        let bits = match ty {
            // Powers of two, and -1: exact in either type.
            Type::F32 => u64::from((number as f32).to_bits()),
            _ => number.to_bits(),
        };
        self.constant(ty, [bits, 0])
    }
}

/// The condition that a comparison of floats is.
pub(super) fn float_condition(op: Op) -> Option<FloatCC> {
    Some(match op {
        Op::Feq | Op::Vfeq => FloatCC::Equal,
        Op::Fne | Op::Vfne => FloatCC::NotEqual,
        Op::Flt | Op::Vflt => FloatCC::LessThan,
        Op::Fle | Op::Vfle => FloatCC::LessThanOrEqual,
        Op::Fgt | Op::Vfgt => FloatCC::GreaterThan,
        Op::Fge | Op::Vfge => FloatCC::GreaterThanOrEqual,
        _ => return None,
    })
}
