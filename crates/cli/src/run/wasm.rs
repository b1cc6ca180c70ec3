//! One call of a function that a Wasm module exports: any one by name, or the start of a WASI program.
//!
//! ```text
//! bytes -> Module -> function and arguments -> imports (WASI or none) -> CallEnd -> report
//! ```
//!
//! Invariants: the module's imports are all there or it is refused by name; a program of WASI sees the directories and
//! variables that it was given, and neither clock nor chance of this machine; standard output is the program's if it
//! has WASI, and the report goes to standard error.

mod function;
mod link;
mod report;

use std::{
    io::{self, Write},
    path::Path,
};

use clap::Args;
use lockstep::{
    Options as EngineOptions,
    wasi::Wasi,
    wasm::{CallEnd, Config, Extern, Instances, InstantiateError, Module, Pool, Value},
};

use self::report::Report;
use super::{Arguments, Form};
use crate::{error::InputError, exit, heat, trace::Eip3155};

/// What a signed counter holds.
const GAS_MAX: u64 = i64::MAX as u64;

/// What only a Wasm module understands.
#[derive(Debug, Args)]
#[command(next_help_heading = "Wasm modules")]
pub(super) struct Options {
    /// The exported function to call, with the arguments that follow the file; without it a program starts, and gets
    /// them as text.
    #[arg(long, value_name = "FUNCTION")]
    invoke: Option<String>,
    /// A directory that the program may read and write, and what it calls it.
    #[arg(long = "dir", value_name = "HOST[::GUEST]")]
    dirs: Vec<String>,
    /// A directory that the program may only read.
    #[arg(long = "dir-ro", value_name = "HOST[::GUEST]")]
    read_only_dirs: Vec<String>,
    /// A variable of the program's environment.
    #[arg(long = "env", value_name = "NAME=VALUE")]
    variables: Vec<String>,
}

impl Options {
    /// Whether a function is named.
    pub(super) fn invokes(&self) -> bool {
        self.invoke.is_some()
    }

    /// The function that is named, if one is.
    pub(super) fn function(&self) -> Option<&str> {
        self.invoke.as_deref()
    }

    /// Each option, and whether it was given.
    pub(super) fn given(&self) -> [(&'static str, bool); 4] {
        [
            ("--invoke", self.invoke.is_some()),
            ("--dir", !self.dirs.is_empty()),
            ("--dir-ro", !self.read_only_dirs.is_empty()),
            ("--env", !self.variables.is_empty()),
        ]
    }
}

/// Runs the module that `form` is, the content of `path`.
pub(super) fn run(path: &Path, form: Form<'_>, arguments: &Arguments) -> Result<u8, InputError> {
    let refuse = |message: String| InputError::Module { path: path.to_owned(), message };
    let config = Config::default();
    let module = match form {
        Form::Bytes(bytes) => Module::load(bytes, &config).map_err(|error| error.to_string()),
        Form::Compiled(binary) => {
            Module::of_binary(binary, &config).map_err(|error| error.to_string())
        }
    };
    let module = module.map_err(refuse)?;
    let (name, ty) = function::choose(&module, arguments.wasm.invoke.as_deref()).map_err(refuse)?;
    let has_wasi = link::imports_wasi(&module);
    let is_program = has_wasi && arguments.wasm.invoke.is_none();
    let words = &arguments.code[1..];
    let values = function::read_values(name, ty, if is_program { &[] } else { words })?;
    let host = link::host(path, &module, arguments)?;
    let options = EngineOptions { tier: arguments.tier };
    let pool = Pool::default().with_heat(arguments.heat.heat());
    let mut instances = Instances::in_pool(&pool, host, options)
        .map_err(|error| InputError::Machine(error.to_string()))?;
    let imports = link::imports(&module, &mut instances).map_err(refuse)?;
    let given = arguments.gas.unwrap_or(GAS_MAX);
    let mut gas = given;
    let mut tracer = tracer(arguments, has_wasi);
    let call = Call { module: &module, imports: &imports, name, values: &values };
    let ended = call.make(&mut instances, &mut gas, tracer.as_mut());
    if let Some(tracer) = &mut tracer {
        tracer.end();
        tracer.finish().map_err(|cause| InputError::Write { cause })?;
    }
    heat::talk_of(instances.native_statistics());
    let ended = ended?;
    let host = instances.host();
    let report = Report::of(&ended, host, (given - gas, gas));
    let written = report.write(arguments.json, (has_wasi, tracer.is_some()));
    written.map_err(|cause| InputError::Write { cause })?;
    Ok(exit_code(&ended, host.exit_code()))
}

type Lines = Eip3155<Box<dyn Write>>;

/// What writes a trace, if one is wanted: to standard output, unless that is the program's.
fn tracer(arguments: &Arguments, has_wasi: bool) -> Option<Lines> {
    let out: Box<dyn Write> = match has_wasi && !arguments.json {
        true => Box::new(io::BufWriter::new(io::stderr())),
        false => Box::new(io::BufWriter::new(io::stdout())),
    };
    arguments.trace.detail().map(|detail| Eip3155::new(out, detail))
}

/// A call of an exported function of a module that has no instance yet.
struct Call<'a> {
    module: &'a Module,
    imports: &'a [Extern],
    name: &'a str,
    values: &'a [Value],
}

impl Call<'_> {
    fn make(
        &self,
        instances: &mut Instances<Wasi>,
        gas: &mut u64,
        mut tracer: Option<&mut Lines>,
    ) -> Result<CallEnd, InputError> {
        let Self { module, imports, name, values } = *self;
        let failed = |error: String| InputError::Machine(error);
        let made = match tracer.as_deref_mut() {
            None => instances.instantiate(module, imports, gas),
            Some(tracer) => instances.instantiate_traced(module, imports, gas, tracer),
        };
        let instance = match made {
            Ok(instance) => instance,
            Err(InstantiateError::Trap(trap)) => return Ok(CallEnd::Trap(trap)),
            Err(InstantiateError::Exit) => {
                return Ok(CallEnd::Exit { revert: false, output: Vec::new() });
            }
            Err(error) => return Err(failed(error.to_string())),
        };
        let Some(Extern::Func(func)) = instances.export(instance, name) else {
            return Err(failed(format!("{name} is not exported")));
        };
        let ended = match tracer {
            None => instances.call(func, values, gas),
            Some(tracer) => instances.call_traced(func, values, gas, tracer),
        };
        ended.map_err(|error| failed(error.to_string()))
    }
}

/// The program's own code when it gave one that we can pass on.
fn exit_code(ended: &CallEnd, given: Option<u32>) -> u8 {
    match (ended, given) {
        (CallEnd::Exit { .. }, Some(code)) => u8::try_from(code).unwrap_or(exit::FAILED),
        (CallEnd::Values(_) | CallEnd::Exit { revert: false, .. }, _) => exit::GOOD,
        _ => exit::FAILED,
    }
}
