//! Handlers of float operations, in the layout of `value`.

use core::marker::PhantomData;

use lockstep_ir::{Type, op::meaning::Float};

use crate::{
    dispatch::{Flow, Handler, Run, handler},
    frame::{Cell, State},
    handler::{
        flow::{Go, fork},
        place::{Acc, Dest, FIXED_WORDS, Form, Imm, Place, Slot, ToAcc, ToBoth},
    },
};

/// A row `float_binary, pure`.
pub(super) trait FloatBinary {
    fn eval<T: Float>(a: T, b: T) -> T;
}

/// A row `float_compare, pure`.
pub(super) trait FloatCompare {
    fn eval<T: Float>(a: T, b: T) -> bool;
}

/// A row `float_unary, pure`.
pub(super) trait FloatUnary {
    fn eval<T: Float>(a: T) -> T;
}

/// The same operation of swapped operands.
pub(super) struct Reversed<F>(PhantomData<F>);

impl<F: FloatBinary> FloatBinary for Reversed<F> {
    #[inline(always)]
    fn eval<T: Float>(a: T, b: T) -> T {
        F::eval(b, a)
    }
}

struct BinaryRun<F, T, A, B, D>(PhantomData<(F, T, A, B, D)>);

impl<F: FloatBinary, T: Float + Cell, A: Place, B: Place, D: Dest> Run
    for BinaryRun<F, T, A, B, D>
{
    #[inline(always)]
    fn run(mut state: State) -> Flow {
        let value = F::eval(A::get::<T>(&state, 1), B::get::<T>(&state, 2));
        D::put(&mut state, value);
        state.next(FIXED_WORDS + A::words::<T>() + B::words::<T>())
    }
}

struct CompareRun<F, T, A, B, D>(PhantomData<(F, T, A, B, D)>);

impl<F: FloatCompare, T: Float + Cell, A: Place, B: Place, D: Dest> Run
    for CompareRun<F, T, A, B, D>
{
    #[inline(always)]
    fn run(mut state: State) -> Flow {
        let is_so = F::eval(A::get::<T>(&state, 1), B::get::<T>(&state, 2));
        D::put(&mut state, u64::from(is_so));
        state.next(FIXED_WORDS + A::words::<T>() + B::words::<T>())
    }
}

struct BranchRun<F, T, A, B, G>(PhantomData<(F, T, A, B, G)>);

impl<F: FloatCompare, T: Float + Cell, A: Place, B: Place, G: Go> Run for BranchRun<F, T, A, B, G> {
    #[inline(always)]
    fn run(state: State) -> Flow {
        let is_so = F::eval(A::get::<T>(&state, 1), B::get::<T>(&state, 2));
        fork::<G>(state, is_so, FIXED_WORDS + A::words::<T>() + B::words::<T>())
    }
}

struct UnaryRun<F, T, A, D>(PhantomData<(F, T, A, D)>);

impl<F: FloatUnary, T: Float + Cell, A: Place, D: Dest> Run for UnaryRun<F, T, A, D> {
    #[inline(always)]
    fn run(mut state: State) -> Flow {
        let value = F::eval(A::get::<T>(&state, 1));
        D::put(&mut state, value);
        state.next(FIXED_WORDS)
    }
}

/// A family of handlers over type, places and destination.
pub(super) trait Pick {
    fn at<T: Float + Cell, A: Place, B: Place, D: Dest>() -> Handler;
}

pub(super) struct PickBinary<F>(PhantomData<F>);
pub(super) struct PickCompare<F>(PhantomData<F>);
pub(super) struct PickBranch<F, G>(PhantomData<(F, G)>);

impl<F: FloatBinary> Pick for PickBinary<F> {
    fn at<T: Float + Cell, A: Place, B: Place, D: Dest>() -> Handler {
        handler::<BinaryRun<F, T, A, B, D>>
    }
}

impl<F: FloatCompare> Pick for PickCompare<F> {
    fn at<T: Float + Cell, A: Place, B: Place, D: Dest>() -> Handler {
        handler::<CompareRun<F, T, A, B, D>>
    }
}

impl<F: FloatCompare, G: Go> Pick for PickBranch<F, G> {
    fn at<T: Float + Cell, A: Place, B: Place, D: Dest>() -> Handler {
        handler::<BranchRun<F, T, A, B, G>>
    }
}

pub(super) fn place<P: Pick>(ty: Type, a: Form, b: Form, only_acc: bool) -> Option<Handler> {
    match (ty, only_acc) {
        (Type::F32, false) => at::<P, f32, ToBoth>(a, b),
        (Type::F64, false) => at::<P, f64, ToBoth>(a, b),
        (Type::F32, true) => at::<P, f32, ToAcc>(a, b),
        (Type::F64, true) => at::<P, f64, ToAcc>(a, b),
        _ => None,
    }
}

fn at<P: Pick, T: Float + Cell, D: Dest>(a: Form, b: Form) -> Option<Handler> {
    Some(match (a, b) {
        (Form::Slot, Form::Slot) => P::at::<T, Slot, Slot, D>(),
        (Form::Acc, Form::Slot) => P::at::<T, Acc, Slot, D>(),
        (Form::Slot, Form::Acc) => P::at::<T, Slot, Acc, D>(),
        (Form::Slot, Form::Imm | Form::Wide) => P::at::<T, Slot, Imm, D>(),
        (Form::Imm | Form::Wide, Form::Slot) => P::at::<T, Imm, Slot, D>(),
        (Form::Acc, Form::Imm | Form::Wide) => P::at::<T, Acc, Imm, D>(),
        (Form::Imm | Form::Wide, Form::Acc) => P::at::<T, Imm, Acc, D>(),
        _ => return None,
    })
}

pub(super) fn unary<F: FloatUnary>(ty: Type, a: Form, only_acc: bool) -> Option<Handler> {
    match ty {
        Type::F32 => unary_at::<F, f32>(a, only_acc),
        Type::F64 => unary_at::<F, f64>(a, only_acc),
        _ => None,
    }
}

fn unary_at<F: FloatUnary, T: Float + Cell>(a: Form, only_acc: bool) -> Option<Handler> {
    Some(match (a, only_acc) {
        (Form::Acc, true) => handler::<UnaryRun<F, T, Acc, ToAcc>>,
        (Form::Acc, false) => handler::<UnaryRun<F, T, Acc, ToBoth>>,
        (_, true) => handler::<UnaryRun<F, T, Slot, ToAcc>>,
        (_, false) => handler::<UnaryRun<F, T, Slot, ToBoth>>,
    })
}
