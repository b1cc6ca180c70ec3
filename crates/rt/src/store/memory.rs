//! Memories that instances own, and the pool of address space they come from and go back to.
//!
//! # Invariants
//!
//! 1. A memory has all the address space that it may grow to from its beginning: it never moves.
//! 2. Bytes of a reservation at and above its memory's length are zero; a reservation in the pool is zero all over.

use core::{ptr::NonNull, slice};
use std::sync::{Mutex, PoisonError};

use alloc::{sync::Arc, vec::Vec};

use crate::memory::{RawMemory, ReserveError};

/// Address space of every reservation: what an index of 32 bits reaches.
const RESERVE_BYTES: u64 = lockstep_ir::MEMORY_BYTES_MAX;
/// Reservations that a pool keeps.
const KEPT_MAX: usize = 64;
/// A memory longer than this gives its pages back instead of being cleared.
const CLEAR_LIMIT_BYTES: usize = 1 << 20;

/// Address space of one memory.
#[derive(Debug)]
struct Reservation {
    base: NonNull<u8>,
    bytes: usize,
}

// SAFETY: the mapping belongs to this value alone and is not tied to a thread.
unsafe impl Send for Reservation {}

impl Reservation {
    fn new(bytes: u64) -> Result<Self, ReserveError> {
        let refused = ReserveError { bytes: bytes as usize };
        let bytes = usize::try_from(bytes).map_err(|_| refused)?;
        // SAFETY: an anonymous private mapping at an address of the kernel's choice touches nothing of ours.
        let base = unsafe {
            libc::mmap(
                core::ptr::null_mut(),
                bytes,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
                -1,
                0,
            )
        };
        if base == libc::MAP_FAILED {
            return Err(refused);
        }
        Ok(Self { base: NonNull::new(base.cast()).ok_or(refused)?, bytes })
    }

    /// Zeroes the first `len` bytes, which are all that may differ from zero.
    fn clear(&self, len: usize) {
        if len <= CLEAR_LIMIT_BYTES {
            // SAFETY: the bytes lie in the reservation, which nobody else uses.
            unsafe { self.base.as_ptr().write_bytes(0, len) };
        } else {
            // SAFETY: as above; the kernel gives zero pages on the next touch.
            unsafe { libc::madvise(self.base.as_ptr().cast(), len, libc::MADV_DONTNEED) };
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        // SAFETY: the mapping was made by `new` with this length and is used no more.
        unsafe { libc::munmap(self.base.as_ptr().cast(), self.bytes) };
    }
}

/// Reservations that wait for their next memory; threads may share it.
#[derive(Debug, Default)]
pub struct MemoryPool {
    free: Mutex<Vec<Reservation>>,
}

impl MemoryPool {
    fn take(&self) -> Option<Reservation> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn give(&self, reservation: Reservation) {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        if free.len() < KEPT_MAX {
            free.push(reservation);
        }
    }
}

/// A memory.
#[derive(Debug)]
pub struct OwnedMemory {
    reservation: Option<Reservation>,
    pool: Arc<MemoryPool>,
    len: u64,
    max: u64,
}

impl OwnedMemory {
    /// A memory of `len` zero bytes that may grow to `max`, which is at most [`OwnedMemory::MAX_BYTES`].
    ///
    /// # Errors
    ///
    /// [`ReserveError`] when the operating system refuses address space.
    pub fn new(pool: &Arc<MemoryPool>, len: u64, max: u64) -> Result<Self, ReserveError> {
        let max = max.min(Self::MAX_BYTES);
        if len > max {
            return Err(ReserveError { bytes: len as usize });
        }
        let reservation = match pool.take() {
            Some(reservation) => reservation,
            None => Reservation::new(RESERVE_BYTES)?,
        };
        Ok(Self { reservation: Some(reservation), pool: pool.clone(), len, max })
    }

    /// The most bytes that a memory has.
    pub const MAX_BYTES: u64 = RESERVE_BYTES;

    fn base(&self) -> *mut u8 {
        let reservation = self.reservation.as_ref().expect("held until the memory is dropped");
        reservation.base.as_ptr()
    }

    /// As generated code sees it.
    pub(crate) fn raw(&mut self) -> RawMemory {
        RawMemory { base: self.base(), len: self.len }
    }

    /// What it may grow to.
    pub fn max_bytes(&self) -> u64 {
        self.max
    }

    /// Its bytes.
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: `len` bytes lie in the reservation, which this memory alone uses.
        unsafe { slice::from_raw_parts_mut(self.base(), self.len as usize) }
    }

    /// Makes it `len` bytes long; false when it may not become so long.
    pub(crate) fn grow(&mut self, len: u64) -> bool {
        let is_allowed = len <= self.max;
        if is_allowed {
            self.len = self.len.max(len);
        }
        is_allowed
    }
}

impl Drop for OwnedMemory {
    fn drop(&mut self) {
        if let Some(reservation) = self.reservation.take() {
            reservation.clear(self.len as usize);
            self.pool.give(reservation);
        }
    }
}
