//! Bugs made on purpose in one tier: generated programs find each of them, soon.
//!
//! One test, since all code that is made while a bug is planted has it.
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "tests")]

use std::sync::Arc;

use lockstep::{Engine, Fork};
use lockstep_guest::evm;
use lockstep_ir::pass::Whole;
use lockstep_optimizing::{Bug, plant};
use lockstep_testkit::{
    blocks::check,
    differential::{Runner, Way},
    fuzz::wasm_smith,
    generate,
    random::Random,
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

/// Modules after which a bug must have been found.
const MODULES_MAX: u64 = 40_000;
/// Bytes that a module is made from.
const MODULE_BYTES: usize = 4096;

/// Runs the module of a seed on all tiers, and panics where they differ.
fn run_module(seed: u64) {
    let mut random = Random::new(seed);
    let bytes: Vec<u8> = (0..MODULE_BYTES / 8).flat_map(|_| random.next().to_le_bytes()).collect();
    wasm_smith(&bytes);
}

/// The first module that runs otherwise as machine code.
fn found_in_modules() -> Option<u64> {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let found =
        (0..MODULES_MAX).find(|seed| std::panic::catch_unwind(|| run_module(*seed)).is_err());
    std::panic::set_hook(hook);
    found
}

/// Samples of each block.
const SAMPLES: u64 = 12;

/// The first program with a block that leaves something else as machine code.
fn found_in_blocks() -> Option<u64> {
    (0..SEEDS_MAX).find(|seed| {
        let code = generate::case(*seed).code.into();
        let program = evm::Program::new(code, Fork::LATEST, evm::Mode::Plain);
        check(&Whole::new(Arc::new(program)), SAMPLES, *seed).is_err()
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
    for bug in [Bug::Shift, Bug::Charge] {
        plant(Some(bug));
        let found = found_in_blocks();
        println!("{bug:?}: found by blocks of program {found:?}");
        assert!(found.is_some(), "{bug:?} is not found by blocks of {SEEDS_MAX} programs");
    }
    plant(Some(Bug::StaleLength));
    let found = found_in_modules();
    println!("{:?}: found by module {found:?}", Bug::StaleLength);
    assert!(found.is_some(), "a stale length is not found by {MODULES_MAX} modules");
    plant(None);
    (0..100).for_each(run_module);
    let engine = Engine::new();
    let mut runner = Runner::new(&engine);
    for seed in 0..100 {
        let agreed = runner.agree(&generate::case(seed), &[Way::INTERPRETER, Way::OPTIMIZING]);
        agreed.unwrap_or_else(|difference| panic!("seed {seed}, without a bug: {difference}"));
    }
}
