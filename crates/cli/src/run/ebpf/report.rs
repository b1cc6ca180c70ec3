//! What a run of an eBPF program reports.

use std::io::{self, Write};

use lockstep::{
    ebpf::{End, Outcome},
    encode_hex,
    tos::{InvokeContext, TosError},
};
use serde::Serialize;

use super::instruction::{Account, Instruction};

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    /// `return`, `revert` or `trap`.
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    trap: Option<&'static str>,
    /// r0 in the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<String>,
    output: String,
    gas_used: u64,
    gas_left: u64,
    /// Why a system call ended it.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// What it returned by a system call.
    #[serde(skip_serializing_if = "Option::is_none")]
    return_data: Option<String>,
    log: Vec<String>,
    /// The accounts of an instruction as the program left them.
    #[serde(skip_serializing_if = "Option::is_none")]
    accounts: Option<Vec<Account>>,
    #[serde(skip)]
    changes: Vec<String>,
}

impl Report {
    pub(super) fn of(outcome: Outcome, gas: u64, context: &mut InvokeContext<'_>) -> Self {
        let Outcome { end, gas_left, .. } = outcome;
        let (outcome, trap, result, output) = match end {
            End::Returned(value) => ("return", None, Some(format!("{value:#x}")), Vec::new()),
            End::Exit { revert: false, output } => ("return", None, None, output),
            End::Exit { revert: true, output } => ("revert", None, None, output),
            End::Trap(trap) => ("trap", Some(trap.name()), None, Vec::new()),
        };
        let output = format!("0x{}", encode_hex(&output));
        let returned = &context.return_data.1;
        Self {
            outcome,
            trap,
            result,
            output,
            gas_used: gas - gas_left,
            gas_left,
            error: context.error.take().map(|error: TosError| error.to_string()),
            return_data: (!returned.is_empty()).then(|| format!("0x{}", encode_hex(returned))),
            log: std::mem::take(&mut context.log),
            accounts: None,
            changes: Vec::new(),
        }
    }

    /// Adds what became of the instruction whose run left `input`.
    pub(super) fn add_accounts(&mut self, instruction: &Instruction, input: &[u8]) {
        match instruction.accounts(input) {
            Ok(accounts) => {
                self.changes = instruction.changes(&accounts);
                self.accounts = Some(accounts);
            }
            Err(error) => self.error = Some(error),
        }
    }

    /// Whether the program did what it was asked: one that gets an instruction returns zero then.
    pub(super) fn is_good(&self, is_instruction: bool) -> bool {
        let is_zero = self.result.as_deref().is_none_or(|result| result == "0x0");
        self.outcome == "return" && self.error.is_none() && (is_zero || !is_instruction)
    }

    /// To standard output; for people to standard error when that holds a trace.
    pub(super) fn write(&self, is_json: bool, is_traced: bool) -> io::Result<()> {
        let mut out = io::stdout().lock();
        match (is_json, is_traced) {
            (true, true) => serde_json::to_writer(&mut out, self)?,
            (true, false) => serde_json::to_writer_pretty(&mut out, self)?,
            (false, true) => return self.write_text(&mut io::stderr().lock()),
            (false, false) => return self.write_text(&mut out),
        }
        out.write_all(b"\n")
    }

    fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        let why = self.error.as_deref().or(self.trap);
        let why = why.map_or(String::new(), |why| format!(": {why}"));
        writeln!(out, "outcome   {}{why}", self.outcome)?;
        if let Some(result) = &self.result {
            writeln!(out, "result    {result}")?;
        }
        if self.output != "0x" {
            writeln!(out, "output    {}", self.output)?;
        }
        if let Some(returned) = &self.return_data {
            writeln!(out, "returned  {returned}")?;
        }
        for line in &self.log {
            writeln!(out, "log       {line}")?;
        }
        for line in &self.changes {
            writeln!(out, "account   {line}")?;
        }
        writeln!(out, "gas used  {} of {}", self.gas_used, self.gas_used + self.gas_left)
    }
}
