//! Which programs are worth machine code, and the thread that makes it.
//!
//! # Invariants
//!
//! 1. Heat is gas: no clock decides, and a program that runs once is never compiled for it.
//! 2. Nobody waits for a compilation: it runs on a thread of the engine's own, and who runs the program meanwhile goes on
//!    in the interpreter.
//! 3. The queue is bounded; a program that finds it full asks again when it is hotter.
//! 4. Whether there is machine code never changes a result.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicU64, Ordering},
    mpsc::{Receiver, SyncSender, sync_channel},
};

use crate::cache::Translated;

/// Programs that wait to be compiled at most.
const QUEUE_MAX: usize = 64;

/// When a program is hot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heat {
    /// Gas that it uses in the interpreter, in all, for each byte of its code, before it is compiled. Compiling a byte takes
    /// about as long as running this much.
    pub gas_per_byte: u64,
}

impl Default for Heat {
    fn default() -> Self {
        Self { gas_per_byte: 10_000 }
    }
}

/// How hot a program is.
#[derive(Debug, Default)]
pub(crate) struct Thermometer {
    gas: AtomicU64,
    /// What the gas has to reach before the program asks to be compiled; zero before the first use.
    next: AtomicU64,
}

impl Thermometer {
    /// Adds what a run of the program, of so many bytes, used; whether it is hot, which is said once, and again after
    /// [`Thermometer::wait`].
    fn add(&self, gas: u64, heat: Heat, len: usize) -> bool {
        let mark = (len as u64 + 1).saturating_mul(heat.gas_per_byte).max(1);
        let next = match self.next.load(Ordering::Relaxed) {
            0 => mark,
            next => next,
        };
        let total = self.gas.fetch_add(gas, Ordering::Relaxed).saturating_add(gas);
        total >= next && self.next.swap(u64::MAX, Ordering::Relaxed) != u64::MAX
    }

    /// The queue was full: the program asks again when it is twice as hot.
    fn wait(&self) {
        let gas = self.gas.load(Ordering::Relaxed);
        self.next.store(gas.saturating_mul(2).max(1), Ordering::Relaxed);
    }
}

/// The queue and the thread behind it, which begins with the first program that is hot.
#[derive(Debug, Default)]
pub(crate) struct Furnace {
    pub(crate) heat: Heat,
    queue: OnceLock<Option<SyncSender<Arc<Translated>>>>,
    compiled: Arc<AtomicU64>,
}

impl Furnace {
    /// Programs compiled so far.
    pub(crate) fn compiled(&self) -> u64 {
        self.compiled.load(Ordering::Acquire)
    }

    /// The program used so much gas in the interpreter.
    pub(crate) fn note(&self, program: &Arc<Translated>, gas: u64) {
        let len = program.program.code().len();
        if program.thermometer.add(gas, self.heat, len) {
            self.ask(program);
        }
    }

    #[cold]
    fn ask(&self, program: &Arc<Translated>) {
        // Without a thread programs stay in the interpreter.
        let Some(queue) = self.queue.get_or_init(|| self.begin()) else { return };
        if queue.try_send(program.clone()).is_err() {
            program.thermometer.wait();
        }
    }

    fn begin(&self) -> Option<SyncSender<Arc<Translated>>> {
        let (queue, programs) = sync_channel(QUEUE_MAX);
        let compiled = self.compiled.clone();
        let thread = std::thread::Builder::new().name("lockstep-compile".into());
        thread.spawn(move || compile(&programs, &compiled)).ok()?;
        Some(queue)
    }
}

/// Compiles what comes, until the engine is gone.
fn compile(programs: &Receiver<Arc<Translated>>, compiled: &AtomicU64) {
    for program in programs {
        program.compile();
        compiled.fetch_add(1, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_hot_once_and_again_when_the_queue_was_full() {
        let (heat, thermometer) = (Heat { gas_per_byte: 10 }, Thermometer::default());
        // Nine bytes are hot at a hundred.
        assert!(!thermometer.add(60, heat, 9));
        assert!(thermometer.add(60, heat, 9));
        assert!(!thermometer.add(60, heat, 9));
        thermometer.wait();
        assert!(!thermometer.add(60, heat, 9));
        assert!(thermometer.add(300, heat, 9));
    }
}
