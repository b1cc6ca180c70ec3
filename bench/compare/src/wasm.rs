//! WebAssembly: modules that export `run(i64) -> i64`, beside other engines.
//!
//! # Shape
//!
//! ```text
//! cases.tsv + NAME.wasm -> Engine::load -> Module::call (in a new instance each time) -> Row
//! ```
//!
//! Our gas is on, and so is the fuel of each peer whose name says so.

mod case;
mod engine;
mod free;
mod host;
mod ours;
mod run;
mod start;
mod tiny;
mod wasmi;
#[cfg(feature = "wasmtime")]
mod wasmtime;

use std::path::Path;

use lockstep::Tier;

use self::engine::Engine;
use crate::{clock::Clock, report::Report};

/// The case that is a loop of as many host calls as its argument says.
const HOST_CALLS: &str = "hostnop";

/// Every peer, in the order of the table.
fn peers() -> Vec<Box<dyn Engine>> {
    let interpreters: [Box<dyn Engine>; 2] =
        [Box::new(wasmi::Wasmi::eager()), Box::new(wasmi::Wasmi::lazy())];
    interpreters.into_iter().chain(compilers()).collect()
}

#[cfg(feature = "wasmtime")]
fn compilers() -> Vec<Box<dyn Engine>> {
    wasmtime::Wasmtime::all().into_iter().map(|way| Box::new(way) as Box<dyn Engine>).collect()
}

#[cfg(not(feature = "wasmtime"))]
fn compilers() -> Vec<Box<dyn Engine>> {
    Vec::new()
}

/// The names of the peers.
pub fn names() -> Vec<String> {
    peers().iter().map(|peer| peer.label()).collect()
}

/// Measures what each case whose name contains `filter` costs that runs once, beside our interpreter.
///
/// # Errors
///
/// As for [`measure`].
pub fn measure_once(
    folder: &Path,
    filter: &str,
    ((tier, is_guarded), clock): ((Tier, bool), &Clock),
    report: &mut Report,
) -> Result<(), String> {
    let ours = ours::Lockstep::new(tier, is_guarded);
    let peer = ours::Lockstep::new(Tier::Interpreter, is_guarded);
    for case in case::read(folder)?.iter().filter(|case| case.name.contains(filter)) {
        eprintln!("{}", case.name);
        let run = (case.name.clone(), case.argument);
        let mut row = start::first_result(run, case, &[&ours, &peer], clock)?;
        row.is_apart = case.apart().is_some();
        report.add(row);
    }
    Ok(())
}

/// Measures the cases in `folder`, each row whose name contains `filter`, beside peers whose name contains one of `wanted`, or
/// all.
///
/// # Errors
///
/// When a case cannot be read or an engine does not take it.
pub fn measure(
    folder: &Path,
    (filter, wanted): (&str, &[String]),
    ((tier, is_guarded, unmetered), clock): ((Tier, bool, bool), &Clock),
    report: &mut Report,
) -> Result<(), String> {
    let ours = ours::Lockstep::new(tier, is_guarded);
    let free = unmetered.then(|| Box::new(free::Free::new(is_guarded)) as Box<dyn Engine>);
    let mut peers = peers();
    peers.retain(|peer| {
        wanted.is_empty() || wanted.iter().any(|name| peer.label().contains(name.as_str()))
    });
    peers.extend(free);
    let ours: &dyn Engine = &ours;
    let starting: Vec<&dyn Engine> =
        std::iter::once(ours).chain(peers.iter().map(|peer| &**peer)).collect();
    let mut running = starting.clone();
    running.retain(|engine| !engine.is_for_starts());
    for case in case::read(folder)? {
        let is_host_calls = case.name == HOST_CALLS && run::HOST_CALL.contains(filter);
        if case.name.contains(filter) || is_host_calls {
            eprintln!("{}", case.name);
            let row = run::compare(&case, &running, clock)?;
            let host_call = is_host_calls.then(|| run::host_call(&case, &row));
            report.add(row);
            host_call.into_iter().for_each(|row| report.add(row));
        }
        if let Some(name) = start::name(&case).filter(|name| name.contains(filter)) {
            eprintln!("{name}");
            let run = (name, start::FIRST_ARGUMENT);
            report.add(start::first_result(run, &case, &starting, clock)?);
        }
    }
    start::visits(filter, &starting, clock)?.into_iter().for_each(|row| report.add(row));
    Ok(())
}
