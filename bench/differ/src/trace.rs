//! Traces step by step: where each instruction stands, the gas before it, the stack, the depth, how large the memory
//! is, the refund so far. Gas before each step gives the cost of the step before it.
//!
//! Invariant: the peer's trace is kept as digests, at most [`STEPS_MAX`] of them; ours is compared while it runs.

mod ours;
mod theirs;

use std::path::{Path, PathBuf};

use lockstep::{Engine, Fork};
use revm::{InspectEvm, MainBuilder};

use crate::{
    arguments::{Arguments, Tally},
    case::Case,
    file,
    generate::{self, Keys},
    ours::{Cell, Ours},
    outcome::differences,
    peer,
    program::Program,
};

/// Steps of a run that are compared.
const STEPS_MAX: usize = 2_000_000;
/// Cases that tell how far generated programs run.
const SHARE_CASES: u64 = 2000;

/// The machine before an instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    pub pc: u64,
    pub gas: u64,
    pub depth: u64,
    pub memory_len: u64,
    pub stack_len: u64,
    pub refund: i64,
    /// A digest of the stack.
    pub stack: u64,
}

/// Adds a word's limb to a digest of a stack.
pub fn digest(before: u64, limb: u64) -> u64 {
    (before ^ limb).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23)
}

/// Compares traces over the conformance data's state tests.
///
/// # Errors
///
/// When there is no such data, or an engine cannot be made.
pub fn check(arguments: &Arguments) -> Result<Tally, String> {
    let mut tally = Tally::default();
    let Some(folder) = conformance() else {
        eprintln!("ABSENT: conformance data (LOCKSTEP_CONFORMANCE names its folder)");
        return Ok(Tally { skipped: 1, ..tally });
    };
    let mut files = Vec::new();
    collect(&folder.join("ethereum/state_tests"), &mut files)?;
    files.retain(|path| path.to_string_lossy().contains(&arguments.filter));
    files.sort();
    let wanted = arguments.trace_check.unwrap_or(0).max(1);
    let engine = Engine::new();
    let mut ours = Vec::new();
    for tier in &arguments.tier {
        ours.push(Ours::new(&engine, Cell { tier: *tier, is_traced: true })?);
    }
    let mut steps = 0;
    // One case of every n-th file, and of each file another one.
    let stride = (files.len() / wanted).max(1);
    for (i, path) in files.iter().enumerate().step_by(stride) {
        let cases = file::read(path)?;
        let rotated = cases.iter().cycle().skip(i % cases.len().max(1)).take(cases.len());
        let Some((name, case)) = rotated.clone().find(|(_, case)| is_comparable(case)) else {
            tally.skipped += 1;
            continue;
        };
        for ours in &mut ours {
            steps += check_case(&format!("{}: {name}", path.display()), case, ours, &mut tally);
        }
        if tally.failed >= arguments.findings {
            break;
        }
    }
    println!("{steps} steps compared");
    Ok(tally)
}

/// Whether the peer has the rules and the numbers of `case`, and no account holds storage without code or nonce: there the
/// peer creates contracts, which EIP-7610 forbids.
fn is_comparable(case: &Case) -> bool {
    let has_orphans = case.pre.values().any(|account| {
        !account.slots.is_empty() && account.nonce == 0 && account.code == Program::default()
    });
    case.fork != Fork::Constantinople
        && !has_orphans
        && !peer::is_refused_by_decoders(case)
        && peer::transaction(case).is_some()
}

/// Compares one case and counts it; how many steps it had.
fn check_case(name: &str, case: &Case, ours: &mut Ours<'_>, tally: &mut Tally) -> usize {
    let pre = case.state();
    let (Some(context), Some(transaction)) = (peer::context(case, &pre), peer::transaction(case))
    else {
        tally.skipped += 1;
        return 0;
    };
    let mut recorder = theirs::Recorder::new(STEPS_MAX);
    let result = context.build_mainnet_with_inspector(&mut recorder).inspect_tx(transaction);
    let expected = peer::outcome(case, &pre, result);
    let mut follower = ours::Follower::new(&recorder);
    let outcome = ours.run_traced(case, &pre, &mut follower);
    let mut complaints: Vec<String> = follower.complaint().into_iter().collect();
    complaints.extend(differences(&outcome, &expected).iter().map(ToString::to_string));
    match complaints.is_empty() {
        true => tally.passed += 1,
        false => {
            tally.failed += 1;
            println!("{name} ({}):", ours.cell);
            complaints.iter().for_each(|complaint| println!("  {complaint}"));
        }
    }
    recorder.steps.len()
}

/// Of generated transactions that run code at all, how many per cent pass fifty instructions.
///
/// # Errors
///
/// Never today.
pub fn share_of_long_runs(arguments: &Arguments, keys: &Keys) -> Result<f64, String> {
    let (mut run, mut long) = (0_u32, 0_u32);
    for seed in arguments.seeds.0.clone().take(SHARE_CASES as usize) {
        let case = generate::case(keys, seed, arguments.fork);
        let pre = case.state();
        let (Some(context), Some(transaction)) =
            (peer::context(&case, &pre), peer::transaction(&case))
        else {
            continue;
        };
        let mut recorder = theirs::Recorder::new(51);
        let _ = context.build_mainnet_with_inspector(&mut recorder).inspect_tx(transaction);
        run += u32::from(!recorder.steps.is_empty());
        long += u32::from(recorder.steps.len() > 50);
    }
    Ok(f64::from(long) * 100.0 / f64::from(run.max(1)))
}

fn conformance() -> Option<PathBuf> {
    let named = std::env::var_os("LOCKSTEP_CONFORMANCE").map(PathBuf::from);
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance");
    Some(named.unwrap_or_else(beside)).filter(|folder| folder.is_dir())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), String> {
    let here = |error: std::io::Error| format!("{}: {error}", folder.display());
    for entry in std::fs::read_dir(folder).map_err(here)? {
        let path = entry.map_err(here)?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
    Ok(())
}
