//! The vectors of RFC 9669's conformance suite, in every tier.

use lockstep::{Heat, Tier};
use lockstep_cli::ebpf::{Report, Totals, Verdict, collect_vectors, run_vectors};

/// Vectors that pass at least.
const FLOOR: usize = 267;

#[test]
fn every_vector_of_the_claimed_groups_passes_in_every_tier() {
    let Some(folder) = super::folder::find("ebpf/conformance") else { return };
    let files = collect_vectors(&folder).expect("a folder of vectors");
    // The adaptive tier finds every function hot where it begins.
    let tiers = [Tier::ALL, &[Tier::Adaptive]].concat();
    let reports = run_vectors(&files, &tiers, Heat::of(0).awaited());
    let climbed: u64 = reports.iter().map(|report| report.native.climbed).sum();
    println!("vectors: {climbed} functions entered as hot");
    assert!(
        climbed >= FLOOR as u64 || cfg!(not(target_arch = "x86_64")),
        "{climbed} entered as hot"
    );
    for Report { path, verdict, .. } in &reports {
        match verdict {
            Ok(Verdict::Passed) => {}
            Ok(Verdict::Failed(reason)) => println!("{}: {reason}", path.display()),
            Ok(Verdict::Skipped(reason)) => println!("{}: skipped: {reason}", path.display()),
            Err(error) => println!("{error}"),
        }
    }
    let Totals { passed, failed, skipped, unreadable } = Totals::of(&reports);
    println!("vectors, every tier: {passed} passed, {failed} failed, {skipped} skipped");
    assert_eq!((failed, unreadable), (0, 0), "vectors that fail or cannot be read");
    assert!(passed >= FLOOR, "{passed} of at least {FLOOR}");
}
