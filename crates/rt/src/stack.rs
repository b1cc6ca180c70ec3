//! Stacks of our own: one for the frames of guests, one for the native frames below them.

use core::{cell::RefCell, ptr::NonNull};

use corosensei::stack::DefaultStack;

use crate::memory::ReserveError;

/// Address space for guest frames. 1,024 nested frames of 2^15 slots take half of it.
const FRAMES_BYTES: usize = 1 << 29;

/// Native stack for 1,024 nested message calls, and for what their programs nest. Pages are committed only when touched.
const NATIVE_BYTES: usize = 1 << 29;

/// Address space in which guest frames nest.
#[derive(Debug)]
pub struct FrameStack {
    base: NonNull<u64>,
}

// SAFETY: the reservation belongs to this value alone and is not tied to a thread.
unsafe impl Send for FrameStack {}

impl FrameStack {
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
                FRAMES_BYTES,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
                -1,
                0,
            )
        };
        if base == libc::MAP_FAILED {
            return Err(ReserveError { bytes: FRAMES_BYTES });
        }
        let base = NonNull::new(base.cast()).ok_or(ReserveError { bytes: FRAMES_BYTES })?;
        Ok(Self { base })
    }

    /// Where a frame above `top` begins; for a null `top` the first one, `margin` slots from the low end.
    pub(crate) fn above(&self, top: *mut u64, margin: usize) -> *mut u64 {
        if top.is_null() { self.base.as_ptr().wrapping_add(margin) } else { top }
    }

    /// Slots from `frame` to the high end.
    pub(crate) fn room(&self, frame: *mut u64) -> usize {
        let end = self.base.as_ptr().wrapping_add(FRAMES_BYTES / 8) as usize;
        end.saturating_sub(frame as usize) / 8
    }
}

impl Drop for FrameStack {
    fn drop(&mut self) {
        // SAFETY: the mapping was made by `new` with this length and is used no more.
        unsafe { libc::munmap(self.base.as_ptr().cast(), FRAMES_BYTES) };
    }
}

/// A native stack on which executions run, so that they need little of the thread's own.
pub struct NativeStack(RefCell<DefaultStack>);

impl core::fmt::Debug for NativeStack {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("NativeStack").finish_non_exhaustive()
    }
}

impl NativeStack {
    /// A stack.
    ///
    /// # Errors
    ///
    /// [`ReserveError`] when the operating system refuses.
    pub fn new() -> Result<Self, ReserveError> {
        let stack =
            DefaultStack::new(NATIVE_BYTES).map_err(|_| ReserveError { bytes: NATIVE_BYTES })?;
        Ok(Self(RefCell::new(stack)))
    }

    /// Runs `run` on this stack, or where it is called when the stack is in use already. A panic goes on in the caller.
    pub fn run<R>(&self, run: impl FnOnce() -> R) -> R {
        match self.0.try_borrow_mut() {
            Ok(mut stack) => corosensei::on_stack(&mut *stack, run),
            Err(_) => run(),
        }
    }
}
