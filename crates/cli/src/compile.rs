//! `lockstep compile`: a program's machine code, made ahead of time and written to a file that `run` takes.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use clap::Args;
use lockstep::{
    Binary, BinaryError, BinaryGuest, BinaryStatistics, Fork, Watch, ebpf::tos_config, wasm,
};
use serde::Serialize;

use crate::{
    code::{self, Code, Contract},
    error::InputError,
    exit,
    passes::{self, StageRow, Stopwatch},
};

/// Compiles EVM code, a Wasm module or an eBPF program to machine code of this processor and writes both to a file.
///
/// `lockstep run` takes the file as it takes the code, under the same rules and by the same build of lockstep. The file is
/// trusted like a program: its checksum finds damage, and is no signature.
#[derive(Debug, Args)]
pub struct Arguments {
    /// A file, - for standard input, or hexadecimal digits.
    #[arg(required = true, value_name = "FILE|-|HEX")]
    code: Vec<String>,
    /// Where to write.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// The rules of EVM code.
    #[arg(long, default_value_t = Fork::LATEST)]
    fork: Fork,
    /// The function that an eBPF program begins with.
    #[arg(long, value_name = "FUNCTION")]
    invoke: Option<String>,
    /// Bytes of the heap of an eBPF program.
    #[arg(long, value_name = "N", default_value = "32768")]
    heap: u32,
    /// Says how long each stage took.
    #[arg(long)]
    time_passes: bool,
    /// Prints one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    guest: &'static str,
    functions: usize,
    compiled: usize,
    /// Those that run in the interpreter.
    refused: usize,
    /// Those that are compiled when they are called.
    missing: usize,
    code_bytes: usize,
    file_bytes: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    passes: Option<Vec<StageRow>>,
}

/// Runs the command.
///
/// # Errors
///
/// When the code cannot be read or compiled, or the file cannot be written.
pub fn run(arguments: &Arguments) -> Result<u8, InputError> {
    let failed = |error: BinaryError| InputError::Machine(error.to_string());
    let stopwatch = arguments.time_passes.then(Stopwatch::start);
    let watch = stopwatch.as_ref().map(Stopwatch::watch);
    let binary = make(arguments, watch)?.map_err(failed)?;
    if let Some(stopwatch) = &stopwatch {
        stopwatch.turn(Some(passes::WRITE));
    }
    let bytes = binary.to_bytes();
    let path = &arguments.output;
    let failed = |cause| InputError::WriteFile { path: path.clone(), cause };
    std::fs::write(path, &bytes).map_err(failed)?;
    let BinaryStatistics { compiled, below, missing, code_bytes } = binary.statistics();
    let report = Report {
        guest: BinaryGuest::name(binary.guest()),
        functions: compiled + below + missing,
        compiled,
        refused: below,
        missing,
        code_bytes,
        file_bytes: bytes.len(),
        passes: stopwatch.map(|stopwatch| stopwatch.rows()),
    };
    report.write(arguments.json).map_err(|cause| InputError::Write { cause })?;
    Ok(exit::GOOD)
}

fn make(
    arguments: &Arguments,
    watch: Option<Watch>,
) -> Result<Result<Binary, BinaryError>, InputError> {
    let refuse = |what: &str| Err(InputError::Usage(format!("{what} cannot be compiled")));
    Ok(match code::load(&arguments.code)? {
        Code::Evm(code) => Binary::of_evm(&code, arguments.fork, watch),
        Code::Wasm(_, module) => Binary::of_wasm(&module, &wasm::Config::default(), watch),
        Code::Ebpf(_, file) => {
            let config = lockstep::ebpf::Config {
                entry: arguments.invoke.clone(),
                heap_bytes: arguments.heap.into(),
                ..tos_config()
            };
            Binary::of_ebpf(&file, &config, watch)
        }
        Code::Artifact(contracts) => match &contracts[..] {
            [Contract { runtime, .. }] if !runtime.is_empty() => {
                Binary::of_evm(runtime, arguments.fork, watch)
            }
            _ => return refuse("an artifact of several contracts, or of creation code alone,"),
        },
        Code::Compiled(..) => return refuse("what is compiled already"),
        Code::Dmir(..) => return refuse("dMIR text"),
    })
}

impl Report {
    fn write(&self, is_json: bool) -> io::Result<()> {
        let mut out = io::stdout().lock();
        if is_json {
            serde_json::to_writer_pretty(&mut out, self)?;
            return out.write_all(b"\n");
        }
        let Self { guest, functions, compiled, refused, missing, code_bytes, file_bytes, .. } =
            self;
        writeln!(
            out,
            "{guest}: {compiled} of {functions} functions compiled, {refused} refused, {missing} left for later; \
             {code_bytes} bytes of machine code, {file_bytes} in all"
        )?;
        let mut passes = self.passes.iter().flatten();
        passes.try_for_each(|row| writeln!(out, "{}", row.text()))
    }
}
