//! State tests: every case on the default tier, and a sample on each tier and under observation.

use std::path::PathBuf;

use lockstep::{Engine, Ethereum, Journal, Options, Receipt, StepView, Tier, Tracer};
use lockstep_cli::{
    fixture::{StateTest, read_suite},
    statetest::{
        Case, CaseRunner, Outcome, Settings, SharedState, Totals, collect_files, judge, run_files,
    },
};

/// Cases in the data, less the six that take minutes each.
const FLOOR: usize = 106_583;
/// The cases that take minutes: one BLAKE2 F test under six forks.
const SLOW: usize = 6;
/// One case in this many is in the sample.
const SAMPLE: u64 = 20;
/// Cases that use more gas are not, as the evaluator is slow.
const SAMPLE_GAS_MAX: u64 = 10_000_000;
/// Cases in the sample at least.
const SAMPLE_FLOOR: usize = 4_000;

fn files() -> Option<Vec<PathBuf>> {
    let folder = super::folder::find("ethereum/state_tests")?;
    Some(collect_files(&folder).expect("a folder of state tests"))
}

#[test]
fn every_state_test_passes() {
    let Some(files) = files() else { return };
    let reports = run_files(&Engine::new(), &files, &Settings::default(), &|_| {});
    let mut failures = 0;
    for report in &reports {
        let verdicts = report.verdicts.as_ref().unwrap_or_else(|error| panic!("{error}"));
        for verdict in verdicts {
            let Some(failure) = &verdict.failure else { continue };
            failures += 1;
            if failures <= 20 {
                let (name, fork, index) = (&verdict.name, &verdict.fork, verdict.index);
                println!("{name} [{fork} {index}]: {failure}");
            }
        }
        for skip in &report.skips {
            println!("skipped {} of {} [{}]: {}", skip.count, skip.name, skip.fork, skip.reason);
        }
    }
    let Totals { passed, failed, skipped, .. } = Totals::of(&reports);
    println!("state tests: {passed} passed, {failed} failed, {skipped} skipped");
    assert_eq!(failed, 0);
    assert_eq!(skipped, SLOW);
    assert!(passed >= FLOOR, "{passed} of at least {FLOOR}");
}

#[test]
fn a_sample_does_the_same_on_every_tier_and_under_observation() {
    let Some(files) = files() else { return };
    let engine = Engine::new();
    let runner = |tier| CaseRunner::new(&engine, Options { tier });
    let (mut default, mut evaluator) = (runner(Tier::default()), runner(Tier::Evaluator));
    let (mut count, mut too_long) = (0, 0);
    for path in files {
        let suite = read_suite(&path).unwrap_or_else(|error| panic!("{error}"));
        let file = path.file_name().expect("a file").to_string_lossy().into_owned();
        for (name, test) in &suite {
            for (place, case) in cases(&file, test) {
                let place = format!("{name} {place}");
                let known = done(&mut default, &case, None, &place);
                if known.receipt.as_ref().is_ok_and(|receipt| receipt.gas_used > SAMPLE_GAS_MAX) {
                    too_long += 1;
                    continue;
                }
                count += 1;
                same(&known, &done(&mut evaluator, &case, None, &place), &place);
                let mut steps = Steps(0);
                same(&known, &done(&mut default, &case, Some(&mut steps), &place), &place);
            }
        }
    }
    println!("sample: {count} cases in three ways, {too_long} left out for their gas");
    assert!(count >= SAMPLE_FLOOR, "{count} of at least {SAMPLE_FLOOR}");
}

/// The cases of `test` that are in the sample.
fn cases<'t>(file: &str, test: &'t StateTest) -> Vec<(String, Case<'t>)> {
    let mut cases = Vec::new();
    for (fork_name, expectations) in &test.post {
        for (index, expected) in expectations.iter().enumerate() {
            let place = format!("{file} {fork_name} {index}");
            if !fnv(place.as_bytes()).is_multiple_of(SAMPLE)
                || file.starts_with("CALLBlake2f_MaxRounds")
            {
                continue;
            }
            let fork = fork_name.parse().expect("a fork");
            let before = test.storage().into();
            cases.push((place, Case { test, before, fork, expected }));
        }
    }
    cases
}

/// FNV-1a: the same sample on every machine.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

pub(super) fn done(
    runner: &mut CaseRunner<'_>,
    case: &Case<'_>,
    tracer: Option<&mut dyn Tracer<Journal<SharedState>>>,
    place: &str,
) -> Outcome {
    let outcome = runner.run(case, tracer).unwrap_or_else(|failure| panic!("{place}: {failure}"));
    judge(case.expected, &outcome).unwrap_or_else(|failure| panic!("{place}: {failure}"));
    outcome
}

pub(super) fn same(a: &Outcome, b: &Outcome, place: &str) {
    assert_eq!(a.state_root, b.state_root, "{place}");
    assert_eq!(a.logs_hash, b.logs_hash, "{place}");
    let (Ok(a), Ok(b)) = (&a.receipt, &b.receipt) else { return };
    let facts = |receipt: &Receipt| (receipt.exit, receipt.gas_used, receipt.gas_refunded);
    assert_eq!(facts(a), facts(b), "{place}");
    assert_eq!(a.output, b.output, "{place}");
}

/// Counts instructions.
pub(super) struct Steps(pub(super) u64);

impl Tracer<Journal<SharedState>> for Steps {
    fn step(&mut self, _host: &Ethereum<Journal<SharedState>>, _step: StepView<'_>) {
        self.0 += 1;
    }
}
