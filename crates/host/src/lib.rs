//! What chains offer to guests: host functions, precompiled contracts and the cryptography under them.
//!
//! Absent on purpose: anything that knows a guest or a tier.
#![forbid(unsafe_code)]

pub mod crypto;
pub mod ethereum;
pub mod spectest;
#[cfg(unix)]
pub mod wasi;
