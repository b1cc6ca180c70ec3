//! Logic, shifts, bytes, counts. A shift or byte number is an operand of full width and is compared as such.

use lockstep_base::Int;

/// Bitwise and.
#[inline(always)]
pub fn band<T: Int>(a: T, b: T) -> T {
    a.and(b)
}

/// Bitwise or.
#[inline(always)]
pub fn bor<T: Int>(a: T, b: T) -> T {
    a.or(b)
}

/// Bitwise exclusive or.
#[inline(always)]
pub fn bxor<T: Int>(a: T, b: T) -> T {
    a.xor(b)
}

/// Bitwise complement.
#[inline(always)]
pub fn bnot<T: Int>(a: T) -> T {
    a.not()
}

/// `b mod N`: widths are powers of two, so the low bits say it.
#[inline(always)]
fn count<T: Int>(b: T) -> u32 {
    b.low_u64() as u32 % T::BITS
}

/// `a` shifted left by `b mod N`.
#[inline]
pub fn ishl<T: Int>(a: T, b: T) -> T {
    a.shl(count(b))
}

/// `a` shifted right by `b mod N`, filled with zeros.
#[inline]
pub fn ushr<T: Int>(a: T, b: T) -> T {
    a.shr(count(b))
}

/// `a` shifted right by `b mod N`, filled with the sign.
#[inline]
pub fn sshr<T: Int>(a: T, b: T) -> T {
    a.sar(count(b))
}

/// `a` shifted left by `b`; zero when `b >= N` (EIP-145).
#[inline]
pub fn ishl_full<T: Int>(a: T, b: T) -> T {
    a.shl(b.saturating_u32())
}

/// `a` shifted right by `b`, filled with zeros; zero when `b >= N` (EIP-145).
#[inline]
pub fn ushr_full<T: Int>(a: T, b: T) -> T {
    a.shr(b.saturating_u32())
}

/// `a` shifted right by `b`, filled with the sign; all sign when `b >= N` (EIP-145).
#[inline]
pub fn sshr_full<T: Int>(a: T, b: T) -> T {
    a.sar(b.saturating_u32())
}

/// `a` rotated left by `b mod N`.
#[inline]
pub fn rotl<T: Int>(a: T, b: T) -> T {
    let left = count(b);
    a.shl(left).or(a.shr(T::BITS - left))
}

/// `a` rotated right by `b mod N`.
#[inline]
pub fn rotr<T: Int>(a: T, b: T) -> T {
    let right = count(b);
    a.shr(right).or(a.shl(T::BITS - right))
}

/// `a` with the sign of its byte `b` (0 is the least significant) in all higher bits; `a` when `b >= N/8 - 1`.
#[inline]
pub fn sextend_byte<T: Int>(a: T, b: T) -> T {
    let byte = b.saturating_u32();
    if byte >= T::BITS / 8 - 1 {
        return a;
    }
    let above = T::BITS - 8 * (byte + 1);
    a.shl(above).sar(above)
}

/// Byte `b` of `a`, counted from the most significant; zero when `b >= N/8`.
#[inline]
pub fn byte_be<T: Int>(a: T, b: T) -> T {
    let byte = b.saturating_u32();
    if byte >= T::BITS / 8 {
        return T::ZERO;
    }
    let below = T::BITS - 8 * (byte + 1);
    T::from_u64(a.limb(below / 64) >> (below % 64) & 0xff)
}

/// Number of leading zero bits; N for zero.
#[inline]
pub fn clz<T: Int>(a: T) -> T {
    T::from_u64(u64::from(a.leading_zeros()))
}

/// Number of trailing zero bits; N for zero.
#[inline]
pub fn ctz<T: Int>(a: T) -> T {
    T::from_u64(u64::from(a.trailing_zeros()))
}

/// Number of bits that are set.
#[inline]
pub fn popcnt<T: Int>(a: T) -> T {
    T::from_u64(u64::from(a.count_ones()))
}

/// The bytes in opposite order.
#[inline]
pub fn bswap<T: Int>(a: T) -> T {
    a.swap_bytes()
}
