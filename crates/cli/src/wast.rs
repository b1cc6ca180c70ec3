//! Running scripts of the WebAssembly specification: `lockstep wast`, and what the project's own conformance test
//! calls.
//!
//! ```text
//! paths -> files -> Script (directives) -> Session (one store a file) -> Tally -> report
//! ```
//!
//! Invariants: every assertion of every file passes, fails or is skipped with a reason that is counted; commands that
//! assert nothing (modules, calls) are counted only when they fail; a panic fails its directive, never the run; a trap
//! passes only where the script expects that trap.
//!
//! Absent on purpose: what threads do, which no deterministic engine offers.

mod call;
mod command;
mod load;
mod pattern;
mod report;
mod script;
mod session;
mod skip;
mod spectest;
mod suite;
mod tally;
mod trap;
mod watch;

pub use crate::totals::Totals;
pub use command::{Arguments, run};
pub use suite::{FileReport, Way, collect_scripts, run_scripts};
pub use tally::{Counts, Failure, Place, Refusal, Tally};
pub use watch::Watch;
