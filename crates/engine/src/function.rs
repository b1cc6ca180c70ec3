//! Runs one function of an instance on the tier of choice: what instances, contracts and eBPF programs have in common.

use core::fmt;
use std::sync::{Arc, OnceLock};

use lockstep_base::encode_hex;
use lockstep_guest::wasm::Module;
use lockstep_interp::{Code, Ending, Fallback, Gated, call_gated};
use lockstep_ir::{FuncId, Functions, Instrumented, op::meaning::Bits};
use lockstep_optimizing::Optimizing;
use lockstep_rt::{
    Evaluated, Exit, Faulted, Machine, Spec, Stop, Trap, evaluate_function,
    native::{Above, NativeEnding, NativeProgram, NativeStatistics, call_native, is_profiled},
};
use lockstep_state::keccak256;

use crate::{
    binary::{Binary, BinaryError, native_program},
    machine::Executor,
    tier::Tier,
    warm::{Climb, Warm},
};

/// A program whose functions show each instruction, made when somebody wants to see them.
type Instrument = Box<dyn Fn() -> Arc<dyn Functions> + Send + Sync>;

/// A module's functions in all compilations, with whatever of them was translated so far.
pub(crate) struct Compiled {
    guest: Arc<dyn Functions>,
    plain: Code,
    instrument: Instrument,
    /// What observed runs use; nobody else pays for it.
    observed: OnceLock<(Arc<dyn Functions>, Code)>,
    /// What the optimizing tier uses, without guard pages and with them; `None` where this processor has no machine code.
    native: [OnceLock<Option<NativeProgram>>; 2],
    /// What the adaptive tier uses, the same.
    warm: [OnceLock<Arc<Warm>>; 2],
    /// What profilers call it.
    label: Option<String>,
    /// Whether machine code without guard pages was there from the beginning.
    is_prepared: bool,
}

impl fmt::Debug for Compiled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compiled").field("plain", &self.plain).finish_non_exhaustive()
    }
}

impl Compiled {
    /// Nothing of `guest` is translated yet; `instrument` makes it a program that shows its instructions.
    pub(crate) fn new(guest: Arc<dyn Functions>, instrument: Instrument) -> Self {
        let plain = Code::functions(guest.clone());
        let (observed, native, warm) = (OnceLock::new(), Default::default(), Default::default());
        let (label, is_prepared) = (None, false);
        Self { guest, plain, instrument, observed, native, warm, label, is_prepared }
    }

    /// The same, whose machine code profilers call after the guest and the hash of `code`.
    pub(crate) fn labelled(mut self, guest: &str, code: &[u8]) -> Self {
        self.label = label(guest, code);
        self
    }

    /// The same with machine code that was made before.
    ///
    /// # Errors
    ///
    /// [`BinaryError`] when it is not of this program.
    pub(crate) fn with(mut self, binary: &Binary) -> Result<Self, BinaryError> {
        let program = native_program(binary, self.guest.clone(), self.label.clone())?;
        self.native[0] = OnceLock::from(Some(program));
        self.is_prepared = true;
        Ok(self)
    }

    /// A WebAssembly module.
    pub(crate) fn wasm(guest: Arc<Module>) -> Self {
        let plain = guest.clone();
        Self::new(plain, Box::new(move || Arc::new(Instrumented(guest.clone()))))
    }

    /// The compilation that shows each instruction, or the one that shows none.
    pub(crate) fn form(&self, is_observed: bool) -> (&dyn Functions, &Code) {
        if !is_observed {
            return (&*self.guest, &self.plain);
        }
        let (program, code) = self.observed.get_or_init(|| {
            let program = (self.instrument)();
            let code = Code::functions(program.clone());
            (program, code)
        });
        (&**program, code)
    }

    /// Its machine code, if this processor has any.
    fn native(&self, is_guarded: bool) -> Option<&NativeProgram> {
        let make = || {
            let compiler = Optimizing::functions(self.guest.clone())?;
            let compiler = if is_guarded { compiler.guarded() } else { compiler };
            let compiler = with_label(compiler, self.label.clone());
            NativeProgram::new(Box::new(compiler)).ok()
        };
        self.native[usize::from(is_guarded)].get_or_init(make).as_ref()
    }

    /// Its functions on the tier that compiles what is hot; `None` where this processor has no machine code.
    pub(crate) fn warm(&self, is_guarded: bool) -> Option<&Arc<Warm>> {
        let label = || self.label.clone();
        let make = || Arc::new(Warm::new(self.guest.clone(), is_guarded, label()));
        let warm = &self.warm[usize::from(is_guarded)];
        NativeProgram::EXISTS.then(|| warm.get_or_init(make))
    }

    /// What was compiled to machine code so far.
    pub(crate) fn native_statistics(&self) -> NativeStatistics {
        let mut all = NativeStatistics::default();
        let known = self.native.iter().filter_map(OnceLock::get).flatten();
        known.for_each(|program| all += program.statistics());
        let warm = self.warm.iter().filter_map(OnceLock::get);
        warm.for_each(|warm| all += warm.native_statistics());
        all
    }

