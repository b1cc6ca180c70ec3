//! `differ`: random whole transactions on Lockstep and on revm, from the same state; everything must be equal.
//!
//! ```text
//! seed -> generate::case -> ours, peer -> outcome::differences -> shrink -> file (a state test)
//! ```
//!
//! Invariants: a seed gives the same case for ever; a difference is a finding until the EIP's text explains it,
//! whoever turns out to be right. Absent on purpose: Constantinople (EIP-1283), which the peer does not have.

mod arguments;
mod campaign;
mod case;
mod coverage;
mod file;
mod generate;
mod ours;
mod outcome;
mod peer;
mod program;
mod random;
mod shrink;
mod trace;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let arguments = arguments::Arguments::parse();
    let result = match &arguments.trace_check {
        Some(_) => trace::check(&arguments),
        None => campaign::run(&arguments),
    };
    match result {
        Ok(tally) => {
            eprintln!("{tally}");
            if tally.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("differ: {error}");
            ExitCode::from(2)
        }
    }
}
