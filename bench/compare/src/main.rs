//! `compare`: Lockstep and revm side by side, in one process, on the same cases, with the answers checked.
//!
//! # Method
//!
//! - One contract, one call, repeated from a fresh state (every slot cold); batches of at least a millisecond, engines
//!   in turn with the order swapped each round, median of the rounds, CPU time of the thread.
//! - Code is translated or analysed once, outside the timed region; `compile_ns` says what the first call cost more.
//! - Ours is [`lockstep::Vm::call`] as a user calls it: journal, native stack, logs, output. The peer runs its bare
//!   interpreter over the cheapest host that is right (`peer/host.rs`): no journal, no frames, no undo. Where
//!   this is unfair it is unfair to us.
//! - Both hash with the same assembly permutation. Neither keeps hashes or slots from one call to the next; ours keeps
//!   digests within a call, so each case is measured without that as well (`no memo`).
//! - Whole transactions go through both engines' front doors, the peer's state being its own `CacheDB`.
//! - Ratios are peer time over our time: above one we are faster. Micro cases are listed, and are in no mean.

mod answer;
mod arguments;
mod call;
mod case;
mod clock;
mod ours;
mod peer;
mod report;
mod transaction;

use std::process::ExitCode;

use clap::Parser;

use arguments::Arguments;

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("compare: {error}");
            ExitCode::from(2)
        }
    }
}

/// Runs what was asked for; whether every answer was right.
fn run(arguments: &Arguments) -> Result<bool, String> {
    let directory = arguments.directory()?;
    let clock = clock::Clock::new(arguments.quick);
    let mut report = report::Report::default();
    for case in case::read_calls(&directory, &arguments.filter)? {
        eprintln!("{}", case.name);
        report.add(call::compare(&case, arguments.tier, &clock)?);
    }
    for case in case::read_transactions(&directory, &arguments.filter)? {
        eprintln!("{}", case.name);
        report.add(transaction::compare_warm(&case, arguments.tier, &clock)?);
        if case.name == transaction::COLD_CASE {
            report.add(transaction::compare_cold(&case, arguments.tier, &clock)?);
        }
    }
    if report.is_empty() {
        return Err(format!("no case in {} matches", directory.display()));
    }
    print!("{report}");
    if let Some(path) = &arguments.json {
        std::fs::write(path, report.to_json().to_string())
            .map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(report.is_right())
}
