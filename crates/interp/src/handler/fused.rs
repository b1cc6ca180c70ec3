//! Handlers of two operations, the second of which alone takes the first one's result, and of the step and the branch
//! that end a loop.
//!
//! Layout: `handler | dst a b x | constant b | constant x`, for `second(first(a, b), x)`.

use core::marker::PhantomData;

use lockstep_base::Int;
use lockstep_ir::{
    Op, Type,
    op::meaning::{self, Float},
};

use crate::{
    dispatch::{Flow, Handler, Run, handler},
    frame::{Cell, State},
    handler::{
        float::{FloatBinary, Reversed},
        flow::{Charging, fork},
        place::{Acc, Dest, FIXED_WORDS, Form, Imm, Place, Slot, ToAcc, ToBoth},
        value::{Binary, Compare, rows},
    },
};

struct FusedRun<F, S, T, A, B, X, D>(PhantomData<(F, S, T, A, B, X, D)>);

impl<F, S, T, A, B, X, D> Run for FusedRun<F, S, T, A, B, X, D>
where
    F: Binary,
    S: Binary,
    T: Int + Cell,
    A: Place,
    B: Place,
    X: Place,
    D: Dest,
{
    #[inline(always)]
    fn run(mut state: State) -> Flow {
        let first = F::eval(A::get::<T>(&state, 1), B::get::<T>(&state, 2));
        let last = FIXED_WORDS + B::words::<T>();
        let value = S::eval(first, X::get_at::<T>(&state, 3, last));
        D::put(&mut state, value);
        state.next(last + X::words::<T>())
    }
}

/// A pair of operations over type, places and destination.
trait Pair {
    fn at<T: Int + Cell, A: Place, B: Place, X: Place, D: Dest>() -> Handler;
}

struct Of<F, S>(PhantomData<(F, S)>);

impl<F: Binary, S: Binary> Pair for Of<F, S> {
    fn at<T: Int + Cell, A: Place, B: Place, X: Place, D: Dest>() -> Handler {
        handler::<FusedRun<F, S, T, A, B, X, D>>
    }
}

/// A function of type and destination, over the types that pairs have.
macro_rules! of_type {
    ($function:ident, $pair:ty, $ty:expr, $forms:expr, $only_acc:expr) => {
        match ($ty, $only_acc) {
            (Type::I32, false) => $function::<$pair, u32, ToBoth>($forms),
            (Type::I64, false) => $function::<$pair, u64, ToBoth>($forms),
            (Type::I32, true) => $function::<$pair, u32, ToAcc>($forms),
            (Type::I64, true) => $function::<$pair, u64, ToAcc>($forms),
            _ => None,
        }
    };
}

/// First by a constant, as shifts mostly are.
fn by_constant<P: Pair, T: Int + Cell, D: Dest>([a, b, x]: [Form; 3]) -> Option<Handler> {
    Some(match (a, b, x) {
        (Form::Slot, Form::Imm | Form::Wide, Form::Slot) => P::at::<T, Slot, Imm, Slot, D>(),
        (Form::Acc, Form::Imm | Form::Wide, Form::Slot) => P::at::<T, Acc, Imm, Slot, D>(),
        (Form::Slot, Form::Imm | Form::Wide, Form::Acc) => P::at::<T, Slot, Imm, Acc, D>(),
        _ => return both_constant::<P, T, D>([a, b, x]),
    })
}

/// Both by a constant.
fn both_constant<P: Pair, T: Int + Cell, D: Dest>([a, b, x]: [Form; 3]) -> Option<Handler> {
    let is_constant = |form| matches!(form, Form::Imm | Form::Wide);
    match a {
        Form::Slot if is_constant(b) && is_constant(x) => Some(P::at::<T, Slot, Imm, Imm, D>()),
        Form::Acc if is_constant(b) && is_constant(x) => Some(P::at::<T, Acc, Imm, Imm, D>()),
        _ => None,
    }
}

