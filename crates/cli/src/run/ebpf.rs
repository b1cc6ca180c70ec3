//! One run of an eBPF program: an ELF file of either kind, on the host `tos` with storage and accounts in memory.
//!
//! Invariant: what the program calls is there, or it is refused by name.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use clap::Args;
use lockstep::{
    ebpf::{Config, End, Machine, Outcome, Program, invoke, invoke_watched, tos_config},
    encode_hex,
    tos::{InMemoryAccounts, InMemoryStorage, InvokeContext, TosError},
};
use serde::Serialize;

use super::{Arguments, Form, read_calldata};
use crate::{error::InputError, exit, heat, input, trace::Eip3155};

/// Units of a run unless somebody says otherwise.
const DEFAULT_UNITS: u64 = i64::MAX as u64;

/// What only an eBPF program understands.
#[derive(Debug, Args)]
#[group(id = "ebpf")]
#[command(next_help_heading = "eBPF programs")]
pub(super) struct Options {
    /// A file whose bytes are the program's input.
    #[arg(long, value_name = "FILE", conflicts_with = "calldata")]
    input_file: Option<PathBuf>,
    /// Bytes of zeros after the input.
    #[arg(long, value_name = "N", default_value = "0")]
    input_room: u32,
    /// Bytes of the heap.
    #[arg(long, value_name = "N", default_value = "32768")]
    heap: u32,
}

/// Refuses options that mean nothing here.
pub(super) fn expect_fitting(
    arguments: &Arguments,
    messages: &[(&'static str, bool)],
) -> Result<(), InputError> {
    let of_wasm = arguments.wasm.given();
    let others = messages
        .iter()
        .chain(&of_wasm)
        .filter(|(name, _)| !["--calldata", "--invoke"].contains(name));
    match others.into_iter().find(|(_, is_given)| *is_given) {
        None => Ok(()),
        Some((option, _)) => {
            Err(InputError::Usage(format!("{option} means nothing to an eBPF program")))
        }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
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
}

impl Report {
    fn of(outcome: Outcome, gas: u64, context: &mut InvokeContext<'_>) -> Self {
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
        }
    }

    /// To standard output; for people to standard error when that holds a trace.
    fn write(&self, is_json: bool, is_traced: bool) -> io::Result<()> {
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
        writeln!(out, "gas used  {} of {}", self.gas_used, self.gas_used + self.gas_left)
    }
}

/// Runs the program that `form` is, the content of `path`.
pub(super) fn run(path: &Path, form: Form<'_>, arguments: &Arguments) -> Result<u8, InputError> {
    let refuse = |message: String| InputError::Module { path: path.to_owned(), message };
    let failed = |message: String| InputError::Machine(message);
    let config = Config {
        entry: arguments.wasm.function().map(str::to_owned),
        heap_bytes: arguments.ebpf.heap.into(),
        ..tos_config()
    };
    let program = match form {
        Form::Bytes(bytes) => Program::load(bytes, &config).map_err(|error| error.to_string()),
        Form::Compiled(binary) => {
            Program::of_binary(binary, &config).map_err(|error| error.to_string())
        }
    };
    let program = program.map_err(refuse)?;
    let mut content = match &arguments.ebpf.input_file {
        Some(path) => input::read_bytes(path)?,
        None => read_calldata(&arguments.calldata)?,
    };
    content.resize(content.len() + arguments.ebpf.input_room as usize, 0);
    let gas = arguments.gas.unwrap_or(DEFAULT_UNITS);
    let mut machine =
        Machine::with_heat(arguments.heat.heat()).map_err(|error| failed(error.to_string()))?;
    let (mut storage, mut accounts) = (InMemoryStorage::new(), InMemoryAccounts::default());
    let mut context = InvokeContext::new(gas, [0; 32], &mut storage, &mut accounts);
    context.enable_debug();
    let detail = arguments.trace.detail();
    let outcome = match detail {
        None => invoke(&mut machine, &program, &mut context, &content, arguments.tier),
        Some(detail) => {
            let mut lines = Eip3155::new(io::BufWriter::new(io::stdout().lock()), detail);
            lines.enter_ebpf(&program, gas);
            let done = invoke_watched(
                &mut machine,
                &program,
                &mut context,
                (&content, arguments.tier),
                &mut |_, step| lines.step_ebpf(step),
            );
            if let Ok(outcome) = &done {
                lines.leave_ebpf(outcome, &context.return_data.1, context.costs.version);
                lines.end();
            }
            lines.finish().map_err(|cause| InputError::Write { cause })?;
            done
        }
    };
    let outcome = outcome.map_err(|error| failed(error.to_string()))?;
    heat::talk_of(program.native_statistics());
    let report = Report::of(outcome, gas, &mut context);
    let written = report.write(arguments.json, detail.is_some());
    written.map_err(|cause| InputError::Write { cause })?;
    Ok(if report.outcome == "return" { exit::GOOD } else { exit::FAILED })
}
