//! The world as guests change it: one journal over a read-only [`Storage`], its roots and its backends.
#![forbid(unsafe_code)]

mod keccak;

pub use keccak::keccak256;
