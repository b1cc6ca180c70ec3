//! WebAssembly: random modules, and single instructions on the numbers where they go wrong, on Lockstep and on wasmtime; modules
//! without floats on wasmi too.
//!
//! ```text
//! seed 3n   -> smith (whole modules)       -\
//! seed 3n+1 -> single (one instruction)    --> script -> ours, theirs, second -> outcome::differences -> DIR/seed_N.wasm
//! seed 3n+2 -> chain (long functions)      -/
//! ```
//!
//! Invariants: a seed gives the same module and calls for ever, whoever runs it. Results are compared bit for bit: both
//! sides make one NaN. Where ours and wasmtime agree and wasmi does not, that is printed and counted, and no difference: wasmi is
//! known to divide by zero where `select` on an `i32.eqz` keeps zero out (seeds 34134 and 37491). A case in which anything runs
//! out (gas, stack, what we are prepared to load) is skipped on both sides alike, and counted by reason. Absent on purpose: threads, exceptions, collected objects.

mod chain;
mod ours;
mod outcome;
mod rows;
mod script;
mod second;
mod single;
mod smith;
mod statistics;
mod theirs;

use std::{
    collections::BTreeSet,
    ops::Range,
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use lockstep::Tier;

use self::{
    ours::Way, outcome::Skip, script::Case, second::Second, statistics::Statistics, theirs::Theirs,
};
use crate::arguments::{Arguments, Tally};

/// Every so many seeds, a case runs on our evaluator as well, which is slow.
const EVALUATOR_EVERY: u64 = 16;
/// Kinds of case that take turns.
const KINDS: u64 = 3;
/// Modules of each single instruction.
const SINGLE_ROUNDS: u64 = 8;
/// Native stack of a job: frames of deep recursion on the peer's side lie on it.
const STACK_BYTES: usize = 64 << 20;
/// Cases after which progress is shown.
const SHOWN_EVERY: u64 = 1000;

/// What is run: numbers, and the seed of each.
#[derive(Debug, Clone)]
pub enum Which {
    /// The seeds themselves.
    Seeds(Range<u64>),
    /// All that is one instruction.
    Single,
}

impl Which {
    fn numbers(&self) -> Range<u64> {
        match self {
            Self::Seeds(seeds) => seeds.clone(),
            Self::Single => 0..rows::count() * SINGLE_ROUNDS,
        }
    }

    fn seed(&self, number: u64) -> u64 {
        match self {
            Self::Seeds(_) => number,
            Self::Single => number * KINDS + 1,
        }
    }
}

/// Runs the cases, on as many threads as arguments say.
///
/// # Errors
///
/// When the peer cannot be made, or a file cannot be written.
pub fn run(arguments: &Arguments, which: &Which) -> Result<Tally, String> {
    let numbers = which.numbers();
    let campaign = Campaign {
        arguments,
        which,
        theirs: Theirs::new()?,
        second: Second::new(),
        next: AtomicU64::new(numbers.start),
        end: numbers.end,
        sum: Mutex::default(),
    };
    std::thread::scope(|scope| {
        let jobs: Result<Vec<_>, _> = (0..arguments.jobs.max(1))
            .map(|_| {
                let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
                thread.spawn_scoped(scope, || campaign.work())
            })
            .collect();
        for job in jobs.map_err(|error| error.to_string())? {
            job.join().map_err(|_| "the campaign panicked".to_owned())??;
        }
        Ok::<_, String>(())
    })?;
    let Sum { tally, statistics } =
        campaign.sum.into_inner().unwrap_or_else(PoisonError::into_inner);
    statistics.print();
    Ok(tally)
}

/// What jobs share.
struct Campaign<'a> {
    arguments: &'a Arguments,
    which: &'a Which,
    theirs: Theirs,
    second: Second,
    /// The number that is taken next.
    next: AtomicU64,
    end: u64,
    sum: Mutex<Sum>,
}

#[derive(Default)]
struct Sum {
    tally: Tally,
    statistics: Statistics,
}

