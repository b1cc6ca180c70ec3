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
mod host;
mod ours;
mod run;
mod tiny;
mod wasmi;

use std::path::Path;

use lockstep::Tier;

use self::engine::Engine;
use crate::{clock::Clock, report::Report};

/// Every peer, in the order of the table.
fn peers() -> Vec<Box<dyn Engine>> {
    vec![Box::new(wasmi::Wasmi::eager())]
}

/// The names of the peers.
pub fn names() -> Vec<String> {
    peers().iter().map(|peer| peer.label()).collect()
}

/// Measures the cases in `folder` whose name contains `filter`, beside peers whose name contains one of `wanted`, or
/// all.
///
/// # Errors
///
/// When a case cannot be read or an engine does not take it.
pub fn measure(
    folder: &Path,
    (filter, wanted): (&str, &[String]),
    (tier, clock): (Tier, &Clock),
    report: &mut Report,
) -> Result<(), String> {
    let ours = ours::Lockstep::new(tier);
    let mut peers = peers();
    peers.retain(|peer| {
        wanted.is_empty() || wanted.iter().any(|name| peer.label().contains(name.as_str()))
    });
    for case in case::read(folder, filter)? {
        eprintln!("{}", case.name);
        report.add(run::compare(&case, &ours, &peers, clock)?);
    }
    Ok(())
}
