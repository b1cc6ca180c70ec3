//! [`Spares`]: buffers of dMIR that wait for the next function, so that what begins finds its room as it was left: in the
//! caches, and nothing asked of the allocator.

use alloc::boxed::Box;
use core::{
    ptr,
    sync::atomic::{AtomicPtr, Ordering},
};

use lockstep_ir::Func;

/// Buffers that are kept: as many as functions of which a short call translates a part.
const KEPT_MAX: usize = 4;
/// Bytes of a buffer that is kept.
const KEPT_BYTES_MAX: usize = 1 << 18;

/// Buffers that nobody uses; threads may share them.
#[derive(Debug, Default)]
pub(crate) struct Spares([AtomicPtr<Func>; KEPT_MAX]);

impl Spares {
    /// A buffer, which is empty.
    pub(crate) fn take(&self) -> Func {
        let mut func = self.kept().map_or_else(Func::default, |kept| *kept);
        func.clear();
        func
    }

    /// One that is kept, as it was given.
    fn kept(&self) -> Option<Box<Func>> {
        let mut kept = self.0.iter().map(|place| place.swap(ptr::null_mut(), Ordering::AcqRel));
        let kept = kept.find(|kept| !kept.is_null())?;
        // SAFETY: made by `Box::into_raw` in `give`, and taken by us alone.
        Some(unsafe { Box::from_raw(kept) })
    }

    /// Keeps a buffer, if it is small and there is room for it.
    pub(super) fn give(&self, func: Func) {
        if func.size_bytes() > KEPT_BYTES_MAX {
            return;
        }
        let func = Box::into_raw(Box::new(func));
        let is_kept = self.0.iter().any(|place| {
            let (empty, order) = (ptr::null_mut(), Ordering::AcqRel);
            place.compare_exchange(empty, func, order, Ordering::Relaxed).is_ok()
        });
        if !is_kept {
            // SAFETY: made above, and nobody has seen it.
            drop(unsafe { Box::from_raw(func) });
        }
    }
}

impl Drop for Spares {
    fn drop(&mut self) {
        while self.kept().is_some() {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sized(bytes: usize) -> Func {
        let mut func = Func::default();
        func.reserve(bytes);
        func
    }

    #[test]
    fn buffers_come_back_empty_and_with_their_room() {
        let spares = Spares::default();
        assert_eq!(spares.take().size_bytes(), 0);
        let mut func = sized(1000);
        func.params = 3;
        func.pcs.push(7);
        let room = func.size_bytes();
        spares.give(func);
        let func = spares.take();
        assert_eq!((func.params, func.pcs.len(), func.size_bytes()), (0, 0, room));
        assert_eq!(spares.take().size_bytes(), 0);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let spares = Spares::default();
        spares.give(sized(KEPT_BYTES_MAX));
        assert_eq!(spares.take().size_bytes(), 0, "too large");
        for _ in 0..2 * KEPT_MAX {
            spares.give(sized(100));
        }
        let kept = (0..2 * KEPT_MAX).filter(|_| spares.take().size_bytes() > 0);
        assert_eq!(kept.count(), KEPT_MAX);
    }
}
