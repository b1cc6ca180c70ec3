//! All cases of a file, and files side by side.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use lockstep::{Engine, Fork, Hash, Journal, MemoryStorage, Options, Tier, Tracer};

use super::{
    case::{Case, CaseRunner, Contracts, Failure, SharedState, judge},
    select::{Selection, Skip},
};
use crate::{
    error::InputError,
    fixture::{StateTest, read_suite},
    parallel,
    totals::{Counted, Totals},
};

/// How to run files.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Which cases.
    pub selection: Selection,
    /// On which tier.
    pub tier: Tier,
    /// Whether to keep the state after each case.
    pub keeps_state: bool,
    /// What accounts may have as code beside that of the EVM.
    pub contracts: Contracts,
}

impl Settings {
    /// What runs cases so.
    pub fn runner<'e>(&self, engine: &'e Engine) -> CaseRunner<'e> {
        CaseRunner::new(engine, Options { tier: self.tier }).with_contracts(self.contracts)
    }
}

/// What became of one case.
#[derive(Debug)]
pub struct Verdict {
    /// The test.
    pub name: String,
    /// The fork, as the fixture spells it.
    pub fork: String,
    /// The place in that fork's list.
    pub index: usize,
    /// The root of the state afterwards, if it came that far.
    pub state_root: Option<Hash>,
    /// Gas paid for, if the transaction was accepted.
    pub gas_used: Option<u64>,
    /// Why it did not pass; `None` when it did.
    pub failure: Option<Failure>,
    /// The state afterwards, when the settings ask for it.
    pub after: Option<MemoryStorage>,
}

/// What became of a file.
#[derive(Debug)]
pub struct FileReport {
    /// The file.
    pub path: PathBuf,
    /// Its cases, in order; an error when it could not be read.
    pub verdicts: Result<Vec<Verdict>, InputError>,
    /// What was left out.
    pub skips: Vec<Skip>,
}

impl Counted for FileReport {
    fn count(&self, totals: &mut Totals) {
        totals.skipped += self.skips.iter().map(|skip| skip.count).sum::<usize>();
        match &self.verdicts {
            Err(_) => totals.unreadable += 1,
            Ok(verdicts) => {
                let failed = verdicts.iter().filter(|verdict| verdict.failure.is_some()).count();
                totals.failed += failed;
                totals.passed += verdicts.len() - failed;
            }
        }
    }
}

/// Observes cases, one after the other.
pub trait Watch {
    /// The observer of the next case.
    fn tracer(&mut self) -> &mut dyn Tracer<Journal<SharedState>>;
    /// The case is over.
    fn done(&mut self, verdict: &Verdict);
}

/// Runs `files` on all cores and shows each report as soon as it is there; returns them in the order of the files.
pub fn run_files(
    engine: &Engine,
    files: &[PathBuf],
    settings: &Settings,
    on_file: &(dyn Fn(&FileReport) + Sync),
) -> Vec<FileReport> {
    let runner = || settings.runner(engine);
    parallel::map(files, runner, |runner, path| {
        let report = run_file(runner, path, settings, None);
        on_file(&report);
        report
    })
}

/// Runs the file at `path`.
pub fn run_file(
    runner: &mut CaseRunner<'_>,
    path: &Path,
    settings: &Settings,
    mut watch: Option<&mut dyn Watch>,
) -> FileReport {
    let mut report =
        FileReport { path: path.to_owned(), verdicts: Ok(Vec::new()), skips: Vec::new() };
    let suite = match read_suite(path) {
        Ok(suite) => suite,
        Err(error) => return FileReport { verdicts: Err(error), ..report },
    };
    let mut verdicts = Vec::new();
    for (name, test) in suite.iter().filter(|(name, _)| settings.selection.wants_test(name)) {
        let mut cases = Cases { name, test, settings, runner, watch: watch.as_deref_mut() };
        cases.run(&mut verdicts, &mut report.skips);
    }
    report.verdicts = Ok(verdicts);
    report
}

/// The cases of one test.
struct Cases<'a, 'e, 'w> {
    name: &'a str,
    test: &'a StateTest,
    settings: &'a Settings,
    runner: &'a mut CaseRunner<'e>,
    watch: Option<&'a mut (dyn Watch + 'w)>,
}

impl Cases<'_, '_, '_> {
    fn run(&mut self, verdicts: &mut Vec<Verdict>, skips: &mut Vec<Skip>) {
        let before = Arc::new(self.test.storage());
        let selection = &self.settings.selection;
        for (fork_name, expectations) in &self.test.post {
            let skip = |reason: String| Skip {
                name: self.name.to_owned(),
                fork: fork_name.clone(),
                count: (0..expectations.len()).filter(|i| selection.wants_index(*i)).count(),
                reason,
            };
            let fork = match fork_name.parse::<Fork>() {
                Ok(fork) if !selection.wants_fork(fork) => continue,
                Ok(fork) => fork,
                Err(error) if selection.fork.is_none() => {
                    skips.push(skip(error.to_string()));
                    continue;
                }
                Err(_) => continue,
            };
            if let Some(reason) = selection.skips(self.name) {
                skips.push(skip(reason.to_owned()));
                continue;
            }
            for (index, expected) in expectations.iter().enumerate() {
                if selection.wants_index(index) {
                    let case = Case { test: self.test, before: before.clone(), fork, expected };
                    verdicts.push(self.run_case(&case, fork_name, index));
                }
            }
        }
    }

    fn run_case(&mut self, case: &Case<'_>, fork_name: &str, index: usize) -> Verdict {
        let tracer = self.watch.as_deref_mut().map(|watch| watch.tracer());
        let mut verdict = Verdict {
            name: self.name.to_owned(),
            fork: fork_name.to_owned(),
            index,
            state_root: None,
            gas_used: None,
            failure: None,
            after: None,
        };
        match self.runner.run(case, tracer) {
            Err(failure) => verdict.failure = Some(failure),
            Ok(outcome) => {
                verdict.failure = judge(case.expected, &outcome).err();
                verdict.state_root = Some(outcome.state_root);
                verdict.gas_used = outcome.receipt.ok().map(|receipt| receipt.gas_used);
                verdict.after = self.settings.keeps_state.then_some(outcome.after);
            }
        }
        if let Some(watch) = &mut self.watch {
            watch.done(&verdict);
        }
        verdict
    }
}
