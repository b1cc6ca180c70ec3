//! [`evaluate`]: every meaning behind one door, derived from the rows of `table`.

use lockstep_base::{Int, U256, U512};

use super::vector::V128;
use crate::{op::Op, trap::Trap, types::Type};

/// An operand or result as bits: limbs, least significant first, zero beyond its type.
pub type Bits = [u64; 8];

/// What has a place in [`Bits`].
pub trait Scalar {
    /// The value in the low bits of `bits`.
    fn from_limbs8(bits: &Bits) -> Self;
    /// The bits of this value.
    fn into_limbs8(self) -> Bits;
}

macro_rules! scalar {
    ($($ty:ty: |$bits:ident| $from:expr, |$value:ident| $into:expr;)*) => {$(
        impl Scalar for $ty {
            #[inline(always)]
            fn from_limbs8($bits: &Bits) -> Self { $from }
            #[inline(always)]
            fn into_limbs8(self) -> Bits { let $value = self; $into }
        }
    )*};
}

scalar! {
    u8: |bits| bits[0] as Self, |value| low(value.into());
    u16: |bits| bits[0] as Self, |value| low(value.into());
    u32: |bits| bits[0] as Self, |value| low(value.into());
    u64: |bits| bits[0], |value| low(value);
    u128: |bits| Self::truncate(U512::from_limbs(*bits)), |value| value.widen().into_limbs();
    U256: |bits| Self::truncate(U512::from_limbs(*bits)), |value| value.widen().into_limbs();
    U512: |bits| Self::from_limbs(*bits), |value| value.into_limbs();
    f32: |bits| Self::from_bits(bits[0] as u32), |value| low(value.to_bits().into());
    f64: |bits| Self::from_bits(bits[0]), |value| low(value.to_bits());
    V128: |bits| Self(u128::from(bits[1]) << 64 | u128::from(bits[0])), |value| value.0.into_limbs8();
    bool: |bits| bits[0] != 0, |value| low(value.into());
}

const fn low(limb: u64) -> Bits {
    [limb, 0, 0, 0, 0, 0, 0, 0]
}

/// Runs `$body` with `$T` standing for what is listed beside `$ty`.
macro_rules! with_one {
    ($ty:expr, $T:ident => $body:expr; $($variant:ident $rust:ty),+) => {
        match $ty {
            $(Type::$variant => {
                type $T = $rust;
                $body
            })+
            _ => return None,
        }
    };
}

/// Runs `$body` with `$T` standing for the integer type of `$ty`.
macro_rules! with_int {
    ($ty:expr, $T:ident => $body:expr) => {
        with_one!($ty, $T => $body; I8 u8, I16 u16, I32 u32, I64 u64, I128 u128, I256 U256, I512 U512)
    };
}

/// Runs `$body` with `$T` standing for i32 or i64.
macro_rules! with_word {
    ($ty:expr, $T:ident => $body:expr) => {
        with_one!($ty, $T => $body; I32 u32, I64 u64)
    };
}

/// Runs `$body` with `$F` standing for f32 or f64.
macro_rules! with_float {
    ($ty:expr, $F:ident => $body:expr) => {
        with_one!($ty, $F => $body; F32 f32, F64 f64)
    };
}

/// Runs `$body` with `$T` standing for a lane: an integer, one that can be widened, one that can be narrowed, or any.
macro_rules! with_lane {
    (int, $ty:expr, $T:ident => $body:expr) => {
        with_one!($ty, $T => $body; I8 u8, I16 u16, I32 u32, I64 u64)
    };
    (widen, $ty:expr, $T:ident => $body:expr) => {
        with_one!($ty, $T => $body; I8 u8, I16 u16, I32 u32)
    };
    (narrow, $ty:expr, $T:ident => $body:expr) => {
        with_one!($ty, $T => $body; I16 u16, I32 u32, I64 u64)
    };
    (any, $ty:expr, $T:ident => $body:expr) => {
        with_one!($ty, $T => $body; I8 u8, I16 u16, I32 u32, I64 u64, F32 f32, F64 f64)
    };
}

/// Wraps the result of a pure or a checked meaning.
macro_rules! outcome {
    (pure, $result:expr) => {
        Ok($result.into_limbs8())
    };
    (checked, $result:expr) => {
        $result.map(Scalar::into_limbs8)
    };
}

/// Calls a meaning, at the lane `$T` if it has one, with operands of the types that it takes.
macro_rules! call {
    ($effect:ident, $f:ident $(at $T:ident)?, $a:ident: $($position:literal)+) => {
        outcome!($effect, super::super::$f $(::<$T>)? ($(Scalar::from_limbs8($a[$position])),+))
    };
}

