//! One run of an eBPF program: an ELF file of either kind, on the host `tos` with storage and accounts in memory.
//!
//! Invariant: what the program calls is there, or it is refused by name.

mod instruction;
mod report;

use std::{
    io,
    path::{Path, PathBuf},
};

use clap::Args;
use lockstep::{
    ebpf::{Config, Machine, Program, invoke, invoke_watched, tos_config},
    tos::{InMemoryAccounts, InMemoryStorage, InvokeContext},
};

use self::{instruction::Instruction, report::Report};
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
    /// A file of JSON with an instruction and its accounts, as `agave-ledger-tool program run` takes it: the input is what
    /// the loaders of sBPF programs make of it.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["calldata", "input_file"])]
    instruction: Option<PathBuf>,
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
    let instruction = arguments.ebpf.instruction.as_deref().map(instruction::read).transpose()?;
    let mut content = content(instruction.as_ref(), arguments)?;
    content.resize(content.len() + arguments.ebpf.input_room as usize, 0);
    let gas = arguments.gas.unwrap_or(DEFAULT_UNITS);
    let mut machine =
        Machine::with_heat(arguments.heat.heat()).map_err(|error| failed(error.to_string()))?;
    let (mut storage, mut accounts) = (InMemoryStorage::new(), InMemoryAccounts::default());
    let contract = instruction.as_ref().map_or([0; 32], |instruction| instruction.program_id);
    let mut context = InvokeContext::new(gas, contract, &mut storage, &mut accounts);
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
    let mut outcome = outcome.map_err(|error| failed(error.to_string()))?;
    heat::talk_of(program.native_statistics());
    let left = std::mem::take(&mut outcome.input);
    let mut report = Report::of(outcome, gas, &mut context);
    if let Some(instruction) = &instruction {
        report.add_accounts(instruction, &left);
    }
    let written = report.write(arguments.json, detail.is_some());
    written.map_err(|cause| InputError::Write { cause })?;
    Ok(if report.is_good(instruction.is_some()) { exit::GOOD } else { exit::FAILED })
}

/// The input, whichever way it is given.
fn content(
    instruction: Option<&Instruction>,
    arguments: &Arguments,
) -> Result<Vec<u8>, InputError> {
    match (instruction, &arguments.ebpf.input_file) {
        (Some(instruction), _) => Ok(instruction.input.clone()),
        (None, Some(path)) => input::read_bytes(path),
        (None, None) => read_calldata(&arguments.calldata),
    }
}