    /// Bytes of translations.
    pub(crate) fn size_bytes(&self) -> usize {
        let observed = self.observed.get().map_or(0, |(_, code)| code.size_bytes());
        let native = self.native.iter().filter_map(OnceLock::get).flatten();
        let native: u64 = native.map(|program| program.statistics().size_bytes).sum();
        let warm = self.warm.iter().filter_map(OnceLock::get);
        let warm: usize = warm.map(|warm| warm.size_bytes()).sum();
        self.plain.size_bytes() + observed + native as usize + warm
    }
}

/// What profilers are to call machine code of `code`, if there are any.
pub(crate) fn label(guest: &str, code: &[u8]) -> Option<String> {
    is_profiled().then(|| format!("{guest}:{}", &encode_hex(&keccak256(code).0)[..8]))
}

/// `compiler`, called so if somebody asks.
pub(crate) fn with_label(compiler: Optimizing, label: Option<String>) -> Optimizing {
    match label {
        Some(label) => compiler.labelled(label),
        None => compiler,
    }
}

/// How a function ended.
pub(crate) enum End {
    /// It returned these.
    Values(Vec<Bits>),
    /// It ended the program; the output is in the buffer.
    Exit { revert: bool },
    /// It trapped.
    Trap(Trap),
}

impl End {
    /// How machine code ended.
    pub(crate) fn of_native(ending: NativeEnding) -> Result<Self, Faulted> {
        match ending {
            NativeEnding::Values(values) => Ok(Self::Values(values)),
            NativeEnding::Exit { revert } => Ok(Self::Exit { revert }),
            NativeEnding::Trap(trap) => Ok(Self::Trap(trap)),
            NativeEnding::Fault => Err(Faulted),
            // Every function runs in the tier below at least.
            NativeEnding::Refused => panic!("a function runs in no tier"),
        }
    }

    /// How a function of the host ended that was called from outside.
    pub(crate) fn of_host(done: Result<Vec<Bits>, Stop>) -> Result<Self, Faulted> {
        match done {
            Ok(values) => Ok(Self::Values(values)),
            Err(Stop::Exit { revert }) => Ok(Self::Exit { revert }),
            Err(Stop::Trap(trap)) => Ok(Self::Trap(trap)),
            Err(Stop::Fault) => Err(Faulted),
        }
    }

    /// How the interpreter ended.
    pub(crate) fn of_interpreted(ending: Ending) -> Result<Self, Faulted> {
        match ending {
            Ending::Values(values) => Ok(Self::Values(values)),
            Ending::Exit { revert } | Ending::Stop(Stop::Exit { revert }) => {
                Ok(Self::Exit { revert })
            }
            Ending::Trap(trap) | Ending::Stop(Stop::Trap(trap)) => Ok(Self::Trap(trap)),
            Ending::Stop(Stop::Fault) => Err(Faulted),
            // Our own front end made dMIR that does not verify or fit: no result may come of it.
            Ending::Refused(error) => panic!("{error}"),
        }
    }

    /// What a message to a program that ended so comes to; it returns nothing beside its output.
    pub(crate) fn exit(self) -> Exit {
        match self {
            Self::Values(_) | Self::Exit { revert: false } => Exit::Return,
            Self::Exit { revert: true } => Exit::Revert,
            Self::Trap(trap) => Exit::Trap(trap),
        }
    }
}

/// Runs a function of a module; returns how it ended and the gas left.
pub(crate) fn run_function<H>(
    (executor, tier): (&Executor, Tier),
    compiled: &Compiled,
    (host, machine): (&mut H, &mut dyn Machine<H>),
    spec: &Spec<'_, H>,
    function: (FuncId, &[Bits]),
    output: &mut Vec<u8>,
) -> Result<(End, u64), Faulted> {
    let resources = &executor.resources;
    let (program, interpreted) = compiled.form(spec.is_observed);
    if tier == Tier::Evaluator {
        let (ended, gas) =
            evaluate_function(resources, program, (host, machine), spec, function, output);
        let end = match ended {
            Evaluated::Values(values) => End::Values(values),
            Evaluated::Exit(Exit::Trap(trap)) => End::Trap(trap),
            Evaluated::Exit(exit) => End::Exit { revert: exit == Exit::Revert },
            Evaluated::Faulted => return Err(Faulted),
        };
        return Ok((end, gas));
    }
    let translator = &executor.translator;
    let is_guarded = executor.pool.is_guarded();
    let has_code = compiled.is_prepared && !is_guarded && tier == Tier::Adaptive;
    if (tier == Tier::Optimizing || has_code)
        && !spec.is_observed
        && let Some(program) = compiled.native(is_guarded)
    {
        let below = Fallback { code: interpreted, translator };
        let way = (program, &below as _);
        let (ending, gas) = call_native(resources, way, (host, machine), spec, function, output);
        return Ok((End::of_native(ending)?, gas));
    }
    if tier == Tier::Adaptive
        && !spec.is_observed
        && let Some(warm) = compiled.warm(is_guarded)
    {
        let above = Climb { warm, furnace: &executor.furnace };
        let gated = Gated { code: &warm.code, translator, above: &above };
        let way = (host, machine);
        let (ending, gas) = call_gated(resources, &gated, way, spec, function, output);
        above.note(function.0, spec.gas.saturating_sub(gas));
        return Ok((End::of_interpreted(ending)?, gas));
    }
    let way = (host, machine);
    let (ending, gas) =
        lockstep_interp::call(resources, translator, interpreted, way, spec, function, output);
    Ok((End::of_interpreted(ending)?, gas))
}
