//! What each operation means: one pure function per row of `table`, named like the row and generic over the width.
//!
//! | shape | function |
//! |---|---|
//! | unary, binary, ternary | `f::<T>(T, ..) -> T` with `T: Int` |
//! | compare | `f::<T>(T, T) -> bool` |
//! | select | `select::<T>(u8, T, T) -> T` with any `T` |
//! | extend, reduce | `f::<A, B>(A) -> B` |
//! | float_unary, float_binary, float_compare | the same with `F: Float` |
//! | float_promote, float_demote | `(f32) -> f64`, `(f64) -> f32` |
//! | int_to_float | `f::<T, F>(T) -> F` |
//! | float_to_int | `f::<F, T>(F) -> T` |
//! | bitcast | `bitcast(Bits) -> Bits` |
//! | lane_splat, lane_extract, lane_replace | `f::<T>(T) -> V128`, `f::<T>(V128, u8) -> T`, `f::<T>(V128, u8, T) -> V128` |
//! | lane_unary to lane_float_binary | `f::<T>(V128, ..) -> V128`, or what the shape says, with `T` the lane |
//! | lane_promote, lane_demote, vector_unary to vector_test | the same without `T` |
//!
//! A checked row returns `Result<_, Trap>`. [`evaluate`] is all of them behind one door, for whoever has an
//! operation in hand and not at compile time: the folder, the reference evaluator, a tier's general handler.

mod arithmetic;
mod bits;
mod compare;
mod convert;
mod dynamic;
mod float;
mod lane;
mod lane_float;
mod lane_width;
#[cfg(test)]
mod tests;
mod vector;

pub use arithmetic::{
    addmod, iadd, imul, ineg, ipow, isub, mulmod, sdiv, sdiv_checked, smax, smin, smulhi, srem,
    srem_checked, udiv, udiv_checked, umax, umin, umulhi, urem, urem_checked,
};
pub use bits::{
    band, bnot, bor, bswap, bxor, byte_be, clz, ctz, ishl, ishl_full, popcnt, rotl, rotr,
    sextend_byte, sshr, sshr_full, ushr, ushr_full,
};
pub use compare::{ieq, ine, isge, isgt, isle, islt, iuge, iugt, iule, iult, select};
pub use convert::{
    bitcast, fcvt_from_sint, fcvt_from_uint, fcvt_to_sint, fcvt_to_sint_sat, fcvt_to_uint,
    fcvt_to_uint_sat, fdemote, fpromote, ireduce, sextend, uextend,
};
pub use dynamic::{Bits, Scalar, evaluate};
pub use float::{
    Float, fabs, fadd, fceil, fcopysign, fdiv, feq, ffloor, fge, fgt, fle, flt, fmax, fmin, fmul,
    fne, fnearest, fneg, fsqrt, fsub, ftrunc,
};
pub use lane::{
    vall_true, vbitmask, viabs, viadd, vieq, vimul, vine, vineg, visge, visgt, vishl, visle, vislt,
    visub, viuge, viugt, viule, viult, vpopcnt, vsadd_sat, vsmax, vsmin, vsmul_fraction, vsshr,
    vssub_sat, vuadd_sat, vuavg, vumax, vumin, vushr, vusub_sat,
};
pub use lane_float::{
    vfabs, vfadd, vfceil, vfcvt_from_sint, vfcvt_from_uint, vfcvt_to_sint_sat, vfcvt_to_uint_sat,
    vfdemote, vfdiv, vfeq, vffloor, vfge, vfgt, vfle, vflt, vfmax, vfmax_pseudo, vfmin,
    vfmin_pseudo, vfmul, vfne, vfnearest, vfneg, vfpromote_low, vfsqrt, vfsub, vftrunc,
};
pub use lane_width::{
    vsadd_pairs, vsdot, vsdot_sat, vsextend_high, vsextend_low, vsmul_high, vsmul_low, vsnarrow,
    vuadd_pairs, vuextend_high, vuextend_low, vumul_high, vumul_low, vunarrow,
};
pub use vector::{
    FloatLane, IntLane, Lane, Narrow, V128, Widen, vand, vandnot, vany_true, vbitselect, vextract,
    vnot, vor, vreplace, vshuffle, vsplat, vswizzle, vxor,
};
