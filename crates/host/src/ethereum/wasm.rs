//! WebAssembly contracts: which code is one, and the functions that it imports.
//!
//! # Shape
//!
//! ```text
//! code -> guest_of -> Wasm -> the machine runs the export `main` -> (import "eth" "...") -> table -> api -> ...
//! ```
//!
//! # Contract with the guest
//!
//! A module of the consensus profile that imports nothing but functions of [`FUNCTIONS`] with their types, has no start
//! function, and exports a function `main` without parameters and results. `main` runs when the account is called, and
//! when the module is initialization code. It ends by `finish`, by `revert`, or by returning, which is `finish` of no
//! bytes. A trap takes all gas.
//!
//! Pointers and lengths are i32, without sign, into memory 0; a word is 32 bytes there, most significant first, an
//! address 20. Each function costs what its opcode costs under the fork in force, but for the growth of EVM memory,
//! which a module has none of; a function whose opcode the fork does not define does not exist.
//!
//! # Invariants
//!
//! 1. A function does what its opcode does by calling what the EVM imports for it: nothing about state is said here.
//! 2. A chain without [`Config::wasm_contracts`](super::Config::wasm_contracts) has no Wasm contract.

mod guest;
mod memory;
mod prices;
mod table;

pub use guest::Guest;
pub(super) use guest::Running;
pub(super) use prices::OpcodePrices;
pub use table::{FUNCTIONS, Function, functions};
