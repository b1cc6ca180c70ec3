//! Comparisons, and the choice they serve.

use lockstep_base::Int;

/// Whether `a = b`.
#[inline(always)]
pub fn ieq<T: Int>(a: T, b: T) -> bool {
    a.is_same(b)
}

/// Whether `a` differs from `b`.
#[inline(always)]
pub fn ine<T: Int>(a: T, b: T) -> bool {
    !a.is_same(b)
}

/// Whether `a < b`, unsigned.
#[inline(always)]
pub fn iult<T: Int>(a: T, b: T) -> bool {
    a.is_below(b)
}

/// Whether `a <= b`, unsigned.
#[inline(always)]
pub fn iule<T: Int>(a: T, b: T) -> bool {
    !b.is_below(a)
}

/// Whether `a > b`, unsigned.
#[inline(always)]
pub fn iugt<T: Int>(a: T, b: T) -> bool {
    b.is_below(a)
}

/// Whether `a >= b`, unsigned.
#[inline(always)]
pub fn iuge<T: Int>(a: T, b: T) -> bool {
    !a.is_below(b)
}

/// Whether `a < b`, signed.
#[inline(always)]
pub fn islt<T: Int>(a: T, b: T) -> bool {
    a.is_below_signed(b)
}

/// Whether `a <= b`, signed.
#[inline(always)]
pub fn isle<T: Int>(a: T, b: T) -> bool {
    !b.is_below_signed(a)
}

/// Whether `a > b`, signed.
#[inline(always)]
pub fn isgt<T: Int>(a: T, b: T) -> bool {
    b.is_below_signed(a)
}

/// Whether `a >= b`, signed.
#[inline(always)]
pub fn isge<T: Int>(a: T, b: T) -> bool {
    !a.is_below_signed(b)
}

/// `b` when `a` is not zero, else `c`.
#[inline(always)]
pub fn select<T>(a: u8, b: T, c: T) -> T {
    if a != 0 { b } else { c }
}
