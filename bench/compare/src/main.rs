//! `compare`: Lockstep and other engines side by side, in one process, on the same cases, with the answers checked.
//!
//! # Method
//!
//! - Batches of at least two milliseconds, engines in turn with the order swapped each round, median of the rounds, CPU
//!   time of the thread. Ratios are peer time over our time: above one we are faster. Cases that are apart (micro
//!   cases, starts) are listed, and are in no mean.
//! - Contracts of Ethereum: one contract, one call, repeated from a fresh state (every slot cold). Code is translated or
//!   analysed once, outside the timed region; `compile_ns` says what the first call cost more. Ours is
//!   [`lockstep::Vm::call`] as a user calls it: journal, native stack, logs, output. The peer runs its bare interpreter
//!   over the cheapest host that is right (`evm/peer/host.rs`): no journal, no frames, no undo. Where this is unfair
//!   it is unfair to us. Both hash with the same assembly permutation. Neither keeps hashes or slots from one call to
//!   the next; ours keeps digests within a call, so each case is measured without that as well (`no memo`).
//!   Beside another tier of ours our interpreter is one more peer. Below the mean stands what compiling takes: `compile_ns` of
//!   all cases over their code, and the median of what each takes.
//! - Whole transactions go through both engines' front doors, the peer's state being its own `CacheDB`.
//! - WebAssembly: one call of `run` in an instance that nobody has used, which is made outside the timed region;
//!   everything was translated before. `compile_ns` is the time to read, validate and (where that is the engine's way)
//!   compile the module. Ours is [`lockstep::wasm::Instances`] as a user calls it, with gas on; host functions share
//!   one table of slots. `first result` is all from bytes to the end of a short call, on an engine that is there;
//!   `instance` is to instantiate a module of a few bytes, call it and let it go; `host call` is the loop of
//!   `hostnop` divided by its calls.
//! - With `--unmetered` our own machine code without charges is one more peer, so what metering costs is one less than the
//!   reciprocal of that ratio. What a host function or a growing memory takes it takes there too. Answers are checked, gas
//!   is not.
//! - With `--once` each run is of a program that nobody has seen: reading, translating, running, and what a tier asks of other
//!   threads, of which the time is not counted. Our interpreter is the only peer.

mod arguments;
mod clock;
mod evm;
mod report;
mod unmetered;
mod wasm;

use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Guest};

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
    if arguments.list {
        println!("evm {}/{}", evm::PEER.0, evm::PEER.1);
        wasm::names().iter().for_each(|name| println!("wasm {name}"));
        return Ok(true);
    }
    arguments.check()?;
    let folders = arguments.folders()?;
    let ways = (arguments.tier, &clock::Clock::new(arguments.quick));
    let mut report = report::Report::default();
    let filter = arguments.filter.as_str();
    for (guest, folder) in &folders {
        match guest {
            Guest::Evm if arguments.once => evm::measure_once(folder, filter, ways, &mut report)?,
            Guest::Wasm if arguments.once => {
                let ours = (arguments.tier, arguments.guard_pages);
                wasm::measure_once(folder, filter, (ours, ways.1), &mut report)?;
            }
            Guest::Evm => {
                evm::measure(folder, filter, (ways, arguments.unmetered), &mut report)?;
            }
            Guest::Wasm => {
                let ours = (arguments.tier, arguments.guard_pages, arguments.unmetered);
                wasm::measure(folder, (filter, &arguments.peers), (ours, ways.1), &mut report)?;
            }
        }
    }
    if report.is_empty() {
        return Err(format!("no case matches {filter:?}"));
    }
    print!("{report}");
    if let Some(path) = &arguments.json {
        std::fs::write(path, report.to_json().to_string())
            .map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(report.is_right())
}
