//! Pages of machine code: written, then sealed, never both.
//!
//! # Shape
//!
//! ```text
//! [ no access | slots | sealed | sealed | ... | being written | no access ... | no access ]   one reservation
//! ```
//!
//! # Invariants
//!
//! 1. No page is ever writable and executable: fresh pages become writable, are filled, and become executable.
//! 2. Sealed pages are never written again; they go away with the region.
//! 3. What lies between functions traps; the pages at both ends are never accessible.
//! 4. Slots hold addresses of code, are written whole, and are never executable.

use core::{
    ptr::NonNull,
    sync::atomic::{AtomicPtr, AtomicUsize, Ordering},
};

use super::{
    guard::{self, Watched},
    near::Place,
};
use crate::memory::ReserveError;

/// Address space for the code of one program.
pub(super) const REGION_BYTES: usize = 1 << 30;
const PAGE_BYTES: usize = 4096;
/// Functions begin at multiples of this.
pub(super) const ALIGN: usize = 32;
/// How much further into its page each piece begins than the one before, so that what is small does not all compete for
/// the same places of the caches.
const STAGGER: usize = 832;
/// `int3`, and on other processors a word of them that is no instruction either.
const FILLER: u8 = 0xcc;

/// Regions that there are in this process.
static REGIONS: AtomicUsize = AtomicUsize::new(0);

/// How many programs have machine code, or room for some, in this process: each has a region of address space.
pub fn regions() -> usize {
    REGIONS.load(Ordering::Relaxed)
}

/// Machine code of one program.
#[derive(Debug)]
pub(super) struct CodePages {
    base: NonNull<u8>,
    /// Bytes given out, the first page of no access and the slots included.
    used: usize,
    slots: usize,
    /// Pieces published.
    pieces: usize,
    /// Where faults of the code are the guest's.
    watched: Option<&'static Watched>,
    /// Free again after the region is.
    _place: Option<Place>,
}

// SAFETY: the reservation belongs to this value alone and is not tied to a thread.
unsafe impl Send for CodePages {}

impl CodePages {
    /// Reserves address space, of which only so many slots are accessible, all zero.
    pub(super) fn new(slots: usize, is_guarded: bool) -> Result<Self, ReserveError> {
        let refused = ReserveError { bytes: REGION_BYTES };
        let place = Place::take();
        let wish = place.as_ref().map_or(0, Place::address);
        // SAFETY: an anonymous private mapping touches nothing of ours: where something is, the kernel chooses another address.
        let base = unsafe {
            libc::mmap(
                core::ptr::without_provenance_mut(wish),
                REGION_BYTES,
                libc::PROT_NONE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
                -1,
                0,
            )
        };
        if base == libc::MAP_FAILED {
            return Err(refused);
        }
        let base = NonNull::new(base.cast()).ok_or(refused)?;
        REGIONS.fetch_add(1, Ordering::Relaxed);
        let mut pages =
            Self { base, used: PAGE_BYTES, slots, pieces: 0, watched: None, _place: place };
        let bytes = slots.saturating_mul(size_of::<usize>()).checked_next_multiple_of(PAGE_BYTES);
        let bytes = bytes.filter(|bytes| *bytes < REGION_BYTES / 2).ok_or(refused)?;
        if bytes > 0 && !protect(pages.top(), bytes, libc::PROT_READ | libc::PROT_WRITE) {
            return Err(refused);
        }
        pages.used += bytes;
        if is_guarded {
            pages.watched = Some(guard::watch(pages.base.as_ptr() as usize).ok_or(refused)?);
        }
        Ok(pages)
    }

    fn slots_begin(&self) -> *mut u8 {
        self.base.as_ptr().wrapping_add(PAGE_BYTES)
    }

    /// The slots.
    pub(super) fn slots(&self) -> &[AtomicPtr<u8>] {
        // SAFETY: the pages are accessible and zero from the beginning, and touched as these cells alone.
        unsafe { core::slice::from_raw_parts(self.slots_begin().cast(), self.slots) }
    }

    fn top(&self) -> *mut u8 {
        self.base.as_ptr().wrapping_add(self.used)
    }

