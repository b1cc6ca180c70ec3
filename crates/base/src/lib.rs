//! The vocabulary all of Lockstep shares: wide words, hashes, addresses, fork names, typed indices.
//!
//! Absent on purpose: anything that knows a guest, a tier, a host or a store. `no_std`, no `unsafe`.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod address;
mod fork;
mod hash;
mod hex;
mod index;
mod word;

pub use address::Address;
pub use fork::{Fork, UnknownFork};
pub use hash::Hash;
pub use hex::{HexError, decode_hex, encode_hex};
pub use index::{Index, IndexVec};
pub use word::{Int, U256, U512, modular};
