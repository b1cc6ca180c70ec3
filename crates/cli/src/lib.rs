//! The `lockstep` command as a library: what it runs, the project's own tests run too.
//!
//! Invariants: results go to standard output and talk to standard error; exit codes are those of [`exit`]; bad input
//! is an [`error::InputError`] with its place, never a panic.
#![forbid(unsafe_code)]

pub mod command;
pub mod error;
pub mod exit;
pub mod fixture;
mod input;
pub mod statetest;
pub mod trace;
