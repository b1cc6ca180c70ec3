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
};

/// From one type to another, or a trap.
trait Convert<A, B> {
    fn eval(a: A) -> Result<B, Trap>;
}

struct ConvertRun<F, A, B>(PhantomData<(F, A, B)>);

impl<F: Convert<A, B>, A: Cell, B: Cell> Run for ConvertRun<F, A, B> {
    #[inline(always)]
    fn run(state: State) -> Flow {
        match F::eval(state.operand::<A>(1)) {
            Ok(value) => {
                state.set(0, value);
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

fn int_to_float<F>(ty: Type, to: Type) -> Option<Handler>
where
    F: Convert<u32, f32> + Convert<u32, f64> + Convert<u64, f32> + Convert<u64, f64>,
{
    Some(match (ty, to) {
        (Type::I32, Type::F32) => handler::<ConvertRun<F, u32, f32>>,
        (Type::I32, Type::F64) => handler::<ConvertRun<F, u32, f64>>,
        (Type::I64, Type::F32) => handler::<ConvertRun<F, u64, f32>>,
        (Type::I64, Type::F64) => handler::<ConvertRun<F, u64, f64>>,
        _ => return None,
    })
}

fn float_to_int<F>(ty: Type, to: Type) -> Option<Handler>
where
    F: Convert<f32, u32> + Convert<f64, u32> + Convert<f32, u64> + Convert<f64, u64>,
{
    Some(match (ty, to) {
        (Type::F32, Type::I32) => handler::<ConvertRun<F, f32, u32>>,
        (Type::F64, Type::I32) => handler::<ConvertRun<F, f64, u32>>,
        (Type::F32, Type::I64) => handler::<ConvertRun<F, f32, u64>>,
        (Type::F64, Type::I64) => handler::<ConvertRun<F, f64, u64>>,
        _ => return None,
    })
}

/// The handler of a conversion, if there is one.
pub(crate) fn conversion(op: Op, ty: Type, to: Type) -> Option<Handler> {
    match op {
        Op::Sextend => Some(match (ty, to) {
            (Type::I8, Type::I32) => handler::<ConvertRun<Sextend, u8, u32>>,
            (Type::I16, Type::I32) => handler::<ConvertRun<Sextend, u16, u32>>,
            (Type::I8, Type::I64) => handler::<ConvertRun<Sextend, u8, u64>>,
            (Type::I16, Type::I64) => handler::<ConvertRun<Sextend, u16, u64>>,
            (Type::I32, Type::I64) => handler::<ConvertRun<Sextend, u32, u64>>,
            _ => return None,
        }),
        Op::FcvtFromSint => int_to_float::<FromSint>(ty, to),
        Op::FcvtFromUint => int_to_float::<FromUint>(ty, to),
        Op::FcvtToSintSat => float_to_int::<ToSintSat>(ty, to),
        Op::FcvtToUintSat => float_to_int::<ToUintSat>(ty, to),
        Op::FcvtToSint => float_to_int::<ToSint>(ty, to),
        Op::FcvtToUint => float_to_int::<ToUint>(ty, to),
        Op::Fpromote => Some(handler::<ConvertRun<Promote, f32, f64>>),
        Op::Fdemote => Some(handler::<ConvertRun<Demote, f64, f32>>),
        _ => None,
    }
}
