//! One call of a function that a Wasm module exports.
//!
//! Invariants: the module's imports are all there or it is refused by name; what it prints goes where the program says,
//! what became of the call to standard output.

use std::{io, io::Write, path::Path};

use clap::Args;
use lockstep::{
    Options as EngineOptions, Trap,
    wasm::{
        CallEnd, Config, Extern, ExternKind, FuncType, Instances, InstantiateError, Module,
        ValType, Value,
    },
};
use serde::Serialize;

use super::Arguments;
use crate::{error::InputError, exit, wasm_value};

/// What a program of WASI begins with.
const START: &str = "_start";
/// What a signed counter holds.
const GAS_MAX: u64 = i64::MAX as u64;

/// What only a Wasm module understands.
#[derive(Debug, Args)]
#[command(next_help_heading = "Wasm modules")]
pub(super) struct Options {
    /// The exported function to call, with the arguments that follow the file; without it, _start.
    #[arg(long, value_name = "FUNCTION")]
    invoke: Option<String>,
}

impl Options {
    /// Each option, and whether it was given.
    pub(super) fn given(&self) -> [(&'static str, bool); 1] {
        [("--invoke", self.invoke.is_some())]
    }
}

/// Runs the module `bytes`, the content of `path`.
pub(super) fn run(path: &Path, bytes: &[u8], arguments: &Arguments) -> Result<u8, InputError> {
    let refuse = |message: String| InputError::Module { path: path.to_owned(), message };
    let module = Module::load(bytes, &Config::default());
    let module = module.map_err(|error| refuse(error.to_string()))?;
    let (name, ty) = choose(&module, arguments.wasm.invoke.as_deref()).map_err(refuse)?;
    let values = read_values(name, ty, &arguments.code[1..])?;
    let imports = link(&module).map_err(refuse)?;
    let given = arguments.gas.unwrap_or(GAS_MAX);
    let mut gas = given;
    let ended = call(&module, &imports, (name, &values), &mut gas, arguments)?;
    let report = Report::of(&ended, given - gas, gas);
    let written = report.write(&mut io::stdout().lock(), arguments.json);
    written.map_err(|cause| InputError::Write { cause })?;
    Ok(match ended {
        CallEnd::Values(_) | CallEnd::Exit { revert: false, .. } => exit::GOOD,
        _ => exit::FAILED,
    })
}

/// What the module imports.
fn link(module: &Module) -> Result<Vec<Extern>, String> {
    match module.guest().imports().first() {
        None => Ok(Vec::new()),
        Some(import) => {
            Err(format!("imports {}.{}, which nothing here offers", import.module, import.name))
        }
    }
}

fn call(
    module: &Module,
    imports: &[Extern],
    (name, values): (&str, &[Value]),
    gas: &mut u64,
    arguments: &Arguments,
) -> Result<CallEnd, InputError> {
    let failed = |error: String| InputError::Machine(error);
    let options = EngineOptions { tier: arguments.tier };
    let mut instances = Instances::new((), options).map_err(|error| failed(error.to_string()))?;
    let instance = match instances.instantiate(module, imports, gas) {
        Ok(instance) => instance,
        Err(InstantiateError::Trap(trap)) => return Ok(CallEnd::Trap(trap)),
        Err(error) => return Err(failed(error.to_string())),
    };
    let Some(Extern::Func(func)) = instances.export(instance, name) else {
        return Err(failed(format!("{name} is not exported")));
    };
    instances.call(func, values, gas).map_err(|error| failed(error.to_string()))
}

/// The functions that the module exports, by name.
fn functions(module: &Module) -> impl Iterator<Item = (&str, &FuncType)> {
    let guest = module.guest();
    let functions = guest.exports().iter().filter(|export| export.kind == ExternKind::Func);
    functions.map(|export| (export.name.as_str(), guest.func_type(export.index)))
}

/// The exported function called `name`, or where a program starts.
fn choose<'m>(module: &'m Module, name: Option<&str>) -> Result<(&'m str, &'m FuncType), String> {
    let wanted = name.unwrap_or(START);
    if let Some(found) = functions(module).find(|(name, _)| *name == wanted) {
        return Ok(found);
    }
    let known: Vec<_> =
        functions(module).map(|(name, ty)| format!("{name}{}", type_text(ty))).collect();
    Err(match known.is_empty() {
        true => "the module exports no function".to_owned(),
        false => format!("expected --invoke with one of: {}", known.join(", ")),
    })
}

fn type_text(ty: &FuncType) -> String {
    let list = |types: &[ValType]| types.iter().map(|ty| ty.name()).collect::<Vec<_>>().join(", ");
    match ty.results.as_slice() {
        [] => format!("({})", list(&ty.params)),
        results => format!("({}) -> {}", list(&ty.params), list(results)),
    }
}

/// The arguments that `words` write.
fn read_values(name: &str, ty: &FuncType, words: &[String]) -> Result<Vec<Value>, InputError> {
    let (want, have) = (ty.params.len(), words.len());
    if want != have {
        let ty = type_text(ty);
        let message = format!("{name}{ty} takes {want} arguments, found {have}");
        return Err(InputError::Usage(message));
    }
    let value = |(i, (ty, word)): (usize, (&ValType, &String))| {
        let refuse = |what| InputError::Usage(format!("argument {} of {name}: {what}", i + 1));
        wasm_value::parse(*ty, word).map_err(refuse)
    };
    ty.params.iter().zip(words).enumerate().map(value).collect()
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    /// `return`, `revert` or `trap`.
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    trap: Option<&'static str>,
    results: Vec<ResultRow>,
    gas_used: u64,
    gas_left: u64,
}

#[derive(Debug, Serialize)]
struct ResultRow {
    #[serde(rename = "type")]
    ty: &'static str,
    /// As it is given to `run`.
    value: String,
}

impl Report {
    fn of(ended: &CallEnd, gas_used: u64, gas_left: u64) -> Self {
        let (outcome, trap, values) = match ended {
            CallEnd::Values(values) => ("return", None, values.as_slice()),
            CallEnd::Exit { revert: false, .. } => ("return", None, [].as_slice()),
            CallEnd::Exit { revert: true, .. } => ("revert", None, [].as_slice()),
            CallEnd::Trap(trap) => ("trap", Some(Trap::name(*trap)), [].as_slice()),
        };
        let row =
            |value: &Value| ResultRow { ty: value.ty().name(), value: wasm_value::text(value) };
        Self { outcome, trap, results: values.iter().map(row).collect(), gas_used, gas_left }
    }

    fn write(&self, out: &mut dyn Write, is_json: bool) -> io::Result<()> {
        if is_json {
            serde_json::to_writer_pretty(&mut *out, self)?;
            return out.write_all(b"\n");
        }
        let why = self.trap.map_or(String::new(), |trap| format!(": {trap}"));
        writeln!(out, "outcome   {}{why}", self.outcome)?;
        for ResultRow { ty, value } in &self.results {
            writeln!(out, "result    {ty} {value}")?;
        }
        match self.gas_used + self.gas_left {
            GAS_MAX => writeln!(out, "gas used  {}", self.gas_used),
            given => writeln!(out, "gas used  {} of {given}", self.gas_used),
        }
    }
}
