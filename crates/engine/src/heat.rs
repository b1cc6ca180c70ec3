//! Which programs, functions and loops are worth machine code, and the thread that makes it.
//!
//! # Invariants
//!
//! 1. Heat is gas, and calls: no clock decides, and a program that runs once is never compiled for it.
//! 2. Nobody waits for a compilation: it runs on a thread of the engine's own, and who runs the program meanwhile goes on
//!    in the interpreter.
//! 3. The queue is bounded; what finds it full asks again when it is hotter.
//! 4. Whether there is machine code never changes a result.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicU64, Ordering},
    mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
};

use lockstep_ir::{Block, FuncId};

use crate::{cache::Translated, midway::Place, warm::Warm};

/// Programs and functions that wait to be compiled at most.
const QUEUE_MAX: usize = 64;

/// When a program is hot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heat {
    /// Gas that it uses in the interpreter, in all, for each byte of its code, before it is compiled, as if it had 512
    /// more. Compiling a byte takes about as long as running this much.
    pub gas_per_byte: u64,
    /// The same for a function of a module: gas that it used where it was called from outside or from machine code, and
    /// 50 for each time that the interpreter began it; and for the head of a loop: gas that went by in the loop.
    pub function_gas_per_byte: u64,
    /// Whether who finds something hot compiles it then and there: so gas alone decides what runs as machine code, which
    /// tests want and nobody else.
    pub is_awaited: bool,
}

/// What beginning a function in the interpreter counts for.
pub(crate) const CALL_GAS: u64 = 50;

impl Heat {
    /// So much gas for each byte of whatever it is.
    pub const fn of(gas_per_byte: u64) -> Self {
        Self { gas_per_byte, function_gas_per_byte: gas_per_byte, is_awaited: false }
    }

    /// The same, compiled where it is found.
    #[must_use]
    pub const fn awaited(self) -> Self {
        Self { is_awaited: true, ..self }
    }
}

/// Bytes of code that a program counts for besides its own: what who runs it pays for asking, for the first time a thread, and
/// later for pages that were never touched, whatever is compiled.
const PROGRAM_BYTES: usize = 512;

/// What a program weighs.
fn weighed_bytes(program: &Translated) -> usize {
    program.program.code().len() + PROGRAM_BYTES
}

/// Gas after which a run of an EVM program is looked at, at most.
const SLICE_MAX: u64 = 100_000;

/// Bytes whose worth of gas makes a slice of an EVM program.
const SLICE_BYTES: u64 = 128;

/// The same of a module, at least and at most; between them a part of all its functions.
const MODULE_SLICE_BYTES: [u64; 2] = [16, 4096];
const MODULE_SLICE_PART: u64 = 16;

/// As much gas, or one more: what goes round a loop in an even number of gas is not looked at in the same place for ever.
const fn odd(gas: u64) -> u64 {
    if gas == 0 { 0 } else { gas | 1 }
}

impl Heat {
    /// Gas after which a run of an EVM program is looked at.
    pub(crate) fn slice(self) -> u64 {
        odd(self.gas_per_byte.saturating_mul(SLICE_BYTES).min(SLICE_MAX))
    }

    /// Gas after which a frame of a function is looked at, in a module whose functions are so many bytes. Slices of a large
    /// one are long: they disturb what runs, and what is hot in it takes longer to be.
    pub(crate) fn function_slice(self, module_bytes: usize) -> u64 {
        let [min, max] = MODULE_SLICE_BYTES;
        let bytes = (module_bytes as u64 / MODULE_SLICE_PART).clamp(min, max);
        odd(self.function_gas_per_byte.saturating_mul(bytes))
    }
}

impl Default for Heat {
    fn default() -> Self {
        Self { gas_per_byte: 10_000, function_gas_per_byte: 1000, is_awaited: false }
    }
}

/// How hot a program or a function is.
#[derive(Debug, Default)]
pub(crate) struct Thermometer {
    gas: AtomicU64,
    /// What the gas has to reach before the program asks to be compiled; zero before the first use.
    next: AtomicU64,
}

impl Thermometer {
    /// Adds what a run used of something with so many bytes, each of which takes so much; whether it is hot, which is said
    /// once, and again after [`Thermometer::wait`].
    fn add(&self, gas: u64, gas_per_byte: u64, len: usize) -> bool {
        let mark = (len as u64 + 1).saturating_mul(gas_per_byte).max(1);
        let next = match self.next.load(Ordering::Relaxed) {
            0 => mark,
            next => next,
        };
        let total = self.gas.fetch_add(gas, Ordering::Relaxed).saturating_add(gas);
        total >= next && self.next.swap(u64::MAX, Ordering::Relaxed) != u64::MAX
    }

    /// The queue was full: it asks again when it is twice as hot.
    fn wait(&self) {
        let gas = self.gas.load(Ordering::Relaxed);
        self.next.store(gas.saturating_mul(2).max(1), Ordering::Relaxed);
    }
}

