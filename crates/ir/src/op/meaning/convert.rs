//! From one type to another.

use lockstep_base::Int;

use super::{
    dynamic::Bits,
    float::{Float, canonical},
};
use crate::trap::Trap;

/// `a` in a wider type, filled with zeros.
#[inline(always)]
pub fn uextend<A: Int, B: Int>(a: A) -> B {
    if A::BITS <= 64 { B::from_u64(a.low_u64()) } else { B::truncate(a.widen()) }
}

/// `a` in a wider type, filled with its sign.
#[inline(always)]
pub fn sextend<A: Int, B: Int>(a: A) -> B {
    let above = B::BITS - A::BITS;
    uextend::<A, B>(a).shl(above).sar(above)
}

/// The low bits of `a` in a narrower type.
#[inline(always)]
pub fn ireduce<A: Int, B: Int>(a: A) -> B {
    if B::BITS <= 64 { B::from_u64(a.low_u64()) } else { B::truncate(a.widen()) }
}

/// An f32 as f64, exactly; NaN becomes the canonical one.
#[inline(always)]
pub fn fpromote(a: f32) -> f64 {
    canonical(f64::from(a))
}

/// An f64 as f32, rounded to nearest, ties to even; NaN becomes the canonical one.
#[inline(always)]
pub fn fdemote(a: f64) -> f32 {
    canonical(a as f32)
}

/// A signed integer as a float, rounded to nearest, ties to even.
#[inline(always)]
pub fn fcvt_from_sint<T: Int, F: Float>(a: T) -> F {
    F::of_i64(sign_extended(a))
}

/// `a`, of at most 64 bits, as a machine integer.
#[inline(always)]
pub(super) fn sign_extended<T: Int>(a: T) -> i64 {
    let above = 64u32.saturating_sub(T::BITS);
    (a.low_u64() << above) as i64 >> above
}

/// An unsigned integer as a float, rounded to nearest, ties to even.
#[inline(always)]
pub fn fcvt_from_uint<T: Int, F: Float>(a: T) -> F {
    F::of_u64(a.low_u64())
}

/// The signed bounds of `T`, of at most 64 bits.
#[inline(always)]
fn signed_bounds<T: Int>() -> (i128, i128) {
    (-(1 << (T::BITS - 1)), (1 << (T::BITS - 1)) - 1)
}

/// The largest unsigned number of `T`, of at most 64 bits.
#[inline(always)]
fn unsigned_bound<T: Int>() -> i128 {
    (1 << T::BITS) - 1
}

/// A float truncated to a signed integer; NaN is zero, out of range is the nearest bound.
#[inline]
pub fn fcvt_to_sint_sat<F: Float, T: Int>(a: F) -> T {
    let (least, most) = signed_bounds::<T>();
    T::from_u64(a.to_i128().clamp(least, most) as u64)
}

/// A float truncated to an unsigned integer; NaN is zero, out of range is the nearest bound.
#[inline]
pub fn fcvt_to_uint_sat<F: Float, T: Int>(a: F) -> T {
    T::from_u64(a.to_i128().clamp(0, unsigned_bound::<T>()) as u64)
}

/// A float truncated to a signed integer.
///
/// # Errors
///
/// [`Trap::InvalidConversion`] for NaN, [`Trap::IntegerOverflow`] out of range.
#[inline]
pub fn fcvt_to_sint<F: Float, T: Int>(a: F) -> Result<T, Trap> {
    let (least, most) = signed_bounds::<T>();
    within(a, least, most)
}

/// A float truncated to an unsigned integer.
///
/// # Errors
///
/// [`Trap::InvalidConversion`] for NaN, [`Trap::IntegerOverflow`] out of range.
#[inline]
pub fn fcvt_to_uint<F: Float, T: Int>(a: F) -> Result<T, Trap> {
    within(a, 0, unsigned_bound::<T>())
}

#[inline]
fn within<F: Float, T: Int>(a: F, least: i128, most: i128) -> Result<T, Trap> {
    if a.is_none() {
        return Err(Trap::InvalidConversion);
    }
    let number = a.to_i128();
    if number < least || number > most {
        return Err(Trap::IntegerOverflow);
    }
    Ok(T::from_u64(number as u64))
}

/// The same bits as a type of the same width.
#[inline(always)]
pub fn bitcast(bits: Bits) -> Bits {
    bits
}
