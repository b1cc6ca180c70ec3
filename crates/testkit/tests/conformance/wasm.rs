//! The WebAssembly specification's scripts: every assertion, in the interpreter and in the evaluator.

use lockstep::Tier;
use lockstep_cli::wast::{FileReport, Totals, collect_scripts, run_scripts};

/// Assertions that hold at least.
const FLOOR: usize = 61_548;
/// Failures that are shown.
const SHOWN: usize = 50;
#[test]
fn every_assertion_of_the_specification_holds_or_is_skipped_with_a_reason() {
    let Some(folder) = super::folder::find("wasm/spec") else { return };
    let files = collect_scripts(&folder).expect("a folder of scripts");
    for tier in Tier::ALL {
        let reports = run_scripts(&files, *tier, &|_| {});
        show(&reports);
        let Totals { passed, failed, skipped, unreadable } = Totals::of(&reports);
        println!("scripts, {tier}: {passed} passed, {failed} failed, {skipped} skipped");
        assert_eq!((failed, unreadable), (0, 0), "assertions that fail, scripts that are not read");
        assert!(passed >= FLOOR, "{passed} of at least {FLOOR}");
    }
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
