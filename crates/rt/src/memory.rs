//! Linear memories and the arena they live in.
//!
//! # Shape
//!
//! ```text
//! arena:  [ frame 1's memory | frame 2's memory | ... free, zero ... ]   one reservation, never moves
//! ```
//!
//! # Invariants
//!
//! 1. A memory's base never moves while its frame lives; only its length grows, and only in the innermost frame.
//! 2. Bytes of the arena at and above `used` are zero: a frame that ends clears what it dirtied.
//! 3. Nothing is committed that was not touched; what a guest touches it has paid for.

use core::{fmt, ptr::NonNull};

use lockstep_ir::Growth;

/// A memory as generated code and handlers see it.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct RawMemory {
    /// First byte.
    pub base: *mut u8,
    /// Accessible bytes.
    pub len: u64,
}

impl RawMemory {
    /// A memory of no bytes.
    pub const EMPTY: Self = Self { base: NonNull::dangling().as_ptr(), len: 0 };

    /// A memory that shows `bytes` and is only read. The caller keeps `bytes` alive for as long as the memory is used.
    pub fn read_only(bytes: &[u8]) -> Self {
        Self { base: bytes.as_ptr().cast_mut(), len: bytes.len() as u64 }
    }
}

/// The largest length a memory that grows on touch can reach, in bytes. Under the EVM's prices (Yellow Paper app.
/// H.1) this many bytes cost more than 2^45 gas, which no chain's block holds: beyond it the answer is "out of gas".
pub const TOUCH_LIMIT_BYTES: u64 = 1 << 32;

/// Bytes in the unit by which a memory that grows on touch grows.
pub const WORD_BYTES: u64 = 32;

/// What all of `words` words cost under `growth`; zero for memories that charge nothing.
pub const fn touch_cost(growth: Growth, words: u64) -> u64 {
    match growth {
        Growth::OnTouch { linear, quadratic_divisor } => {
            // At most 2^27 words: neither product exceeds 64 bits.
            words * linear as u64 + words * words / quadratic_divisor as u64
        }
        Growth::ReadOnly | Growth::Fixed | Growth::Explicit { .. } => 0,
    }
}

/// The operating system refused the reservation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReserveError {
    /// How much was asked for.
    pub bytes: usize,
}

impl fmt::Display for ReserveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "could not reserve {} bytes of address space for guest memory", self.bytes)
    }
}

impl core::error::Error for ReserveError {}

#[cfg(feature = "native")]
pub use arena::Arena;

#[cfg(feature = "native")]
mod arena {
    use core::{cell::Cell, ptr::NonNull};

    use super::ReserveError;

    /// How much address space an arena reserves. Pages are committed only when touched.
    const RESERVE_BYTES: usize = 1 << 36;
    /// A frame that dirtied more than this gives its pages back instead of clearing them.
    const CLEAR_LIMIT_BYTES: usize = 1 << 24;
    const PAGE_BYTES: usize = 4096;

    /// Address space from which the memories of nested frames are taken like a stack.
    #[derive(Debug)]
    pub struct Arena {
        base: NonNull<u8>,
        used: Cell<usize>,
    }

    // SAFETY: the reservation belongs to this value alone and is not tied to a thread.
    unsafe impl Send for Arena {}

    impl Arena {
        /// Reserves address space.
        ///
        /// # Errors
        ///
        /// [`ReserveError`] when the operating system refuses.
        pub fn new() -> Result<Self, ReserveError> {
            // SAFETY: an anonymous private mapping at an address of the kernel's choice touches nothing of ours.
            let base = unsafe {
                libc::mmap(
                    core::ptr::null_mut(),
                    RESERVE_BYTES,
                    libc::PROT_READ | libc::PROT_WRITE,
                    libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
                    -1,
                    0,
                )
            };
            if base == libc::MAP_FAILED {
                return Err(ReserveError { bytes: RESERVE_BYTES });
            }
            let base = NonNull::new(base.cast()).ok_or(ReserveError { bytes: RESERVE_BYTES })?;
            Ok(Self { base, used: Cell::new(0) })
        }

        /// Where the next frame's memory begins; its bytes are zero.
        pub fn top(&self) -> *mut u8 {
            // SAFETY: `used` never exceeds the reservation (`occupy` checks it).
            unsafe { self.base.as_ptr().add(self.used.get()) }
        }

        /// Bytes that a memory beginning at the top may grow to.
        pub fn room(&self) -> u64 {
            (RESERVE_BYTES - self.used.get()) as u64
        }

        /// Sets the current frame's `len` bytes aside, so that a deeper frame begins above them. Returns what
        /// [`Arena::release`] takes.
        ///
        /// # Panics
        ///
        /// When `len` exceeds the room; lengths come from checks against it.
        pub fn occupy(&self, len: u64) -> usize {
            let before = self.used.get();
            let after = before + (len as usize).next_multiple_of(64);
            assert!(after <= RESERVE_BYTES, "a memory exceeds its reservation");
            self.used.set(after);
            before
        }

        /// Goes back to where the arena was before `occupy`.
        pub fn release(&self, before: usize) {
            assert!(
                before <= self.used.get(),
                "frames end in the opposite order of their beginning"
            );
            self.used.set(before);
        }

        /// Clears the `len` bytes at the top, which a frame that has ended dirtied.
        pub fn clear(&self, len: u64) {
            let len = len as usize;
            assert!(len <= RESERVE_BYTES - self.used.get(), "a memory exceeds its reservation");
            let top = self.top();
            if len <= CLEAR_LIMIT_BYTES {
                // SAFETY: `len` bytes at the top lie in the reservation and no frame uses them any more.
                unsafe { top.write_bytes(0, len) };
                return;
            }
            let first_page = (top as usize).next_multiple_of(PAGE_BYTES);
            let head = first_page - top as usize;
            // SAFETY: as above; whole pages go back to the kernel, which gives zero pages on the next touch.
            unsafe {
                top.write_bytes(0, head.min(len));
                let pages = (len.saturating_sub(head)).next_multiple_of(PAGE_BYTES);
                libc::madvise(top.add(head).cast(), pages, libc::MADV_DONTNEED);
            }
        }
    }

    impl Drop for Arena {
        fn drop(&mut self) {
            // SAFETY: the mapping was made by `new` with this length and is used no more.
            unsafe { libc::munmap(self.base.as_ptr().cast(), RESERVE_BYTES) };
        }
    }
}
