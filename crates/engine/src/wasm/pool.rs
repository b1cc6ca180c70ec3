//! [`Pool`]: what instances leave behind for the next ones: address space, stacks, and the lists of a store.
//!
//! # Shape
//!
//! ```text
//! Instances { store, host, Loan { Bench } }   a bench is taken when instances begin, and given back, emptied, when they end
//! ```
//!
//! # Invariants
//!
//! 1. A bench that is given back holds nothing of what was: memories are zero, stores empty.
//! 2. A bench on which a run did not come to its end, because something panicked, is not given back.

use core::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lockstep_guest::wasm::{GlobalType, MemoryType, TableType};
use lockstep_rt::{Emptied, MemoryPool, NativeStack, ReserveError, Store};

use crate::{
    heat::{Furnace, Heat},
    machine::Executor,
};

/// Benches that a pool keeps.
const KEPT_MAX: usize = 16;
/// Declared types that a bench keeps room for.
const KEPT_TYPES: usize = 4096;

/// What [`Instances`](super::Instances) leave behind for the next ones, so that these need nothing of the operating system.
/// Clones are one pool; threads may share it.
#[derive(Debug, Clone, Default)]
pub struct Pool(Arc<Shelves>);

/// A bench is large, and moves in and out.
type Benches = Vec<Box<Bench>>;

#[derive(Debug, Default)]
struct Shelves {
    benches: Mutex<Benches>,
    memories: Arc<MemoryPool>,
    furnace: Arc<Furnace>,
}

impl Pool {
    /// The same pool, empty, with another idea of when a function is hot.
    #[must_use]
    pub fn with_heat(self, heat: Heat) -> Self {
        let memories = Arc::clone(&self.0.memories);
        let furnace = Arc::new(Furnace::new(heat));
        Self(Arc::new(Shelves { benches: Mutex::default(), memories, furnace }))
    }

    /// Functions compiled so far because they were hot.
    pub fn compiled(&self) -> u64 {
        self.0.furnace.compiled()
    }

    /// One whose memories lie between guard pages, which is opt-in: machine code of the optimizing tier then does not compare
    /// addresses with lengths where the processor finds the same. Results do not differ.
    ///
    /// Each memory takes 8 GiB of address space. With the first such program a handler of `SIGSEGV` and `SIGBUS` comes into the
    /// process. It takes for the guest's what machine code of ours does behind a memory of its own; all else goes to the handler
    /// that was there before.
    pub fn guarded() -> Self {
        let memories = Arc::new(MemoryPool::guarded());
        Self(Arc::new(Shelves { memories, ..Shelves::default() }))
    }

    /// A bench that waits, or a new one.
    pub(super) fn take(&self) -> Result<Loan, ReserveError> {
        let waiting = self.benches().pop();
        let bench = match waiting {
            Some(bench) => bench,
            None => Box::new(Bench::new(&self.0)?),
        };
        Ok(Loan { bench: Some(bench), pool: self.clone(), is_running: false })
    }

    fn benches(&self) -> MutexGuard<'_, Benches> {
        // Nothing is left half done by a panic: benches come and go whole.
        self.0.benches.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What instances run on, and lists whose room serves the next ones.
#[derive(Debug)]
pub(super) struct Bench {
    pub(super) executor: Executor,
    pub(super) native: NativeStack,
    /// The store, while nobody uses it.
    store: Option<Emptied>,
    /// For each table, memory and global of the store, its declared type.
    pub(super) tables: Vec<TableType>,
    pub(super) memories: Vec<MemoryType>,
    pub(super) globals: Vec<GlobalType>,
}

impl Bench {
    fn new(shelves: &Shelves) -> Result<Self, ReserveError> {
        let (memories, furnace) = (Arc::clone(&shelves.memories), Arc::clone(&shelves.furnace));
        Ok(Self {
            executor: Executor::with_pool(memories, furnace)?,
            native: NativeStack::new()?,
            store: None,
            tables: Vec::new(),
            memories: Vec::new(),
            globals: Vec::new(),
        })
    }

    fn clear(&mut self) {
        self.tables.clear();
        self.tables.shrink_to(KEPT_TYPES);
        self.memories.clear();
        self.memories.shrink_to(KEPT_TYPES);
        self.globals.clear();
        self.globals.shrink_to(KEPT_TYPES);
    }
}

/// A store on a bench.
#[derive(Debug)]
pub(super) struct Lent<H>(Option<Box<Store<H>>>);

impl<H> Deref for Lent<H> {
    type Target = Store<H>;

    fn deref(&self) -> &Store<H> {
        self.0.as_ref().expect("held until it is given back")
    }
}

/// A bench out of a pool, to which it returns.
#[derive(Debug)]
pub(super) struct Loan {
    /// There until it is given back.
    bench: Option<Box<Bench>>,
    pool: Pool,
    is_running: bool,
}

impl Loan {
    /// The bench's store, empty.
    pub(super) fn store<H>(&mut self) -> Lent<H> {
        Lent(Some(Store::reuse(self.store.take().unwrap_or_default())))
    }

    /// Empties the store and puts it back.
    pub(super) fn give_back<H>(&mut self, lent: &mut Lent<H>) {
        self.store = lent.0.take().map(Store::empty);
    }

    /// Runs `run`, which is to come to its end.
    pub(super) fn running<R>(&mut self, run: impl FnOnce(&Bench) -> R) -> R {
        self.is_running = true;
        let result = run(self);
        self.is_running = false;
        result
    }
}

impl Deref for Loan {
    type Target = Bench;

    fn deref(&self) -> &Bench {
        self.bench.as_ref().expect("held until the loan ends")
    }
}

impl DerefMut for Loan {
    fn deref_mut(&mut self) -> &mut Bench {
        self.bench.as_mut().expect("held until the loan ends")
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        let Some(mut bench) = self.bench.take().filter(|_| !self.is_running) else { return };
        bench.clear();
        let mut benches = self.pool.benches();
        if benches.len() < KEPT_MAX {
            benches.push(bench);
        }
    }
}
