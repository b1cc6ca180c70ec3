//! Contracts of guests beside the EVM: which code is one, and the functions that they import.
//!
//! # Shape
//!
//! ```text
//! code -> guest_of -> Wasm, eBPF -> the machine runs its entry -> (import "eth" "NAME", call eth_NAME) -> table -> api -> ...
//! ```
//!
//! # Contract with the guests
//!
//! *Wasm*: a module of the consensus profile that imports nothing but functions of [`FUNCTIONS`] with their types, has no
//! start function, and exports a function `main` without parameters and results. It ends by `finish`, by `revert`, or by
//! returning, which is `finish` of no bytes. Pointers and lengths are i32, without sign, into memory 0.
//!
//! *eBPF*: an ELF object or sBPF file that calls nothing but functions of [`FUNCTIONS`] under the name `eth_NAME`, operands in r1
//! to r5 as 64 bits, the result in r0, and system calls of TOS. It ends by `eth_finish`, by `eth_revert`, or by returning:
//! zero is `finish`, anything else `revert`, both with what it gave to `tos_set_return_data`.
//!
//! *Both*: the entry runs when the account is called, and when the program is initialization code. A word is 32 bytes, most
//! significant first, an address 20. Each function costs what its opcode costs under the fork in force, but for the growth
//! of EVM memory, which there is none of; a function whose opcode the fork does not define does not exist. A trap takes all gas.
//!
//! # Invariants
//!
//! 1. A function does what its opcode does by calling what the EVM imports for it: nothing about state is said here.
//! 2. A guest has a row in [`Guest`]'s table; a chain whose configuration does not allow it has no contract of it.

mod guest;
mod operand;
mod prices;
mod table;

pub use guest::Guest;
pub(super) use guest::Running;
pub(super) use prices::OpcodePrices;
pub use table::{FUNCTIONS, Function, ebpf_functions, wasm_functions};
