//! Runs of programs.

use core::fmt;
use lockstep_guest::ebpf::limits;
use lockstep_rt::{
    Ended, Faulted, Machine as HostMachine, NativeStack, Program as HostProgram, ReserveError,
    Spec, StepView, Store, Trap,
};
use std::sync::Arc;

use super::{
    called::Called,
    instance::{entry_args, instance},
    program::Linked,
};
use crate::{
    function::{End as Ending, run_function},
    heat::{Furnace, Heat},
    machine::Executor,
    tier::Tier,
};

/// What a program is run with.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// Its input, which it may change.
    pub input: &'a [u8],
    /// Units it may use: an instruction takes one.
    pub gas: u64,
    /// What runs it.
    pub tier: Tier,
    /// Whether the input is wanted back.
    pub returns_input: bool,
}

/// How a program ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// It returned r0.
    Returned(u64),
    /// Its host ended it.
    Exit {
        /// Whether its writes are to be undone.
        revert: bool,
        /// The output that the host gave.
        output: Vec<u8>,
    },
    /// It trapped.
    Trap(Trap),
}

/// What a run did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// How it ended.
    pub end: End,
    /// Units left; none when they ran out.
    pub gas_left: u64,
    /// The input as the program left it, if it was wanted.
    pub input: Vec<u8>,
}

/// Why there was no run, or no outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunError {
    /// The input is longer than the engine takes.
    InputTooLong {
        /// How much it takes.
        limit: u64,
    },
    /// The operating system refused address space.
    Reserve(ReserveError),
    /// The machine failed; the host keeps the error.
    Fault,
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InputTooLong { limit } => write!(f, "the input is longer than {limit} bytes"),
            Self::Reserve(error) => error.fmt(f),
            Self::Fault => f.write_str("the machine failed"),
        }
    }
}

impl core::error::Error for RunError {}

impl From<ReserveError> for RunError {
    fn from(error: ReserveError) -> Self {
        Self::Reserve(error)
    }
}

/// Watches an instrumented run: called with the host before each instruction.
pub type Watch<'a, H> = &'a mut dyn FnMut(&H, StepView<'_>);

/// What runs programs, one at a time.
#[derive(Debug)]
pub struct Machine {
    executor: Executor,
    native: NativeStack,
    /// Programs that others called.
    called: Called,
}

/// Who watches, if somebody does.
type Watching<'w, 'f, H> = Option<&'w mut (dyn FnMut(&H, StepView<'_>) + 'f)>;

/// A run as its host functions see it: programs of eBPF ask for no others.
struct Runner<'w, 'f, H> {
    watch: Watching<'w, 'f, H>,
}

impl<H> HostMachine<H> for Runner<'_, '_, H> {
    fn run(&mut self, _: &mut H, _: HostProgram<'_>, _: &mut Vec<u8>) -> Result<Ended, Faulted> {
        Err(Faulted)
    }

    fn step(&mut self, host: &mut H, step: StepView<'_>) {
        if let Some(watch) = &mut self.watch {
            watch(host, step);
        }
    }
}

impl Machine {
    /// A machine with memory and stacks of its own.
    ///
    /// # Errors
    ///
    /// [`ReserveError`] when the operating system refuses address space.
    pub fn new() -> Result<Self, ReserveError> {
        Self::with_heat(Heat::default())
    }

    /// The same with another idea of when a function is hot.
    ///
    /// # Errors
    ///
    /// As for [`Machine::new`].
    pub fn with_heat(heat: Heat) -> Result<Self, ReserveError> {
        let furnace = Arc::new(Furnace::new(heat));
        Ok(Self {
            executor: Executor::new(furnace)?,
            native: NativeStack::new()?,
            called: Called::default(),
        })
    }

    /// Functions compiled so far because they were hot.
    pub fn compiled(&self) -> u64 {
        self.executor.furnace.compiled()
    }

