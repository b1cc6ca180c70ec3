//! Runs of programs.

use core::fmt;
use std::sync::Arc;

use lockstep_guest::ebpf::{Module as Guest, limits};
use lockstep_ir::op::meaning::Bits;
use lockstep_rt::{
    Ended, Faulted, InstanceParts, Machine as HostMachine, NativeStack, OwnedMemory,
    Program as HostProgram, ReserveError, Spec, StepView, Store, Trap,
};

use super::program::Linked;
use crate::{
    function::{End as Ending, run_function},
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
        Ok(Self { executor: Executor::new()?, native: NativeStack::new()? })
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
        if call.input.len() as u64 > limits::INPUT_BYTES_MAX {
            return Err(RunError::InputTooLong { limit: limits::INPUT_BYTES_MAX });
        }
        let store = self.executor.store();
        let done = self.run_in(&store, linked, host, call, watch);
        self.executor.give_back(store);
        done
    }

    fn run_in<H>(
        &mut self,
        store: &Store<H>,
        linked: &Linked<H>,
        host: &mut H,
        call: &Call<'_>,
        watch: Option<Watch<'_, H>>,
    ) -> Result<Outcome, RunError> {
        let loaded = &linked.program.0;
        let guest = &*loaded.guest;
        let instance = self.instance(store, linked, call.input)?;
        let gas = call.gas.min(i64::MAX as u64);
        let spec = Spec {
            interface: guest.interface(),
            links: &linked.links,
            read_only: [&[], &[]],
            instance: Some((store, instance)),
            depth: 0,
            gas,
            is_observed: watch.is_some(),
        };
        let layout = guest.layout();
        // RFC 9669 leaves arguments to the host; programs of sBPF get their input alone.
        let len = if guest.dialect().is_sbpf() { 0 } else { call.input.len() as u64 };
        let given = [layout.input_address(), len, 0, 0, 0];
        let bits = |value: u64| -> Bits { [value, 0, 0, 0, 0, 0, 0, 0] };
        let args: Vec<Bits> = guest.entry_args(given).into_iter().map(bits).collect();
        let mut runner = Runner { watch };
        let (executor, mut output) = (&self.executor, Vec::new());
        let ended = self.native.run(|| {
            let ways = (executor, call.tier);
            let function = (guest.entry(), &args[..]);
            run_function(ways, &loaded.compiled, (host, &mut runner), &spec, function, &mut output)
        });
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
                store.read_memory(memory).split_off(layout.input_offset() as usize)
            }
            false => Vec::new(),
        };
        Ok(Outcome { end, gas_left, input })
    }

    /// Memory with its content, and the table of functions.
    fn instance<H>(
        &self,
        store: &Store<H>,
        linked: &Linked<H>,
        input: &[u8],
    ) -> Result<u32, RunError> {
        let loaded = &linked.program.0;
        let guest = &*loaded.guest;
        let mut parts: Box<InstanceParts> = store.parts();
        parts.types = store.type_ids(&loaded.types);
        parts.func_types = Arc::clone(&loaded.func_types);
        let at = guest.layout().input_offset();
        let len = at + input.len() as u64;
        let memory = store.add_memory(OwnedMemory::new(&self.executor.pool, len, len)?);
        let write = |at, bytes: &[u8]| {
            store.write_memory(memory, at, bytes).expect("memory has room for its content");
        };
        write(0, guest.image());
        write(at, input);
        parts.memories.push(memory);
        let table = guest.layout().table(input.len() as u64);
        if !table.is_empty() {
            let len = table.len() as u64;
            let memory = store.add_memory(OwnedMemory::new(&self.executor.pool, len, len)?);
            store.write_memory(memory, 0, &table).expect("memory has room for its content");
            parts.memories.push(memory);
        }
        let interface = guest.interface();
        for (_, table) in interface.tables.iter() {
            parts.tables.push(store.add_table(table.initial, table.max, 0));
        }
        let has_table = !parts.tables.is_empty();
        let instance = store.add_instance(parts);
        if has_table {
            fill_table(store, instance, guest);
        }
        Ok(instance)
    }
}

/// Puts each function where indirect calls look for it: at the slot where it begins.
fn fill_table<H>(store: &Store<H>, instance: u32, guest: &Guest) {
    let slots = guest.insns().len() as u32;
    let reference = |slot| match guest.function_at(slot) {
        Some(func) => store.func_of(instance, func.0),
        None => 0,
    };
    let elements: Vec<u64> = (0..slots).map(reference).collect();
    let table = store.table_of(instance, 0);
    store.write_table(table, 0, &elements).expect("the table has an element for each slot");
}
