//! Pages of machine code: written, then sealed, never both.
//!
//! # Shape
//!
//! ```text
//! [ no access | sealed | sealed | ... | being written | no access ... | no access ]   one reservation
//! ```
//!
//! # Invariants
//!
//! 1. No page is ever writable and executable: fresh pages become writable, are filled, and become executable.
//! 2. Sealed pages are never written again; they go away with the region.
//! 3. What lies between functions traps; the pages at both ends are never accessible.

use core::ptr::NonNull;

use crate::memory::ReserveError;

/// Address space for the code of one program.
const REGION_BYTES: usize = 1 << 30;
const PAGE_BYTES: usize = 4096;
/// Functions begin at multiples of this.
const ALIGN: usize = 32;
/// `int3`, and on other processors a word of them that is no instruction either.
const FILLER: u8 = 0xcc;

/// Machine code of one program.
#[derive(Debug)]
pub(super) struct CodePages {
    base: NonNull<u8>,
    /// Bytes given out, the first page of no access included.
    used: usize,
}

// SAFETY: the reservation belongs to this value alone and is not tied to a thread.
unsafe impl Send for CodePages {}

impl CodePages {
    /// Reserves address space; nothing of it is accessible.
    pub(super) fn new() -> Result<Self, ReserveError> {
        let refused = ReserveError { bytes: REGION_BYTES };
        // SAFETY: an anonymous private mapping at an address of the kernel's choice touches nothing of ours.
        let base = unsafe {
            libc::mmap(
                core::ptr::null_mut(),
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
        Ok(Self { base, used: PAGE_BYTES })
    }

    /// Bytes of pages given out.
    pub(super) fn size_bytes(&self) -> usize {
        self.used - PAGE_BYTES
    }

    /// Puts `parts` on fresh pages, seals these, and says where each part begins; `None` when there is no room, or
    /// the operating system refuses.
    pub(super) fn publish<const N: usize>(&mut self, parts: [&[u8]; N]) -> Option<[*const u8; N]> {
        let mut starts = [0; N];
        let mut len = 0_usize;
        for (start, part) in starts.iter_mut().zip(parts) {
            *start = len;
            len = len.checked_add(part.len())?.checked_next_multiple_of(ALIGN)?;
        }
        let len = len.checked_next_multiple_of(PAGE_BYTES)?;
        // The last page stays inaccessible.
        if len == 0 || len > REGION_BYTES - PAGE_BYTES - self.used {
            return None;
        }
        // SAFETY: `used + len` lies in the reservation.
        let place = unsafe { self.base.as_ptr().add(self.used) };
        self.used += len;
        if !protect(place, len, libc::PROT_READ | libc::PROT_WRITE) {
            return None;
        }
        // SAFETY: the pages are ours, fresh, and writable until they are sealed below; parts fit them.
        unsafe {
            place.write_bytes(FILLER, len);
            for (start, part) in starts.iter().zip(parts) {
                place.add(*start).copy_from_nonoverlapping(part.as_ptr(), part.len());
            }
        }
        if !protect(place, len, libc::PROT_READ | libc::PROT_EXEC) {
            return None;
        }
        Some(starts.map(|start| place.wrapping_add(start).cast_const()))
    }
}

fn protect(place: *mut u8, len: usize, rights: i32) -> bool {
    // SAFETY: the pages belong to the region and nobody uses them yet.
    unsafe { libc::mprotect(place.cast(), len, rights) == 0 }
}

impl Drop for CodePages {
    fn drop(&mut self) {
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
        let mut pages = CodePages::new().unwrap();
        let [first, second] = pages.publish([&[0xc3; 10], &[0xc3; 5000]]).unwrap();
        assert_eq!((rights(first), rights(second)), ("r-xp".into(), "r-xp".into()));
        assert_eq!(second as usize - first as usize, ALIGN);
        let base = pages.base.as_ptr().cast_const();
        assert_eq!(
            (rights(base), rights(base.wrapping_add(REGION_BYTES - 1))),
            ("---p".into(), "---p".into())
        );
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        assert!(!maps.lines().any(|line| line.contains("rwx")), "{maps}");
    }

    #[test]
    fn a_region_ends() {
        let mut pages = CodePages::new().unwrap();
        pages.used = REGION_BYTES - 2 * PAGE_BYTES;
        assert!(pages.publish([&[0xc3; 1][..]]).is_some());
        assert!(pages.publish([&[0xc3; 1][..]]).is_none());
    }
}
