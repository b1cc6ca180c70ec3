//! Address space near the functions that machine code calls.
//!
//! Processors predict where a call or a return goes from a part of its address, and take longer where bits above that part
//! differ: beyond 2^37 bytes on the one that was measured, where a loop of host calls took half as long again. The kernel puts
//! what it is not told a place for much further from an executable. A place is a wish: a region elsewhere works as well.
//!
//! Invariant: no two regions are told the same place.

use core::sync::atomic::{AtomicU64, Ordering};

use super::pages::REGION_BYTES;

/// Places for as many regions as a word has bits.
#[derive(Debug)]
struct Places(AtomicU64);

static PLACES: Places = Places(AtomicU64::new(0));

/// The place of one region, free again when this goes.
#[derive(Debug)]
pub(super) struct Place {
    of: &'static Places,
    number: u32,
}

impl Place {
    /// The nearest that is free; `None` when none is.
    pub(super) fn take() -> Option<Self> {
        PLACES.take()
    }

    /// Where the region would begin: below our functions, since a heap grows above them, or above when they lie low.
    pub(super) fn address(&self) -> usize {
        let ours = Self::take as *const () as usize & !(REGION_BYTES - 1);
        let distance = (self.number as usize + 1) * REGION_BYTES;
        ours.checked_sub(distance).filter(|place| *place > 0).unwrap_or(ours + distance)
    }
}

impl Places {
    fn take(&'static self) -> Option<Place> {
        let with_nearest =
            |taken: u64| 1_u64.checked_shl(taken.trailing_ones()).map(|bit| taken | bit);
        let before =
            self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, with_nearest).ok()?;
        Some(Place { of: self, number: before.trailing_ones() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.of.0.fetch_and(!(1 << self.number), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_free_place_is_taken() {
        static PLACES: Places = Places(AtomicU64::new(0));
        let mut places: Vec<Place> = (0..64).map(|_| PLACES.take().unwrap()).collect();
        assert!(PLACES.take().is_none());
        let addresses: Vec<usize> = places.iter().map(Place::address).collect();
        let ours = Place::take as *const () as usize;
        assert!(addresses.iter().all(|address| address.abs_diff(ours) <= 65 * REGION_BYTES));
        assert!(addresses.is_sorted_by_key(|address| address.abs_diff(ours)), "{addresses:x?}");
        let freed = [places.remove(40), places.remove(3)].map(|place| place.address());
        let again = [PLACES.take().unwrap(), PLACES.take().unwrap()];
        assert_eq!(again.each_ref().map(Place::address), [freed[1], freed[0]]);
        assert!(PLACES.take().is_none());
    }
}
