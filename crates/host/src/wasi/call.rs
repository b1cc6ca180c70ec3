//! What the functions do. Each is a function of host, memory and arguments, so it can be tested with bytes for memory.
//!
//! Invariants: rights are asked before anything happens; places for results are checked before anything happens that
//! cannot be undone; no argument makes a call panic.

pub(crate) mod attribute;
pub(crate) mod descriptor;
pub(crate) mod directory;
pub(crate) mod environment;
pub(crate) mod open;
pub(crate) mod poll;
pub(crate) mod stream;
pub(crate) mod tree;
