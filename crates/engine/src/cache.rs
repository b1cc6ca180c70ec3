//! [`Engine`]: what all executions share, which is translated code.
//!
//! # Invariants
//!
//! 1. Code is known by its full hash, the fork and the kind of compilation; never by its address or a part of it.
//! 2. What the cache holds never changes a result: a miss costs time only.
//! 3. It holds at most [`CAPACITY_BYTES`] of guest code; when that is reached it starts anew.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use foldhash::fast::RandomState;
use hashbrown::HashMap;
use lockstep_base::{Fork, Hash};
use lockstep_guest::evm::{Mode, Program};
use lockstep_interp::Code;

/// Guest code held at most, in bytes.
const CAPACITY_BYTES: usize = 64 << 20;

/// What identifies a translation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    code: Hash,
    fork: Fork,
    is_instrumented: bool,
}

/// A guest's program with its translations.
#[derive(Debug)]
pub(crate) struct Translated {
    pub(crate) program: Arc<Program>,
    pub(crate) interpreted: Code,
}

impl Translated {
    /// A program without translations yet.
    pub(crate) fn new(code: Arc<[u8]>, fork: Fork, mode: Mode) -> Self {
        let program = Arc::new(Program::new(code, fork, mode));
        Self { interpreted: Code::lazy(program.clone()), program }
    }
}

#[derive(Debug, Default)]
struct Cache {
    entries: HashMap<Key, Arc<Translated>, RandomState>,
    guest_bytes: usize,
}

/// What executions share: make one for a process, and give it to every [`Vm`](crate::Vm).
#[derive(Debug, Default)]
pub struct Engine {
    cache: Mutex<Cache>,
    hits: AtomicU64,
    misses: AtomicU64,
}

/// What the code cache did so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statistics {
    /// Programs found.
    pub hits: u64,
    /// Programs made.
    pub misses: u64,
    /// Programs held.
    pub programs: usize,
}

impl Engine {
    /// An engine that knows no code yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// What the code cache did so far.
    pub fn statistics(&self) -> Statistics {
        Statistics {
            hits: self.hits.load(Ordering::Relaxed),
            misses: self.misses.load(Ordering::Relaxed),
            programs: self.lock().entries.len(),
        }
    }

    /// Forgets all translations; the next call of each program is a first one again.
    pub fn forget(&self) {
        *self.lock() = Cache::default();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Cache> {
        // Nothing is left half done by a panic: entries are inserted whole.
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The program of `code`, whose hash is `hash`.
    pub(crate) fn translated(
        &self,
        code: &Arc<[u8]>,
        hash: Hash,
        fork: Fork,
        mode: Mode,
    ) -> Arc<Translated> {
        let key = Key { code: hash, fork, is_instrumented: mode == Mode::Instrumented };
        if let Some(known) = self.lock().entries.get(&key) {
            self.hits.fetch_add(1, Ordering::Relaxed);
            return known.clone();
        }
        self.misses.fetch_add(1, Ordering::Relaxed);
        let made = Arc::new(Translated::new(code.clone(), fork, mode));
        let mut cache = self.lock();
        if cache.guest_bytes + code.len() > CAPACITY_BYTES {
            *cache = Cache::default();
        }
        cache.guest_bytes += code.len();
        cache.entries.insert(key, made.clone());
        made
    }
}