impl Campaign<'_> {
    /// Takes numbers until there are none, or enough was found.
    fn work(&self) -> Result<(), String> {
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if number >= self.end {
                return Ok(());
            }
            let seed = self.which.seed(number);
            let mut statistics = Statistics::default();
            let end = self.case(seed, &mut statistics);
            let mut sum = self.sum.lock().unwrap_or_else(PoisonError::into_inner);
            sum.statistics.add(&statistics);
            match end {
                Ok(0) => sum.tally.passed += 1,
                Ok(_) => sum.tally.failed += 1,
                Err(Skip::Reason(reason)) => {
                    sum.tally.skipped += 1;
                    sum.statistics.count(format!("skipped: {reason}"));
                }
                Err(Skip::Broken(error)) => return Err(error),
            }
            let done = sum.tally.passed + sum.tally.failed + sum.tally.skipped;
            if done.is_multiple_of(SHOWN_EVERY) {
                eprintln!("{done} modules: {}", sum.tally);
            }
            if sum.tally.failed >= self.arguments.findings {
                return Ok(());
            }
        }
    }

    /// How many differences there are, each of them printed.
    fn case(&self, seed: u64, statistics: &mut Statistics) -> Result<usize, Skip> {
        let case = make(seed)?;
        let (script, expected) = self.theirs.run(&case, seed)?;
        if self.arguments.statistics {
            statistics.module(&case);
        }
        statistics.ends(&expected);
        let mut tiers = self.arguments.tier.clone();
        if (seed / KINDS).is_multiple_of(EVALUATOR_EVERY) && !tiers.contains(&Tier::Evaluator) {
            tiers.push(Tier::Evaluator);
        }
        let mut found = 0;
        for (number, way) in tiers.into_iter().flat_map(Way::of).enumerate() {
            let ours = ours::run(&case, &script, way)?;
            if number == 0 && self.arguments.statistics {
                statistics.run(&case, &ours);
            }
            let differences = ours.differences(&expected, &script);
            if !differences.is_empty() {
                self.report(seed, way, &case, &differences)?;
            }
            if number == 0
                && let Ok(Some(second)) = self.second.run(&case, &script)
            {
                statistics.count("modules beside wasmi as well".to_owned());
                let others = ours.differences(&second, &script);
                if !others.is_empty() {
                    let who = if differences.is_empty() { "alone" } else { "too" };
                    statistics.count(format!("modules that wasmi {who} runs otherwise"));
                    println!("seed {seed} ({way}), {}: wasmi {who} differs:", case.name);
                    show(&others);
                }
            }
            found += differences.len();
        }
        Ok(found)
    }

    /// Prints differences, and keeps the module.
    fn report(&self, seed: u64, way: Way, case: &Case, differences: &[String]) -> Result<(), Skip> {
        println!("seed {seed} ({way}), {}:", case.name);
        show(differences);
        let small = (seed % KINDS > 1).then(|| shrink(&self.theirs, seed, way));
        match &self.arguments.out {
            Some(folder) => {
                keep(folder, seed, small.as_ref().unwrap_or(case)).map_err(Skip::Broken)
            }
            None => Ok(()),
        }
    }
}

/// Prints the first few.
fn show(differences: &[String]) {
    differences.iter().take(8).for_each(|difference| println!("  {difference}"));
}

/// The case of `seed`.
fn make(seed: u64) -> Result<Case, Skip> {
    match seed % KINDS {
        0 => smith::case(seed),
        1 => Ok(single::case(seed / KINDS)),
        _ => Ok(chain::case(seed).0),
    }
}

/// The chain of `seed` without the statements that its differences do not need.
fn shrink(theirs: &Theirs, seed: u64, way: Way) -> Case {
    let differences = |omitted: &BTreeSet<u64>| {
        let (case, _) = chain::without(seed, omitted);
        let Ok((script, expected)) = theirs.run(&case, seed) else { return Vec::new() };
        let Ok(ours) = ours::run(&case, &script, way) else { return Vec::new() };
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
