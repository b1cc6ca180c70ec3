//! The WebAssembly specification's scripts: every assertion, in the interpreter and in the evaluator.

use std::{collections::BTreeMap, path::PathBuf};

use lockstep::{Heat, Tier};
use lockstep_cli::wast::{FileReport, Place, Tally, Totals, Way, collect_scripts, run_scripts};

/// Assertions that hold at least.
const FLOOR: usize = 61_548;
/// Modules that scripts hold to be malformed or invalid, at least.
const REFUSALS_FLOOR: usize = 4_652;
/// Failures that are shown.
const SHOWN: usize = 50;

#[test]
fn every_assertion_of_the_specification_holds_or_is_skipped_with_a_reason() {
    let Some(folder) = super::folder::find("wasm/spec") else { return };
    let files = collect_scripts(&folder).expect("a folder of scripts");
    // In the adaptive tier some functions are hot where they begin, and others later or never.
    let tiers = [Tier::ALL, &[Tier::Adaptive]].concat();
    let gas = tiers.iter().map(|tier| {
        let way = Way { tier: *tier, heat: Heat::of(2).awaited(), ..Way::default() };
        let reports = run_scripts(&files, way, &|_| {});
        let climbed: u64 = of_each(&reports, |tally| tally.native.climbed).iter().sum();
        println!("scripts, {tier}: {climbed} functions entered as hot");
        let some_climb = *tier == Tier::Adaptive && cfg!(target_arch = "x86_64");
        assert_eq!(climbed > 0, some_climb, "functions entered as hot");
        show(&reports);
        let Totals { passed, failed, skipped, unreadable } = Totals::of(&reports);
        println!("scripts, {tier}: {passed} passed, {failed} failed, {skipped} skipped");
        assert_eq!((failed, unreadable), (0, 0), "assertions that fail, scripts that are not read");
        assert!(passed >= FLOOR, "{passed} of at least {FLOOR}");
        let (refused, placed) = refusals(&reports);
        println!("scripts, {tier}: {refused} modules refused as they ask, {placed:?}");
        assert_eq!(refused, placed.values().sum::<usize>(), "refusals that name their place");
        assert!(refused >= REFUSALS_FLOOR, "{refused} of at least {REFUSALS_FLOOR}");
        of_each(&reports, |tally| tally.gas_used)
    });
    gas.reduce(|one, other| same(&files, one, other)).expect("there are tiers");
}

/// Observed, every assertion holds too, for the same gas; and all tiers show the same.
#[test]
fn observed_scripts_do_the_same_and_every_tier_shows_the_same() {
    let Some(folder) = super::folder::find("wasm/spec") else { return };
    let files = collect_scripts(&folder).expect("a folder of scripts");
    let plain = run_scripts(&files, Way::default(), &|_| {});
    let seen = Tier::ALL.iter().map(|tier| {
        let reports =
            run_scripts(&files, Way { tier: *tier, is_observed: true, ..Way::default() }, &|_| {});
        show(&reports);
        assert_eq!(Totals::of(&reports), Totals::of(&plain), "{tier}");
        let gas = |reports| of_each(reports, |tally| tally.gas_used);
        same(&files, gas(&plain), gas(&reports));
        of_each(&reports, |tally| tally.watch)
    });
    let seen = seen.reduce(|one, other| same(&files, one, other)).expect("there are tiers");
    let steps: u64 = seen.iter().map(|watch| watch.steps).sum();
    assert!(steps > 1_000_000, "{steps} instructions were shown");
}

fn of_each<T>(reports: &[FileReport], get: impl Fn(&Tally) -> T) -> Vec<T> {
    let of = |report: &FileReport| get(report.tally.as_ref().expect("scripts can be read"));
    reports.iter().map(of).collect()
}

/// Either of two lists with something for each file, which are equal.
fn same<T: PartialEq + std::fmt::Debug>(files: &[PathBuf], one: Vec<T>, other: Vec<T>) -> Vec<T> {
    for (file, (one, other)) in files.iter().zip(one.iter().zip(&other)) {
        assert_eq!(one, other, "{}", file.display());
    }
    one
}

/// How many modules were refused as scripts ask, and how many of these by what kind of place.
fn refusals(reports: &[FileReport]) -> (usize, BTreeMap<Place, usize>) {
    let (mut refused, mut placed) = (0, BTreeMap::new());
    for tally in reports.iter().filter_map(|report| report.tally.as_ref().ok()) {
        let kinds = ["assert_malformed", "assert_invalid"];
        refused +=
            kinds.iter().filter_map(|kind| tally.kinds.get(kind)).map(|c| c.passed).sum::<usize>();
        for (place, count) in &tally.places {
            *placed.entry(*place).or_default() += count;
        }
    }
    (refused, placed)
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
