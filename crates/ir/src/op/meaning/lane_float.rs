//! Float lanes: the scalar rows of `float` and `convert`, in every lane.

use super::{
    convert, float,
    vector::{FloatLane, Lane, V128, lanewise},
};

lanewise! {
    F: FloatLane;

    /// Sums.
    vfadd(a, b): zip float::fadd::<F>;
    /// Differences.
    vfsub(a, b): zip float::fsub::<F>;
    /// Products.
    vfmul(a, b): zip float::fmul::<F>;
    /// Quotients.
    vfdiv(a, b): zip float::fdiv::<F>;
    /// The smaller; -0 is below +0; NaN when either is NaN (Wasm 4.3.3).
    vfmin(a, b): zip float::fmin::<F>;
    /// The larger; -0 is below +0; NaN when either is NaN (Wasm 4.3.3).
    vfmax(a, b): zip float::fmax::<F>;
    /// `b` where `b < a`, else `a`, bits kept.
    vfmin_pseudo(a, b): zip min_pseudo::<F>;
    /// `b` where `a < b`, else `a`, bits kept.
    vfmax_pseudo(a, b): zip max_pseudo::<F>;
    /// All ones where `a = b`, else zero; zero when either is NaN.
    vfeq(a, b): mask float::feq::<F>;
    /// All ones where `a` differs from `b`, else zero; all ones when either is NaN.
    vfne(a, b): mask float::fne::<F>;
    /// All ones where `a < b`, else zero; zero when either is NaN.
    vflt(a, b): mask float::flt::<F>;
    /// All ones where `a <= b`, else zero; zero when either is NaN.
    vfle(a, b): mask float::fle::<F>;
    /// All ones where `a > b`, else zero; zero when either is NaN.
    vfgt(a, b): mask float::fgt::<F>;
    /// All ones where `a >= b`, else zero; zero when either is NaN.
    vfge(a, b): mask float::fge::<F>;
    /// The sign flipped, bits otherwise kept.
    vfneg(a): map float::fneg::<F>;
    /// The sign cleared, bits otherwise kept.
    vfabs(a): map float::fabs::<F>;
    /// Square roots.
    vfsqrt(a): map float::fsqrt::<F>;
    /// Rounded up to an integer.
    vfceil(a): map float::fceil::<F>;
    /// Rounded down to an integer.
    vffloor(a): map float::ffloor::<F>;
    /// Rounded towards zero to an integer.
    vftrunc(a): map float::ftrunc::<F>;
    /// Rounded to the nearest integer, ties to even.
    vfnearest(a): map float::fnearest::<F>;
}

#[inline(always)]
fn min_pseudo<F: FloatLane>(a: F, b: F) -> F {
    if b < a { b } else { a }
}

#[inline(always)]
fn max_pseudo<F: FloatLane>(a: F, b: F) -> F {
    if a < b { b } else { a }
}

/// Signed i32 lanes as floats: as many as there is room for, from the low ones.
#[inline]
pub fn vfcvt_from_sint<F: FloatLane>(a: V128) -> V128 {
    V128::of_lanes(|position| convert::fcvt_from_sint::<u32, F>(a.lane(position)))
}

/// Unsigned i32 lanes as floats: as many as there is room for, from the low ones.
#[inline]
pub fn vfcvt_from_uint<F: FloatLane>(a: V128) -> V128 {
    V128::of_lanes(|position| convert::fcvt_from_uint::<u32, F>(a.lane(position)))
}

/// Floats truncated to i32 lanes, from the low ones; those left over are zero.
#[inline(always)]
fn truncated<F: FloatLane>(a: V128, truncate: fn(F) -> u32) -> V128 {
    V128::of_lanes(|position| if position < F::COUNT { truncate(a.lane(position)) } else { 0 })
}

/// Floats truncated to signed i32 lanes; NaN is zero, out of range is the nearest bound.
#[inline]
pub fn vfcvt_to_sint_sat<F: FloatLane>(a: V128) -> V128 {
    truncated::<F>(a, convert::fcvt_to_sint_sat)
}

/// Floats truncated to unsigned i32 lanes; NaN is zero, out of range is the nearest bound.
#[inline]
pub fn vfcvt_to_uint_sat<F: FloatLane>(a: V128) -> V128 {
    truncated::<F>(a, convert::fcvt_to_uint_sat)
}

/// The low two f32 as f64, exactly; NaN becomes the canonical one.
#[inline]
pub fn vfpromote_low(a: V128) -> V128 {
    V128::of_lanes(|position| convert::fpromote(a.lane(position)))
}

/// Two f64 as the low two f32, rounded; NaN becomes the canonical one; the high two are zero.
#[inline]
pub fn vfdemote(a: V128) -> V128 {
    V128::of_lanes(
        |position| {
            if position < f64::COUNT { convert::fdemote(a.lane(position)) } else { 0.0 }
        },
    )
}
