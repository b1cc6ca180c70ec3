//! Sums, products, quotients, powers.

use lockstep_base::Int;

use crate::trap::Trap;

/// Sum modulo 2^N.
#[inline(always)]
pub fn iadd<T: Int>(a: T, b: T) -> T {
    a.add(b)
}

/// Difference modulo 2^N.
#[inline(always)]
pub fn isub<T: Int>(a: T, b: T) -> T {
    a.sub(b)
}

/// Product modulo 2^N.
#[inline(always)]
pub fn imul<T: Int>(a: T, b: T) -> T {
    a.mul(b)
}

/// `-a` modulo 2^N.
#[inline(always)]
pub fn ineg<T: Int>(a: T) -> T {
    a.neg()
}

/// Unsigned quotient; `a / 0 = 0`.
#[inline]
pub fn udiv<T: Int>(a: T, b: T) -> T {
    a.div_rem(b).map_or(T::ZERO, |(quotient, _)| quotient)
}

/// Unsigned remainder; `a mod 0 = 0`.
#[inline]
pub fn urem<T: Int>(a: T, b: T) -> T {
    a.div_rem(b).map_or(T::ZERO, |(_, remainder)| remainder)
}

/// Signed quotient rounded towards zero; `a / 0 = 0`, `MIN / -1 = MIN`.
#[inline]
pub fn sdiv<T: Int>(a: T, b: T) -> T {
    let quotient = udiv(magnitude(a), magnitude(b));
    if a.is_negative() == b.is_negative() { quotient } else { quotient.neg() }
}

/// Signed remainder with the sign of the dividend; `a mod 0 = 0`.
#[inline]
pub fn srem<T: Int>(a: T, b: T) -> T {
    let remainder = urem(magnitude(a), magnitude(b));
    if a.is_negative() { remainder.neg() } else { remainder }
}

/// The distance from zero of a two's complement number, as an unsigned one: `MIN` is `2^(N-1)`.
#[inline(always)]
pub(super) fn magnitude<T: Int>(a: T) -> T {
    if a.is_negative() { a.neg() } else { a }
}

/// Unsigned quotient.
///
/// # Errors
///
/// [`Trap::DivideByZero`].
#[inline]
pub fn udiv_checked<T: Int>(a: T, b: T) -> Result<T, Trap> {
    a.div_rem(b).map(|(quotient, _)| quotient).ok_or(Trap::DivideByZero)
}

/// Unsigned remainder.
///
/// # Errors
///
/// [`Trap::DivideByZero`].
#[inline]
pub fn urem_checked<T: Int>(a: T, b: T) -> Result<T, Trap> {
    a.div_rem(b).map(|(_, remainder)| remainder).ok_or(Trap::DivideByZero)
}

/// Signed quotient.
///
/// # Errors
///
/// [`Trap::DivideByZero`]; [`Trap::IntegerOverflow`] for `MIN / -1`.
#[inline]
pub fn sdiv_checked<T: Int>(a: T, b: T) -> Result<T, Trap> {
    if b.is_nought() {
        return Err(Trap::DivideByZero);
    }
    if a == T::MIN_SIGNED && b == T::ZERO.not() {
        return Err(Trap::IntegerOverflow);
    }
    Ok(sdiv(a, b))
}

/// Signed remainder; `MIN mod -1 = 0`.
///
/// # Errors
///
/// [`Trap::DivideByZero`].
#[inline]
pub fn srem_checked<T: Int>(a: T, b: T) -> Result<T, Trap> {
    if b.is_nought() {
        return Err(Trap::DivideByZero);
    }
    Ok(srem(a, b))
}

/// `a` to the power of `b` modulo 2^N; `0^0 = 1`.
#[inline]
pub fn ipow<T: Int>(a: T, b: T) -> T {
    if a.count_ones() == 1 {
        let doublings = u64::from(a.trailing_zeros()) * u64::from(b.saturating_u32());
        return T::ONE.shl(u32::try_from(doublings).unwrap_or(u32::MAX));
    }
    let mut power = T::ONE;
    let mut square = a;
    let bits = T::BITS - b.leading_zeros();
    for bit in 0..bits {
        if b.limb(bit / 64) >> (bit % 64) & 1 != 0 {
            power = power.mul(square);
        }
        square = square.mul(square);
    }
    power
}

/// High half of the unsigned 2N-bit product.
#[inline]
pub fn umulhi<T: Int>(a: T, b: T) -> T {
    a.mul_wide(b).1
}

/// High half of the signed 2N-bit product.
#[inline]
pub fn smulhi<T: Int>(a: T, b: T) -> T {
    // As unsigned, a negative number is 2^N too large, so the product is `other * 2^N` too large.
    let mut high = a.mul_wide(b).1;
    if a.is_negative() {
        high = high.sub(b);
    }
    if b.is_negative() {
        high = high.sub(a);
    }
    high
}

/// The smaller of two unsigned numbers.
#[inline(always)]
pub fn umin<T: Int>(a: T, b: T) -> T {
    if b.is_below(a) { b } else { a }
}

/// The larger of two unsigned numbers.
#[inline(always)]
pub fn umax<T: Int>(a: T, b: T) -> T {
    if a.is_below(b) { b } else { a }
}

/// The smaller of two signed numbers.
#[inline(always)]
pub fn smin<T: Int>(a: T, b: T) -> T {
    if b.is_below_signed(a) { b } else { a }
}

/// The larger of two signed numbers.
#[inline(always)]
pub fn smax<T: Int>(a: T, b: T) -> T {
    if a.is_below_signed(b) { b } else { a }
}

/// `(a + b) mod c`, the sum not truncated; zero when `c` is zero.
#[inline]
pub fn addmod<T: Int>(a: T, b: T, c: T) -> T {
    a.add_mod(b, c)
}

/// `(a * b) mod c`, the product not truncated; zero when `c` is zero.
#[inline]
pub fn mulmod<T: Int>(a: T, b: T, c: T) -> T {
    a.mul_mod(b, c)
}
