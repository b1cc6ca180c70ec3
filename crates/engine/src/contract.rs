//! Programs of guests beside the EVM as contracts: loaded once, instantiated for each message, on the rows of one host.
//!
//! # Shape
//!
//! ```text
//! code -> Contract::load (validation, imports, entry) -> instance::Instance (a store of its own) -> run the entry
//!         wasm::Contract | ebpf::Contract
//! ```
//!
//! # Invariants
//!
//! 1. A message gets a new instance: nothing but the host's state outlives it.
//! 2. What it takes to load and to instantiate is paid for (`wasm::price`, `ebpf::price`) by the code and the input alone,
//!    whatever the cache holds.
//! 3. Guests differ in the arms of [`Contract`] and nowhere else: a message does not know whose program called it.

pub(crate) mod ebpf;
pub(crate) mod instance;
mod load;
mod wasm;

pub(crate) use load::{Beginning, Contract, Offer, Rows, is_offered};
pub use load::{ContractError, check_contract};
