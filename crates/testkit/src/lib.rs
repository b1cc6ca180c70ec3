//! What the project's tests share. Tests only: nothing that ships depends on it.
//!
//! ```text
//! blocks      each block of a program alone, from sampled states -> every tier
//! bomb        Wasm modules made to hurt
//! corpus      programs with answers, as text      -> evaluator, interpreter
//! frames      Wasm modules that recurse with frames of every shape
//! generate    EVM programs from a seed            -\
//! differential  one EVM program, every way to run it -> one observation
//! object      ELF objects of eBPF from assembly
//! fuzz        what a fuzz target does with bytes; ordinary tests replay its corpus
//! ```
//!
//! # Invariants
//!
//! 1. Everything is deterministic: the same seed gives the same program on every machine.
//! 2. Nothing here is slow for what an attacker could choose: gas and sizes are bounded.
#![forbid(unsafe_code)]

pub mod assemble;
pub mod blocks;
pub mod bomb;
pub mod corpus;
pub mod differential;
pub mod frames;
pub mod fuzz;
pub mod generate;
pub mod interpret;
pub mod object;
pub mod random;
