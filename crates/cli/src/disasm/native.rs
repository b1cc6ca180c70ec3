//! Machine code beside the dMIR it comes of, by the guest's pc; below it the machine's instructions in their order.

use std::{
    io::{self, Write},
    path::Path,
    sync::Arc,
};

use lockstep::{
    Fork, ListedInst, NativeListing, NoCode, ebpf, encode_hex,
    evm::{self, Mode},
    list_native, list_native_function, list_native_program_function,
    wasm::{Config, Module},
};
use lockstep_ir::FuncId;
use serde::Serialize;

use crate::{
    code::{Code, Contract},
    error::InputError,
};

/// Where the code of a line goes.
const COLUMN: usize = 72;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct FunctionRow {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<&'static str>,
    size_bytes: usize,
    lines: Vec<LineRow>,
    machine: Vec<String>,
}

#[derive(Debug, Serialize)]
struct LineRow {
    pc: u32,
    dmir: String,
    code: Vec<CodeRow>,
}

#[derive(Debug, Serialize)]
struct CodeRow {
    offset: u32,
    bytes: String,
}

impl FunctionRow {
    fn of(name: String, listed: Result<NativeListing, NoCode>) -> Self {
        match listed {
            Err(NoCode(why)) => {
                let (lines, machine) = (Vec::new(), Vec::new());
                Self { name, refused: Some(why), size_bytes: 0, lines, machine }
            }
            Ok(NativeListing { lines, insts, size_bytes }) => {
                let lines = lines.into_iter().map(LineRow::of).collect();
                Self { name, refused: None, size_bytes, lines, machine: insts }
            }
        }
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let Self { name, refused, size_bytes, lines, machine } = self;
        if let Some(why) = refused {
            return writeln!(out, "{name}: no machine code: {why}");
        }
        writeln!(out, "{name}: {size_bytes} bytes")?;
        for LineRow { pc, dmir, code } in lines {
            let code: Vec<_> =
                code.iter().map(|code| format!("+{:04x} {}", code.offset, code.bytes)).collect();
            let line = format!("    {pc:#06x}  {dmir:<COLUMN$}  {}", code.join(", "));
            writeln!(out, "{}", line.trim_end())?;
        }
        writeln!(out, "    --")?;
        machine.iter().try_for_each(|inst| writeln!(out, "    {inst}"))
    }
}

impl LineRow {
    fn of(line: ListedInst) -> Self {
        let ListedInst { pc, text, code } = line;
        let code = code.iter().map(|(offset, bytes)| CodeRow {
            offset: *offset,
            bytes: encode_hex(bytes).to_string(),
        });
        Self { pc, dmir: text, code: code.collect() }
    }
}

/// Lists the machine code of `code` by the rules of a fork, with guard pages or without.
///
/// # Errors
///
/// When it cannot be loaded.
pub(super) fn list(
    out: &mut dyn Write,
    code: Code,
    way: (Fork, bool),
    is_json: bool,
) -> Result<io::Result<()>, InputError> {
    let rows = rows(code, way)?;
    Ok(match is_json {
        true => super::write_json(out, &rows),
        false => rows.iter().try_for_each(|row| row.write(out)),
    })
}

fn rows(code: Code, (fork, is_guarded): (Fork, bool)) -> Result<Vec<FunctionRow>, InputError> {
    let evm = |name: String, code: Vec<u8>| {
        let program = Arc::new(evm::Program::new(Arc::from(code), fork, Mode::Plain));
        let listed = list_native(&program).into_iter().enumerate();
        let row = |(number, listed): (usize, _)| match number {
            0 => FunctionRow::of(name.clone(), listed),
            _ => FunctionRow::of(format!("{name}: function {number}"), listed),
        };
        listed.map(row).collect::<Vec<_>>()
    };
    Ok(match code {
        Code::Evm(code) => evm("code".into(), code),
        Code::Artifact(contracts) => {
            let both = |Contract { name, creation, runtime }| {
                [(format!("{name}: code"), runtime), (format!("{name}: creation code"), creation)]
            };
            contracts.into_iter().flat_map(both).flat_map(|(name, code)| evm(name, code)).collect()
        }
        Code::Wasm(path, bytes) => wasm(&path, &bytes, is_guarded)?,
        Code::Ebpf(path, bytes) => ebpf(&path, &bytes)?,
        Code::Compiled(path, _) => {
            return Err(super::listed_already(&path, "what is compiled already; list its source"));
        }
        Code::Dmir(path, _) => {
            return Err(super::listed_already(&path, "dMIR text belongs to no guest"));
        }
    })
}

fn wasm(path: &Path, bytes: &[u8], is_guarded: bool) -> Result<Vec<FunctionRow>, InputError> {
    let refuse = |message| InputError::Module { path: path.to_owned(), message };
    let module = Module::load(bytes, &Config::default());
    let module = module.map_err(|error| refuse(error.to_string()))?;
    let interface = module.guest().interface().clone();
    let imported = interface.imports.len();
    let one = |number: usize| {
        let listed = list_native_function(&module, FuncId(number as u32), is_guarded);
        FunctionRow::of(format!("func {}", number + imported), listed)
    };
    Ok((0..interface.signatures.len()).map(one).collect())
}

fn ebpf(path: &Path, bytes: &[u8]) -> Result<Vec<FunctionRow>, InputError> {
    let refuse = |message| InputError::Module { path: path.to_owned(), message };
    let config = ebpf::Config { accepts_unknown: true, ..ebpf::Config::default() };
    let program = ebpf::Program::load(bytes, &config);
    let program = program.map_err(|error| refuse(error.to_string()))?;
    let one = |number: usize| {
        let func = FuncId(number as u32);
        let begin = program.guest().range(func).start;
        let listed = list_native_program_function(&program, func);
        FunctionRow::of(format!("function at {begin:#06x}"), listed)
    };
    Ok((0..program.guest().functions()).map(one).collect())
}
