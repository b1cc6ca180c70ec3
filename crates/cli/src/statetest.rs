//! Running state tests: `lockstep statetest`, and what the project's own conformance test calls.
//!
//! ```text
//! paths -> files -> Suite -> Case (test, fork, transaction) -> CaseRunner -> Outcome -> Verdict -> report
//! ```
//!
//! Invariants: every case of every file is run, or skipped with a reason that is counted; the order of reports is that
//! of the files, however many threads there are; a panic is a failed case, never the end of a run.

mod case;
mod command;
mod files;
mod report;
mod select;
mod suite;

pub use crate::totals::Totals;
pub use case::{Case, CaseRunner, Contracts, Failure, Outcome, SharedState, judge};
pub use command::{Arguments, run};
pub use files::collect_files;
pub use report::Format;
pub use select::{Selection, Skip};
pub use suite::{FileReport, Settings, Verdict, run_file, run_files};
