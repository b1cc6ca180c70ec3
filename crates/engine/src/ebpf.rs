//! eBPF programs on a host of functions.
//!
//! # Shape
//!
//! ```text
//! Program::load(bytes) -> Linked::new(program, rows of the host) -> Machine::run(linked, host, call) -> Outcome
//! ```
//!
//! # Invariants
//!
//! 1. A run begins with fresh memory: the program's data, zeros, the input. Nothing but the host outlives it.
//! 2. When units run out none are left; any other trap leaves what was not used.

mod called;
mod instance;
mod program;
mod run;
#[cfg(test)]
mod tests;
mod tos;

pub(crate) use instance::{entry_args, instance, mapping};
pub use lockstep_guest::ebpf::{
    AluOp, AssembleError, Assembled, Config, Dialect, Helper, Insn, Kind, Layout, Listing,
    LoadError, LoadErrorKind, Module as Guest, ROWS, Reach, Region, Row, Rule, SLOT_BYTES, Source,
    Symbol, Width, assemble, list, murmur3,
};
pub use lockstep_rt::LinkError;
pub use program::{Linked, Program};
pub use run::{Call, End, Machine, Outcome, RunError, Watch};
pub use tos::{InvokeError, invoke, invoke_watched, invoke_with, tos_config, tos_config_with};

/// The guide for chains, whose code is tested like documentation.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/ebpf.md")]
pub struct Guide;
