//! Memories that instances own where no operating system reserves address space: vectors.
//!
//! Such a memory may move when it grows; contexts are shown it anew after whatever may have grown it.

use alloc::{sync::Arc, vec, vec::Vec};

use crate::memory::{RawMemory, ReserveError};

/// Keeps nothing: what is freed goes back to the allocator.
#[derive(Debug, Default)]
pub struct MemoryPool;

/// A memory.
#[derive(Debug)]
pub struct OwnedMemory {
    bytes: Vec<u8>,
    max: u64,
}

impl OwnedMemory {
    /// A memory of `len` zero bytes that may grow to `max`, which is at most [`OwnedMemory::MAX_BYTES`].
    ///
    /// # Errors
    ///
    /// [`ReserveError`] when it begins longer than it may become.
    pub fn new(_: &Arc<MemoryPool>, len: u64, max: u64) -> Result<Self, ReserveError> {
        let max = max.min(Self::MAX_BYTES);
        if len > max {
            return Err(ReserveError { bytes: len as usize });
        }
        Ok(Self { bytes: vec![0; len as usize], max })
    }

    /// The most bytes that a memory has.
    pub const MAX_BYTES: u64 = lockstep_ir::MEMORY_BYTES_MAX;

    /// As generated code sees it.
    pub(crate) fn raw(&mut self) -> RawMemory {
        RawMemory { base: self.bytes.as_mut_ptr(), len: self.bytes.len() as u64 }
    }

    /// What it may grow to.
    pub fn max_bytes(&self) -> u64 {
        self.max
    }

    /// Its bytes.
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    /// Makes it `len` bytes long; false when it may not become so long.
    pub(crate) fn grow(&mut self, len: u64) -> bool {
        let is_allowed = len <= self.max;
        if is_allowed && len > self.bytes.len() as u64 {
            self.bytes.resize(len as usize, 0);
        }
        is_allowed
    }
}
