//! The `lockstep` command as a library: what it runs, the project's own tests run too.
//!
//! Invariants: results go to standard output and talk to standard error; exit codes are those of [`exit`]; bad input
//! is an [`error::InputError`] with its place, never a panic.
#![forbid(unsafe_code)]

pub mod code;
pub mod command;
pub mod compile;
pub mod disasm;
pub mod ebpf;
pub mod error;
pub mod exit;
mod files;
pub mod fixture;
pub mod gas;
mod heat;
mod input;
mod panics;
mod parallel;
mod passes;
mod progress;
pub mod run;
pub mod statetest;
pub mod totals;
pub mod trace;
mod wasm_text;
mod wasm_value;
pub mod wast;
