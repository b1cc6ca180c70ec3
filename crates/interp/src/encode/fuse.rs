//! Two operations in one instruction: the second alone takes the first one's result, or is the branch of the block.

use lockstep_ir::{Inst, Op, Operand, Shape, Source, Type, Value};

use super::{Encoding, bank};
use crate::{
    code::{CodeError, Word},
    dispatch::Handler,
    handler::{
        fused::{commutes, fused, fused_floats, step_branch},
        linear::{self, Address},
        place::Form,
    },
};

/// An operation and the one that takes its result.
pub(super) struct Fusion {
    ops: (Op, Op),
    ty: Type,
    /// Operands of the first, and what the second combines its result with.
    args: [Operand; 3],
    /// Whether the first's result comes after that.
    is_reversed: bool,
    /// Where the second stands, and its result.
    next: u32,
    result: Value,
}

impl Fusion {
    fn handler(&self, forms: [Form; 3], only_acc: bool) -> Option<Handler> {
        match (self.ty.is_float(), self.is_reversed) {
            (true, _) => fused_floats(self.ops, self.is_reversed, self.ty, forms, only_acc),
            (false, false) => fused(self.ops, self.ty, forms, only_acc),
            (false, true) => None,
        }
    }
}

/// A load and the operation that takes what is loaded.
struct LoadOp {
    op: Op,
    /// In memory, and of the operation.
    types: (Type, Type),
    x: Operand,
    is_reversed: bool,
    /// Where the operation stands, and its result.
    next: u32,
    result: Value,
}

/// An addition whose result the branch of the block compares.
struct Step {
    /// The comparison.
    op: Op,
    ty: Type,
    a: Operand,
    add: Operand,
    /// What the sum is compared with.
    b: Operand,
    /// How `add` and `b` are given.
    forms: [Form; 2],
}

