//! Tier 0: register bytecode made from dMIR, and its dispatch.
//!
//! # Shape
//!
//! ```text
//! Verified<&Func> -> plan (who lives where) -> encode (words) -> Code (published) -> handlers
//! ```
//!
//! # Invariants
//!
//! 1. Operands are addressed in place, as slots of the frame; a handler reads all of them before it writes.
//! 2. Code is translated where control first reaches it; a chunk never moves and is complete when published.
//! 3. The gas counter is an argument of every handler; the context holds it only during host calls.
//! 4. Handlers mean what `ir::op::meaning` says: they call it.
//!
//! Absent on purpose: anything that knows a guest or a host by name.
#![no_std]

extern crate alloc;

#[cfg(feature = "native")]
mod activate;
mod code;
mod dispatch;
mod encode;
mod frame;
mod handler;
mod run;

#[cfg(feature = "native")]
pub use activate::{Ending, Fallback, Gated, activate, activate_gated, call, call_gated};
pub use code::{Code, CodeError, CodeStatistics, RUNS_MAX, WAITING_BYTES_MAX, WHOLE_INSTS_MAX};
pub use encode::Line;
pub use run::{Activation, Finish, RESULTS, Translator, run};
