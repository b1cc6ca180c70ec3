//! What chains offer to guests: host functions, precompiled contracts and the cryptography under them.
//!
//! Absent on purpose: anything that knows a guest or a tier.
#![forbid(unsafe_code)]

/// What declarations of system calls name.
pub use lockstep_rt as rt;

pub mod crypto;
pub mod ethereum;
pub mod mapping;
pub mod spectest;
pub mod tos;
#[cfg(unix)]
pub mod wasi;