/// What is hot.
#[derive(Debug)]
enum Job {
    Program(Arc<Translated>),
    Function(Arc<Warm>, FuncId),
    /// A function from the head of a loop on.
    Onward(Arc<Warm>, (FuncId, Block), Arc<Thermometer>),
    /// The rest of an EVM program.
    Midway(Arc<Translated>, Arc<Place>),
}

impl Job {
    fn thermometer(&self) -> &Thermometer {
        match self {
            Self::Program(program) => &program.thermometer,
            Self::Function(warm, func) => warm.thermometer(*func),
            Self::Onward(_, _, thermometer) => thermometer,
            Self::Midway(_, place) => &place.thermometer,
        }
    }

    fn compile(&self) {
        match self {
            Self::Program(program) => program.compile(),
            Self::Function(warm, func) => warm.compile(*func),
            Self::Onward(warm, head, _) => warm.compile_onward(*head),
            Self::Midway(program, place) => place.compile(&program.program),
        }
    }
}

/// The queue and the thread behind it, which begins with the first thing that is hot.
#[derive(Debug, Default)]
pub(crate) struct Furnace {
    pub(crate) heat: Heat,
    queue: OnceLock<Option<SyncSender<Job>>>,
    compiled: Arc<AtomicU64>,
}

impl Furnace {
    /// One that knows when something is hot.
    pub(crate) fn new(heat: Heat) -> Self {
        Self { heat, ..Self::default() }
    }

    /// Programs, functions and heads of loops compiled so far.
    pub(crate) fn compiled(&self) -> u64 {
        self.compiled.load(Ordering::Acquire)
    }

    /// The program used so much gas in the interpreter.
    pub(crate) fn note(&self, program: &Arc<Translated>, gas: u64) {
        let len = weighed_bytes(program);
        if program.thermometer.add(gas, self.heat.gas_per_byte, len) {
            self.ask(Job::Program(program.clone()));
        }
    }

    /// The function used so much gas in the interpreter, or counts for it.
    pub(crate) fn note_function(&self, warm: &Arc<Warm>, func: FuncId, gas: u64) {
        let len = warm.size_bytes_of(func);
        if warm.thermometer(func).add(gas, self.heat.function_gas_per_byte, len) {
            self.ask(Job::Function(warm.clone(), func));
        }
    }

    /// The function used so much gas on its way round the loop that begins at the block.
    pub(crate) fn note_loop(&self, warm: &Arc<Warm>, head: (FuncId, Block), gas: u64) {
        let len = warm.size_bytes_of(head.0);
        let thermometer = warm.loop_thermometer(head);
        if thermometer.add(gas, self.heat.function_gas_per_byte, len) {
            self.ask(Job::Onward(warm.clone(), head, thermometer));
        }
    }

    /// The program used so much gas on its way to the place; it is compiled if it is hot and the program `admits` it.
    pub(crate) fn note_place(
        &self,
        program: &Arc<Translated>,
        place: &Arc<Place>,
        gas: u64,
        admits: impl FnOnce() -> bool,
    ) {
        let len = weighed_bytes(program);
        if place.thermometer.add(gas, self.heat.gas_per_byte, len) && admits() {
            self.ask(Job::Midway(program.clone(), place.clone()));
        }
    }

    #[cold]
    fn ask(&self, job: Job) {
        if self.heat.is_awaited {
            job.compile();
            self.compiled.fetch_add(1, Ordering::Release);
            return;
        }
        // Without a thread everything stays in the interpreter.
        let Some(queue) = self.queue.get_or_init(|| self.begin()) else { return };
        if let Err(TrySendError::Full(job) | TrySendError::Disconnected(job)) = queue.try_send(job)
        {
            job.thermometer().wait();
        }
    }

    fn begin(&self) -> Option<SyncSender<Job>> {
        let (queue, jobs) = sync_channel(QUEUE_MAX);
        let compiled = self.compiled.clone();
        let thread = std::thread::Builder::new().name("lockstep-compile".into());
        thread.spawn(move || compile(&jobs, &compiled)).ok()?;
        Some(queue)
    }
}

/// Compiles what comes, until the engine is gone.
fn compile(jobs: &Receiver<Job>, compiled: &AtomicU64) {
    for job in jobs {
        job.compile();
        compiled.fetch_add(1, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_of_large_modules_are_long_and_none_is_even() {
        let slice = |bytes| Heat::of(10).function_slice(bytes);
        assert_eq!([slice(0), slice(1600), slice(1 << 30)], [161, 1001, 40_961]);
        assert_eq!((Heat::of(0).function_slice(1600), Heat::of(0).slice()), (0, 0));
        assert_eq!((Heat::of(1).slice(), Heat::default().slice()), (129, 100_001));
    }

    #[test]
    fn a_program_is_hot_once_and_again_when_the_queue_was_full() {
        let (heat, thermometer) = (10, Thermometer::default());
        // Nine bytes are hot at a hundred.
        assert!(!thermometer.add(60, heat, 9));
        assert!(thermometer.add(60, heat, 9));
        assert!(!thermometer.add(60, heat, 9));
        thermometer.wait();
        assert!(!thermometer.add(60, heat, 9));
        assert!(thermometer.add(300, heat, 9));
    }
}
