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
//!
//! A checked row returns `Result<_, Trap>`. [`evaluate`] is all of them behind one door, for whoever has an
//! operation in hand and not at compile time: the folder, the reference evaluator, a tier's general handler.

mod arithmetic;
mod bits;
mod compare;
mod convert;
mod dynamic;
mod float;
#[cfg(test)]
mod tests;

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
