//! `lockstep wast`.

use std::{
    io::{self, Write},
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use clap::Args;
use lockstep::{NativeStatistics, Tier};

use super::{
    report,
    suite::{FileReport, Way, collect_scripts, run_scripts},
};
use crate::{
    command::talk,
    error::InputError,
    heat::{self, HeatArguments},
    progress,
    totals::Totals,
};

/// Runs scripts of the WebAssembly specification's test suite.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Scripts, or folders of scripts (*.wast).
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Writes one JSON array.
    #[arg(long)]
    json: bool,
    /// What runs the code.
    #[arg(long, value_name = "NAME", default_value_t)]
    tier: Tier,
    /// Runs the compilations that tracers see; the results are the same.
    #[arg(long)]
    observed: bool,
    /// Lets guard pages find accesses behind memories, in tiers that can; the results are the same.
    #[arg(long)]
    guard_pages: bool,
    #[command(flatten)]
    heat: HeatArguments,
}

/// Runs the command.
///
/// # Errors
///
/// When a path names nothing that can be run, or results cannot be written.
pub fn run(arguments: &Arguments) -> Result<u8, InputError> {
    let mut files = Vec::new();
    for path in &arguments.paths {
        files.extend(collect_scripts(path)?);
    }
    let bar = Mutex::new(progress::bar(files.len()));
    let way = Way {
        tier: arguments.tier,
        is_observed: arguments.observed,
        is_guarded: arguments.guard_pages,
        heat: arguments.heat.heat(),
    };
    let reports = run_scripts(&files, way, &|report: &FileReport| {
        let bar = bar.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = &report.tally {
            bar.suspend(|| talk(&format!("error: {error}\n")));
        }
        bar.inc(1);
    });
    bar.into_inner().unwrap_or_else(PoisonError::into_inner).finish_and_clear();
    let mut native = NativeStatistics::default();
    let tallies = reports.iter().filter_map(|report| report.tally.as_ref().ok());
    tallies.for_each(|tally| native += tally.native);
    heat::talk_of(native);
    write(&reports, arguments.json).map_err(|cause| InputError::Write { cause })?;
    Ok(Totals::of(&reports).finish())
}

fn write(reports: &[FileReport], is_json: bool) -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    match is_json {
        true => report::write_json(&mut out, reports)?,
        false => report::write_text(&mut out, reports)?,
    }
    out.flush()
}
