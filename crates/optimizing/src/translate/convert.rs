//! Integers made wider and narrower, and bits seen as another type.

use cranelift_codegen::ir::{self, InstBuilder, types};
use lockstep_ir::{Op, Operand, Type};
use lockstep_rt::native::NoCode;

use super::Translation;
use crate::{abi::clif_type, slot::LITTLE};

impl Translation<'_, '_, '_> {
    pub(super) fn convert(
        &mut self,
        op: Op,
        (ty, to): (Type, Type),
        arg: Operand,
    ) -> Result<ir::Value, NoCode> {
        let a = self.exact(arg, ty)?;
        let clif = clif_type(to)?;
        Ok(match op {
            Op::Uextend => self.b.ins().uextend(clif, a),
            Op::Sextend => self.b.ins().sextend(clif, a),
            Op::Ireduce => self.b.ins().ireduce(clif, a),
            _ => self.seen_as((ty, to), a)?,
        })
    }

    fn seen_as(&mut self, (ty, to): (Type, Type), a: ir::Value) -> Result<ir::Value, NoCode> {
        match (ty, to) {
            (Type::I64, Type::Ref) | (Type::Ref, Type::I64) => Ok(a),
            (Type::V128, Type::I128) => {
                let words = self.as_lanes(a, types::I64X2);
                let low = self.b.ins().extractlane(words, 0);
                let high = self.b.ins().extractlane(words, 1);
                Ok(self.b.ins().iconcat(low, high))
            }
            (Type::I128, Type::V128) => {
                let (low, high) = self.b.ins().isplit(a);
                let words = self.b.ins().splat(types::I64X2, low);
                let words = self.b.ins().insertlane(words, high, 1);
                Ok(self.as_lanes(words, types::I8X16))
            }
            _ => Ok(self.b.ins().bitcast(clif_type(to)?, LITTLE, a)),
        }
    }
}