/// The second by a constant.
fn then_constant<P: Pair, T: Int + Cell, D: Dest>([a, b, x]: [Form; 3]) -> Option<Handler> {
    Some(match (a, b, x) {
        (Form::Slot, Form::Slot, Form::Imm | Form::Wide) => P::at::<T, Slot, Slot, Imm, D>(),
        (Form::Acc, Form::Slot, Form::Imm | Form::Wide) => P::at::<T, Acc, Slot, Imm, D>(),
        _ => return both_constant::<P, T, D>([a, b, x]),
    })
}

/// Neither by a constant, or one of them.
fn any<P: Pair, T: Int + Cell, D: Dest>(forms: [Form; 3]) -> Option<Handler> {
    Some(match forms {
        [Form::Slot, Form::Slot, Form::Slot] => P::at::<T, Slot, Slot, Slot, D>(),
        [Form::Acc, Form::Slot, Form::Slot] => P::at::<T, Acc, Slot, Slot, D>(),
        [Form::Slot, Form::Slot, Form::Acc] => P::at::<T, Slot, Slot, Acc, D>(),
        [_, Form::Imm | Form::Wide, Form::Slot | Form::Acc] => {
            return by_constant::<P, T, D>(forms);
        }
        _ => return then_constant::<P, T, D>(forms),
    })
}

struct FloatRun<F, S, T, A, B, X, D>(PhantomData<(F, S, T, A, B, X, D)>);

impl<F, S, T, A, B, X, D> Run for FloatRun<F, S, T, A, B, X, D>
where
    F: FloatBinary,
    S: FloatBinary,
    T: Float + Cell,
    A: Place,
    B: Place,
    X: Place,
    D: Dest,
{
    #[inline(always)]
    fn run(mut state: State) -> Flow {
        let first = F::eval(A::get::<T>(&state, 1), B::get::<T>(&state, 2));
        let value = S::eval(first, X::get::<T>(&state, 3));
        D::put(&mut state, value);
        state.next(FIXED_WORDS)
    }
}

fn floats<F: FloatBinary, S: FloatBinary>(
    ty: Type,
    forms: [Form; 3],
    only_acc: bool,
) -> Option<Handler> {
    match (ty, only_acc) {
        (Type::F32, false) => floats_at::<F, S, f32, ToBoth>(forms),
        (Type::F64, false) => floats_at::<F, S, f64, ToBoth>(forms),
        (Type::F32, true) => floats_at::<F, S, f32, ToAcc>(forms),
        (Type::F64, true) => floats_at::<F, S, f64, ToAcc>(forms),
        _ => None,
    }
}

fn floats_at<F: FloatBinary, S: FloatBinary, T: Float + Cell, D: Dest>(
    forms: [Form; 3],
) -> Option<Handler> {
    Some(match forms {
        [Form::Slot, Form::Slot, Form::Slot] => handler::<FloatRun<F, S, T, Slot, Slot, Slot, D>>,
        [Form::Acc, Form::Slot, Form::Slot] => handler::<FloatRun<F, S, T, Acc, Slot, Slot, D>>,
        [Form::Slot, Form::Slot, Form::Acc] => handler::<FloatRun<F, S, T, Slot, Slot, Acc, D>>,
        _ => return None,
    })
}

/// As [`fused`], for floats; with `is_reversed` the first's result comes after `x`.
pub(crate) fn fused_floats(
    (first, second): (Op, Op),
    is_reversed: bool,
    ty: Type,
    forms: [Form; 3],
    only_acc: bool,
) -> Option<Handler> {
    match (first, second, is_reversed) {
        (Op::Fmul, Op::Fadd, false) => floats::<rows::Fmul, rows::Fadd>(ty, forms, only_acc),
        (Op::Fmul, Op::Fsub, false) => floats::<rows::Fmul, rows::Fsub>(ty, forms, only_acc),
        (Op::Fmul, Op::Fsub, true) => {
            floats::<rows::Fmul, Reversed<rows::Fsub>>(ty, forms, only_acc)
        }
        (Op::Fmul, Op::Fmul, false) => floats::<rows::Fmul, rows::Fmul>(ty, forms, only_acc),
        (Op::Fadd, Op::Fadd, false) => floats::<rows::Fadd, rows::Fadd>(ty, forms, only_acc),
        _ => None,
    }
}

