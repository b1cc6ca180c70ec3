//! Contracts in Rust for the host `tos`.
//!
//! ```
//! use lockstep_sdk::{entrypoint, log, set_return_data, storage_read, storage_write};
//!
//! /// Counts how often it was called.
//! fn count(_: &mut [u8]) -> Result<(), u64> {
//!     let mut stored = [0; 8];
//!     storage_read(b"count", &mut stored);
//!     let count = u64::from_le_bytes(stored).checked_add(1).ok_or(1_u64)?.to_le_bytes();
//!     storage_write(b"count", &count);
//!     set_return_data(&count);
//!     log("counted");
//!     Ok(())
//! }
//!
//! entrypoint!(count);
//!
//! // What a unit test of the contract's own says, without a machine:
//! # fn main() {
//! let mut chain = lockstep_sdk::testing::Chain::default();
//! chain.call(entrypoint, &[]);
//! let second = chain.call(entrypoint, &[]);
//! assert_eq!((second.status(), second.output[0]), (Some(0), 2));
//! # }
//! ```
//!
//! # Two ways to compile
//!
//! ```text
//! target bpf, or --cfg lockstep_program:   functions here -> program -> the host's system calls
//! everything else:                         functions here -> testing -> a chain in memory
//! ```
//!
//! # Invariants
//!
//! 1. Both ways have the same functions, and a contract's source says nothing of them.
//! 2. What ends a program in the machine ends the call in a test: no function returns after misuse.
//! 3. As a program nothing here panics, allocates or needs anything but `core`.
#![no_std]
#![deny(unsafe_op_in_unsafe_fn)]

#[cfg(not(any(target_arch = "bpf", lockstep_program)))]
extern crate std;

mod call;
mod entry;
mod input;
mod program;
#[cfg(not(any(target_arch = "bpf", lockstep_program)))]
pub mod testing;
mod types;
mod wide;

#[cfg(any(target_arch = "bpf", lockstep_program))]
use program as backend;
#[cfg(not(any(target_arch = "bpf", lockstep_program)))]
use testing::double as backend;

pub use call::{
    balance, block_hash, block_height, call_value, caller, contract_hash, invoke, log, log_bytes,
    return_data, set_return_data, storage_delete, storage_read, storage_write, transfer, tx_hash,
    tx_sender, Returned, ALL_UNITS, KEY_BYTES_MAX, LOG_BYTES_MAX, RETURN_BYTES_MAX,
    VALUE_BYTES_MAX,
};
#[doc(hidden)]
pub use entry::enter;
pub use entry::{status, OK};
pub use input::{number, take, word};
pub use types::{Address, Hash, HexError, PublicKey};
pub use wide::mul_div;

/// The page about contracts, whose code is tested like documentation.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Page;
