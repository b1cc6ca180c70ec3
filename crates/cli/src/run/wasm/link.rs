//! What a module imports: functions of WASI, or nothing.

use std::{
    io::{self, IsTerminal},
    path::Path,
};

use lockstep::{
    wasi::{self, Preopen, Sink, Wasi},
    wasm::{Extern, ExternType, Instances, Module},
};

use super::super::Arguments;
use crate::{error::InputError, input};

/// The module name of WASI preview 1.
const WASI: &str = "wasi_snapshot_preview1";
/// What a program that may read from standard input imports.
const READING: [&str; 3] = ["fd_read", "fd_pread", "poll_oneoff"];

/// Whether the module imports anything of WASI.
pub(super) fn imports_wasi(module: &Module) -> bool {
    module.guest().imports().iter().any(|import| import.module == WASI)
}

/// What the module imports, in its order.
///
/// # Errors
///
/// When nothing here offers it.
pub(super) fn imports(
    module: &Module,
    instances: &mut Instances<Wasi>,
) -> Result<Vec<Extern>, String> {
    let rows = wasi::functions();
    let mut found = Vec::new();
    for import in module.guest().imports() {
        let name = format!("{}.{}", import.module, import.name);
        let row = rows.iter().find(|row| row.name == name);
        let (Some(row), ExternType::Func(_)) = (row, &import.ty) else {
            return Err(format!("imports {name}, which nothing here offers"));
        };
        found.push(Extern::Func(instances.host_func(row)));
    }
    Ok(found)
}

/// The host, as the arguments say. In JSON what the program writes is part of the report.
///
/// # Errors
///
/// When directories, variables or standard input cannot be used.
pub(super) fn host(
    path: &Path,
    module: &Module,
    arguments: &Arguments,
) -> Result<Wasi, InputError> {
    let options = &arguments.wasm;
    let directories = options.dirs.iter().map(|text| preopen(text, true));
    let read_only = options.read_only_dirs.iter().map(|text| preopen(text, false));
    let program = path.file_name().map_or("-".into(), |name| name.to_string_lossy());
    let words = [program.into_owned()].into_iter().chain(arguments.code[1..].iter().cloned());
    let (stdout, stderr) = match arguments.json {
        true => (Sink::default(), Sink::default()),
        false => (Sink::Writer(Box::new(io::stdout())), Sink::Writer(Box::new(io::stderr()))),
    };
    let config = wasi::Config {
        args: words.map(String::into_bytes).collect(),
        env: options.variables.iter().map(|text| variable(text)).collect::<Result<_, _>>()?,
        preopens: directories.chain(read_only).collect(),
        stdin: standard_input(path, module)?,
        stdout,
        stderr,
        ..wasi::Config::default()
    };
    Wasi::new(config).map_err(|error| {
        let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
        InputError::Usage(format!("{error}{}", cause.unwrap_or_default()))
    })
}

fn preopen(text: &str, is_writable: bool) -> Preopen {
    let (host, guest) = text.split_once("::").unwrap_or((text, text));
    Preopen { host: host.into(), guest: guest.to_owned(), is_writable }
}

fn variable(text: &str) -> Result<(Vec<u8>, Vec<u8>), InputError> {
    match text.split_once('=') {
        Some((name, value)) => Ok((name.into(), value.into())),
        None => Err(InputError::Usage(format!("--env: expected NAME=VALUE, found {text:?}"))),
    }
}

/// Standard input, whole, so that the run depends on nothing that happens meanwhile; nothing of it when the program
/// cannot read it, when it was the module, or when somebody would have to type it.
fn standard_input(path: &Path, module: &Module) -> Result<Vec<u8>, InputError> {
    let imports = module.guest().imports();
    let may_read =
        imports.iter().any(|import| import.module == WASI && READING.contains(&&*import.name));
    match may_read && path.as_os_str() != "-" && !io::stdin().is_terminal() {
        true => input::read_bytes(Path::new("-")),
        false => Ok(Vec::new()),
    }
}
