//! Cryptographic primitives, one file each: bytes in, bytes out.
//!
//! Every function is total: no input panics, no input makes it allocate more than a small multiple of the input
//! and the output. Absent on purpose: gas and forks, which belong to the chain that sells the primitive.

pub mod blake2f;
pub mod bls12_381;
pub mod bn254;
pub mod keccak;
pub mod kzg;
pub mod modexp;
mod point;
pub mod ripemd160;
pub mod secp256k1;
pub mod secp256r1;
pub mod sha256;

pub use keccak::keccak256;
pub use point::PointError;
