//! Handlers of conversions between the machine's types: `handler | dst a`.

use core::marker::PhantomData;

use lockstep_base::Int;
use lockstep_ir::{
    Op, Trap, Type,
    op::meaning::{self, Float},
};

use crate::{
    dispatch::{Flow, Handler, Run, handler},
    frame::{Cell, State},
    handler::place::{Acc, Dest, Place, Slot, ToAcc, ToBoth},
};

/// From one type to another, or a trap.
trait Convert<A, B> {
    fn eval(a: A) -> Result<B, Trap>;
}

struct ConvertRun<F, A, B, P, D>(PhantomData<(F, A, B, P, D)>);

impl<F: Convert<A, B>, A: Cell, B: Cell, P: Place, D: Dest> Run for ConvertRun<F, A, B, P, D> {
    #[inline(always)]
    fn run(mut state: State) -> Flow {
        match F::eval(P::get::<A>(&state, 1)) {
            Ok(value) => {
                D::put(&mut state, value);
                state.next(2)
            }
            Err(trap) => state.trap(trap),
        }
    }
}

macro_rules! conversions {
    ($($name:ident: $mnemonic:ident, $effect:ident, $a:ident => $b:ident;)*) => {$(
        struct $name;

        impl<A: $a + Cell, B: $b + Cell> Convert<A, B> for $name {
            #[inline(always)]
            fn eval(a: A) -> Result<B, Trap> {
                conversions!($effect meaning::$mnemonic::<A, B>(a))
            }
        }
    )*};
    (pure $value:expr) => { Ok($value) };
    (checked $value:expr) => { $value };
}

conversions! {
    Sextend: sextend, pure, Int => Int;
    FromSint: fcvt_from_sint, pure, Int => Float;
    FromUint: fcvt_from_uint, pure, Int => Float;
    ToSintSat: fcvt_to_sint_sat, pure, Float => Int;
    ToUintSat: fcvt_to_uint_sat, pure, Float => Int;
    ToSint: fcvt_to_sint, checked, Float => Int;
    ToUint: fcvt_to_uint, checked, Float => Int;
}

struct Promote;
struct Demote;

impl Convert<f32, f64> for Promote {
    #[inline(always)]
    fn eval(a: f32) -> Result<f64, Trap> {
        Ok(meaning::fpromote(a))
    }
}

impl Convert<f64, f32> for Demote {
    #[inline(always)]
    fn eval(a: f64) -> Result<f32, Trap> {
        Ok(meaning::fdemote(a))
    }
}

fn int_to_float<F, P: Place, D: Dest>(ty: Type, to: Type) -> Option<Handler>
where
    F: Convert<u32, f32> + Convert<u32, f64> + Convert<u64, f32> + Convert<u64, f64>,
{
    Some(match (ty, to) {
        (Type::I32, Type::F32) => handler::<ConvertRun<F, u32, f32, P, D>>,
        (Type::I32, Type::F64) => handler::<ConvertRun<F, u32, f64, P, D>>,
        (Type::I64, Type::F32) => handler::<ConvertRun<F, u64, f32, P, D>>,
        (Type::I64, Type::F64) => handler::<ConvertRun<F, u64, f64, P, D>>,
        _ => return None,
    })
}

fn float_to_int<F, P: Place, D: Dest>(ty: Type, to: Type) -> Option<Handler>
where
    F: Convert<f32, u32> + Convert<f64, u32> + Convert<f32, u64> + Convert<f64, u64>,
{
    Some(match (ty, to) {
        (Type::F32, Type::I32) => handler::<ConvertRun<F, f32, u32, P, D>>,
        (Type::F64, Type::I32) => handler::<ConvertRun<F, f64, u32, P, D>>,
        (Type::F32, Type::I64) => handler::<ConvertRun<F, f32, u64, P, D>>,
        (Type::F64, Type::I64) => handler::<ConvertRun<F, f64, u64, P, D>>,
        _ => return None,
    })
}

/// The handler of a conversion, if there is one; `in_acc` says whether the accumulator holds its operand, `only_acc`
/// whether the result goes there alone.
pub(crate) fn conversion(
    op: Op,
    (ty, to): (Type, Type),
    in_acc: bool,
    only_acc: bool,
) -> Option<Handler> {
    match (in_acc, only_acc) {
        (false, false) => at::<Slot, ToBoth>(op, ty, to),
        (false, true) => at::<Slot, ToAcc>(op, ty, to),
        (true, false) => at::<Acc, ToBoth>(op, ty, to),
        (true, true) => at::<Acc, ToAcc>(op, ty, to),
    }
}

fn at<P: Place, D: Dest>(op: Op, ty: Type, to: Type) -> Option<Handler> {
    match op {
        Op::Sextend => Some(match (ty, to) {
            (Type::I8, Type::I32) => handler::<ConvertRun<Sextend, u8, u32, P, D>>,
            (Type::I16, Type::I32) => handler::<ConvertRun<Sextend, u16, u32, P, D>>,
            (Type::I8, Type::I64) => handler::<ConvertRun<Sextend, u8, u64, P, D>>,
            (Type::I16, Type::I64) => handler::<ConvertRun<Sextend, u16, u64, P, D>>,
            (Type::I32, Type::I64) => handler::<ConvertRun<Sextend, u32, u64, P, D>>,
            _ => return None,
        }),
        Op::FcvtFromSint => int_to_float::<FromSint, P, D>(ty, to),
        Op::FcvtFromUint => int_to_float::<FromUint, P, D>(ty, to),
        Op::FcvtToSintSat => float_to_int::<ToSintSat, P, D>(ty, to),
        Op::FcvtToUintSat => float_to_int::<ToUintSat, P, D>(ty, to),
        Op::FcvtToSint => float_to_int::<ToSint, P, D>(ty, to),
        Op::FcvtToUint => float_to_int::<ToUint, P, D>(ty, to),
        Op::Fpromote => Some(handler::<ConvertRun<Promote, f32, f64, P, D>>),
        Op::Fdemote => Some(handler::<ConvertRun<Demote, f64, f32, P, D>>),
        _ => None,
    }
}
