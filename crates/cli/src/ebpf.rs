//! Running the vectors of the eBPF conformance suite: `lockstep ebpf-conformance`, and what the project's own conformance
//! test calls.
//!
//! ```text
//! paths -> files -> Vector (assembly, memory, result) -> Program -> each tier -> Verdict -> report
//! ```
//!
//! Invariants: a vector passes when it does what it says in every tier that is asked, with the same units left; what is
//! left out is counted with its reason.

mod command;
mod conformance;
mod vector;

pub use crate::totals::Totals;
pub use command::{Arguments, run};
pub use conformance::{Report, Verdict, collect_vectors, run_vectors};
