//! Reports: text for people, or one JSON array whose fields are stable.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use serde::Serialize;

use super::{
    suite::FileReport,
    tally::{Counts, Failure, Place, Refusal, Tally},
};
use crate::totals::Totals;

#[derive(Debug, Serialize)]
struct Row<'r> {
    file: String,
    #[serde(flatten)]
    counts: Counts,
    kinds: &'r BTreeMap<&'static str, Counts>,
    places: &'r BTreeMap<Place, usize>,
    refused: &'r [Refusal],
    skips: &'r BTreeMap<String, usize>,
    failures: &'r [Failure],
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl<'r> Row<'r> {
    fn of(report: &'r FileReport, none: &'r Tally) -> Self {
        let tally = report.tally.as_ref().unwrap_or(none);
        Self {
            file: report.path.display().to_string(),
            counts: tally.counts(),
            kinds: &tally.kinds,
            places: &tally.places,
            refused: &tally.refused,
            skips: &tally.skips,
            failures: &tally.failures,
            error: report.tally.as_ref().err().map(ToString::to_string),
        }
    }
}

/// Writes the array.
///
/// # Errors
///
/// Those of `out`.
pub(super) fn write_json(out: &mut dyn Write, reports: &[FileReport]) -> io::Result<()> {
    let none = Tally::default();
    let rows: Vec<_> = reports.iter().map(|report| Row::of(report, &none)).collect();
    serde_json::to_writer_pretty(&mut *out, &rows)?;
    out.write_all(b"\n")
}

/// Writes the text: a line a file with counts by kind, below it what failed and what was left out.
///
/// # Errors
///
/// Those of `out`.
pub(super) fn write_text(out: &mut dyn Write, reports: &[FileReport]) -> io::Result<()> {
    for report in reports {
        match &report.tally {
            // It names the file.
            Err(error) => writeln!(out, "FAIL {error}")?,
            Ok(tally) => {
                let path = report.path.display();
                let verdict = if tally.failures.is_empty() { "PASS" } else { "FAIL" };
                let kinds: Vec<_> = tally.kinds.iter().map(kind_text).collect();
                writeln!(out, "{verdict} {path}: {}", kinds.join(", "))?;
                write_details(out, tally)?;
            }
        }
    }
    let Totals { passed, failed, skipped, .. } = Totals::of(reports);
    writeln!(out, "--\n{passed} passed, {failed} failed, {skipped} skipped")
}

fn kind_text((kind, counts): (&&str, &Counts)) -> String {
    let parts = [(counts.passed, ""), (counts.failed, " failed"), (counts.skipped, " skipped")];
    let parts = parts.iter().filter(|(count, _)| *count > 0);
    let parts: Vec<_> = parts.map(|(count, what)| format!("{count}{what}")).collect();
    format!("{kind} {}", parts.join(" + "))
}

fn write_details(out: &mut dyn Write, tally: &Tally) -> io::Result<()> {
    for Failure { line, kind, message } in &tally.failures {
        writeln!(out, "    line {line}: {kind}: {message}")?;
    }
    for Refusal { line, proposal } in &tally.refused {
        writeln!(out, "    line {line}: module refused: {proposal}")?;
    }
    for (reason, count) in &tally.skips {
        writeln!(out, "    skipped {count}: {reason}")?;
    }
    Ok(())
}
