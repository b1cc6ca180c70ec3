//! eBPF: RFC 9669 without legacy packet access, and Solana's sBPF v0 to v3.
//!
//! # Shape
//!
//! ```text
//! ELF or text -> Module::load (sections, relocations, verifier, limits) -> interface, layout, image
//!                        Module::lower(function) -> dMIR, when it is first called
//! ```
//!
//! # Invariants
//!
//! 1. A loaded program broke no rule of the verifier: lowering cannot fail, and what it writes never depends on what was
//!    lowered before.
//! 2. An instruction costs one unit. At host functions, when units run out and when the program traps, the counter is what
//!    counting step by step leaves.
//! 3. No address of a guest reaches anything but its own memory.

mod assemble;
mod config;
mod dialect;
mod disasm;
mod error;
mod hash;
mod insn;
mod layout;
pub mod limits;
mod load;
mod lower;
mod module;
mod opcodes;
mod schedule;
#[cfg(test)]
mod tests;
mod verify;

pub use assemble::{AssembleError, Assembled, assemble};
pub use config::{Config, Helper};
pub use dialect::Dialect;
pub use disasm::{Listing, list};
pub use error::{LoadError, LoadErrorKind, Rule};
pub use hash::murmur3;
pub use insn::{Insn, SLOT_BYTES, decode_all};
pub use layout::{BASE, Layout, Region, TEXT_BASE};
pub use module::{Module, Symbol};
pub use opcodes::{AluOp, Kind, ROWS, Reach, Row, Source, Width};
pub use schedule::{SCHEDULE, Schedule};
