//! The text form: `.dmir` files, with the runs that they promise.
//!
//! ```text
//! ; Division by zero is zero.
//! func @udiv(a: i256, b: i256) -> i256 {
//! entry:
//!     charge 5
//!     q = udiv.i256 a, b
//!     return q
//! }
//! ; run: @udiv(7, 2) == 3, gas 5
//! ; run: @udiv(7, 2) with gas 4 == trap out_of_gas
//! ```
//!
//! One statement per line. Names of variables, values and blocks are the writer's; the printer calls them `x0`,
//! `v0`, `b0`. A constant is a number, decimal or hexadecimal, of the type of its place (a float's is its bits).
//!
//! # Invariants
//!
//! 1. What is printed parses to the same module, for every verified module whose pools hold nothing unused.
//! 2. No input makes the parser panic, and its work is linear in the input, which is at most [`TEXT_MAX_BYTES`].
//! 3. The parser resolves names; whether the program makes sense the verifier decides.

mod cursor;
mod error;
mod lex;
mod parse;
mod print;
mod run;
mod statement;
#[cfg(test)]
mod tests;

pub use error::{ParseError, ParseErrorKind};
pub use lex::TEXT_MAX_BYTES;
pub use parse::parse;
pub use print::{print, print_func};
pub use run::{RUN_GAS, Run, Want, runs};
