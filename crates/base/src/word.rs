//! Fixed-width integers up to 512 bits. Limbs are 64 bits, least significant first.
//!
//! [`Int`] is how the engine calculates: total, wrapping, free of the flags and assertions of the library behind
//! [`U256`], which we use for its storage, its text and its long division.

mod int;
mod limbs;
pub mod modular;
mod wide;

pub use int::Int;
pub use ruint::aliases::{U256, U512};
