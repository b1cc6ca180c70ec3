//! IEEE 754 arithmetic with one NaN: whatever the hardware makes of a NaN result, the canonical one comes out.
//!
//! Rounding is to nearest, ties to even, always; square root and rounding to integers come from `libm`, which
//! computes them exactly, so no machine's library decides a bit.

use core::fmt::Debug;

use lockstep_base::Int;

use super::dynamic::Scalar;

/// A binary floating-point format.
///
/// The arithmetic methods are the machine's and leave NaN payloads open; the functions of this module close them.
pub trait Float: Scalar + Copy + PartialOrd + Debug {
    /// An integer as wide.
    type Bits: Int;
    /// The positive quiet NaN without payload.
    const CANONICAL_NAN: Self;

    /// The number these bits stand for.
    fn of_bits(bits: Self::Bits) -> Self;
    /// The bits of this number.
    fn bits(self) -> Self::Bits;
    /// `self + other`.
    fn plus(self, other: Self) -> Self;
    /// `self - other`.
    fn minus(self, other: Self) -> Self;
    /// `self * other`.
    fn times(self, other: Self) -> Self;
    /// `self / other`.
    fn over(self, other: Self) -> Self;
    /// The square root.
    fn root(self) -> Self;
    /// The least integer not below.
    fn up(self) -> Self;
    /// The greatest integer not above.
    fn down(self) -> Self;
    /// The integer next to it towards zero.
    fn towards_zero(self) -> Self;
    /// The nearest integer, ties to even.
    fn nearest(self) -> Self;
    /// `number`, rounded.
    fn of_i64(number: i64) -> Self;
    /// `number`, rounded.
    fn of_u64(number: u64) -> Self;
    /// Truncated towards zero; the nearest bound when out of range; zero for NaN.
    fn to_i128(self) -> i128;

    /// Whether this is not a number.
    #[inline(always)]
    #[allow(clippy::eq_op, reason = "a NaN is what differs from itself")]
    fn is_none(self) -> bool {
        self != self
    }
}

macro_rules! float {
    ($ty:ty, $bits:ty, $nan:literal, $sqrt:path, $ceil:path, $floor:path, $trunc:path, $rint:path) => {
        impl Float for $ty {
            type Bits = $bits;
            const CANONICAL_NAN: Self = Self::from_bits($nan);

            #[inline(always)]
            fn of_bits(bits: $bits) -> Self {
                Self::from_bits(bits)
            }
            #[inline(always)]
            fn bits(self) -> $bits {
                self.to_bits()
            }
            #[inline(always)]
            fn plus(self, other: Self) -> Self {
                self + other
            }
            #[inline(always)]
            fn minus(self, other: Self) -> Self {
                self - other
            }
            #[inline(always)]
            fn times(self, other: Self) -> Self {
                self * other
            }
            #[inline(always)]
            fn over(self, other: Self) -> Self {
                self / other
            }
            fn root(self) -> Self {
                $sqrt(self)
            }
            fn up(self) -> Self {
                $ceil(self)
            }
            fn down(self) -> Self {
                $floor(self)
            }
            fn towards_zero(self) -> Self {
                $trunc(self)
            }
            fn nearest(self) -> Self {
                $rint(self)
            }
            #[inline(always)]
            fn of_i64(number: i64) -> Self {
                number as Self
            }
            #[inline(always)]
            fn of_u64(number: u64) -> Self {
                number as Self
            }
            #[inline(always)]
            fn to_i128(self) -> i128 {
                self as i128
            }
        }
    };
}

float!(f32, u32, 0x7fc0_0000, libm::sqrtf, libm::ceilf, libm::floorf, libm::truncf, libm::rintf);
float!(
    f64,
    u64,
    0x7ff8_0000_0000_0000,
    libm::sqrt,
    libm::ceil,
    libm::floor,
    libm::trunc,
    libm::rint
);

