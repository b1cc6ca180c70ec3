//! Memories that instances own, and the pool of address space they come from and go back to.
//!
//! # Invariants
//!
//! 1. A memory has all the address space that it may grow to from its beginning: it never moves.
//! 2. Bytes of a reservation at and above its memory's length are zero; a reservation in the pool is zero all over.
//! 3. In a pool with guard pages, what lies behind a memory's bytes is inaccessible as far as an index and an offset of
//!    32 bits each reach; what is accessible of a reservation stays so in the pool.
//! 4. What is cleared stays resident where it is little: a page fault costs as much as clearing 250 KiB. What is resident and
//!    was not written goes back where it is much, so that nobody clears for long what somebody once wrote (decision 0006).

#[cfg(test)]
mod tests;

use core::{ops::Range, ptr::NonNull, slice};
use std::sync::{Mutex, PoisonError};

use alloc::{sync::Arc, vec::Vec};

use crate::memory::{RawMemory, ReserveError};

/// Address space of every reservation: what an index of 32 bits reaches.
const RESERVE_BYTES: u64 = lockstep_ir::MEMORY_BYTES_MAX;
/// Address space of a reservation with guard pages: two numbers of 32 bits, and more than the longest access.
pub(crate) const GUARDED_BYTES: u64 = RESERVE_BYTES + (1 << 32) + (1 << 16);
/// Reservations that a pool keeps.
const KEPT_MAX: usize = 64;
/// A memory of at most so many bytes is cleared without asking which of its pages are there.
const CLEAR_BYTES: usize = 1 << 17;
/// Of a memory of at most so many bytes only the pages that are there are cleared; a longer one gives all back.
const SCAN_BYTES: usize = SCAN_PAGES * PAGE_BYTES;
const SCAN_PAGES: usize = 4096;
/// Pages that are cleared and stay: more are given back, so that a slot that once was large does not stay so.
const RESIDENT_PAGES: usize = 256;
/// Pages that are cleared without asking which of them were written, and as many in a row that were not are given back.
const IDLE_PAGES: usize = 32;
/// Stretches of pages that are not there, each of which takes a call of the system.
const GAPS_MAX: usize = 8;
/// Bytes of a page of the system, where its pages are looked at one by one.
const PAGE_BYTES: usize = 4096;

/// Address space of one memory.
#[derive(Debug)]
struct Reservation {
    base: NonNull<u8>,
    bytes: usize,
    /// Bytes that may be accessed, whole pages.
    open: usize,
}

// SAFETY: the mapping belongs to this value alone and is not tied to a thread.
unsafe impl Send for Reservation {}

impl Reservation {
    fn new(bytes: u64, is_open: bool) -> Result<Self, ReserveError> {
        let rights = if is_open { libc::PROT_READ | libc::PROT_WRITE } else { libc::PROT_NONE };
        let refused = ReserveError { bytes: bytes as usize };
        let bytes = usize::try_from(bytes).map_err(|_| refused)?;
        // SAFETY: an anonymous private mapping at an address of the kernel's choice touches nothing of ours.
        let base = unsafe {
            libc::mmap(
                core::ptr::null_mut(),
                bytes,
                rights,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
                -1,
                0,
            )
        };
        if base == libc::MAP_FAILED {
            return Err(refused);
        }
        let open = if is_open { bytes } else { 0 };
        Ok(Self { base: NonNull::new(base.cast()).ok_or(refused)?, bytes, open })
    }

    /// Makes the first `len` bytes accessible, and with guard pages nothing else; false when the system refuses.
    fn open(&mut self, len: usize) -> bool {
        let open = len.next_multiple_of(PAGE_BYTES);
        assert!(open <= self.bytes, "a memory keeps to its reservation");
        let (from, to, rights) = match open > self.open {
            true => (self.open, open, libc::PROT_READ | libc::PROT_WRITE),
            false => (open, self.open, libc::PROT_NONE),
        };
        if from == to {
            return true;
        }
        // SAFETY: the range lies in the reservation; what is closed belongs to no memory any more.
        let failed = unsafe {
            let at = self.base.as_ptr().add(from);
            libc::mprotect(at.cast(), to - from, rights)
        };
        if failed == 0 {
            self.open = open;
        }
        failed == 0
    }

    /// Zeroes the first `len` bytes, which are all that may differ from zero.
    fn clear(&self, len: usize) {
        assert!(len <= self.bytes, "a memory keeps to its reservation");
        if len <= CLEAR_BYTES || !(len <= SCAN_BYTES && self.clear_resident(len)) {
            self.zero(0..len);
        }
    }

    /// Zeroes bytes one way or the other.
    fn zero(&self, range: Range<usize>) {
        if range.len() <= CLEAR_BYTES || !cfg!(target_os = "linux") {
            // SAFETY: the bytes lie in the reservation, which nobody else uses.
            unsafe { self.base.as_ptr().add(range.start).write_bytes(0, range.len()) };
        } else {
            self.give_back(range);
        }
    }

