//! The campaign: seed after seed, and for some seeds the same case again with gas that runs out on the way.

use std::ops::Range;

use lockstep::{Engine, Tier};

use crate::{
    arguments::{Arguments, Tally},
    case::Case,
    coverage, file,
    generate::{self, Keys},
    ours::{Cell, Ours},
    outcome::{Difference, End, Outcome, differences},
    peer,
    random::Random,
    shrink,
};

/// Seeds after which a new engine begins: every case brings new code, which a long campaign need not keep.
const SEEDS_PER_ENGINE: u64 = 10_000;
/// Of a thousand seeds, how many run again with a gas limit that the first run suggests.
const AGAIN_PER_MILLE: u64 = 350;

/// Runs what was asked for.
///
/// # Errors
///
/// When an engine or a file cannot be made.
pub fn run(arguments: &Arguments) -> Result<Tally, String> {
    let keys = Keys::new();
    let (mut tally, mut statistics) = (Tally::default(), Statistics::default());
    let mut rest = arguments.seeds.0.clone();
    while !rest.is_empty() && tally.failed < arguments.findings {
        let end = rest.end.min(rest.start.saturating_add(SEEDS_PER_ENGINE));
        run_some(arguments, &keys, rest.start..end, &mut tally, &mut statistics)?;
        rest.start = end;
    }
    if arguments.statistics {
        statistics.print(arguments, &keys)?;
    }
    Ok(tally)
}

/// Runs `seeds` on engines of their own.
fn run_some(
    arguments: &Arguments,
    keys: &Keys,
    seeds: Range<u64>,
    tally: &mut Tally,
    statistics: &mut Statistics,
) -> Result<(), String> {
    let engine = Engine::new();
    let mut cells = Vec::new();
    for cell in cells_of(&arguments.tier, arguments.traced) {
        cells.push(Ours::new(&engine, cell)?);
    }
    for seed in seeds {
        let mut case = generate::case(keys, seed, arguments.fork);
        let mut random = Random::new(!seed);
        for attempt in 0..=u64::from(random.chance(AGAIN_PER_MILLE)) {
            let name = format!("seed_{seed}_{attempt}");
            let expected =
                compare(&mut cells, &case, tally, |cell| report(arguments, &name, &case, cell))?;
            let Some(expected) = expected else { break };
            statistics.note(&expected);
            let Some(limit) = limit_from(&case, &expected, &mut random) else { break };
            case.transaction.gas_limit = limit;
        }
        if tally.failed >= arguments.findings {
            break;
        }
    }
    Ok(())
}

fn cells_of(tiers: &[Tier], is_traced: bool) -> impl Iterator<Item = Cell> {
    let forms: &[bool] = if is_traced { &[false, true] } else { &[false] };
    tiers
        .iter()
        .flat_map(|tier| forms.iter().map(|is_traced| Cell { tier: *tier, is_traced: *is_traced }))
}

/// Runs one case everywhere and counts it; what the peer made of it, if it could.
fn compare(
    cells: &mut [Ours<'_>],
    case: &Case,
    tally: &mut Tally,
    mut report: impl FnMut(&mut Ours<'_>) -> Result<(), String>,
) -> Result<Option<Outcome>, String> {
    let pre = case.state();
    let Some(expected) = peer::run(case, &pre) else {
        tally.skipped += 1;
        return Ok(None);
    };
    for ours in cells {
        if differences(&ours.run(case, &pre), &expected).is_empty() {
            tally.passed += 1;
        } else {
            tally.failed += 1;
            report(ours)?;
        }
    }
    Ok(Some(expected))
}

/// Differences of one cell on one case; none where the peer cannot say.
fn differences_of(ours: &mut Ours<'_>, case: &Case) -> Vec<Difference> {
    let pre = case.state();
    peer::run(case, &pre)
        .map_or_else(Vec::new, |expected| differences(&ours.run(case, &pre), &expected))
}

/// Prints a finding, made small, and writes it.
fn report(
    arguments: &Arguments,
    name: &str,
    case: &Case,
    ours: &mut Ours<'_>,
) -> Result<(), String> {
    let first = differences_of(ours, case);
    println!("{name} ({}, {}):", case.fork, ours.cell);
    first.iter().for_each(|difference| println!("  {difference}"));
    let fields: Vec<&str> = first.iter().map(|difference| difference.field).collect();
    let small = shrink::shrink(case, |candidate| {
        differences_of(ours, candidate).iter().any(|found| fields.contains(&found.field))
    });
    println!("  made small:");
    differences_of(ours, &small).iter().for_each(|difference| println!("    {difference}"));
    let text = file::to_text(name, &small);
    match &arguments.out {
        None => println!("{text}"),
        Some(folder) => {
            let path = folder.join(format!("{name}.json"));
            std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
            std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
        }
    }
    Ok(())
}

/// A gas limit at which the same run ends elsewhere: just enough, one less, or somewhere on the way.
fn limit_from(case: &Case, outcome: &Outcome, random: &mut Random) -> Option<u64> {
    if outcome.end == End::Invalid {
        return None;
    }
    let spent = outcome.gas_used + outcome.gas_refunded.unwrap_or(0);
    let intrinsic = lockstep_host::ethereum::intrinsic_gas(case.fork, &case.transaction);
    let least = intrinsic.execution.max(intrinsic.floor).min(spent);
    Some(match random.below(10) {
        0 => spent,
        1 => spent - 1,
        2 => spent + 1,
        _ => random.between(least, spent),
    })
}

/// How runs end, to see that the generator does its work.
#[derive(Debug, Default)]
struct Statistics {
    ends: std::collections::BTreeMap<String, u64>,
}

impl Statistics {
    fn note(&mut self, outcome: &Outcome) {
        *self.ends.entry(format!("{:?}", outcome.end)).or_default() += 1;
    }

    fn print(&self, arguments: &Arguments, keys: &Keys) -> Result<(), String> {
        for (end, count) in &self.ends {
            println!("{count:8} {end}");
        }
        let long = crate::trace::share_of_long_runs(arguments, keys)?;
        println!("{long:.1} % of valid runs of code pass 50 instructions");
        coverage::print(arguments, keys);
        Ok(())
    }
}