    /// Bytes of pages of code given out.
    pub(super) fn size_bytes(&self) -> usize {
        let slots = (self.slots * size_of::<usize>()).next_multiple_of(PAGE_BYTES);
        self.used - PAGE_BYTES - slots
    }

    /// Takes fresh pages for `len` bytes of code, has `write` fill these, told their address, and seals the pages. Returns
    /// where the bytes begin; `None` when there is no room, or the operating system refuses.
    pub(super) fn publish(
        &mut self,
        len: usize,
        write: impl FnOnce(usize, &mut [u8]),
    ) -> Option<*const u8> {
        let whole = len.checked_next_multiple_of(PAGE_BYTES)?;
        // The last page stays inaccessible.
        if len == 0 || whole > REGION_BYTES - PAGE_BYTES - self.used {
            return None;
        }
        let place = self.top();
        self.used += whole;
        if !protect(place, whole, libc::PROT_READ | libc::PROT_WRITE) {
            return None;
        }
        let offset = (self.pieces * STAGGER % (whole - len + 1)) & !(ALIGN - 1);
        self.pieces += 1;
        // SAFETY: the pages are ours, fresh, lie in the reservation, and are writable until they are sealed below.
        let bytes = unsafe { core::slice::from_raw_parts_mut(place, whole) };
        bytes.fill(FILLER);
        let begin = place.wrapping_add(offset).cast_const();
        write(begin as usize, &mut bytes[offset..offset + len]);
        protect(place, whole, libc::PROT_READ | libc::PROT_EXEC).then_some(begin)
    }
}

fn protect(place: *mut u8, len: usize, rights: i32) -> bool {
    // SAFETY: the pages belong to the region and nobody uses them yet.
    unsafe { libc::mprotect(place.cast(), len, rights) == 0 }
}

impl Drop for CodePages {
    fn drop(&mut self) {
        if let Some(watched) = self.watched {
            watched.end();
        }
        REGIONS.fetch_sub(1, Ordering::Relaxed);
        // SAFETY: the mapping was made by `new`; programs are dropped when nobody runs them any more.
        unsafe { libc::munmap(self.base.as_ptr().cast(), REGION_BYTES) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rights of the pages that hold `address`, as the process map shows them.
    fn rights(address: *const u8) -> String {
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let line = maps.lines().find(|line| {
            let (range, _) = line.split_once(' ').unwrap();
            let (from, to) = range.split_once('-').unwrap();
            let number = |text| usize::from_str_radix(text, 16).unwrap();
            (number(from)..number(to)).contains(&(address as usize))
        });
        line.unwrap().split(' ').nth(1).unwrap().to_owned()
    }

    #[test]
    fn no_page_is_writable_and_executable() {
        let mut pages = CodePages::new(3, false).unwrap();
        let fill = |_: usize, bytes: &mut [u8]| bytes.fill(0xc3);
        let (first, second) =
            (pages.publish(10, fill).unwrap(), pages.publish(5000, fill).unwrap());
        assert_eq!((rights(first), rights(second)), ("r-xp".into(), "r-xp".into()));
        assert_eq!(rights(pages.slots().as_ptr().cast()), "rw-p");
        assert_eq!(pages.size_bytes(), 3 * PAGE_BYTES);
        let base = pages.base.as_ptr().cast_const();
        assert_eq!(
            (rights(base), rights(base.wrapping_add(REGION_BYTES - 1))),
            ("---p".into(), "---p".into())
        );
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        assert!(!maps.lines().any(|line| line.contains("rwx")), "{maps}");
    }

    #[test]
    fn a_region_lies_near_our_functions() {
        let pages = CodePages::new(0, false).unwrap();
        let distance =
            (pages.base.as_ptr() as usize).abs_diff(CodePages::new as *const () as usize);
        assert!(distance < 1 << 37, "{distance:#x}");
    }

    #[test]
    fn a_region_ends() {
        let mut pages = CodePages::new(0, false).unwrap();
        pages.used = REGION_BYTES - 2 * PAGE_BYTES;
        assert!(pages.publish(1, |_, _| ()).is_some());
        assert!(pages.publish(1, |_, _| ()).is_none());
        assert!(CodePages::new(REGION_BYTES, false).is_err());
    }
}