macro_rules! pairs {
    ($($function:ident: $($first:ident $second:ident),*;)*) => {
        /// The handler of two operations with operands in these places, if there is one; either their order does not
        /// matter to the second, or the first's result comes before `x`. At most one operand is in the accumulator,
        /// and not the second of them. With `only_acc` the result goes to the accumulator alone.
        pub(crate) fn fused(
            (first, second): (Op, Op),
            ty: Type,
            forms: [Form; 3],
            only_acc: bool,
        ) -> Option<Handler> {
            match (first, second) {
                $($((Op::$first, Op::$second) => {
                    of_type!($function, Of<rows::$first, rows::$second>, ty, forms, only_acc)
                })*)*
                _ => None,
            }
        }
    };
}

pairs! {
    any: Bxor Bxor, Bxor Band, Bxor Iadd, Band Bxor, Band Bor, Band Iadd, Bor Bor, Iadd Iadd,
        Iadd Bxor, Imul Iadd, Imul Bxor;
    by_constant: Rotl Bxor, Rotl Iadd, Ishl Iadd, Ishl Bor, Ishl Bxor, Ushr Iadd, Ushr Band,
        Ushr Bxor, Ushr Bor;
    then_constant: Bxor Rotl, Iadd Rotl, Iadd Band, Iadd Ishl, Iadd Ushr, Band Ishl;
}

/// Whether it does not matter to `op` which operand comes first.
pub(crate) fn commutes(op: Op) -> bool {
    matches!(op, Op::Iadd | Op::Imul | Op::Band | Op::Bor | Op::Bxor | Op::Fadd | Op::Fmul)
}

/// A step and the branch that looks at its result: `handler | dst a b step | step | constant b | then otherwise`.
struct StepBranch<F, T, S, B>(PhantomData<(F, T, S, B)>);

impl<F: Compare, T: Int + Cell, S: Place, B: Place> Run for StepBranch<F, T, S, B> {
    #[inline(always)]
    fn run(mut state: State) -> Flow {
        let step = S::get_at::<T>(&state, 3, FIXED_WORDS);
        let b = B::get_at::<T>(&state, 2, FIXED_WORDS + S::words::<T>());
        let a = meaning::iadd(state.operand::<T>(1), step);
        ToBoth::put(&mut state, a);
        fork::<Charging>(state, F::eval(a, b), FIXED_WORDS + S::words::<T>() + B::words::<T>())
    }
}

fn step_of<F: Compare, T: Int + Cell>(step: Form, b: Form) -> Option<Handler> {
    Some(match (step, b) {
        (Form::Imm, Form::Slot) => handler::<StepBranch<F, T, Imm, Slot>>,
        (Form::Imm, Form::Imm) => handler::<StepBranch<F, T, Imm, Imm>>,
        (Form::Slot, Form::Slot) => handler::<StepBranch<F, T, Slot, Slot>>,
        (Form::Slot, Form::Imm) => handler::<StepBranch<F, T, Slot, Imm>>,
        _ => return None,
    })
}

fn step_at<F: Compare>(ty: Type, step: Form, b: Form) -> Option<Handler> {
    match ty {
        Type::I32 => step_of::<F, u32>(step, b),
        Type::I64 => step_of::<F, u64>(step, b),
        _ => None,
    }
}

macro_rules! steps {
    ($($name:ident)*) => {
        /// The handler that adds a step and branches by the comparison `op` of the sum with `b`.
        pub(crate) fn step_branch(op: Op, ty: Type, step: Form, b: Form) -> Option<Handler> {
            match op {
                $(Op::$name => step_at::<rows::$name>(ty, step, b),)*
                _ => None,
            }
        }
    };
}

steps!(Ieq Ine Iult Iule Iugt Iuge Islt Isle Isgt Isge);
