//! What a call of a Wasm function did: for people, or as one JSON object whose fields are stable.

use std::io::{self, Write};

use lockstep::{
    Trap,
    wasi::Wasi,
    wasm::{CallEnd, Value},
};
use serde::Serialize;

use super::GAS_MAX;
use crate::wasm_value;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    /// `return`, `revert` or `trap`.
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    trap: Option<&'static str>,
    /// What a program gave to `proc_exit`.
    #[serde(skip_serializing_if = "Option::is_none")]
    exit_code: Option<u32>,
    results: Vec<ResultRow>,
    gas_used: u64,
    gas_left: u64,
    /// What it wrote; bytes that are not UTF-8 are replaced.
    #[serde(skip_serializing_if = "String::is_empty")]
    stdout: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    stderr: String,
}

#[derive(Debug, Serialize)]
struct ResultRow {
    #[serde(rename = "type")]
    ty: &'static str,
    /// As it is given to `run`.
    value: String,
}

impl Report {
    pub(super) fn of(ended: &CallEnd, host: &Wasi, (gas_used, gas_left): (u64, u64)) -> Self {
        let (outcome, trap, values) = match ended {
            CallEnd::Values(values) => ("return", None, values.as_slice()),
            CallEnd::Exit { revert: false, .. } => ("return", None, [].as_slice()),
            CallEnd::Exit { revert: true, .. } => ("revert", None, [].as_slice()),
            CallEnd::Trap(trap) => ("trap", Some(Trap::name(*trap)), [].as_slice()),
        };
        let row =
            |value: &Value| ResultRow { ty: value.ty().name(), value: wasm_value::text(value) };
        Self {
            outcome,
            trap,
            exit_code: host.exit_code(),
            results: values.iter().map(row).collect(),
            gas_used,
            gas_left,
            stdout: String::from_utf8_lossy(host.stdout().captured()).into_owned(),
            stderr: String::from_utf8_lossy(host.stderr().captured()).into_owned(),
        }
    }

    /// Writes it to standard output; for people to standard error when that holds the program's output or a trace.
    pub(super) fn write(
        &self,
        is_json: bool,
        (has_wasi, has_trace): (bool, bool),
    ) -> io::Result<()> {
        if !is_json {
            return match has_wasi || has_trace {
                true => self.write_text(&mut io::stderr().lock()),
                false => self.write_text(&mut io::stdout().lock()),
            };
        }
        let mut out = io::stdout().lock();
        match has_trace {
            true => serde_json::to_writer(&mut out, self)?,
            false => serde_json::to_writer_pretty(&mut out, self)?,
        }
        out.write_all(b"\n")
    }

    fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        let why = self.trap.map_or(String::new(), |trap| format!(": {trap}"));
        writeln!(out, "outcome   {}{why}", self.outcome)?;
        if let Some(code) = self.exit_code {
            writeln!(out, "exit code {code}")?;
        }
        for ResultRow { ty, value } in &self.results {
            writeln!(out, "result    {ty} {value}")?;
        }
        match self.gas_used + self.gas_left {
            GAS_MAX => writeln!(out, "gas used  {}", self.gas_used),
            given => writeln!(out, "gas used  {} of {given}", self.gas_used),
        }
    }
}
