//! What was translated, in numbers.

use core::sync::atomic::{AtomicUsize, Ordering};

/// What was translated of a program so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CodeStatistics {
    /// Blocks of dMIR that were encoded; those of a lost race count too.
    pub blocks: usize,
    /// Blocks that were written for their first runs.
    pub once: usize,
    /// How often control came to a stub and asked for a block.
    pub stubs: usize,
    /// Functions of which a part waits, or waited, for somebody to reach it.
    pub partial_functions: usize,
    /// Bytes of dMIR that wait now.
    pub waiting_bytes: usize,
}

/// The same, as threads count.
#[derive(Debug, Default)]
pub(super) struct Counters {
    blocks: AtomicUsize,
    once: AtomicUsize,
    stubs: AtomicUsize,
    partial_functions: AtomicUsize,
    /// Bytes of the tables of partial functions.
    partial_bytes: AtomicUsize,
    pub(super) waiting_bytes: AtomicUsize,
}

impl Counters {
    pub(super) fn count_blocks(&self, blocks: usize) {
        self.blocks.fetch_add(blocks, Ordering::Relaxed);
    }

    pub(super) fn count_once(&self, blocks: usize) {
        self.once.fetch_add(blocks, Ordering::Relaxed);
    }

    pub(super) fn count_stub(&self) {
        self.stubs.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_partial(&self, bytes: usize) {
        self.partial_functions.fetch_add(1, Ordering::Relaxed);
        self.partial_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(super) fn partial_bytes(&self) -> usize {
        self.partial_bytes.load(Ordering::Relaxed)
    }

    pub(super) fn waiting_bytes(&self) -> usize {
        self.waiting_bytes.load(Ordering::Relaxed)
    }

    pub(super) fn read(&self) -> CodeStatistics {
        CodeStatistics {
            blocks: self.blocks.load(Ordering::Relaxed),
            once: self.once.load(Ordering::Relaxed),
            stubs: self.stubs.load(Ordering::Relaxed),
            partial_functions: self.partial_functions.load(Ordering::Relaxed),
            waiting_bytes: self.waiting_bytes(),
        }
    }
}