/// The body of one operation's evaluator: which types it exists at, and how its meaning is called.
macro_rules! apply {
    (unary, $effect:ident, $f:ident, $ty:ident, $to:ident, $a:ident) => {
        with_int!($ty, T => outcome!($effect, super::super::$f::<T>(T::from_limbs8($a[0]))))
    };
    (binary, $effect:ident, $f:ident, $ty:ident, $to:ident, $a:ident) => {
        with_int!($ty, T => outcome!($effect, super::super::$f::<T>(T::from_limbs8($a[0]), T::from_limbs8($a[1]))))
    };
    (compare, $effect:ident, $f:ident, $ty:ident, $to:ident, $a:ident) => {
        apply!(binary, $effect, $f, $ty, $to, $a)
    };
    (ternary, $effect:ident, $f:ident, $ty:ident, $to:ident, $a:ident) => {
        with_int!($ty, T => outcome!($effect, super::super::$f::<T>(
            T::from_limbs8($a[0]), T::from_limbs8($a[1]), T::from_limbs8($a[2]),
        )))
    };
    (select, $effect:ident, $f:ident, $ty:ident, $to:ident, $a:ident) => {
        Ok(super::super::$f(u8::from_limbs8($a[0]), *$a[1], *$a[2]))
    };
    (extend, $effect:ident, $f:ident, $ty:ident, $to:ident, $a:ident) => {
        with_int!($ty, A => with_int!($to, B => {
            if <A as Int>::BITS >= <B as Int>::BITS {
                return None;
            }
            outcome!($effect, super::super::$f::<A, B>(A::from_limbs8($a[0])))
        }))
    };
    (reduce, $effect:ident, $f:ident, $ty:ident, $to:ident, $a:ident) => {
        with_int!($ty, A => with_int!($to, B => {
            if <A as Int>::BITS <= <B as Int>::BITS {
                return None;
            }
            outcome!($effect, super::super::$f::<A, B>(A::from_limbs8($a[0])))
        }))
    };
    (float_unary, $effect:ident, $f:ident, $ty:ident, $to:ident, $a:ident) => {
        with_float!($ty, F => outcome!($effect, super::super::$f::<F>(F::from_limbs8($a[0]))))
    };
    (float_binary, $effect:ident, $f:ident, $ty:ident, $to:ident, $a:ident) => {
        with_float!($ty, F => outcome!($effect, super::super::$f::<F>(F::from_limbs8($a[0]), F::from_limbs8($a[1]))))
    };
    (float_compare, $effect:ident, $f:ident, $ty:ident, $to:ident, $a:ident) => {
        apply!(float_binary, $effect, $f, $ty, $to, $a)
    };
    (float_promote, $effect:ident, $f:ident, $ty:ident, $to:ident, $a:ident) => {
        outcome!($effect, super::super::$f(f32::from_limbs8($a[0])))
    };
    (float_demote, $effect:ident, $f:ident, $ty:ident, $to:ident, $a:ident) => {
        outcome!($effect, super::super::$f(f64::from_limbs8($a[0])))
    };
    (int_to_float, $effect:ident, $f:ident, $ty:ident, $to:ident, $a:ident) => {
        with_word!($ty, T => with_float!($to, F => outcome!($effect, super::super::$f::<T, F>(T::from_limbs8($a[0])))))
    };
    (float_to_int, $effect:ident, $f:ident, $ty:ident, $to:ident, $a:ident) => {
        with_float!($ty, F => with_word!($to, T => outcome!($effect, super::super::$f::<F, T>(F::from_limbs8($a[0])))))
    };
    (bitcast, $effect:ident, $f:ident, $ty:ident, $to:ident, $a:ident) => {
        Ok(super::super::$f(*$a[0]))
    };
    (lane_splat, $effect:ident, $f:ident, $ty:ident, $to:ident, $a:ident) => {
        with_lane!(any, $ty, T => call!($effect, $f at T, $a: 0))
    };
    (lane_extract, $effect:ident, $f:ident, $ty:ident, $to:ident, $a:ident) => {
        with_lane!(any, $ty, T => call!($effect, $f at T, $a: 0 1))
    };
    (lane_replace, $effect:ident, $f:ident, $ty:ident, $to:ident, $a:ident) => {
        with_lane!(any, $ty, T => call!($effect, $f at T, $a: 0 1 2))
    };
    (lane_unary, $effect:ident, $f:ident, $ty:ident, $to:ident, $a:ident) => {
        with_lane!(int, $ty, T => call!($effect, $f at T, $a: 0))
    };
    (lane_binary, $effect:ident, $f:ident, $ty:ident, $to:ident, $a:ident) => {
        with_lane!(int, $ty, T => call!($effect, $f at T, $a: 0 1))
    };
    (lane_shift, $effect:ident, $f:ident, $ty:ident, $to:ident, $a:ident) => {
        apply!(lane_binary, $effect, $f, $ty, $to, $a)
    };
    (lane_test, $effect:ident, $f:ident, $ty:ident, $to:ident, $a:ident) => {
        apply!(lane_unary, $effect, $f, $ty, $to, $a)
    };
    (lane_mask, $effect:ident, $f:ident, $ty:ident, $to:ident, $a:ident) => {
        apply!(lane_unary, $effect, $f, $ty, $to, $a)
    };
    (lane_widen, $effect:ident, $f:ident, $ty:ident, $to:ident, $a:ident) => {
        with_lane!(widen, $ty, T => call!($effect, $f at T, $a: 0))
    };
    (lane_widen_binary, $effect:ident, $f:ident, $ty:ident, $to:ident, $a:ident) => {
        with_lane!(widen, $ty, T => call!($effect, $f at T, $a: 0 1))
    };
    (lane_narrow, $effect:ident, $f:ident, $ty:ident, $to:ident, $a:ident) => {
        with_lane!(narrow, $ty, T => call!($effect, $f at T, $a: 0 1))
    };
    (lane_float_unary, $effect:ident, $f:ident, $ty:ident, $to:ident, $a:ident) => {
        with_float!($ty, F => call!($effect, $f at F, $a: 0))
    };
    (lane_float_binary, $effect:ident, $f:ident, $ty:ident, $to:ident, $a:ident) => {
        with_float!($ty, F => call!($effect, $f at F, $a: 0 1))
    };
    (vector_unary, $effect:ident, $f:ident, $ty:ident, $to:ident, $a:ident) => {
        call!($effect, $f, $a: 0)
    };
    (vector_binary, $effect:ident, $f:ident, $ty:ident, $to:ident, $a:ident) => {
        call!($effect, $f, $a: 0 1)
    };
    (vector_ternary, $effect:ident, $f:ident, $ty:ident, $to:ident, $a:ident) => {
        call!($effect, $f, $a: 0 1 2)
    };
    (vector_test, $effect:ident, $f:ident, $ty:ident, $to:ident, $a:ident) => {
        apply!(vector_unary, $effect, $f, $ty, $to, $a)
    };
    (lane_promote, $effect:ident, $f:ident, $ty:ident, $to:ident, $a:ident) => {
        apply!(vector_unary, $effect, $f, $ty, $to, $a)
    };
    (lane_demote, $effect:ident, $f:ident, $ty:ident, $to:ident, $a:ident) => {
        apply!(vector_unary, $effect, $f, $ty, $to, $a)
    };
}

