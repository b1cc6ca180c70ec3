//! WebAssembly: random modules, and single instructions on the numbers where they go wrong, on Lockstep and on wasmtime.
//!
//! ```text
//! seed 3n   -> smith (whole modules)       -\
//! seed 3n+1 -> single (one instruction)    --> script -> ours, theirs -> outcome::differences -> DIR/seed_N.wasm
//! seed 3n+2 -> chain (long functions)      -/
//! ```
//!
//! Invariants: a seed gives the same module and calls for ever. Results are compared bit for bit: both sides make one NaN.
//! A case in which anything runs out (gas, stack, what we are prepared to load) is skipped on both sides alike, and counted
//! by reason. Absent on purpose: threads, exceptions, collected objects.

mod chain;
mod ours;
mod outcome;
mod rows;
mod script;
mod single;
mod smith;
mod theirs;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use lockstep::Tier;

use self::{outcome::Skip, script::Case, theirs::Theirs};
use crate::arguments::{Arguments, Seeds, Tally};

/// Every so many seeds, a case runs on our evaluator as well, which is slow.
const EVALUATOR_EVERY: u64 = 16;
/// Kinds of case that take turns.
const KINDS: u64 = 3;
/// Native stack of a campaign: frames of deep recursion on the peer's side lie on it.
const STACK_BYTES: usize = 64 << 20;

/// Runs the seeds.
///
/// # Errors
///
/// When the peer cannot be made, or a file cannot be written.
pub fn run(arguments: &Arguments, seeds: &Seeds) -> Result<Tally, String> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
        let campaign = thread.spawn_scoped(scope, || campaign(arguments, seeds));
        let campaign = campaign.map_err(|error| error.to_string())?;
        campaign.join().map_err(|_| "the campaign panicked".to_owned())?
    })
}

fn campaign(arguments: &Arguments, seeds: &Seeds) -> Result<Tally, String> {
    let theirs = Theirs::new()?;
    let (mut tally, mut counts) = (Tally::default(), BTreeMap::<String, u64>::new());
    for seed in seeds.0.clone() {
        let made = match seed % KINDS {
            0 => smith::case(seed),
            1 => Ok(single::case(seed / KINDS)),
            _ => Ok(chain::case(seed).0),
        };
        let end = made.and_then(|case| compare(arguments, &theirs, seed, &case, &mut counts));
        match end {
            Ok(0) => tally.passed += 1,
            Ok(_) => tally.failed += 1,
            Err(Skip::Reason(reason)) => {
                tally.skipped += 1;
                *counts.entry(format!("skipped: {reason}")).or_default() += 1;
            }
            Err(Skip::Broken(error)) => return Err(error),
        }
        if tally.failed >= arguments.findings {
            break;
        }
    }
    counts.iter().for_each(|(what, count)| println!("{count:>10} {what}"));
    Ok(tally)
}

/// How many differences there are, each of them printed.
fn compare(
    arguments: &Arguments,
    theirs: &Theirs,
    seed: u64,
    case: &Case,
    counts: &mut BTreeMap<String, u64>,
) -> Result<usize, Skip> {
    let script = theirs.script(case, seed);
    let expected = theirs.run(case, &script)?;
    expected.count(counts);
    let mut tiers = arguments.tier.clone();
    if (seed / KINDS).is_multiple_of(EVALUATOR_EVERY) && !tiers.contains(&Tier::Evaluator) {
        tiers.push(Tier::Evaluator);
    }
    let mut found = 0;
    for tier in tiers {
        let differences = ours::run(case, &script, tier)?.differences(&expected, &script);
        if !differences.is_empty() {
            println!("seed {seed} ({tier}), {}:", case.name);
            differences.iter().take(8).for_each(|difference| println!("  {difference}"));
            let small = (seed % KINDS > 1).then(|| shrink(theirs, seed, tier));
            if let Some(folder) = &arguments.out {
                keep(folder, seed, small.as_ref().unwrap_or(case)).map_err(Skip::Broken)?;
            }
        }
        found += differences.len();
    }
    Ok(found)
}

/// The chain of `seed` without the statements that its differences do not need.
fn shrink(theirs: &Theirs, seed: u64, tier: Tier) -> Case {
    let differences = |omitted: &BTreeSet<u64>| {
        let (case, _) = chain::without(seed, omitted);
        let script = theirs.script(&case, seed);
        let Ok(expected) = theirs.run(&case, &script) else { return Vec::new() };
        let Ok(ours) = ours::run(&case, &script, tier) else { return Vec::new() };
        ours.differences(&expected, &script)
    };
    let mut omitted = BTreeSet::new();
    let mut size = chain::case(seed).1.len().next_power_of_two();
    while size > 0 {
        let mut at = 0;
        loop {
            // What was left out takes along what it held.
            let (_, mut rest) = chain::without(seed, &omitted);
            rest.retain(|number| !omitted.contains(number));
            if at >= rest.len() {
                break;
            }
            let mut fewer = omitted.clone();
            fewer.extend(&rest[at..rest.len().min(at + size)]);
            if !differences(&fewer).is_empty() {
                omitted = fewer;
            } else {
                at += size;
            }
        }
        size /= 2;
    }
    println!("  made small:");
    differences(&omitted).iter().take(8).for_each(|difference| println!("    {difference}"));
    chain::without(seed, &omitted).0
}

fn keep(folder: &Path, seed: u64, case: &Case) -> Result<(), String> {
    std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    let path = folder.join(format!("seed_{seed}.wasm"));
    std::fs::write(&path, &case.bytes).map_err(|error| format!("{}: {error}", path.display()))
}
