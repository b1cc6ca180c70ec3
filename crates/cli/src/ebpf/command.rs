//! The command.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use clap::Args;
use lockstep::{NativeStatistics, Tier};
use serde::Serialize;

use super::conformance::{Report, Verdict, collect_vectors, run_vectors};
use crate::{
    error::InputError,
    heat::{self, HeatArguments},
    totals::Totals,
};

/// Runs vectors of the eBPF conformance suite and prints what became of each.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Files of vectors, or folders of them.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// What runs the code: by default every tier, which must agree.
    #[arg(long, value_name = "NAME")]
    tier: Option<Tier>,
    #[command(flatten)]
    heat: HeatArguments,
    /// Prints one JSON array.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Row {
    file: String,
    /// `passed`, `failed`, `skipped` or `unreadable`.
    verdict: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl Row {
    fn of(report: &Report) -> Self {
        let (verdict, reason) = match &report.verdict {
            Ok(Verdict::Passed) => ("passed", None),
            Ok(Verdict::Failed(reason)) => ("failed", Some(reason.clone())),
            Ok(Verdict::Skipped(reason)) => ("skipped", Some(reason.clone())),
            Err(error) => ("unreadable", Some(error.to_string())),
        };
        Self { file: report.path.display().to_string(), verdict, reason }
    }
}

/// Runs the command.
///
/// # Errors
///
/// When a path names nothing that can be run, or results cannot be written.
pub fn run(arguments: &Arguments) -> Result<u8, InputError> {
    let mut files = Vec::new();
    for path in &arguments.paths {
        files.extend(collect_vectors(path)?);
    }
    let one = arguments.tier.map(|tier| [tier]);
    let tiers = one.as_ref().map_or(Tier::ALL, |one| &one[..]);
    let reports = run_vectors(&files, tiers, arguments.heat.heat());
    let mut native = NativeStatistics::default();
    reports.iter().for_each(|report| native += report.native);
    heat::talk_of(native);
    write(&reports, arguments.json).map_err(|cause| InputError::Write { cause })?;
    Ok(Totals::of(&reports).finish())
}

fn write(reports: &[Report], is_json: bool) -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let rows: Vec<Row> = reports.iter().map(Row::of).collect();
    if is_json {
        serde_json::to_writer_pretty(&mut out, &rows)?;
        writeln!(out)?;
    } else {
        for Row { file, verdict, reason } in &rows {
            let reason = reason.as_ref().map_or(String::new(), |reason| format!(": {reason}"));
            writeln!(out, "{verdict} {file}{reason}")?;
        }
    }
    out.flush()
}
