//! What tiers do with memories beyond plain loads and stores: growth on touch, reads past the end, copies.

use lockstep_base::U256;
use lockstep_ir::{Growth, Trap};

use crate::{
    context::Context,
    memory::{TOUCH_LIMIT_BYTES, WORD_BYTES, touch_cost},
};

impl Context {
    /// Makes the bytes of memory `index` before `end` exist (`None`: an end beyond 64 bits), by the memory's rule, for
    /// gas of the context's counter.
    ///
    /// # Errors
    ///
    /// [`Trap::MemoryOutOfBounds`] where memory does not grow on touch, [`Trap::OutOfGas`] where it costs too much; the
    /// counter stays then.
    pub fn touch(&mut self, index: usize, end: Option<u64>) -> Result<(), Trap> {
        let len = self.memories[index].len;
        if end.is_some_and(|end| end <= len) {
            return Ok(());
        }
        let growth = self.growth[index];
        if !matches!(growth, Growth::OnTouch { .. }) {
            return Err(Trap::MemoryOutOfBounds);
        }
        let end = end.filter(|end| *end <= TOUCH_LIMIT_BYTES).ok_or(Trap::OutOfGas)?;
        let words = end.div_ceil(WORD_BYTES);
        let price = touch_cost(growth, words) - touch_cost(growth, len / WORD_BYTES);
        let left = (self.gas as u64).checked_sub(price).ok_or(Trap::OutOfGas)?;
        assert!(words * WORD_BYTES <= self.room, "guest memory exceeds its reservation");
        self.gas = left as i64;
        self.memories[index].len = words * WORD_BYTES;
        Ok(())
    }

    /// The big-endian number of `size` bytes, at most 64, at `addr` of a memory read past its end as zeros; least
    /// significant byte first.
    pub fn load_padded(&self, index: usize, addr: u64, size: usize) -> [u8; 64] {
        let memory = self.memories[index];
        let present = memory.len.saturating_sub(addr).min(size as u64) as usize;
        let mut bytes = [0; 64];
        for (at, byte) in bytes[..size].iter_mut().rev().take(present).enumerate() {
            // SAFETY: `present` bytes at `addr` lie in the memory, which this activation owns or shows.
            *byte = unsafe { memory.base.add(addr as usize + at).read() };
        }
        bytes
    }

    /// Copies `len` bytes from `from` of memory `source`, read past its end as zeros, to `to` of memory `target`.
    ///
    /// # Safety
    ///
    /// A check has admitted `len` bytes at `to` of `target`, to which guests may write.
    pub unsafe fn copy_padded(
        &self,
        (target, to): (usize, u64),
        (source, from): (usize, u64),
        len: u64,
    ) {
        if len == 0 {
            return;
        }
        let (target, source) = (self.memories[target], self.memories[source]);
        let present = source.len.saturating_sub(from).min(len);
        debug_assert!(to + len <= target.len, "checked before");
        // SAFETY: the target's bytes by the caller's promise; `present` bytes at `from` lie in the source.
        unsafe {
            let target = target.base.add(to as usize);
            if present > 0 {
                target.copy_from(source.base.add(from as usize), present as usize);
            }
            target.add(present as usize).write_bytes(0, (len - present) as usize);
        }
    }

    /// Copies `len` bytes between checked places, as if through a buffer.
    ///
    /// # Safety
    ///
    /// Checks have admitted `len` bytes at both places; guests may write to `target`.
    pub unsafe fn copy_within(
        &self,
        (target, to): (usize, u64),
        (source, from): (usize, u64),
        len: u64,
    ) {
        if len == 0 {
            return;
        }
        let (target, source) = (self.memories[target], self.memories[source]);
        debug_assert!(to + len <= target.len && from + len <= source.len, "checked before");
        // SAFETY: the caller's promise.
        unsafe {
            let source = source.base.add(from as usize);
            target.base.add(to as usize).copy_from(source, len as usize);
        }
    }
}

/// `word` when it fits 64 bits, else all ones: an address that is out of reach whatever it is.
#[inline(always)]
pub fn saturate(word: U256) -> u64 {
    let [low, upper @ ..] = *word.as_limbs();
    if upper[0] | upper[1] | upper[2] == 0 { low } else { u64::MAX }
}
