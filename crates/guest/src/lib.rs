//! Guests: each turns the bytes of a contract into dMIR.
//!
//! # Invariants
//!
//! 1. A guest knows `ir` and `base` alone: what it needs of the world it imports by name (`eth.sload`).
//! 2. No bytes of a contract make a guest panic; what is not code for it is a typed error or a trap.
#![forbid(unsafe_code)]

pub mod ebpf;
pub mod evm;
pub mod wasm;
