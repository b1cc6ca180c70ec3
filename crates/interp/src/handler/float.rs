//! Handlers of float operations, in the layout of `value`.

use core::marker::PhantomData;

use lockstep_ir::{Type, op::meaning::Float};

use crate::{
    dispatch::{Flow, Handler, Run, handler},
    frame::{Cell, State},
    handler::{
        flow::Go,
        value::{FIXED_WORDS, Form, Imm, Place, Slot},
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

struct BinaryRun<F, T, A, B>(PhantomData<(F, T, A, B)>);

impl<F: FloatBinary, T: Float + Cell, A: Place, B: Place> Run for BinaryRun<F, T, A, B> {
    #[inline(always)]
    fn run(state: State) -> Flow {
        state.set(0, F::eval(A::get::<T>(&state, 1), B::get::<T>(&state, 2)));
        state.next(FIXED_WORDS + A::words::<T>() + B::words::<T>())
    }
}

struct CompareRun<F, T, A, B>(PhantomData<(F, T, A, B)>);

impl<F: FloatCompare, T: Float + Cell, A: Place, B: Place> Run for CompareRun<F, T, A, B> {
    #[inline(always)]
    fn run(state: State) -> Flow {
        let is_so = F::eval(A::get::<T>(&state, 1), B::get::<T>(&state, 2));
        state.set(0, u64::from(is_so));
        state.next(FIXED_WORDS + A::words::<T>() + B::words::<T>())
    }
}

struct BranchRun<F, T, A, B, G>(PhantomData<(F, T, A, B, G)>);

impl<F: FloatCompare, T: Float + Cell, A: Place, B: Place, G: Go> Run for BranchRun<F, T, A, B, G> {
    #[inline(always)]
    fn run(mut state: State) -> Flow {
        let links = FIXED_WORDS + A::words::<T>() + B::words::<T>();
        if F::eval(A::get::<T>(&state, 1), B::get::<T>(&state, 2)) {
            let target = state.link(links);
            state.shift(state.field(0));
            G::go(state, target)
        } else {
            let target = state.link(links + 1);
            state.shift(state.field(3));
            G::go(state, target)
        }
    }
}

struct UnaryRun<F, T>(PhantomData<(F, T)>);

impl<F: FloatUnary, T: Float + Cell> Run for UnaryRun<F, T> {
    #[inline(always)]
    fn run(state: State) -> Flow {
        state.set(0, F::eval(state.operand::<T>(1)));
        state.next(FIXED_WORDS)
    }
}

/// A family of handlers over type and places.
pub(super) trait Pick {
    fn at<T: Float + Cell, A: Place, B: Place>() -> Handler;
}

pub(super) struct PickBinary<F>(PhantomData<F>);
pub(super) struct PickCompare<F>(PhantomData<F>);
pub(super) struct PickBranch<F, G>(PhantomData<(F, G)>);

impl<F: FloatBinary> Pick for PickBinary<F> {
    fn at<T: Float + Cell, A: Place, B: Place>() -> Handler {
        handler::<BinaryRun<F, T, A, B>>
    }
}

impl<F: FloatCompare> Pick for PickCompare<F> {
    fn at<T: Float + Cell, A: Place, B: Place>() -> Handler {
        handler::<CompareRun<F, T, A, B>>
    }
}

impl<F: FloatCompare, G: Go> Pick for PickBranch<F, G> {
    fn at<T: Float + Cell, A: Place, B: Place>() -> Handler {
        handler::<BranchRun<F, T, A, B, G>>
    }
}

pub(super) fn place<P: Pick>(ty: Type, a: Form, b: Form) -> Option<Handler> {
    match ty {
        Type::F32 => at::<P, f32>(a, b),
        Type::F64 => at::<P, f64>(a, b),
        _ => None,
    }
}

fn at<P: Pick, T: Float + Cell>(a: Form, b: Form) -> Option<Handler> {
    Some(match (a, b) {
        (Form::Slot, Form::Slot) => P::at::<T, Slot, Slot>(),
        (Form::Slot, _) => P::at::<T, Slot, Imm>(),
        (_, Form::Slot) => P::at::<T, Imm, Slot>(),
        _ => return None,
    })
}

pub(super) fn unary<F: FloatUnary>(ty: Type) -> Option<Handler> {
    match ty {
        Type::F32 => Some(handler::<UnaryRun<F, f32>>),
        Type::F64 => Some(handler::<UnaryRun<F, f64>>),
        _ => None,
    }
}
