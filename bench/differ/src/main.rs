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
#[cfg(feature = "wasm")]
mod wasm;

use std::process::ExitCode;

use clap::Parser;

use self::arguments::Tally;

fn main() -> ExitCode {
    let arguments = arguments::Arguments::parse();
    let result = if arguments.wasm.is_some() || arguments.wasm_single {
        wasm(&arguments)
    } else if arguments.trace_check.is_some() {
        trace::check(&arguments)
    } else {
        campaign::run(&arguments)
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

#[cfg(feature = "wasm")]
fn wasm(arguments: &arguments::Arguments) -> Result<Tally, String> {
    let which = match &arguments.wasm {
        Some(seeds) => wasm::Which::Seeds(seeds.0.clone()),
        None => wasm::Which::Single,
    };
    wasm::run(arguments, &which)
}

#[cfg(not(feature = "wasm"))]
fn wasm(_: &arguments::Arguments) -> Result<Tally, String> {
    Err("built without the feature `wasm`, which brings the peer".to_owned())
}
