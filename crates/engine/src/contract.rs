//! WebAssembly modules as contracts: loaded once, instantiated for each message, on the rows of one host.
//!
//! # Shape
//!
//! ```text
//! code -> Contract::load (consensus profile, imports, entry) -> instance::Instance (a store of its own) -> run `main`
//! ```
//!
//! # Invariants
//!
//! 1. A message gets a new instance: nothing but the host's state outlives it.
//! 2. What it takes to load and to instantiate is paid for by [`price`], by the code and the input alone, whatever the
//!    cache holds.

pub(crate) mod instance;
mod load;
mod price;

pub(crate) use load::{Contract, Offer, is_offered};
pub use load::{ContractError, check_contract};