    /// Gives pages back: Linux gives zero pages on the next touch.
    fn give_back(&self, range: Range<usize>) {
        // SAFETY: as in `zero`; what lies beyond the range on its last page is zero already.
        let failed = unsafe {
            let at = self.base.as_ptr().add(range.start);
            libc::madvise(at.cast(), range.len(), libc::MADV_DONTNEED)
        };
        if failed != 0 {
            // SAFETY: as above. Locked pages are refused, for one; the bytes go to zero nevertheless.
            unsafe { self.base.as_ptr().add(range.start).write_bytes(0, range.len()) };
        }
    }

    /// Zeroes the first `len` bytes where they are resident, and gives back what is not, which may have been swapped out.
    /// False when that would take longer than giving back all of it; then nothing has changed.
    fn clear_resident(&self, len: usize) -> bool {
        if !cfg!(target_os = "linux") || !is_page_as_assumed() {
            return false;
        }
        let pages = len.div_ceil(PAGE_BYTES);
        let mut residence = [0_u8; SCAN_PAGES];
        let residence = &mut residence[..pages];
        let is_known = self.residence(residence);
        let resident = residence.iter().filter(|page| is_resident(page)).count();
        if !is_known || resident > RESIDENT_PAGES {
            return false;
        }
        if resident > IDLE_PAGES {
            self.leave_idle(residence);
        }
        let stretches = || residence.chunk_by(|a, b| is_resident(a) == is_resident(b));
        if stretches().count() > 2 * GAPS_MAX {
            return false;
        }
        let mut at = 0;
        for stretch in stretches() {
            let end = at + stretch.len() * PAGE_BYTES;
            if is_resident(&stretch[0]) {
                // SAFETY: as in `zero`; reservations are whole pages long.
                unsafe { self.base.as_ptr().add(at).write_bytes(0, end - at) };
            } else {
                self.give_back(at..end);
            }
            at = end;
        }
        true
    }

    /// Asks which of the first pages are there; false when the system does not say.
    fn residence(&self, pages: &mut [u8]) -> bool {
        let len = pages.len() * PAGE_BYTES;
        assert!(len <= self.bytes, "a memory keeps to its reservation");
        // SAFETY: the range is mapped, and the answer has a byte for each of its pages.
        unsafe { libc::mincore(self.base.as_ptr().cast(), len, pages.as_mut_ptr().cast()) == 0 }
    }

    /// Of the first pages, of which `residence` says whether they are there, takes long rows that are all zero for absent.
    fn leave_idle(&self, residence: &mut [u8]) {
        for (page, state) in residence.iter_mut().enumerate() {
            // SAFETY: the page lies in the reservation, which nobody else uses.
            let bytes = unsafe {
                slice::from_raw_parts(self.base.as_ptr().add(page * PAGE_BYTES), PAGE_BYTES)
            };
            *state = match is_resident(state) {
                true if is_zero(bytes) => IDLE,
                is_there => is_there.into(),
            };
        }
        for row in residence.chunk_by_mut(|a, b| a == b) {
            if row[0] == IDLE && row.len() >= IDLE_PAGES {
                row.fill(0);
            }
        }
    }
}

/// A page that is resident and all zero.
const IDLE: u8 = 0b11;

/// What the system says of a page: the lowest bit, whether it is there.
const fn is_resident(page: &u8) -> bool {
    *page & 1 == 1
}

/// Whether all bytes of a page are zero; what was written is mostly found at once.
fn is_zero(page: &[u8]) -> bool {
    page.chunks(64).all(|line| line.iter().fold(0, |all, byte| all | byte) == 0)
}

/// Whether the system's pages are of the size that residence is reckoned in.
fn is_page_as_assumed() -> bool {
    // SAFETY: asks for a number.
    let bytes = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(bytes) == Ok(PAGE_BYTES)
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
    is_guarded: bool,
}

impl MemoryPool {
    /// A pool of memories behind which an access faults: machine code may then rely on it instead of comparing
    /// (`native::Compiler::is_guarded`).
    pub fn guarded() -> Self {
        Self { free: Mutex::default(), is_guarded: true }
    }

    /// Whether its memories have guard pages.
    pub fn is_guarded(&self) -> bool {
        self.is_guarded
    }

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
        let mut reservation = match pool.take() {
            Some(reservation) => reservation,
            None if pool.is_guarded => Reservation::new(GUARDED_BYTES, false)?,
            None => Reservation::new(RESERVE_BYTES, true)?,
        };
        if pool.is_guarded && !reservation.open(len as usize) {
            return Err(ReserveError { bytes: len as usize });
        }
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
    ///
    /// # Panics
    ///
    /// When the operating system refuses to make more of its own address space accessible: that is no answer to a guest.
    pub(crate) fn grow(&mut self, len: u64) -> bool {
        let is_allowed = len <= self.max;
        if is_allowed && len > self.len {
            if self.pool.is_guarded {
                let reservation = self.reservation.as_mut().expect("held until it is dropped");
                assert!(reservation.open(len as usize), "the system gives the pages of a memory");
            }
            self.len = len;
        }
        is_allowed
    }

    /// Whether an access behind its bytes faults.
    pub(crate) fn is_guarded(&self) -> bool {
        self.pool.is_guarded && self.len.is_multiple_of(PAGE_BYTES as u64)
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
