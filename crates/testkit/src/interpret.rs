//! A module's functions on the interpreter or as machine code, with as little around them as the reference evaluator
//! has: an instance of a store of its own for each run.

use std::{cell::RefCell, fmt, sync::Arc};

use lockstep_interp::{Code, CodeError, Ending, Fallback, Translator, call};
use lockstep_ir::{
    Growth, Interface, MemoryId, Module, Verified,
    evaluate::Env,
    text::{Run, Want},
};
use lockstep_optimizing::Optimizing;
use lockstep_rt::{
    Ended, Faulted, LinkError, Links, Machine, MemoryPool, Program, Resources, Spec, Stop, Store,
    native::{NativeEnding, NativeProgram, NativeStatistics, call_native},
    plain_parts,
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
    /// It has no machine code, and the interpreter does not run it.
    NoCode,
    /// The module imports what nobody offers here.
    Link(LinkError),
    /// A host function ended the run.
    Stopped,
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gas => f.write_str("more gas than a counter holds"),
            Self::Refused(error) => error.fmt(f),
            Self::NoCode => f.write_str("no machine code, and nothing below"),
            Self::Link(error) => error.fmt(f),
            Self::Stopped => f.write_str("stopped by the host"),
        }
    }
}

/// What a run leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// How it ended.
    pub want: Want,
    /// How much gas it took.
    pub gas_used: u64,
    /// What memories hold, that may be written.
    pub memories: Vec<Vec<u8>>,
}

impl Left {
    /// What the reference evaluator leaves.
    ///
    /// # Panics
    ///
    /// When the run does not end by itself: nothing here stops it.
    pub fn evaluate(run: &Run, module: &Verified<Module>) -> Self {
        let (want, env) = run.evaluate_in_env(module);
        let want = want.expect("nothing stops it");
        let memories = written(&module.interface).map(|id| env.memory(id).to_vec()).collect();
        Self { want, gas_used: run.gas - env.gas(), memories }
    }

    /// Whether nobody can tell the two apart; `takes_all` where whoever traps has nothing left.
    pub fn is_like(&self, other: &Self, takes_all: bool) -> bool {
        match (&self.want, &other.want) {
            (Want::Trap(trap), Want::Trap(same)) if takes_all => trap == same,
            _ => self == other,
        }
    }
}

/// The memories that a program may write.
fn written(interface: &Interface) -> impl Iterator<Item = MemoryId> {
    let memories = interface.memories.iter();
    memories.filter(|(_, memory)| memory.growth != Growth::ReadOnly).map(|(id, _)| id)
}

/// A host that offers nothing.
#[derive(Debug)]
struct Nothing;

struct NoMachine;

impl Machine<Nothing> for NoMachine {
    fn run(&mut self, _: &mut Nothing, _: Program<'_>, _: &mut Vec<u8>) -> Result<Ended, Faulted> {
        Err(Faulted)
    }
}

/// A module with its translations: on the interpreter, or as machine code above it.
#[derive(Debug)]
pub struct Loaded {
    code: Code,
    native: Option<NativeProgram>,
    resources: Resources,
    pool: Arc<MemoryPool>,
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
            code: Code::module(module.clone()),
            native: None,
            resources: Resources::new().expect("address space for memories and frames"),
            pool: Arc::default(),
            translator: RefCell::default(),
        }
    }

    /// The module as machine code; `None` where this processor has none.
    ///
    /// # Panics
    ///
    /// When the operating system refuses address space.
    pub fn optimizing(module: &Verified<Module>) -> Option<Self> {
        let compiler = Optimizing::module(Arc::new(module.clone()))?;
        let native = NativeProgram::new(Box::new(compiler)).expect("address space for code");
        Some(Self { native: Some(native), ..Self::new(module) })
    }

    /// What was compiled to machine code so far.
    pub fn statistics(&self) -> NativeStatistics {
        self.native.as_ref().map(NativeProgram::statistics).unwrap_or_default()
    }

    /// How `run` ends, and how much gas it takes.
    ///
    /// # Errors
    ///
    /// [`NoAnswer`] when the tier is not made for it.
    ///
    /// # Panics
    ///
    /// When the operating system refuses address space.
    pub fn run(&self, run: &Run) -> Result<(Want, u64), NoAnswer> {
        self.run_leaving(run).map(|left| (left.want, left.gas_used))
    }

    /// The same, with what memories hold then.
    ///
    /// # Errors
    ///
    /// As for [`Loaded::run`].
    ///
    /// # Panics
    ///
    /// As for [`Loaded::run`].
    pub fn run_leaving(&self, run: &Run) -> Result<Left, NoAnswer> {
        if run.gas > GAS_MAX {
            return Err(NoAnswer::Gas);
        }
        let interface = self.code.interface();
        let links = Links::new(interface, &[]).map_err(NoAnswer::Link)?;
        let store = Store::default();
        let parts = plain_parts(&store, &self.pool, interface, &run.memories);
        let instance = store.add_instance(parts.expect("address space for memories"));
        let spec = Spec {
            interface,
            links: &links,
            read_only: [&[], &[]],
            instance: Some((&store, instance)),
            depth: 0,
            gas: run.gas,
            is_observed: false,
        };
        let (want, gas_left) = match &self.native {
            Some(program) => self.call_native(program, &spec, run),
            None => self.call_interpreter(&spec, run),
        }?;
        let memory = |id: MemoryId| store.read_memory(store.memory_of(instance, id.0));
        let memories = written(interface).map(memory).collect();
        Ok(Left { want, gas_used: run.gas - gas_left, memories })
    }

    fn call_interpreter(
        &self,
        spec: &Spec<'_, Nothing>,
        run: &Run,
    ) -> Result<(Want, u64), NoAnswer> {
        let mut output = Vec::new();
        let (ending, gas_left) = call(
            &self.resources,
            &self.translator,
            &self.code,
            (&mut Nothing, &mut NoMachine),
            spec,
            (run.func, &run.args),
            &mut output,
        );
        let want = match ending {
            Ending::Values(values) => Want::Values(values),
            Ending::Exit { revert } => Want::Exit { revert, output },
            Ending::Trap(trap) | Ending::Stop(Stop::Trap(trap)) => Want::Trap(trap),
            Ending::Stop(_) => return Err(NoAnswer::Stopped),
            Ending::Refused(error) => return Err(NoAnswer::Refused(error)),
        };
        Ok((want, gas_left))
    }

    fn call_native(
        &self,
        program: &NativeProgram,
        spec: &Spec<'_, Nothing>,
        run: &Run,
    ) -> Result<(Want, u64), NoAnswer> {
        let below = Fallback { code: &self.code, translator: &self.translator };
        let mut output = Vec::new();
        let (ending, gas_left) = call_native(
            &self.resources,
            (program, &below),
            (&mut Nothing, &mut NoMachine),
            spec,
            (run.func, &run.args),
            &mut output,
        );
        let want = match ending {
            NativeEnding::Values(values) => Want::Values(values),
            NativeEnding::Exit { revert } => Want::Exit { revert, output },
            NativeEnding::Trap(trap) => Want::Trap(trap),
            NativeEnding::Fault => return Err(NoAnswer::Stopped),
            NativeEnding::Refused => return Err(NoAnswer::NoCode),
        };
        Ok((want, gas_left))
    }
}
