//! Operations of the table: the best handler a row has for where its operands are.

use lockstep_ir::{Inst, Op, Operand, Shape, Source, Type, Value};

use super::{Encoding, bank};
use crate::{
    code::CodeError,
    dispatch::handler,
    handler::{
        convert::conversion,
        moves::{Low, Move1, Select},
        place::Form,
        value::{self, General},
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
        (op, ty, to): (Op, Type, Type),
        args: [Operand; 3],
        result: Value,
        at: u32,
    ) -> Result<(), CodeError> {
        match op.shape() {
            Shape::Binary | Shape::Compare | Shape::FloatBinary | Shape::FloatCompare => {
                if self.leaves_step(at, result)? || self.write_fused(at)? {
                    return Ok(());
                }
                let (a, b) = self.forms(ty, args);
                let machine = machine_type(op, ty);
                // What compares wide words leaves the accumulators alone.
                let has_acc = bank(ty).is_some();
                let only_acc = has_acc && self.goes_on_in_acc(result, at);
                if let Some(handler) = value::binary(op, machine, a, b, only_acc) {
                    let [a_at, b_at] = self.places(ty, [args[0], args[1]], [a, b])?;
                    let dst = match has_acc {
                        true => self.define_acc(result, only_acc)?,
                        false => self.define(result)?,
                    };
                    self.handler(handler);
                    self.fields([dst, a_at, b_at, 0]);
                    self.inline_constant(ty, [args[0], args[1]], [a, b]);
                    return Ok(());
                }
            }
            Shape::Unary | Shape::FloatUnary => {
                let form = self.form(ty, args[0]);
                let only_acc = self.goes_on_in_acc(result, at);
                if let Some(handler) = value::unary(op, ty, form, only_acc) {
                    return self.one(handler, (ty, args[0]), result, only_acc);
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
                let only_acc = self.goes_on_in_acc(result, at);
                if let Some(handler) = conversion(op, (ty, to), self.in_acc(args[0], ty), only_acc)
                {
                    return self.one(handler, (ty, args[0]), result, only_acc);
                }
            }
        }
        self.general(op, ty, to, args, result)
    }

    /// A handler of one operand, which is in the accumulator or in a slot.
    fn one(
        &mut self,
        handler: crate::dispatch::Handler,
        (ty, arg): (Type, Operand),
        result: Value,
        only_acc: bool,
    ) -> Result<(), CodeError> {
        let from = if self.in_acc(arg, ty) { 0 } else { self.slot(arg, ty)? };
        let dst = self.define_acc(result, only_acc)?;
        self.handler(handler);
        self.fields([dst, from, 0, 0]);
        Ok(())
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

    /// Whether the instruction that comes after the one at `at` takes `value` from the accumulator, and nobody else takes
    /// it. Such instructions are written by `operation`, `linear_access` and `compare_branch`, which look for it there.
    pub(super) fn goes_on_in_acc(&self, value: Value, at: u32) -> bool {
        // Whoever takes it there takes it alone.
        if self.e.plan.passed_to(value).is_none() {
            return false;
        }
        let Some(bank) = bank(self.func.values[value]) else { return false };
        let mut next = self.e.plan.next(at);
        // A charge leaves the accumulators alone.
        while next < self.block_end && matches!(self.func.insts[next as usize], Inst::Charge { .. })
        {
            next = self.e.plan.next(next);
        }
        if next >= self.block_end {
            if let Some((returned, ty)) = self.returned {
                return self.e.plan.is_passed_to(value, self.block_end)
                    && self::bank(ty) == Some(bank)
                    && self.e.plan.resolve(returned) == value.into();
            }
            let Some(compare) = self.fused_compare else { return false };
            return self.e.plan.is_passed_to(value, self.block_end)
                && self.takes_acc(compare, value);
        }
        match self.func.insts[next as usize] {
            Inst::Op { .. } if self.is_step(next) => false,
            Inst::Op { .. } => {
                self.fusion_takes(next, value)
                    || self.e.plan.is_passed_to(value, next) && self.takes_acc(next, value)
            }
            Inst::Check { addr, .. } => {
                let Some(access) = self.e.plan.linear(self.func, next) else { return false };
                let is_value = |operand| self.e.plan.resolve(operand) == value.into();
                let is_addr = match self.e.plan.sum(self.func, addr) {
                    Some(args) => args.into_iter().any(is_value),
                    None => is_value(addr) && self.e.plan.index(self.func, next).is_some(),
                };
                match self.func.insts[access as usize] {
                    Inst::Load { .. } if !is_addr => self.load_op_takes(next, access, value),
                    Inst::Store { ty, value: stored, .. } if !is_addr => {
                        self.e.plan.is_passed_to(value, access)
                            && self::bank(ty) == Some(bank)
                            && is_value(stored)
                    }
                    // Addresses are integers, though one may be the bits of a float.
                    _ => is_addr && bank == 0 && self.e.plan.is_passed_to(value, next),
                }
            }
            _ => false,
        }
    }

    /// Whether the operation at `at` has a handler that takes `value` from the accumulator.
    fn takes_acc(&self, at: u32, value: Value) -> bool {
        let Inst::Op { op, ty, to, args, .. } = self.func.insts[at as usize] else {
            return false;
        };
        let is_value = |arg: &&Operand| self.e.plan.resolve(**arg) == value.into();
        let machine = machine_type(op, ty);
        let has_handler = match op.shape() {
            Shape::Binary | Shape::Compare | Shape::FloatBinary | Shape::FloatCompare => {
                args[..2].iter().filter(is_value).count() == 1
                    && value::binary(op, machine, Form::Slot, Form::Slot, false).is_some()
            }
            Shape::Unary | Shape::FloatUnary => value::unary(op, ty, Form::Slot, false).is_some(),
            Shape::Extend | Shape::Bitcast | Shape::Reduce
                if op != Op::Sextend && to.slots() == 1 && ty.slots() == 1 =>
            {
                false
            }
            _ => conversion(op, (ty, to), false, false).is_some(),
        };
        has_handler && bank(ty) == bank(self.func.values[value])
    }

    /// How both operands of a binary instruction are given; one is in a slot or in the accumulator.
    pub(super) fn forms(&self, ty: Type, args: [Operand; 3]) -> (Form, Form) {
        let (a, b) = (self.form(ty, args[0]), self.form(ty, args[1]));
        match (a, b) {
            (Form::Acc, Form::Acc) => (Form::Slot, b),
            (Form::Slot | Form::Acc, _) | (_, Form::Slot | Form::Acc) => (a, b),
            _ => (Form::Slot, b),
        }
    }

    fn form(&self, ty: Type, operand: Operand) -> Form {
        if self.in_acc(operand, ty) {
            return Form::Acc;
        }
        match self.e.plan.resolve(operand).source() {
            Source::Value(_) | Source::Var(_) => Form::Slot,
            Source::Imm(_) => Form::Imm,
            Source::Const(_) if ty.slots() == 1 => Form::Imm,
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
            match forms[k] {
                Form::Slot | Form::Acc => {}
                Form::Imm => self.imm(self.func.const_low(args[k]).unwrap_or_default()),
                Form::Wide => {
                    let limbs = self.func.const_limbs(args[k], ty).unwrap_or_default();
                    limbs[..ty.slots() as usize].iter().for_each(|limb| self.imm(*limb));
                }
            }
        }
    }
}