impl Encoding<'_> {
    /// The operation at `at` with the next, when one instruction does both.
    pub(super) fn fusion(&self, at: u32) -> Option<Fusion> {
        let (first, ty, [mut a, mut b, _], value) = self.binary(at)?;
        let next = self.e.plan.passed_to(value)?;
        if next >= self.block_end || next != self.e.plan.next(at) {
            return None;
        }
        let (second, next_ty, args, result) = self.binary(next)?;
        if ty != next_ty {
            return None;
        }
        let is_value = |arg| self.e.plan.resolve(arg) == value.into();
        let (x, is_reversed) = match (is_value(args[0]), is_value(args[1])) {
            (true, false) => (args[1], false),
            (false, true) => (args[0], !commutes(second)),
            _ => return None,
        };
        if self.is_constant(a) && commutes(first) {
            core::mem::swap(&mut a, &mut b);
        }
        let args = [a, b, x];
        let fusion = Fusion { ops: (first, second), ty, args, is_reversed, next, result };
        let forms = args.map(|arg| if self.is_constant(arg) { Form::Imm } else { Form::Slot });
        fusion.handler(forms, false).is_some().then_some(fusion)
    }

    /// The binary operation of a machine word at `at`.
    fn binary(&self, at: u32) -> Option<(Op, Type, [Operand; 3], Value)> {
        match self.func.insts[at as usize] {
            Inst::Op { op, ty, args, result, .. }
                if matches!(op.shape(), Shape::Binary | Shape::FloatBinary)
                    && matches!(ty, Type::I32 | Type::I64 | Type::F32 | Type::F64) =>
            {
                Some((op, ty, args, result))
            }
            _ => None,
        }
    }

    fn is_constant(&self, operand: Operand) -> bool {
        matches!(self.e.plan.resolve(operand).source(), Source::Const(_) | Source::Imm(_))
    }

    /// Writes the operation at `at` with the next, if one instruction does both.
    pub(super) fn write_fused(&mut self, at: u32) -> Result<bool, CodeError> {
        let Some(fusion) = self.fusion(at) else { return Ok(false) };
        let Fusion { ty, mut args, next, result, .. } = fusion;
        if self.in_acc(args[1], ty) {
            args.swap(0, 1);
        }
        let only_acc = self.goes_on_in_acc(result, next);
        let mut forms = args.map(|arg| if self.is_constant(arg) { Form::Imm } else { Form::Slot });
        // One operand is taken from the accumulator, which has no second place for the others.
        if let Some(k) = [0, 2].into_iter().find(|k| self.in_acc(args[*k], ty)) {
            forms[k] = Form::Acc;
        }
        let Some(handler) = fusion.handler(forms, only_acc) else { return Ok(false) };
        let mut fields = [0; 4];
        for k in 0..3 {
            if forms[k] == Form::Slot {
                fields[k + 1] = self.slot(args[k], ty)?;
            }
        }
        fields[0] = self.define_acc(result, only_acc)?;
        self.e.plan.skip(next);
        self.handler(handler);
        self.fields(fields);
        for k in 1..3 {
            if forms[k] == Form::Imm {
                let low = self.func.const_low(self.e.plan.resolve(args[k]));
                self.imm(low.unwrap_or_default());
            }
        }
        Ok(true)
    }

    /// Whether the operation at `at` is written with the next, and that takes `value` from the accumulator.
    pub(super) fn fusion_takes(&self, at: u32, value: Value) -> bool {
        let Some(Fusion { args, next, ty, .. }) = self.fusion(at) else { return false };
        let named = args.iter().filter(|arg| self.e.plan.resolve(**arg) == value.into()).count();
        named == 1
            && bank(ty) == bank(self.func.values[value])
            && (self.e.plan.is_passed_to(value, at) || self.e.plan.is_passed_to(value, next))
    }

    /// The load at `access`, checked at `at`, with the operation after it, when one instruction does both.
    fn load_op(&self, at: u32, access: u32) -> Option<LoadOp> {
        let (Inst::Check { addr, .. }, Inst::Load { ty: loaded_ty, result: loaded, .. }) =
            (self.func.insts[at as usize], self.func.insts[access as usize])
        else {
            return None;
        };
        let next = self.e.plan.passed_to(loaded)?;
        if next >= self.block_end || next != self.e.plan.next(access) {
            return None;
        }
        let (op, ty, args, result) = self.binary(next)?;
        let has_form = match self.e.plan.sum(self.func, addr) {
            Some(args) => args.into_iter().any(|arg| self.is_constant(arg)),
            None => self.is_constant(addr) || self.e.plan.index(self.func, at).is_some(),
        };
        if !has_form || self.widening(access + 1, loaded).is_some() {
            return None;
        }
        let is_loaded = |arg| self.e.plan.resolve(arg) == loaded.into();
        let (x, is_reversed) = match (is_loaded(args[0]), is_loaded(args[1])) {
            (true, false) => (args[1], false),
            (false, true) => (args[0], !commutes(op)),
            _ => return None,
        };
        let types = (loaded_ty, ty);
        let places = (Address::Slot, Form::Slot);
        let has_handler = linear::load_op(op, types, is_reversed, places, false).is_some();
        (has_handler && !self.is_constant(x) && !self.is_step(next)).then_some(LoadOp {
            op,
            types,
            x,
            is_reversed,
            next,
            result,
        })
    }

    /// Writes the load at `access`, checked at `at`, with the operation after it, if one instruction does both.
    pub(super) fn write_load_op(
        &mut self,
        at: u32,
        access: u32,
        (address, places, end): (Address, [i16; 2], Word),
    ) -> Result<bool, CodeError> {
        let Some(LoadOp { op, types, x, is_reversed, next, result }) = self.load_op(at, access)
        else {
            return Ok(false);
        };
        let is_free = types.1.is_float() || !address.takes_acc();
        let form = if is_free && self.in_acc(x, types.1) { Form::Acc } else { Form::Slot };
        let only_acc = self.goes_on_in_acc(result, next);
        let handler = linear::load_op(op, types, is_reversed, (address, form), only_acc);
        let handler = handler.ok_or(CodeError::Unsupported("a load with an operation"))?;
        let x = if form == Form::Slot { self.slot(x, types.1)? } else { 0 };
        let to = self.define_acc(result, only_acc)?;
        self.e.plan.skip(next);
        self.handler(handler);
        self.fields([to, places[0], places[1], x]);
        self.e.words.push(end);
        Ok(true)
    }

    /// Whether the load at `access`, checked at `at`, is written with an operation that takes `value` from the
    /// accumulator.
    pub(super) fn load_op_takes(&self, at: u32, access: u32, value: Value) -> bool {
        let Some(LoadOp { types, x, next, .. }) = self.load_op(at, access) else { return false };
        self.e.plan.resolve(x) == value.into()
            && bank(types.1) == bank(self.func.values[value])
            && self.e.plan.is_passed_to(value, next)
    }

    /// The comparison of the block's branch, with what the operation at `at` adds and what its result is compared with,
    /// when one instruction does all.
    fn step(&self, at: u32) -> Option<Step> {
        let compare = self.fused_compare?;
        let Inst::Op { op: Op::Iadd, ty, args: [a, add, _], result, .. } =
            self.func.insts[at as usize]
        else {
            return None;
        };
        let Inst::Op { op, ty: compared, args: [left, b, _], .. } =
            self.func.insts[compare as usize]
        else {
            return None;
        };
        let is_result = |arg| self.e.plan.resolve(arg) == result.into();
        let form = if self.is_constant(b) { Form::Imm } else { Form::Slot };
        let fits = self.interface.window.is_none()
            && self.e.plan.next(at) >= self.block_end
            && !self.is_constant(a)
            && ty == compared
            && is_result(left)
            && !is_result(b);
        let add_form = if self.is_constant(add) { Form::Imm } else { Form::Slot };
        let forms = [add_form, form];
        let has_handler = step_branch(op, ty, add_form, form).is_some();
        (fits && has_handler).then_some(Step { op, ty, a, add, b, forms })
    }

    /// Whether the operation at `at` is written with the branch; its result has a place then.
    pub(super) fn leaves_step(&mut self, at: u32, result: Value) -> Result<bool, CodeError> {
        if !self.is_step(at) {
            return Ok(false);
        }
        let to = self.define_acc(result, false)?;
        self.step = Some((at, to));
        Ok(true)
    }

    pub(super) fn is_step(&self, at: u32) -> bool {
        self.step(at).is_some()
    }

    /// Writes the step that was left to the branch with it; links follow.
    pub(super) fn step_branch(&mut self) -> Result<bool, CodeError> {
        let Some((at, to)) = self.step.take() else { return Ok(false) };
        let Some(Step { op, ty, a, add, b, forms }) = self.step(at) else { return Ok(false) };
        let from = self.slot(a, ty)?;
        let [add_at, compared] = self.places(ty, [add, b], forms)?;
        let handler = step_branch(op, ty, forms[0], forms[1]);
        self.handler(handler.ok_or(CodeError::Unsupported("a step without a branch"))?);
        self.fields([to, from, compared, add_at]);
        for (operand, form) in [add, b].into_iter().zip(forms) {
            if form == Form::Imm {
                let low = self.func.const_low(self.e.plan.resolve(operand));
                self.imm(low.unwrap_or_default());
            }
        }
        Ok(true)
    }
}
