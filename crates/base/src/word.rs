//! Fixed-width integers up to 512 bits. Limbs are 64 bits, least significant first.

mod int;

pub use int::Int;
pub use ruint::aliases::{U256, U512};
