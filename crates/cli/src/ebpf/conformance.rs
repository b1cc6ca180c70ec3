//! Vectors, side by side.

use std::path::{Path, PathBuf};

use lockstep::{
    Heat, HostFunction, HostRow, NativeStatistics, Stop, Tier, View,
    ebpf::{Call, Config, End, Helper, Linked, LoadErrorKind, Machine, Outcome, Program, Rule},
};

use super::vector::{self, NoVector, Vector};
use crate::{
    error::InputError,
    files::{Kind, collect},
    input, parallel,
    totals::{Counted, Totals},
};

/// More than any vector takes.
const GAS: u64 = 1_000_000;
/// The suite's helper that takes r1 and gives it back.
const UNWIND: (&str, u32) = ("unwind", 5);

/// What became of a vector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It did what it says, in every tier.
    Passed,
    /// It did not.
    Failed(String),
    /// It was left out.
    Skipped(String),
}

/// A vector's file and what became of it.
#[derive(Debug)]
pub struct Report {
    /// The file.
    pub path: PathBuf,
    /// What became of it; an error when it could not be read.
    pub verdict: Result<Verdict, InputError>,
    /// What was compiled to machine code.
    pub native: NativeStatistics,
}

impl Counted for Report {
    fn count(&self, totals: &mut Totals) {
        *match &self.verdict {
            Ok(Verdict::Passed) => &mut totals.passed,
            Ok(Verdict::Failed(_)) => &mut totals.failed,
            Ok(Verdict::Skipped(_)) => &mut totals.skipped,
            Err(_) => &mut totals.unreadable,
        } += 1;
    }
}

/// The vectors that `path` names: itself, or all `.data` files in the folder and below, sorted.
///
/// # Errors
///
/// When it cannot be read, or is a folder without vectors.
pub fn collect_vectors(path: &Path) -> Result<Vec<PathBuf>, InputError> {
    collect(path, Kind { content: "eBPF conformance vectors", extension: "data" })
}

/// How vectors are run.
struct Way<'a> {
    tiers: &'a [Tier],
    heat: Heat,
}

/// Runs `files` in each of `tiers`, of which the adaptive one compiles at `heat`; returns reports in the order of the files.
pub fn run_vectors(files: &[PathBuf], tiers: &[Tier], heat: Heat) -> Vec<Report> {
    let way = Way { tiers, heat };
    parallel::map(
        files,
        || None,
        |machine, path| {
            let mut native = NativeStatistics::default();
            let verdict = run_file(machine, path, &way, &mut native);
            Report { path: path.clone(), verdict, native }
        },
    )
}

fn run_file(
    machine: &mut Option<Machine>,
    path: &Path,
    way: &Way<'_>,
    native: &mut NativeStatistics,
) -> Result<Verdict, InputError> {
    let content = input::read_text(path)?;
    let vector = match vector::read(&content) {
        Ok(vector) => vector,
        Err(NoVector::Skipped(reason)) => return Ok(Verdict::Skipped(reason)),
        Err(NoVector::Malformed(what)) => return Ok(Verdict::Failed(what)),
    };
    let machine = match machine {
        Some(machine) => machine,
        None => {
            let made = Machine::with_heat(way.heat);
            let made = made.map_err(|error| InputError::Machine(error.to_string()))?;
            machine.insert(made)
        }
    };
    run_vector(machine, &vector, way.tiers, native)
}

fn run_vector(
    machine: &mut Machine,
    vector: &Vector,
    tiers: &[Tier],
    native: &mut NativeStatistics,
) -> Result<Verdict, InputError> {
    let helpers = vec![Helper::numbered(UNWIND.0, UNWIND.1)];
    let config = Config { helpers, ..Config::default() };
    let program = match Program::from_text(&vector.text, vector.dialect, &config) {
        Ok(program) => program,
        Err(error) => {
            return Ok(match (error.kind.clone(), vector.result) {
                (LoadErrorKind::Rule(rule @ Rule::PacketAccess), _) => {
                    Verdict::Skipped(rule.text().to_owned())
                }
                (_, None) if vector.trap.is_none() => Verdict::Passed,
                _ => Verdict::Failed(format!("refused: {error}")),
            });
        }
    };
    let machine_error = |error: &dyn std::fmt::Display| InputError::Machine(error.to_string());
    let linked = Linked::new(&program, &[HostRow::of::<Unwind>()]);
    let linked = linked.map_err(|error| machine_error(&error))?;
    let mut first: Option<(Tier, Outcome)> = None;
    for tier in tiers {
        let gas = vector.budget.unwrap_or(GAS);
        let call = Call { input: &vector.memory, gas, tier: *tier, returns_input: true };
        let outcome =
            machine.run(&linked, &mut (), &call).map_err(|error| machine_error(&error))?;
        if let Some(wrong) = wrong(vector, &outcome).or_else(|| wrong_beside(vector, &outcome, gas))
        {
            return Ok(Verdict::Failed(format!("{tier}: {wrong}")));
        }
        match &first {
            Some((other, known)) if *known != outcome => {
                return Ok(Verdict::Failed(format!("{other}: {known:?}; {tier}: {outcome:?}")));
            }
            Some(_) => {}
            None => first = Some((*tier, outcome)),
        }
    }
    *native = program.native_statistics();
    Ok(Verdict::Passed)
}

/// What is wrong with such an end.
fn wrong(vector: &Vector, outcome: &Outcome) -> Option<String> {
    match (&outcome.end, vector.result, vector.trap) {
        (End::Trap(found), _, Some(wanted)) if *found == wanted => None,
        (end, _, Some(wanted)) => Some(format!("ended by {end:?}, expected {wanted:?}")),
        (End::Returned(found), Some(wanted), _) if *found == wanted => None,
        (End::Returned(found), Some(wanted), _) => {
            Some(format!("returned {found:#x}, expected {wanted:#x}"))
        }
        (End::Returned(found), None, _) => Some(format!("returned {found:#x}, expected an error")),
        (_, None, _) => None,
        (end, Some(_), _) => Some(format!("ended by {end:?}")),
    }
}

/// What is wrong with what it used and left.
fn wrong_beside(vector: &Vector, outcome: &Outcome, gas: u64) -> Option<String> {
    let used = gas - outcome.gas_left;
    if let Some(wanted) = vector.units.filter(|wanted| *wanted != used) {
        return Some(format!("used {used} units, expected {wanted}"));
    }
    let left = vector.left.as_ref().filter(|left| **left != outcome.input)?;
    Some(format!("left {:02x?}, expected {left:02x?}", outcome.input))
}

/// The suite's helper 5: it would end the program if r1 did not say otherwise, as it does in the suite.
struct Unwind;

impl HostFunction<()> for Unwind {
    const NAME: &'static str = UNWIND.0;
    type Args = (u64, u64, u64, u64, u64);
    type Results = (u64,);

    fn call(_: &mut View<'_, ()>, (first, ..): Self::Args) -> Result<(u64,), Stop> {
        Ok((first,))
    }
}
