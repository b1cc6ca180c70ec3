//! The vectors of RFC 9669's conformance suite, in every tier.

use lockstep::Tier;
use lockstep_cli::ebpf::{Report, Totals, Verdict, collect_vectors, run_vectors};

/// Vectors that pass at least.
const FLOOR: usize = 267;

#[test]
fn every_vector_of_the_claimed_groups_passes_in_every_tier() {
    let Some(folder) = super::folder::find("ebpf/conformance") else { return };
    let files = collect_vectors(&folder).expect("a folder of vectors");
    let reports = run_vectors(&files, Tier::ALL);
    for Report { path, verdict } in &reports {
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
