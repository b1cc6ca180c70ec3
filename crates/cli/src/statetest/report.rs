//! Reports: geth's array, one object a line, text for people, JUnit's XML.
//!
//! The fields of the JSON forms are stable: `name`, `pass`, `stateRoot`, `fork`, `error`, `state` mean what geth's
//! `evm statetest` means by them; `index` and `gasUsed` are ours.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    io::{self, Write},
};

use lockstep::{MemoryStorage, Storage, encode_hex};
use serde::Serialize;

use super::suite::{FileReport, Verdict};
use crate::totals::Totals;

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Format {
    /// One array, as geth writes it.
    #[default]
    Json,
    /// One object a line, each as soon as its file is done.
    Jsonl,
    /// A line a case, and the totals.
    Human,
    /// JUnit's XML, for build servers.
    Junit,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Row<'v> {
    name: &'v str,
    pass: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_root: Option<String>,
    fork: &'v str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    index: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    gas_used: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<Dump>,
}

impl<'v> Row<'v> {
    fn of(verdict: &'v Verdict) -> Self {
        Self {
            name: &verdict.name,
            pass: verdict.failure.is_none(),
            state_root: verdict.state_root.map(|root| root.to_string()),
            fork: &verdict.fork,
            error: verdict.failure.as_ref().map(ToString::to_string),
            index: verdict.index,
            gas_used: verdict.gas_used.map(|gas| format!("{gas:#x}")),
            state: verdict.after.as_ref().map(Dump::of),
        }
    }
}

/// A state as geth dumps it.
#[derive(Debug, Serialize)]
struct Dump {
    root: String,
    accounts: BTreeMap<String, DumpedAccount>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct DumpedAccount {
    balance: String,
    nonce: u64,
    code_hash: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    code: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    storage: BTreeMap<String, String>,
}

impl Dump {
    fn of(state: &MemoryStorage) -> Self {
        let accounts = state.accounts().map(|(address, info)| {
            let slots = state.slots(address);
            let code = match info.has_code() {
                true => state.code(info.code_hash).map_or(String::new(), |code| hex(&code)),
                false => String::new(),
            };
            let account = DumpedAccount {
                balance: info.balance.to_string(),
                nonce: info.nonce,
                code_hash: info.code_hash.to_string(),
                code,
                storage: slots
                    .map(|(key, value)| (format!("{key:#066x}"), format!("{value:#x}")))
                    .collect(),
            };
            (address.to_string(), account)
        });
        Self { root: state.state_root().to_string(), accounts: accounts.collect() }
    }
}

fn hex(bytes: &[u8]) -> String {
    format!("0x{}", encode_hex(bytes))
}

fn verdicts(reports: &[FileReport]) -> impl Iterator<Item = (&FileReport, &Verdict)> {
    reports.iter().flat_map(|report| report.verdicts.iter().flatten().map(move |v| (report, v)))
}

/// Writes what is written as soon as a file is done.
///
/// # Errors
///
/// Those of `out`.
pub(super) fn write_file(
    out: &mut dyn Write,
    format: Format,
    report: &FileReport,
) -> io::Result<()> {
    if format != Format::Jsonl {
        return Ok(());
    }
    for (_, verdict) in verdicts(std::slice::from_ref(report)) {
        serde_json::to_writer(&mut *out, &Row::of(verdict))?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// Writes what is written when all files are done.
///
/// # Errors
///
/// Those of `out`.
pub(super) fn write_all(
    out: &mut dyn Write,
    format: Format,
    reports: &[FileReport],
) -> io::Result<()> {
    match format {
        Format::Jsonl => Ok(()),
        Format::Json => {
            let rows: Vec<_> = verdicts(reports).map(|(_, verdict)| Row::of(verdict)).collect();
            serde_json::to_writer_pretty(&mut *out, &rows)?;
            out.write_all(b"\n")
        }
        Format::Human => write_human(out, reports),
        Format::Junit => out.write_all(junit(reports).as_bytes()),
    }
}

fn write_human(out: &mut dyn Write, reports: &[FileReport]) -> io::Result<()> {
    for (_, Verdict { name, fork, index, failure, .. }) in verdicts(reports) {
        match failure {
            None => writeln!(out, "PASS {name} [{fork} {index}]")?,
            Some(failure) => writeln!(out, "FAIL {name} [{fork} {index}]: {failure}")?,
        }
    }
    for skip in reports.iter().flat_map(|report| &report.skips) {
        writeln!(out, "SKIP {} [{}] {} cases: {}", skip.name, skip.fork, skip.count, skip.reason)?;
    }
    let Totals { passed, failed, skipped, .. } = Totals::of(reports);
    writeln!(out, "--\n{passed} passed, {failed} failed, {skipped} skipped")
}

/// The XML that build servers read: a suite a file, a case a case.
fn junit(reports: &[FileReport]) -> String {
    let totals = Totals::of(reports);
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing to a string cannot fail.
    let _ = writeln!(
        xml,
        "<testsuites name=\"lockstep statetest\" tests=\"{}\" failures=\"{}\" skipped=\"{}\" errors=\"{}\">",
        totals.passed + totals.failed + totals.skipped,
        totals.failed,
        totals.skipped,
        totals.unreadable
    );
    reports.iter().for_each(|report| junit_file(&mut xml, report));
    xml.push_str("</testsuites>\n");
    xml
}

fn junit_file(xml: &mut String, report: &FileReport) {
    let totals = Totals::of([report]);
    let suite = escape(&report.path.display().to_string());
    let _ = writeln!(
        xml,
        "  <testsuite name=\"{suite}\" tests=\"{}\" failures=\"{}\" skipped=\"{}\" errors=\"{}\">",
        totals.passed + totals.failed + totals.skipped,
        totals.failed,
        totals.skipped,
        totals.unreadable
    );
    if let Err(error) = &report.verdicts {
        let error = escape(&error.to_string());
        let _ = writeln!(
            xml,
            "    <testcase classname=\"{suite}\" name=\"file\"><error message=\"{error}\"/></testcase>"
        );
    }
    for (_, verdict) in verdicts(std::slice::from_ref(report)) {
        let (class, index) = (escape(&verdict.name), verdict.index);
        let name = format!("{} {index}", escape(&verdict.fork));
        let _ = match &verdict.failure {
            None => writeln!(xml, "    <testcase classname=\"{class}\" name=\"{name}\"/>"),
            Some(failure) => writeln!(
                xml,
                "    <testcase classname=\"{class}\" name=\"{name}\"><failure message=\"{}\"/></testcase>",
                escape(&failure.to_string())
            ),
        };
    }
    for skip in &report.skips {
        let (class, reason) = (escape(&skip.name), escape(&skip.reason));
        for i in 0..skip.count {
            let name = format!("{} {i}", escape(&skip.fork));
            let _ = writeln!(
                xml,
                "    <testcase classname=\"{class}\" name=\"{name}\"><skipped message=\"{reason}\"/></testcase>"
            );
        }
    }
    xml.push_str("  </testsuite>\n");
}

/// `text` as it may stand in an attribute.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // XML 1.0 has no other control characters.
            control if control.is_control() => escaped.push(' '),
            other => escaped.push(other),
        }
    }
    escaped
}
