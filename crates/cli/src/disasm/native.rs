//! The processor's instructions beside the dMIR they come of, by the guest's pc; below them what comes of no line: the
//! entry, exits, and data.

use std::{
    io::{self, Write},
    path::Path,
    sync::Arc,
};

use lockstep::{
    Fork, ListedInst, NativeListing, NoCode, ebpf,
    evm::{self, Mode},
    list_native, list_native_function, list_native_program_function,
    wasm::{Config, Module},
};
use lockstep_ir::FuncId;
use serde::Serialize;

use super::machine::{MachineRow, decode};
use crate::{
    code::{Code, Contract},
    error::InputError,
};

/// Where the machine's instructions stand: right of dMIR that is no longer than this.
const COLUMN: usize = 64;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct FunctionRow {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<&'static str>,
    size_bytes: usize,
    lines: Vec<LineRow>,
    rest: Vec<MachineRow>,
}

#[derive(Debug, Serialize)]
struct LineRow {
    pc: u32,
    dmir: String,
    code: Vec<MachineRow>,
}

impl FunctionRow {
    /// `name_of` names the functions that it calls.
    fn of(
        name: String,
        listed: Result<NativeListing, NoCode>,
        name_of: impl Fn(FuncId) -> String,
    ) -> Self {
        let listing = match listed {
            Err(NoCode(why)) => {
                let (lines, rest) = (Vec::new(), Vec::new());
                return Self { name, refused: Some(why), size_bytes: 0, lines, rest };
            }
            Ok(listing) => listing,
        };
        let mut rest = decode(&listing, name_of);
        let size_bytes = listing.code.len();
        let line = |ListedInst { pc, text, code: pieces }| {
            let mut code = Vec::new();
            for piece in pieces {
                code.extend(rest.extract_if(piece, |_, _| true).map(|(_, row)| row));
            }
            LineRow { pc, dmir: text, code }
        };
        let lines = listing.lines.into_iter().map(line).collect();
        Self { name, refused: None, size_bytes, lines, rest: rest.into_values().collect() }
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let Self { name, refused, size_bytes, lines, rest } = self;
        if let Some(why) = refused {
            return writeln!(out, "{name}: no machine code: {why}");
        }
        writeln!(out, "{name}: {size_bytes} bytes")?;
        for LineRow { pc, dmir, code } in lines {
            let mut left = format!("{pc:#06x}  {dmir}");
            for row in code {
                writeln!(out, "    {left:<COLUMN$}  {row}")?;
                left.clear();
            }
            if code.is_empty() {
                writeln!(out, "    {left}")?;
            }
        }
        writeln!(out, "    --")?;
        rest.iter().try_for_each(|row| writeln!(out, "    {row}"))
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
        let listed = list_native(&program).into_iter().zip(0..);
        let name_of = |func: FuncId| format!("function {}", func.0);
        let row = |(listed, number)| match number {
            0 => FunctionRow::of(name.clone(), listed, name_of),
            _ => FunctionRow::of(format!("{name}: {}", name_of(FuncId(number))), listed, name_of),
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
    let name_of = |func: FuncId| format!("func {}", func.0 as usize + imported);
    let one = |func: FuncId| {
        FunctionRow::of(name_of(func), list_native_function(&module, func, is_guarded), name_of)
    };
    Ok((0..interface.signatures.len() as u32).map(FuncId).map(one).collect())
}

fn ebpf(path: &Path, bytes: &[u8]) -> Result<Vec<FunctionRow>, InputError> {
    let refuse = |message| InputError::Module { path: path.to_owned(), message };
    let config = ebpf::Config { accepts_unknown: true, ..ebpf::Config::default() };
    let program = ebpf::Program::load(bytes, &config);
    let program = program.map_err(|error| refuse(error.to_string()))?;
    let name_of = |func: FuncId| format!("function at {:#06x}", program.guest().range(func).start);
    let one = |func: FuncId| {
        FunctionRow::of(name_of(func), list_native_program_function(&program, func), name_of)
    };
    Ok((0..program.guest().functions() as u32).map(FuncId).map(one).collect())
}
