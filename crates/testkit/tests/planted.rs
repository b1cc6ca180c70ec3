//! Bugs made on purpose in one tier: generated programs find each of them, soon.
//!
//! One test, since all code that is made while a bug is planted has it.
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "tests")]

use lockstep::Engine;
use lockstep_optimizing::{Bug, plant};
use lockstep_testkit::{
    differential::{Runner, Way},
    generate,
};

/// Programs after which a bug must have been found: a small part of what an acceptance runs.
const SEEDS_MAX: u64 = 40_000;

/// The first program that runs otherwise as machine code.
fn found() -> Option<u64> {
    let engine = Engine::new();
    let mut runner = Runner::new(&engine);
    (0..SEEDS_MAX).find(|seed| {
        let case = generate::case(*seed);
        runner.agree(&case, &[Way::INTERPRETER, Way::OPTIMIZING]).is_err()
    })
}

#[test]
fn generated_programs_find_planted_bugs() {
    for bug in [Bug::Shift, Bug::Charge, Bug::Existence] {
        plant(Some(bug));
        let found = found();
        println!("{bug:?}: found by program {found:?}");
        assert!(found.is_some(), "{bug:?} is not found by {SEEDS_MAX} programs");
    }
    plant(None);
    let engine = Engine::new();
    let mut runner = Runner::new(&engine);
    for seed in 0..100 {
        let agreed = runner.agree(&generate::case(seed), &[Way::INTERPRETER, Way::OPTIMIZING]);
        agreed.unwrap_or_else(|difference| panic!("seed {seed}, without a bug: {difference}"));
    }
}
