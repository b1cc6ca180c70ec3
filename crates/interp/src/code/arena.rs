//! Where published words lie.
//!
//! # Shape
//!
//! ```text
//! newest segment -> older -> ...      each: [ chunk | chunk | ... | free ]
//! ```
//!
//! # Invariants
//!
//! 1. A place is given to one publisher, which writes it before anybody else knows of it; it never moves, and lives as long
//!    as the arena.
//! 2. At most half of what is allocated is free, but for what a larger chunk left behind.

use alloc::boxed::Box;
use core::{
    fmt, iter,
    mem::MaybeUninit,
    ptr,
    sync::atomic::{AtomicPtr, AtomicUsize, Ordering},
};

use super::Word;

/// Words of the first segment; each has twice as many as the one before.
const WORDS_MIN: usize = 1 << 7;
/// Words of a segment, unless a chunk needs more.
const WORDS_MAX: usize = 1 << 13;

/// The words of a program's code.
pub(super) struct Arena {
    newest: AtomicPtr<Segment>,
    /// Sum of the segments.
    bytes: AtomicUsize,
}

struct Segment {
    words: *mut MaybeUninit<Word>,
    len: usize,
    used: AtomicUsize,
    older: *mut Segment,
}

impl Arena {
    /// Without any words.
    pub(super) const fn new() -> Self {
        Self { newest: AtomicPtr::new(ptr::null_mut()), bytes: AtomicUsize::new(0) }
    }

    /// Bytes allocated.
    pub(super) fn size_bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Room for `len` words, which the caller alone writes.
    pub(super) fn place(&self, len: usize) -> *mut Word {
        let mut newest = self.newest.load(Ordering::Acquire);
        loop {
            // SAFETY: a segment lives as long as the arena.
            let known = unsafe { newest.as_ref() };
            if let Some(place) = known.and_then(|segment| segment.place(len)) {
                return place;
            }
            let words = known.map_or(WORDS_MIN, |segment| (2 * segment.len).min(WORDS_MAX));
            let fresh = Segment::new(words.max(len), len, newest);
            let place = fresh.words;
            let fresh = Box::into_raw(Box::new(fresh));
            let raced =
                self.newest.compare_exchange(newest, fresh, Ordering::AcqRel, Ordering::Acquire);
            match raced {
                Ok(_) => {
                    let bytes = words.max(len) * size_of::<Word>();
                    self.bytes.fetch_add(bytes, Ordering::Relaxed);
                    return place.cast();
                }
                Err(theirs) => {
                    // SAFETY: nobody else has seen ours.
                    drop(unsafe { Box::from_raw(fresh) });
                    newest = theirs;
                }
            }
        }
    }
}

impl Segment {
    /// A segment of `len` words, of which the first `used` are taken.
    fn new(len: usize, used: usize, older: *mut Self) -> Self {
        let words: Box<[MaybeUninit<Word>]> = Box::new_uninit_slice(len);
        let words = Box::into_raw(words).cast();
        Self { words, len, used: AtomicUsize::new(used), older }
    }

    /// Room for `len` words, if there is any.
    fn place(&self, len: usize) -> Option<*mut Word> {
        let taken = self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
            (len <= self.len - used).then_some(used + len)
        });
        // SAFETY: `len` words from there on are of the segment.
        taken.ok().map(|used| unsafe { self.words.add(used) }.cast())
    }
}

impl Drop for Segment {
    fn drop(&mut self) {
        let words = ptr::slice_from_raw_parts_mut(self.words, self.len);
        // SAFETY: made by `Box::into_raw` with this length, and nobody looks at them any more.
        drop(unsafe { Box::from_raw(words) });
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        let newest = *self.newest.get_mut();
        // SAFETY: made by `Box::into_raw`; each is freed after its older one is known.
        let owned = |segment: *mut Segment| unsafe { Box::from_raw(segment) };
        let mut next = newest;
        iter::from_fn(|| {
            let segment = (!next.is_null()).then(|| owned(next))?;
            next = segment.older;
            Some(segment)
        })
        .for_each(drop);
    }
}

impl fmt::Debug for Arena {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arena").field("size_bytes", &self.size_bytes()).finish()
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    #[test]
    fn places_do_not_overlap_and_room_is_not_wasted() {
        let arena = Arena::new();
        let lens = [1, 7, 100, 127, 3, 900, 2, 20_000, 5, 8_000, 8_000];
        let mut places: Vec<(usize, usize)> = lens
            .into_iter()
            .map(|len| {
                let place = arena.place(len);
                for at in 0..len {
                    // SAFETY: the place has so many words.
                    unsafe { place.add(at).write(Word { imm: len as u64 }) };
                }
                (place as usize, len)
            })
            .collect();
        places.sort_unstable();
        for pair in places.windows(2) {
            assert!(pair[0].0 + pair[0].1 * size_of::<Word>() <= pair[1].0, "{pair:?}");
        }
        for (place, len) in places {
            let place: *const Word = ptr::with_exposed_provenance(place);
            // SAFETY: written above.
            assert!((0..len).all(|at| unsafe { (*place.add(at)).imm } == len as u64));
        }
        let words: usize = lens.iter().sum();
        assert!(arena.size_bytes() <= 2 * words * size_of::<Word>(), "{arena:?}");
    }
}
