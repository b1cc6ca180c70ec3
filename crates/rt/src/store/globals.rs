//! Globals of a store: cells that never move while it lives.

use core::cell::UnsafeCell;

use alloc::{boxed::Box, vec::Vec};

/// Cells that are made at a time.
const CHUNK: usize = 32;
/// Chunks that an emptied store keeps.
const KEPT_CHUNKS: usize = 32;

/// Two slots hold every type that a global has.
type Cell = UnsafeCell<[u64; 2]>;

/// Cells by number, in chunks.
#[derive(Debug, Default)]
pub(super) struct Globals {
    #[expect(clippy::vec_box, reason = "a cell never moves")]
    chunks: Vec<Box<[Cell; CHUNK]>>,
    len: usize,
}

impl Globals {
    /// Adds a global; returns its number.
    pub(super) fn add(&mut self, bits: [u64; 2]) -> u32 {
        let number = self.len;
        if number == self.chunks.len() * CHUNK {
            self.chunks.push(Box::new([const { UnsafeCell::new([0; 2]) }; CHUNK]));
        }
        self.len += 1;
        *self.chunks[number / CHUNK][number % CHUNK].get_mut() = bits;
        number as u32
    }

    /// Where a global is.
    ///
    /// # Panics
    ///
    /// When there is no such global.
    pub(super) fn cell(&self, number: u32) -> *mut [u64; 2] {
        let number = number as usize;
        assert!(number < self.len, "globals exist");
        self.chunks[number / CHUNK][number % CHUNK].get()
    }

    /// Takes all of them away.
    pub(super) fn clear(&mut self) {
        self.len = 0;
        self.chunks.truncate(KEPT_CHUNKS);
    }
}
