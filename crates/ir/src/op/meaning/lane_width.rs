//! Integer lanes to lanes twice or half as wide.

use lockstep_base::Int;

use super::{
    convert::{sextend, sign_extended, uextend},
    lane::sadd_sat,
    vector::{IntLane, Lane, Narrow, V128, Widen},
};

/// How a lane becomes one twice as wide.
type Extend<T> = fn(T) -> <T as Widen>::Wide;

/// The position of the first lane of the high half.
#[inline(always)]
fn high<T: Widen>() -> usize {
    T::Wide::COUNT
}

#[inline(always)]
fn widened<T: Widen>(a: V128, first: usize, extend: Extend<T>) -> V128 {
    V128::of_lanes(|position| extend(a.lane(first + position)))
}

#[inline(always)]
fn multiplied<T: Widen>(a: V128, b: V128, first: usize, extend: Extend<T>) -> V128 {
    V128::of_lanes(|position| {
        extend(a.lane(first + position)).mul(extend(b.lane(first + position)))
    })
}

/// `f` of each two neighbours.
#[inline(always)]
fn paired<W: IntLane>(f: impl Fn(usize, usize) -> W) -> V128 {
    V128::of_lanes(|position| f(2 * position, 2 * position + 1))
}

/// The low half of the lanes, each filled with zeros.
#[inline]
pub fn vuextend_low<T: Widen>(a: V128) -> V128 {
    widened::<T>(a, 0, uextend)
}

/// The high half of the lanes, each filled with zeros.
#[inline]
pub fn vuextend_high<T: Widen>(a: V128) -> V128 {
    widened::<T>(a, high::<T>(), uextend)
}

/// The low half of the lanes, each filled with its sign.
#[inline]
pub fn vsextend_low<T: Widen>(a: V128) -> V128 {
    widened::<T>(a, 0, sextend)
}

/// The high half of the lanes, each filled with its sign.
#[inline]
pub fn vsextend_high<T: Widen>(a: V128) -> V128 {
    widened::<T>(a, high::<T>(), sextend)
}

/// Sums of neighbours, unsigned.
#[inline]
pub fn vuadd_pairs<T: Widen>(a: V128) -> V128 {
    let wide = |position| uextend::<T, T::Wide>(a.lane(position));
    paired(|even, odd| wide(even).add(wide(odd)))
}

/// Sums of neighbours, signed.
#[inline]
pub fn vsadd_pairs<T: Widen>(a: V128) -> V128 {
    let wide = |position| sextend::<T, T::Wide>(a.lane(position));
    paired(|even, odd| wide(even).add(wide(odd)))
}

/// Unsigned products of the low half of the lanes.
#[inline]
pub fn vumul_low<T: Widen>(a: V128, b: V128) -> V128 {
    multiplied::<T>(a, b, 0, uextend)
}

/// Unsigned products of the high half of the lanes.
#[inline]
pub fn vumul_high<T: Widen>(a: V128, b: V128) -> V128 {
    multiplied::<T>(a, b, high::<T>(), uextend)
}

/// Signed products of the low half of the lanes.
#[inline]
pub fn vsmul_low<T: Widen>(a: V128, b: V128) -> V128 {
    multiplied::<T>(a, b, 0, sextend)
}

/// Signed products of the high half of the lanes.
#[inline]
pub fn vsmul_high<T: Widen>(a: V128, b: V128) -> V128 {
    multiplied::<T>(a, b, high::<T>(), sextend)
}

/// The signed product of the lanes at `position`.
#[inline(always)]
fn product<T: Widen>(a: V128, b: V128, position: usize) -> T::Wide {
    sextend::<T, T::Wide>(a.lane(position)).mul(sextend::<T, T::Wide>(b.lane(position)))
}

/// Sums of two neighbours' signed products, modulo 2^2N.
#[inline]
pub fn vsdot<T: Widen>(a: V128, b: V128) -> V128 {
    paired(|even, odd| product::<T>(a, b, even).add(product::<T>(a, b, odd)))
}

/// Sums of two neighbours' signed products; the nearest bound when out of range.
#[inline]
pub fn vsdot_sat<T: Widen>(a: V128, b: V128) -> V128 {
    paired(|even, odd| sadd_sat(product::<T>(a, b, even), product::<T>(a, b, odd)))
}

/// The lanes of `a`, then those of `b`, signed, each brought between `least` and `most`.
#[inline(always)]
fn narrowed<T: Narrow>(a: V128, b: V128, least: i64, most: i64) -> V128 {
    V128::of_lanes(|position| {
        let from = if position < T::COUNT { a } else { b };
        let number = sign_extended(from.lane::<T>(position));
        T::Half::from_u64(number.clamp(least, most) as u64)
    })
}

/// The lanes of `a`, then those of `b`, signed, as unsigned numbers; the nearest bound when out of range.
#[inline]
pub fn vunarrow<T: Narrow>(a: V128, b: V128) -> V128 {
    narrowed::<T>(a, b, 0, (1 << T::Half::BITS) - 1)
}

/// The lanes of `a`, then those of `b`, signed, as signed numbers; the nearest bound when out of range.
#[inline]
pub fn vsnarrow<T: Narrow>(a: V128, b: V128) -> V128 {
    let above = 1 << (T::Half::BITS - 1);
    narrowed::<T>(a, b, -above, above - 1)
}
