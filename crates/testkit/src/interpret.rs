//! A module's functions on the interpreter, with as little around them as the reference evaluator has.
//!
//! What memory 0 holds before is put there by a host function: [`Loaded`] adds one function to the module, which asks
//! for it and then calls the real one. Memories 1 and 2 show the bytes they are given.

use std::{cell::RefCell, fmt};

use lockstep_interp::{Code, CodeError, Ending, Translator, call};
use lockstep_ir::{
    Builder, Func, FuncId, Growth, Import, ImportId, Inst, MemoryId, Module, Operand, Signature,
    Terminator, Value, Verified, VerifyError,
    text::{Run, Want},
    verify_module,
};
use lockstep_rt::{
    Ended, Faulted, HostFunction, HostRow, LinkError, Links, Machine, Program, Resources, Spec,
    Stop, View,
};

/// The most gas an interpreter's counter holds.
pub const GAS_MAX: u64 = i64::MAX as u64;

/// Why there is no answer.
#[derive(Debug)]
pub enum NoAnswer {
    /// The run wants more gas than a counter holds.
    Gas,
    /// The interpreter does not run such programs.
    Refused(CodeError),
    /// The module imports what nobody offers here.
    Link(LinkError),
    /// A memory other than 0 is to be written.
    Memory,
    /// The function that fills memory 0 does not verify.
    Verify(VerifyError),
    /// A host function ended the run.
    Stopped,
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gas => f.write_str("more gas than a counter holds"),
            Self::Refused(error) => error.fmt(f),
            Self::Link(error) => error.fmt(f),
            Self::Memory => f.write_str("a memory other than the first that can be written"),
            Self::Verify(error) => error.fmt(f),
            Self::Stopped => f.write_str("stopped by the host"),
        }
    }
}

/// The host: what memory 0 holds before.
#[derive(Debug)]
struct Before(Vec<u8>);

/// Puts it there.
struct Fill;

impl HostFunction<Before> for Fill {
    const NAME: &'static str = "test.fill";
    type Args = ();
    type Results = ();

    fn call(view: &mut View<'_, Before>, _: ()) -> Result<(), Stop> {
        let bytes = view.host().0.clone();
        view.bytes(0, bytes.len() as u64)?.copy_from_slice(&bytes);
        Ok(())
    }
}

struct NoMachine;

impl Machine<Before> for NoMachine {
    fn run(&mut self, _: &mut Before, _: Program<'_>, _: &mut Vec<u8>) -> Result<Ended, Faulted> {
        Err(Faulted)
    }
}

/// A module on the interpreter, with its translations.
#[derive(Debug)]
pub struct Loaded {
    module: Verified<Module>,
    code: Code,
    resources: Resources,
    translator: RefCell<Translator>,
}

impl Loaded {
    /// The module, not translated yet.
    ///
    /// # Panics
    ///
    /// When the operating system refuses address space.
    pub fn new(module: &Verified<Module>) -> Self {
        Self {
            module: module.clone(),
            code: Code::module(module.clone()),
            resources: Resources::new().expect("address space for memories and frames"),
            translator: RefCell::default(),
        }
    }

    /// How `run` ends on the interpreter, and how much gas it takes.
    ///
    /// # Errors
    ///
    /// [`NoAnswer`] when the interpreter is not made for it.
    pub fn run(&self, run: &Run) -> Result<(Want, u64), NoAnswer> {
        let before = |number| {
            let given = run.memories.iter().find(|(memory, _)| *memory == MemoryId(number));
            given.map(|(_, bytes)| bytes.clone())
        };
        match before(0) {
            None => self.run_in(&self.code, run.func, run, Vec::new()),
            Some(bytes) => {
                let (module, entry) = filling(&self.module, run.func, bytes.len());
                let module = verify_module(module).map_err(NoAnswer::Verify)?;
                self.run_in(&Code::module(module), entry, run, bytes)
            }
        }
    }

    fn run_in(
        &self,
        code: &Code,
        func: FuncId,
        run: &Run,
        first: Vec<u8>,
    ) -> Result<(Want, u64), NoAnswer> {
        if run.gas > GAS_MAX {
            return Err(NoAnswer::Gas);
        }
        let shown = [self.shown(run, MemoryId(1))?, self.shown(run, MemoryId(2))?];
        let interface = code.interface();
        let links = Links::new(interface, &[HostRow::of::<Fill>()]).map_err(NoAnswer::Link)?;
        let spec = Spec {
            interface,
            links: &links,
            read_only: [&shown[0], &shown[1]],
            gas: run.gas,
            is_observed: false,
        };
        let (mut host, mut output) = (Before(first), Vec::new());
        let (ending, gas_left) = call(
            &self.resources,
            &self.translator,
            code,
            (&mut host, &mut NoMachine),
            &spec,
            (func, &run.args),
            &mut output,
        );
        let want = match ending {
            Ending::Values(values) => Want::Values(values),
            Ending::Exit { revert } => Want::Exit { revert, output },
            Ending::Trap(trap) | Ending::Stop(Stop::Trap(trap)) => Want::Trap(trap),
            Ending::Stop(Stop::Fault) => return Err(NoAnswer::Stopped),
            Ending::Refused(error) => return Err(NoAnswer::Refused(error)),
        };
        Ok((want, run.gas - gas_left))
    }

    /// What memory `id` shows: what the run gives it, or zeros.
    fn shown(&self, run: &Run, id: MemoryId) -> Result<Vec<u8>, NoAnswer> {
        let given = run.memories.iter().find(|(memory, _)| *memory == id);
        let Some(def) = self.module.interface.memories.get(id) else { return Ok(Vec::new()) };
        match (given, def.growth) {
            (Some((_, bytes)), Growth::ReadOnly) => Ok(bytes.clone()),
            (None, Growth::ReadOnly | Growth::Explicit { .. }) => {
                Ok(vec![0; def.initial_bytes as usize])
            }
            _ => Err(NoAnswer::Memory),
        }
    }
}

/// `module` with a function that fills memory 0 with `len` bytes and then does what `func` does.
fn filling(module: &Module, func: FuncId, len: usize) -> (Module, FuncId) {
    let mut module = module.clone();
    let signature = module.interface.signatures[func].clone();
    module.interface.memories[MemoryId(0)].initial_bytes = len as u64;
    let import = ImportId(module.interface.imports.len() as u32);
    module.interface.imports.push(Import {
        name: <Fill as HostFunction<Before>>::NAME.into(),
        signature: Signature::default(),
    });
    let entry = FuncId(module.funcs.len() as u32);
    module.funcs.push(entry_of(&signature, import, func));
    module.interface.signatures.push(signature);
    module.names.push("with_memory".into());
    (module, entry)
}

fn entry_of(signature: &Signature, import: ImportId, func: FuncId) -> Func {
    let mut made = Func { results: signature.results.clone(), ..Func::default() };
    made.params = signature.params.len() as u32;
    let mut builder = Builder::new(&mut made);
    let args: Vec<Operand> =
        signature.params.iter().map(|ty| builder.var(*ty, None).into()).collect();
    builder.call_host(import, &[], &[]);
    let args = builder.list(&args);
    let results: Vec<Value> = signature.results.iter().map(|ty| builder.value(*ty)).collect();
    let first = results.first().copied().unwrap_or(Value(builder.func().values.len() as u32));
    builder.push(Inst::Call { func, args, first });
    let results: Vec<Operand> = results.into_iter().map(Operand::from).collect();
    let values = builder.list(&results);
    builder.terminate(Terminator::Return { values });
    made
}