macro_rules! derive_evaluate {
    ($($(#[doc = $doc:literal])+ $name:ident = $mnemonic:ident: $shape:ident, $effect:ident, $heat:ident;)*) => {
        /// One function per row, so that the compiler meets small ones. `None`: no such types.
        mod rows {
            use super::*;
            $(
                #[allow(unused_variables, clippy::unnecessary_wraps, reason = "one signature for all shapes")]
                pub(super) fn $mnemonic(ty: Type, to: Type, args: [&Bits; 3]) -> Option<Result<Bits, Trap>> {
                    Some(apply!($shape, $effect, $mnemonic, ty, to, args))
                }
            )*
        }

        fn find(op: Op) -> fn(Type, Type, [&Bits; 3]) -> Option<Result<Bits, Trap>> {
            match op { $(Op::$name => rows::$mnemonic,)* }
        }
    };
}

crate::for_each_op!(derive_evaluate);

/// What `op` from `ty` to `to` yields for `args` (as many as its shape takes; the rest is not read), or the trap
/// that a checked row ends in.
///
/// # Errors
///
/// The trap named by the row; never for a pure row.
///
/// # Panics
///
/// When the shape of `op` does not admit `ty` and `to`, which no verified program does.
pub fn evaluate(op: Op, ty: Type, to: Type, args: [&Bits; 3]) -> Result<Bits, Trap> {
    assert!(op.shape().admits(ty, to), "{op} does not exist from {ty} to {to}");
    find(op)(ty, to, args).expect("shapes and meanings agree on the types")
}
