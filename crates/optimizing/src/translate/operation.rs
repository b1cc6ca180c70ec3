//! Operations on values: instructions where there are some, else the meaning itself.

use cranelift_codegen::ir::{self, InstBuilder};
use lockstep_ir::{Op, Operand, Shape, Type, Value};
use lockstep_rt::native::{Helpers, NoCode};

use super::Translation;
use crate::nan::Nan;

impl Translation<'_, '_, '_> {
    pub(super) fn operation(
        &mut self,
        op: Op,
        (ty, to): (Type, Type),
        args: [Operand; 3],
        result: Value,
    ) -> Result<(), NoCode> {
        if self.word_operation(op, (ty, to), args, result)? {
            return Ok(());
        }
        self.note_narrow(op, (ty, to), args, result);
        if let Some((_, value)) = self.extended.take().filter(|(of, _)| *of == result) {
            self.define(result, value);
            return Ok(());
        }
        let value = match self.native(op, (ty, to), args, result)? {
            Some(value) => value,
            None => self.by_meaning(op, (ty, to), args)?,
        };
        self.define(result, value);
        Ok(())
    }

    /// What is known of the result's size.
    fn note_narrow(&mut self, op: Op, (ty, to): (Type, Type), args: [Operand; 3], result: Value) {
        let is_narrow = match op {
            Op::Uextend => ty.bits() <= 32,
            Op::Ushr if to == Type::I64 => self.known(args[1], ty).is_some_and(|by| by & 63 >= 32),
            Op::Band if to == Type::I64 => self.is_narrow(args[0]) || self.is_narrow(args[1]),
            _ => to.is_int() && to.bits() <= 32,
        };
        self.narrow[result.0 as usize] = is_narrow;
    }

    /// The result by instructions, if there are some for it.
    fn native(
        &mut self,
        op: Op,
        (ty, to): (Type, Type),
        args: [Operand; 3],
        result: Value,
    ) -> Result<Option<ir::Value>, NoCode> {
        match op.shape() {
            Shape::Unary => self.unary(op, ty, args[0]),
            Shape::Binary => self.binary(op, ty, [args[0], args[1]]),
            Shape::Compare => self.compare(op, ty, [args[0], args[1]]),
            Shape::Select => self.select(ty, args, self.nans.value(result)).map(Some),
            Shape::Extend | Shape::Reduce | Shape::Bitcast => {
                self.convert(op, (ty, to), args[0]).map(Some)
            }
            Shape::FloatUnary => self.float_unary(op, ty, args[0]).map(Some),
            Shape::FloatBinary => self.float_binary(op, ty, [args[0], args[1]]).map(Some),
            Shape::FloatCompare => self.float_compare(op, ty, [args[0], args[1]]).map(Some),
            Shape::FloatPromote | Shape::FloatDemote => {
                self.float_resize(ty, to, args[0]).map(Some)
            }
            Shape::IntToFloat => self.int_to_float(op, (ty, to), args[0]).map(Some),
            Shape::FloatToInt => self.float_to_int(op, (ty, to), args[0]).map(Some),
            Shape::Ternary => Ok(None),
            _ => self.vector(op, (ty, to), args),
        }
    }

    fn select(&mut self, ty: Type, args: [Operand; 3], nan: Nan) -> Result<ir::Value, NoCode> {
        let cond = self.exact(args[0], Type::I8)?;
        let mut read = |operand| match nan {
            Nan::Exact => self.exact(operand, ty),
            Nan::Pending | Nan::None => self.raw(operand, ty),
        };
        let (then, otherwise) = (read(args[1])?, read(args[2])?);
        Ok(self.b.ins().select(cond, then, otherwise))
    }

    fn by_meaning(
        &mut self,
        op: Op,
        (ty, to): (Type, Type),
        args: [Operand; 3],
    ) -> Result<ir::Value, NoCode> {
        let shape = op.shape();
        let mut values = Vec::new();
        for (position, arg) in args.iter().enumerate().take(shape.arity()) {
            let ty = shape.operand(position, ty);
            values.push((self.exact(*arg, ty)?, ty));
        }
        self.evaluate(Helpers::selector(op, ty, to), &values, (to, op.is_checked()))
    }
}