#[inline(always)]
pub(super) fn canonical<F: Float>(a: F) -> F {
    if a.is_none() {
        // A branch, and not a choice: what comes next need not wait for the comparison.
        core::hint::cold_path();
        return F::CANONICAL_NAN;
    }
    a
}

/// Sum.
#[inline(always)]
pub fn fadd<F: Float>(a: F, b: F) -> F {
    canonical(a.plus(b))
}

/// Difference.
#[inline(always)]
pub fn fsub<F: Float>(a: F, b: F) -> F {
    canonical(a.minus(b))
}

/// Product.
#[inline(always)]
pub fn fmul<F: Float>(a: F, b: F) -> F {
    canonical(a.times(b))
}

/// Quotient.
#[inline(always)]
pub fn fdiv<F: Float>(a: F, b: F) -> F {
    canonical(a.over(b))
}

/// The smaller; -0 is below +0; NaN when either is NaN (Wasm 4.3.3).
#[inline]
pub fn fmin<F: Float>(a: F, b: F) -> F {
    if a.is_none() || b.is_none() {
        return F::CANONICAL_NAN;
    }
    if a == b {
        return F::of_bits(a.bits().or(b.bits()));
    }
    if a < b { a } else { b }
}

/// The larger; -0 is below +0; NaN when either is NaN (Wasm 4.3.3).
#[inline]
pub fn fmax<F: Float>(a: F, b: F) -> F {
    if a.is_none() || b.is_none() {
        return F::CANONICAL_NAN;
    }
    if a == b {
        return F::of_bits(a.bits().and(b.bits()));
    }
    if a > b { a } else { b }
}

#[inline(always)]
fn sign<F: Float>() -> F::Bits {
    F::Bits::MIN_SIGNED
}

/// `a` with the sign of `b`, bits otherwise kept.
#[inline]
pub fn fcopysign<F: Float>(a: F, b: F) -> F {
    F::of_bits(a.bits().and(sign::<F>().not()).or(b.bits().and(sign::<F>())))
}

/// `a` with its sign flipped, bits otherwise kept.
#[inline]
pub fn fneg<F: Float>(a: F) -> F {
    F::of_bits(a.bits().xor(sign::<F>()))
}

/// `a` with its sign cleared, bits otherwise kept.
#[inline]
pub fn fabs<F: Float>(a: F) -> F {
    F::of_bits(a.bits().and(sign::<F>().not()))
}

/// Square root.
#[inline]
pub fn fsqrt<F: Float>(a: F) -> F {
    canonical(a.root())
}

/// Rounded up to an integer.
#[inline]
pub fn fceil<F: Float>(a: F) -> F {
    canonical(a.up())
}

/// Rounded down to an integer.
#[inline]
pub fn ffloor<F: Float>(a: F) -> F {
    canonical(a.down())
}

/// Rounded towards zero to an integer.
#[inline]
pub fn ftrunc<F: Float>(a: F) -> F {
    canonical(a.towards_zero())
}

/// Rounded to the nearest integer, ties to even.
#[inline]
pub fn fnearest<F: Float>(a: F) -> F {
    canonical(a.nearest())
}

/// Whether `a = b`; false when either is NaN.
#[inline(always)]
pub fn feq<F: Float>(a: F, b: F) -> bool {
    a == b
}

/// Whether `a` differs from `b`; true when either is NaN.
#[inline(always)]
pub fn fne<F: Float>(a: F, b: F) -> bool {
    a != b
}

/// Whether `a < b`; false when either is NaN.
#[inline(always)]
pub fn flt<F: Float>(a: F, b: F) -> bool {
    a < b
}

/// Whether `a <= b`; false when either is NaN.
#[inline(always)]
pub fn fle<F: Float>(a: F, b: F) -> bool {
    a <= b
}

/// Whether `a > b`; false when either is NaN.
#[inline(always)]
pub fn fgt<F: Float>(a: F, b: F) -> bool {
    a > b
}

/// Whether `a >= b`; false when either is NaN.
#[inline(always)]
pub fn fge<F: Float>(a: F, b: F) -> bool {
    a >= b
}
