//! The WebAssembly specification's scripts: every assertion, in the interpreter and in the evaluator.

use lockstep::Tier;
use lockstep_cli::wast::{FileReport, Totals, collect_scripts, run_scripts};

/// Assertions that hold at least.
const FLOOR: usize = 61_544;
/// Failures that are shown.
const SHOWN: usize = 50;
/// Scripts in which assertions do not hold yet, how many at most, and why. It only ever gets shorter.
const KNOWN: &[(&str, usize, &str)] = &[
    ("data.wast", 2, "an empty segment beyond the end is let through"),
    ("data1.wast", 2, "an empty segment beyond the end is let through"),
    ("memory64.wast", 1, "a definition of 2^48 pages"),
    ("table.wast", 1, "a definition of 2^32 - 1 elements"),
    ("table64.wast", 1, "a definition of 2^64 - 1 elements"),
];

#[test]
fn every_assertion_of_the_specification_holds_or_is_skipped_with_a_reason() {
    let Some(folder) = super::folder::find("wasm/spec") else { return };
    let files = collect_scripts(&folder).expect("a folder of scripts");
    for tier in Tier::ALL {
        let reports = run_scripts(&files, *tier, &|_| {});
        show(&reports);
        let Totals { passed, failed, skipped, unreadable } = Totals::of(&reports);
        println!("scripts, {tier}: {passed} passed, {failed} failed, {skipped} skipped");
        let unexpected: Vec<_> = reports.iter().filter(|report| !is_expected(report)).collect();
        assert!(unexpected.is_empty() && unreadable == 0, "{unexpected:#?}");
        assert!(passed >= FLOOR, "{passed} of at least {FLOOR}");
    }
}

/// Whether no more of a script fails than [`KNOWN`] says.
fn is_expected(report: &FileReport) -> bool {
    let row = KNOWN.iter().find(|(name, ..)| report.path.file_name() == Some((*name).as_ref()));
    let failed = report.tally.as_ref().map_or(0, |tally| tally.counts().failed);
    failed <= row.map_or(0, |(_, most, _)| *most)
}

fn show(reports: &[FileReport]) {
    let mut shown = 0;
    for report in reports {
        let path = report.path.display();
        let tally = report.tally.as_ref().unwrap_or_else(|error| panic!("{error}"));
        for failure in &tally.failures {
            shown += 1;
            if shown <= SHOWN {
                println!("{path}:{} {}: {}", failure.line, failure.kind, failure.message);
            }
        }
        for (reason, count) in &tally.skips {
            println!("skipped {count} of {path}: {reason}");
        }
    }
}
