//! Operations on vectors, where the processor has them; the others go by their meaning.
//!
//! Vectors are sixteen bytes between operations; each sees them as the lanes it is for.

use cranelift_codegen::ir::{self, ConstantData, InstBuilder, condcodes::FloatCC, types};
use lockstep_ir::{Op, Operand, Shape, Type};
use lockstep_rt::native::NoCode;

use super::{Translation, float::float_condition, integer::condition};

const BYTES: ir::Type = types::I8X16;

/// The vector type with lanes of `ty`.
fn lanes(ty: Type) -> ir::Type {
    match ty {
        Type::I16 => types::I16X8,
        Type::I32 => types::I32X4,
        Type::I64 => types::I64X2,
        Type::F32 => types::F32X4,
        Type::F64 => types::F64X2,
        _ => BYTES,
    }
}

impl Translation<'_, '_, '_> {
    pub(super) fn vector(
        &mut self,
        op: Op,
        (ty, _): (Type, Type),
        args: [Operand; 3],
    ) -> Result<Option<ir::Value>, NoCode> {
        let result = match op.shape() {
            Shape::LaneSplat => {
                let a = self.exact(args[0], ty)?;
                Some(self.b.ins().splat(lanes(ty), a))
            }
            Shape::LaneExtract => self.extract(ty, args)?,
            Shape::LaneReplace => self.replace(ty, args)?,
            Shape::VectorUnary | Shape::VectorBinary | Shape::VectorTernary | Shape::VectorTest => {
                self.bitwise(op, args)?
            }
            Shape::LaneUnary | Shape::LaneTest | Shape::LaneMask | Shape::LaneWiden => {
                self.lane_unary(op, ty, args[0])?
            }
            Shape::LaneShift => self.lane_shift(op, ty, args)?,
            Shape::LaneBinary => self.lane_binary(op, ty, args)?,
            Shape::LaneWidenBinary => self.lane_widen_binary(op, ty, args)?,
            Shape::LaneNarrow => self.lane_narrow(op, ty, args)?,
            Shape::LaneFloatUnary => self.lane_float_unary(op, ty, args[0])?,
            Shape::LaneFloatBinary => self.lane_float_binary(op, ty, args)?,
            _ => None,
        };
        let Some(result) = result else { return Ok(None) };
        Ok(Some(match self.b.func.dfg.value_type(result).is_vector() {
            true => self.as_lanes(result, BYTES),
            false => result,
        }))
    }

    /// The operand, a vector, with lanes of `ty`.
    fn read_lanes(&mut self, operand: Operand, ty: Type) -> Result<ir::Value, NoCode> {
        let value = self.raw(operand, Type::V128)?;
        Ok(self.as_lanes(value, lanes(ty)))
    }

    /// The number of a lane, if it is known.
    fn lane(&self, operand: Operand, ty: Type) -> Option<u8> {
        let count = 128 / u64::from(ty.bits());
        self.known(operand, Type::I8).map(|lane| (lane % count) as u8)
    }

    fn extract(&mut self, ty: Type, args: [Operand; 3]) -> Result<Option<ir::Value>, NoCode> {
        let Some(lane) = self.lane(args[1], ty) else { return Ok(None) };
        let a = self.read_lanes(args[0], ty)?;
        Ok(Some(self.b.ins().extractlane(a, lane)))
    }

    fn replace(&mut self, ty: Type, args: [Operand; 3]) -> Result<Option<ir::Value>, NoCode> {
        let Some(lane) = self.lane(args[1], ty) else { return Ok(None) };
        let a = self.read_lanes(args[0], ty)?;
        let value = self.exact(args[2], ty)?;
        Ok(Some(self.b.ins().insertlane(a, value, lane)))
    }

    fn bitwise(&mut self, op: Op, args: [Operand; 3]) -> Result<Option<ir::Value>, NoCode> {
        let a = self.raw(args[0], Type::V128)?;
        match op {
            Op::Vnot => return Ok(Some(self.b.ins().bnot(a))),
            Op::VanyTrue => return Ok(Some(self.b.ins().vany_true(a))),
            _ => {}
        }
        let b = self.raw(args[1], Type::V128)?;
        Ok(Some(match op {
            Op::Vand => self.b.ins().band(a, b),
            Op::Vor => self.b.ins().bor(a, b),
            Op::Vxor => self.b.ins().bxor(a, b),
            Op::Vandnot => self.b.ins().band_not(a, b),
            Op::Vswizzle => self.b.ins().swizzle(a, b),
            Op::Vbitselect => {
                let c = self.raw(args[2], Type::V128)?;
                self.b.ins().bitselect(a, b, c)
            }
            Op::Vshuffle => {
                let Some(limbs) = self.func.const_limbs(args[2], Type::V128) else {
                    return Ok(None);
                };
                let bytes = [limbs[0].to_le_bytes(), limbs[1].to_le_bytes()].concat();
                let mask: Vec<u8> = bytes.iter().map(|byte| byte % 32).collect();
                let mask = self.b.func.dfg.immediates.push(ConstantData::from(&mask[..]));
                self.b.ins().shuffle(a, b, mask)
            }
            _ => return Ok(None),
        }))
    }

    fn lane_unary(&mut self, op: Op, ty: Type, arg: Operand) -> Result<Option<ir::Value>, NoCode> {
        let a = self.read_lanes(arg, ty)?;
        let b = self.b.ins();
        Ok(Some(match op {
            Op::Vineg => b.ineg(a),
            Op::Viabs => b.iabs(a),
            Op::Vpopcnt if ty == Type::I8 => b.popcnt(a),
            Op::VallTrue => b.vall_true(a),
            Op::Vbitmask => b.vhigh_bits(types::I32, a),
            Op::VuextendLow => b.uwiden_low(a),
            Op::VuextendHigh => b.uwiden_high(a),
            Op::VsextendLow => b.swiden_low(a),
            Op::VsextendHigh => b.swiden_high(a),
            Op::VuaddPairs | Op::VsaddPairs if ty != Type::I32 => {
                let halves = self.widened([a, a], op == Op::VsaddPairs);
                self.b.ins().iadd_pairwise(halves[0], halves[1])
            }
            _ => return Ok(None),
        }))
    }

    /// The low half of the first and the high half of the second, in lanes twice as wide.
    fn widened(&mut self, [low, high]: [ir::Value; 2], is_signed: bool) -> [ir::Value; 2] {
        match is_signed {
            true => [self.b.ins().swiden_low(low), self.b.ins().swiden_high(high)],
            false => [self.b.ins().uwiden_low(low), self.b.ins().uwiden_high(high)],
        }
    }

    fn lane_shift(
        &mut self,
        op: Op,
        ty: Type,
        args: [Operand; 3],
    ) -> Result<Option<ir::Value>, NoCode> {
        let a = self.read_lanes(args[0], ty)?;
        let by = self.exact(args[1], Type::I32)?;
        Ok(Some(match op {
            Op::Vishl => self.b.ins().ishl(a, by),
            Op::Vushr => self.b.ins().ushr(a, by),
            _ => self.b.ins().sshr(a, by),
        }))
    }

    fn lane_binary(
        &mut self,
        op: Op,
        ty: Type,
        args: [Operand; 3],
    ) -> Result<Option<ir::Value>, NoCode> {
        let is_small = matches!(ty, Type::I8 | Type::I16);
        let is_unsigned_order = matches!(op, Op::Viult | Op::Viule | Op::Viugt | Op::Viuge);
        let is_choice = matches!(op, Op::Vumin | Op::Vumax | Op::Vsmin | Op::Vsmax);
        let exists = match op {
            Op::Vimul => ty != Type::I8,
            Op::VuaddSat | Op::VsaddSat | Op::VusubSat | Op::VssubSat | Op::Vuavg => is_small,
            Op::VsmulFraction => ty == Type::I16,
            _ => ty != Type::I64 || !(is_unsigned_order || is_choice),
        };
        if !exists {
            return Ok(None);
        }
        let (a, b) = (self.read_lanes(args[0], ty)?, self.read_lanes(args[1], ty)?);
        let ins = self.b.ins();
        Ok(Some(match op {
            Op::Viadd => ins.iadd(a, b),
            Op::Visub => ins.isub(a, b),
            Op::Vimul => ins.imul(a, b),
            Op::VuaddSat => ins.uadd_sat(a, b),
            Op::VsaddSat => ins.sadd_sat(a, b),
            Op::VusubSat => ins.usub_sat(a, b),
            Op::VssubSat => ins.ssub_sat(a, b),
            Op::Vuavg => ins.avg_round(a, b),
            Op::VsmulFraction => ins.sqmul_round_sat(a, b),
            Op::Vumin => ins.umin(a, b),
            Op::Vumax => ins.umax(a, b),
            Op::Vsmin => ins.smin(a, b),
            Op::Vsmax => ins.smax(a, b),
            _ => match condition(op) {
                Some(cc) => ins.icmp(cc, a, b),
                None => return Ok(None),
            },
        }))
    }

    fn lane_widen_binary(
        &mut self,
        op: Op,
        ty: Type,
        args: [Operand; 3],
    ) -> Result<Option<ir::Value>, NoCode> {
        if op == Op::VsdotSat || op == Op::Vsdot && ty != Type::I16 {
            return Ok(None);
        }
        let (a, b) = (self.read_lanes(args[0], ty)?, self.read_lanes(args[1], ty)?);
        let is_signed = matches!(op, Op::VsmulLow | Op::VsmulHigh | Op::Vsdot);
        let ([a_low, a_high], [b_low, b_high]) =
            (self.widened([a, a], is_signed), self.widened([b, b], is_signed));
        Ok(Some(match op {
            Op::VumulLow | Op::VsmulLow => self.b.ins().imul(a_low, b_low),
            Op::VumulHigh | Op::VsmulHigh => self.b.ins().imul(a_high, b_high),
            _ => {
                let low = self.b.ins().imul(a_low, b_low);
                let high = self.b.ins().imul(a_high, b_high);
                self.b.ins().iadd_pairwise(low, high)
            }
        }))
    }

    fn lane_narrow(
        &mut self,
        op: Op,
        ty: Type,
        args: [Operand; 3],
    ) -> Result<Option<ir::Value>, NoCode> {
        if ty == Type::I64 {
            return Ok(None);
        }
        let (a, b) = (self.read_lanes(args[0], ty)?, self.read_lanes(args[1], ty)?);
        Ok(Some(match op {
            Op::Vunarrow => self.b.ins().unarrow(a, b),
            _ => self.b.ins().snarrow(a, b),
        }))
    }

    fn lane_float_unary(
        &mut self,
        op: Op,
        ty: Type,
        arg: Operand,
    ) -> Result<Option<ir::Value>, NoCode> {
        match op {
            Op::VfcvtFromSint | Op::VfcvtFromUint if ty == Type::F32 => {
                let a = self.read_lanes(arg, Type::I32)?;
                return Ok(Some(match op {
                    Op::VfcvtFromSint => self.b.ins().fcvt_from_sint(types::F32X4, a),
                    _ => self.b.ins().fcvt_from_uint(types::F32X4, a),
                }));
            }
            Op::VfcvtToSintSat | Op::VfcvtToUintSat if ty == Type::F32 => {
                let a = self.read_lanes(arg, ty)?;
                return Ok(Some(match op {
                    Op::VfcvtToSintSat => self.b.ins().fcvt_to_sint_sat(types::I32X4, a),
                    _ => self.b.ins().fcvt_to_uint_sat(types::I32X4, a),
                }));
            }
            _ => {}
        }
        let a = self.read_lanes(arg, ty)?;
        let b = self.b.ins();
        let result = match op {
            Op::Vfneg => return Ok(Some(b.fneg(a))),
            Op::Vfabs => return Ok(Some(b.fabs(a))),
            Op::Vfsqrt => b.sqrt(a),
            Op::Vfceil => b.ceil(a),
            Op::Vffloor => b.floor(a),
            Op::Vftrunc => b.trunc(a),
            Op::Vfnearest => b.nearest(a),
            _ => return Ok(None),
        };
        Ok(Some(self.canonical_lanes(result, ty)))
    }

    fn lane_float_binary(
        &mut self,
        op: Op,
        ty: Type,
        args: [Operand; 3],
    ) -> Result<Option<ir::Value>, NoCode> {
        let (a, b) = (self.read_lanes(args[0], ty)?, self.read_lanes(args[1], ty)?);
        if let Some(cc) = float_condition(op) {
            return Ok(Some(self.b.ins().fcmp(cc, a, b)));
        }
        let ins = self.b.ins();
        let result = match op {
            Op::Vfadd => ins.fadd(a, b),
            Op::Vfsub => ins.fsub(a, b),
            Op::Vfmul => ins.fmul(a, b),
            Op::Vfdiv => ins.fdiv(a, b),
            Op::Vfmin => ins.fmin(a, b),
            Op::Vfmax => ins.fmax(a, b),
            Op::VfminPseudo => return self.pseudo([b, a], [a, b]).map(Some),
            Op::VfmaxPseudo => return self.pseudo([a, b], [a, b]).map(Some),
            _ => return Ok(None),
        };
        Ok(Some(self.canonical_lanes(result, ty)))
    }

    /// The second of `of` where the first of `order` is less than its second, else the first.
    fn pseudo(&mut self, order: [ir::Value; 2], of: [ir::Value; 2]) -> Result<ir::Value, NoCode> {
        let is_less = self.b.ins().fcmp(FloatCC::LessThan, order[0], order[1]);
        let is_less = self.as_lanes(is_less, BYTES);
        let [first, second] = of.map(|value| self.as_lanes(value, BYTES));
        Ok(self.b.ins().bitselect(is_less, second, first))
    }
}