    /// Runs a program on `host`.
    ///
    /// # Errors
    ///
    /// [`RunError`] when it was not run, or the machine failed.
    pub fn run<H>(
        &mut self,
        linked: &Linked<H>,
        host: &mut H,
        call: &Call<'_>,
    ) -> Result<Outcome, RunError> {
        self.run_with(linked, host, call, None)
    }

    /// The same, and shows `watch` each instruction.
    ///
    /// # Errors
    ///
    /// As for [`Machine::run`].
    pub fn run_watched<H>(
        &mut self,
        linked: &Linked<H>,
        host: &mut H,
        call: &Call<'_>,
        watch: Watch<'_, H>,
    ) -> Result<Outcome, RunError> {
        self.run_with(linked, host, call, Some(watch))
    }

    fn run_with<H>(
        &mut self,
        linked: &Linked<H>,
        host: &mut H,
        call: &Call<'_>,
        watch: Option<Watch<'_, H>>,
    ) -> Result<Outcome, RunError> {
        let is_observed = watch.is_some();
        self.run_below(linked, (host, &mut Runner { watch }), call, is_observed)
    }

    /// Runs a program on the stack of its own; `runner` is what its host functions see.
    pub(super) fn run_below<H>(
        &self,
        linked: &Linked<H>,
        (host, runner): (&mut H, &mut dyn HostMachine<H>),
        call: &Call<'_>,
        is_observed: bool,
    ) -> Result<Outcome, RunError> {
        let executor = &self.executor;
        self.native.run(|| run_on(executor, linked, (host, runner), call, is_observed))
    }

    /// What programs run on, and those that others called.
    pub(super) fn parts(&self) -> (&Executor, &Called) {
        (&self.executor, &self.called)
    }
}

/// Runs a program on whatever stack there is.
pub(super) fn run_on<H>(
    executor: &Executor,
    linked: &Linked<H>,
    way: (&mut H, &mut dyn HostMachine<H>),
    call: &Call<'_>,
    is_observed: bool,
) -> Result<Outcome, RunError> {
    if call.input.len() as u64 > limits::INPUT_BYTES_MAX {
        return Err(RunError::InputTooLong { limit: limits::INPUT_BYTES_MAX });
    }
    let store = executor.store();
    let done = run_in(executor, (&store, linked), way, call, is_observed);
    executor.give_back(store);
    done
}

fn run_in<H>(
    executor: &Executor,
    (store, linked): (&Store<H>, &Linked<H>),
    way: (&mut H, &mut dyn HostMachine<H>),
    call: &Call<'_>,
    is_observed: bool,
) -> Result<Outcome, RunError> {
    let loaded = &linked.program.0;
    let guest = &*loaded.guest;
    let instance = instance(&linked.program, store, &executor.pool, call.input)?;
    let gas = call.gas.min(i64::MAX as u64);
    let spec = Spec {
        interface: guest.interface(),
        links: &linked.links,
        read_only: [&[], &[]],
        instance: Some((store, instance)),
        depth: 0,
        gas,
        is_observed,
    };
    let args = entry_args(guest, call.input.len() as u64);
    let mut output = Vec::new();
    let ways = (executor, call.tier);
    let function = (guest.entry(), &args[..]);
    let ended = run_function(ways, &loaded.compiled, way, &spec, function, &mut output);
    let (end, gas_left) = ended.map_err(|Faulted| RunError::Fault)?;
    let end = match end {
        Ending::Values(values) => End::Returned(values[0][0]),
        Ending::Exit { revert } => End::Exit { revert, output },
        Ending::Trap(trap) => End::Trap(trap),
    };
    let gas_left = if end == End::Trap(Trap::OutOfGas) { 0 } else { gas_left };
    let gas_left = gas_left + (call.gas - gas);
    let input = match call.returns_input {
        true => {
            let memory = store.memory_of(instance, 0);
            store.read_memory(memory).split_off(guest.layout().input_offset() as usize)
        }
        false => Vec::new(),
    };
    Ok(Outcome { end, gas_left, input })
}
