//! Integer lanes: what scalar rows mean, in every lane; sums and products that saturate; tests of all lanes.

use super::{
    bits, compare,
    convert::sign_extended,
    vector::{IntLane, V128, lanewise},
};

lanewise! {
    T: IntLane;

    /// Sums modulo 2^N.
    viadd(a, b): zip T::add;
    /// Differences modulo 2^N.
    visub(a, b): zip T::sub;
    /// Products modulo 2^N.
    vimul(a, b): zip T::mul;
    /// The smaller of two unsigned numbers.
    vumin(a, b): zip super::umin::<T>;
    /// The larger of two unsigned numbers.
    vumax(a, b): zip super::umax::<T>;
    /// The smaller of two signed numbers.
    vsmin(a, b): zip super::smin::<T>;
    /// The larger of two signed numbers.
    vsmax(a, b): zip super::smax::<T>;
    /// Unsigned sums; the largest number when out of range.
    vuadd_sat(a, b): zip uadd_sat::<T>;
    /// Signed sums; the nearest bound when out of range.
    vsadd_sat(a, b): zip sadd_sat::<T>;
    /// Unsigned differences; zero when out of range.
    vusub_sat(a, b): zip usub_sat::<T>;
    /// Signed differences; the nearest bound when out of range.
    vssub_sat(a, b): zip ssub_sat::<T>;
    /// `(a + b + 1) / 2`, unsigned, the sum not truncated.
    vuavg(a, b): zip uavg::<T>;
    /// Products of signed fractions of N - 1 bits, rounded; `MIN * MIN` is the largest number.
    vsmul_fraction(a, b): zip smul_fraction::<T>;
    /// All ones where `a = b`, else zero.
    vieq(a, b): mask compare::ieq::<T>;
    /// All ones where `a` differs from `b`, else zero.
    vine(a, b): mask compare::ine::<T>;
    /// All ones where `a < b`, unsigned, else zero.
    viult(a, b): mask compare::iult::<T>;
    /// All ones where `a <= b`, unsigned, else zero.
    viule(a, b): mask compare::iule::<T>;
    /// All ones where `a > b`, unsigned, else zero.
    viugt(a, b): mask compare::iugt::<T>;
    /// All ones where `a >= b`, unsigned, else zero.
    viuge(a, b): mask compare::iuge::<T>;
    /// All ones where `a < b`, signed, else zero.
    vislt(a, b): mask compare::islt::<T>;
    /// All ones where `a <= b`, signed, else zero.
    visle(a, b): mask compare::isle::<T>;
    /// All ones where `a > b`, signed, else zero.
    visgt(a, b): mask compare::isgt::<T>;
    /// All ones where `a >= b`, signed, else zero.
    visge(a, b): mask compare::isge::<T>;
    /// `-a` modulo 2^N.
    vineg(a): map T::neg;
    /// Distance from zero of signed numbers, modulo 2^N: `MIN` stays.
    viabs(a): map super::arithmetic::magnitude::<T>;
    /// Number of bits that are set.
    vpopcnt(a): map bits::popcnt::<T>;
}

/// The signed bound on the side of `a`.
#[inline(always)]
fn bound<T: IntLane>(a: T) -> T {
    if a.is_negative() { T::MIN_SIGNED } else { T::MIN_SIGNED.not() }
}

#[inline(always)]
fn uadd_sat<T: IntLane>(a: T, b: T) -> T {
    let sum = a.add(b);
    if sum.is_below(a) { T::ZERO.not() } else { sum }
}

#[inline(always)]
pub(super) fn sadd_sat<T: IntLane>(a: T, b: T) -> T {
    let sum = a.add(b);
    // Out of range: the sum has a sign that neither number has.
    if a.xor(sum).and(b.xor(sum)).is_negative() { bound(a) } else { sum }
}

#[inline(always)]
fn usub_sat<T: IntLane>(a: T, b: T) -> T {
    if a.is_below(b) { T::ZERO } else { a.sub(b) }
}

#[inline(always)]
fn ssub_sat<T: IntLane>(a: T, b: T) -> T {
    let difference = a.sub(b);
    // Out of range: the signs differ, and the difference has not that of `a`.
    if a.xor(b).and(a.xor(difference)).is_negative() { bound(a) } else { difference }
}

#[inline(always)]
fn uavg<T: IntLane>(a: T, b: T) -> T {
    // a + b = 2 (a | b) - (a ^ b)
    a.or(b).sub(a.xor(b).shr(1))
}

#[inline(always)]
fn smul_fraction<T: IntLane>(a: T, b: T) -> T {
    if a == T::MIN_SIGNED && b == T::MIN_SIGNED {
        return T::MIN_SIGNED.not();
    }
    let product = i128::from(sign_extended(a)) * i128::from(sign_extended(b));
    let rounded = (product + (1 << (T::BITS - 2))) >> (T::BITS - 1);
    T::from_u64(rounded as u64)
}

/// Shifted left by `b mod N`.
#[inline]
pub fn vishl<T: IntLane>(a: V128, b: u32) -> V128 {
    a.map(|a: T| a.shl(b % T::BITS))
}

/// Shifted right by `b mod N`, filled with zeros.
#[inline]
pub fn vushr<T: IntLane>(a: V128, b: u32) -> V128 {
    a.map(|a: T| a.shr(b % T::BITS))
}

/// Shifted right by `b mod N`, filled with the sign.
#[inline]
pub fn vsshr<T: IntLane>(a: V128, b: u32) -> V128 {
    a.map(|a: T| a.sar(b % T::BITS))
}

/// Whether no lane is zero.
#[inline]
pub fn vall_true<T: IntLane>(a: V128) -> bool {
    (0..T::COUNT).all(|position| !a.lane::<T>(position).is_nought())
}

/// The signs: bit `i` is the highest bit of lane `i`.
#[inline]
pub fn vbitmask<T: IntLane>(a: V128) -> u32 {
    (0..T::COUNT).map(|position| u32::from(a.lane::<T>(position).is_negative()) << position).sum()
}
