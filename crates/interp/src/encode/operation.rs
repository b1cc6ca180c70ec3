//! Operations of the table: the best handler a row has for where its operands are.

use lockstep_ir::{Op, Operand, Shape, Source, Type, Value};

use super::Encoding;
use crate::{
    code::CodeError,
    dispatch::handler,
    handler::{
        convert::conversion,
        value::{self, Form, General, Low, Move1, Select},
    },
};

/// The type at which the machine does `op`: narrow integers are zero-extended in their slot, so what neither wraps nor
/// looks at signs is the same in 64 bits.
pub(super) fn machine_type(op: Op, ty: Type) -> Type {
    let unsigned = matches!(
        op,
        Op::Ieq
            | Op::Ine
            | Op::Iult
            | Op::Iule
            | Op::Iugt
            | Op::Iuge
            | Op::Band
            | Op::Bor
            | Op::Bxor
            | Op::Udiv
            | Op::Urem
    );
    if unsigned && matches!(ty, Type::I8 | Type::I16 | Type::I32) { Type::I64 } else { ty }
}

impl Encoding<'_> {
    pub(super) fn operation(
        &mut self,
        op: Op,
        ty: Type,
        to: Type,
        args: [Operand; 3],
        result: Value,
    ) -> Result<(), CodeError> {
        match op.shape() {
            Shape::Binary | Shape::Compare | Shape::FloatBinary | Shape::FloatCompare => {
                let (a, b) = self.forms(ty, args);
                let machine = machine_type(op, ty);
                if let Some(handler) = value::binary(op, machine, a, b) {
                    let [a_at, b_at] = self.places(ty, [args[0], args[1]], [a, b])?;
                    let dst = self.define(result)?;
                    self.handler(handler);
                    self.fields([dst, a_at, b_at, 0]);
                    self.inline_constant(ty, [args[0], args[1]], [a, b]);
                    return Ok(());
                }
            }
            Shape::Unary | Shape::FloatUnary => {
                if let Some(handler) = value::unary(op, ty) {
                    return self.registers(handler, ty, &args[..1], result);
                }
            }
            Shape::Ternary => {
                if let Some(handler) = value::ternary(op, ty) {
                    return self.registers(handler, ty, &args, result);
                }
            }
            Shape::Select if ty.slots() == 1 => {
                let cond = self.slot(args[0], Type::I8)?;
                let (a, b) = (self.slot(args[1], ty)?, self.slot(args[2], ty)?);
                let dst = self.define(result)?;
                self.plain::<Select>([dst, cond, a, b]);
                return Ok(());
            }
            Shape::Extend | Shape::Bitcast
                if op != Op::Sextend && ty.slots() == 1 && to.slots() == 1 =>
            {
                return self.registers(handler::<Move1>, ty, &args[..1], result);
            }
            Shape::Extend if op == Op::Uextend && ty.slots() == 1 && to.slots() == 4 => {
                let from = self.slot(args[0], ty)?;
                let dst = self.define(result)?;
                self.extend(dst, from);
                return Ok(());
            }
            Shape::Reduce if to.slots() == 1 => {
                let from = self.slot(args[0], ty)?;
                let dst = self.define(result)?;
                self.plain::<Low>([dst, from, 0, 0]);
                self.imm(u64::MAX >> (64 - to.bits()));
                return Ok(());
            }
            _ => {
                if let Some(handler) = conversion(op, ty, to) {
                    return self.registers(handler, ty, &args[..1], result);
                }
            }
        }
        self.general(op, ty, to, args, result)
    }

    /// A handler whose operands are all in slots.
    fn registers(
        &mut self,
        handler: crate::dispatch::Handler,
        ty: Type,
        args: &[Operand],
        result: Value,
    ) -> Result<(), CodeError> {
        let mut fields = [0; 4];
        for (k, arg) in args.iter().enumerate() {
            fields[k + 1] = self.slot(*arg, ty)?;
        }
        fields[0] = self.define(result)?;
        self.handler(handler);
        self.fields(fields);
        Ok(())
    }

    fn general(
        &mut self,
        op: Op,
        ty: Type,
        to: Type,
        args: [Operand; 3],
        result: Value,
    ) -> Result<(), CodeError> {
        let shape = op.shape();
        let mut fields = [0; 4];
        for (k, arg) in args.iter().enumerate().take(shape.arity()) {
            fields[k + 1] = self.slot(*arg, shape.operand(k, ty))?;
        }
        fields[0] = self.define(result)?;
        self.plain::<General>(fields);
        self.imm(General::selector(op, ty, to));
        Ok(())
    }

    /// How both operands of a binary instruction are given; at most one is a constant in the code.
    pub(super) fn forms(&self, ty: Type, args: [Operand; 3]) -> (Form, Form) {
        let (a, b) = (self.form(ty, args[0]), self.form(ty, args[1]));
        if a == Form::Slot || b == Form::Slot { (a, b) } else { (Form::Slot, b) }
    }

    fn form(&self, ty: Type, operand: Operand) -> Form {
        match self.e.plan.resolve(operand).source() {
            Source::Value(_) | Source::Var(_) => Form::Slot,
            Source::Imm(_) => Form::Imm,
            Source::Const(_) => match self.func.const_limbs(operand, ty) {
                Some(limbs) if limbs[1..] == [0; 7] => Form::Imm,
                _ => Form::Wide,
            },
        }
    }

    /// The frame offsets of the operands that are in slots.
    pub(super) fn places(
        &mut self,
        ty: Type,
        args: [Operand; 2],
        forms: [Form; 2],
    ) -> Result<[i16; 2], CodeError> {
        let mut places = [0; 2];
        for k in 0..2 {
            if forms[k] == Form::Slot {
                places[k] = self.slot(args[k], ty)?;
            }
        }
        Ok(places)
    }

    /// Writes the operand that is a constant in the code.
    pub(super) fn inline_constant(&mut self, ty: Type, args: [Operand; 2], forms: [Form; 2]) {
        for k in 0..2 {
            let limbs = self.func.const_limbs(args[k], ty).unwrap_or_default();
            match forms[k] {
                Form::Slot => {}
                Form::Imm => self.imm(limbs[0]),
                Form::Wide => limbs[..ty.slots() as usize].iter().for_each(|limb| self.imm(*limb)),
            }
        }
    }
}
