//! `lockstep statetest`.

use std::{
    io::{self, BufRead, Write},
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use clap::Args;
use indicatif::ProgressBar;
use lockstep::{Engine, Fork, Journal, Tier, Tracer};
use regex::Regex;
use serde::Serialize;

use super::{
    case::{Contracts, SharedState},
    files::collect_files,
    report::{self, Format},
    select::Selection,
    suite::{FileReport, Settings, Verdict, Watch, run_file, run_files},
};
use crate::{
    command::talk,
    error::InputError,
    heat::{self, HeatArguments},
    progress,
    totals::{Counted, Totals},
    trace::{Detail, Eip3155, TraceArguments},
};

/// Runs Ethereum state tests.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Files of state tests, or folders of such files; without any, file names are read from standard input.
    paths: Vec<PathBuf>,
    /// Only this fork.
    #[arg(long = "statetest.fork", visible_alias = "fork", value_name = "FORK")]
    fork: Option<Fork>,
    /// Only the case at this place in its fork's list; -1 means all.
    #[arg(long = "statetest.index", value_name = "N", allow_negative_numbers = true)]
    index: Option<i64>,
    /// Only tests whose name matches this regular expression.
    #[arg(long = "run", value_name = "REGEX")]
    pattern: Option<Regex>,
    /// Only tests whose name contains this.
    #[arg(short = 'k', value_name = "SUBSTR")]
    substring: Option<String>,
    /// Adds the state after each case to its result.
    #[arg(long)]
    dump: bool,
    /// The same as --format human.
    #[arg(long, conflicts_with = "format")]
    human: bool,
    /// The same as --format json.
    #[arg(long, conflicts_with_all = ["format", "human"])]
    json: bool,
    /// How results are written.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// What runs the code.
    #[arg(long, value_name = "NAME", default_value_t)]
    tier: Tier,
    #[command(flatten)]
    heat: HeatArguments,
    /// Takes Wasm modules for contracts, as chains do that have them.
    #[arg(long)]
    wasm_contracts: bool,
    /// Takes programs of eBPF for contracts.
    #[arg(long)]
    ebpf_contracts: bool,
    /// Also what takes minutes.
    #[arg(long)]
    slow: bool,
    #[command(flatten)]
    trace: TraceArguments,
}

impl Arguments {
    fn format(&self) -> Format {
        if self.human { Format::Human } else { self.format }
    }

    fn settings(&self) -> Settings {
        let selection = Selection {
            fork: self.fork,
            // geth's default is -1: all.
            index: self.index.and_then(|index| usize::try_from(index).ok()),
            pattern: self.pattern.clone(),
            substring: self.substring.clone(),
            slow: self.slow,
        };
        let contracts = Contracts { wasm: self.wasm_contracts, ebpf: self.ebpf_contracts };
        Settings { selection, tier: self.tier, keeps_state: self.dump, contracts }
    }
}

/// Runs the command.
///
/// # Errors
///
/// When a path names nothing that can be run.
pub fn run(arguments: &Arguments) -> Result<u8, InputError> {
    let engine = Engine::new().with_heat(arguments.heat.heat());
    let mut totals = Totals::default();
    if arguments.paths.is_empty() {
        for line in io::stdin().lock().lines() {
            let line = line.map_err(|cause| InputError::Read { path: "-".into(), cause })?;
            if !line.trim().is_empty() {
                run_batch(&engine, arguments, &[line.trim().into()], &mut totals)?;
            }
        }
    } else {
        run_batch(&engine, arguments, &arguments.paths, &mut totals)?;
    }
    heat::talk_of(engine.native_statistics());
    Ok(totals.finish())
}

/// Runs `paths` together and writes one report.
fn run_batch(
    engine: &Engine,
    arguments: &Arguments,
    paths: &[PathBuf],
    totals: &mut Totals,
) -> Result<(), InputError> {
    let mut files = Vec::new();
    for path in paths {
        files.extend(collect_files(path)?);
    }
    let format = arguments.format();
    let talk = Mutex::new(Talk::new(files.len(), format));
    let on_file = |report: &FileReport| {
        talk.lock().unwrap_or_else(PoisonError::into_inner).file_done(report);
    };
    let settings = arguments.settings();
    let reports = match arguments.trace.detail() {
        None => run_files(engine, &files, &settings, &on_file),
        Some(detail) => run_traced(engine, &files, &settings, detail, &on_file)?,
    };
    let talk = talk.into_inner().unwrap_or_else(PoisonError::into_inner);
    talk.bar.finish_and_clear();
    let written = talk.written.and_then(|()| {
        let mut out = io::BufWriter::new(io::stdout().lock());
        report::write_all(&mut out, format, &reports)?;
        out.flush()
    });
    written.map_err(|cause| InputError::Write { cause })?;
    reports.iter().for_each(|report| report.count(totals));
    Ok(())
}

/// Runs `files` one after the other and writes their traces to standard error.
fn run_traced(
    engine: &Engine,
    files: &[PathBuf],
    settings: &Settings,
    detail: Detail,
    on_file: &dyn Fn(&FileReport),
) -> Result<Vec<FileReport>, InputError> {
    let mut runner = settings.runner(engine);
    let mut watch = TraceWatch(Eip3155::new(io::BufWriter::new(io::stderr()), detail));
    let mut reports = Vec::new();
    for path in files {
        let report = run_file(&mut runner, path, settings, Some(&mut watch));
        watch.0.finish().map_err(|cause| InputError::Write { cause })?;
        on_file(&report);
        reports.push(report);
    }
    Ok(reports)
}

/// Writes the trace of each case, then what became of it.
struct TraceWatch<W>(Eip3155<W>);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary<'v> {
    name: &'v str,
    fork: &'v str,
    index: usize,
    pass: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gas_used: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_root: Option<String>,
}

impl<W: Write> Watch for TraceWatch<W> {
    fn tracer(&mut self) -> &mut dyn Tracer<Journal<SharedState>> {
        &mut self.0
    }

    fn done(&mut self, verdict: &Verdict) {
        self.0.end();
        self.0.write_json(&Summary {
            name: &verdict.name,
            fork: &verdict.fork,
            index: verdict.index,
            pass: verdict.failure.is_none(),
            error: verdict.failure.as_ref().map(ToString::to_string),
            gas_used: verdict.gas_used.map(|gas| format!("{gas:#x}")),
            state_root: verdict.state_root.map(|root| root.to_string()),
        });
    }
}

/// What is said while files run.
struct Talk {
    bar: ProgressBar,
    format: Format,
    written: io::Result<()>,
}

impl Talk {
    fn new(files: usize, format: Format) -> Self {
        Self { bar: progress::bar(files), format, written: Ok(()) }
    }

    fn file_done(&mut self, report: &FileReport) {
        if self.written.is_ok() {
            self.written = report::write_file(&mut io::stdout().lock(), self.format, report);
        }
        let mut lines = String::new();
        if let Err(error) = &report.verdicts {
            lines += &format!("error: {error}\n");
        }
        for skip in &report.skips {
            let (name, fork, count, reason) = (&skip.name, &skip.fork, skip.count, &skip.reason);
            lines += &format!("skipped {count} of {name} [{fork}]: {reason}\n");
        }
        // A bar and a line a case do not go together.
        if self.bar.is_hidden() {
            for root in report.verdicts.iter().flatten().filter_map(|verdict| verdict.state_root) {
                lines += &format!("{{\"stateRoot\": \"{root}\"}}\n");
            }
        }
        self.bar.suspend(|| talk(&lines));
        self.bar.inc(1);
    }
}
