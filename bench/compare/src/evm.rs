//! Ethereum: calls of contracts and whole transactions, beside revm.

mod answer;
mod call;
mod case;
mod ours;
mod peer;
mod transaction;

use std::path::Path;

use lockstep::Tier;

use crate::{clock::Clock, report::Report};

/// The peer and its tier.
pub const PEER: (&str, &str) = ("revm", "interpreter");

/// Measures what each call whose name contains `filter` costs that runs once, beside our interpreter.
///
/// # Errors
///
/// As for [`measure`].
pub fn measure_once(
    folder: &Path,
    filter: &str,
    (tier, clock): (Tier, &Clock),
    report: &mut Report,
) -> Result<(), String> {
    for case in case::read_calls(folder, filter)? {
        eprintln!("{}", case.name);
        report.add(call::compare_once(&case, tier, clock)?);
    }
    Ok(())
}

/// Measures the cases in `folder` whose name contains `filter`.
///
/// # Errors
///
/// When a case cannot be read or an engine cannot be set up.
pub fn measure(
    folder: &Path,
    filter: &str,
    ((tier, clock), unmetered): ((Tier, &Clock), bool),
    report: &mut Report,
) -> Result<(), String> {
    for case in case::read_calls(folder, filter)? {
        eprintln!("{}", case.name);
        report.add(call::compare(&case, (tier, unmetered), clock)?);
    }
    for case in case::read_transactions(folder, filter)? {
        eprintln!("{}", case.name);
        report.add(transaction::compare_warm(&case, tier, clock)?);
        if case.name == transaction::COLD_CASE {
            report.add(transaction::compare_cold(&case, tier, clock)?);
        }
    }
    Ok(())
}
