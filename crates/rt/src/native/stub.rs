//! Stubs: what a call reaches of a function that had no body when the caller was made.
//!
//! ```text
//! call -> stub: jump to what the slot says --> the body, once there is one
//!               push number <---------------- at first
//!               jump to the common end -> `door::lazy`
//! ```
//!
//! Invariant: a stub is complete and sealed before a slot or a call names it, and never changes; slots do.

use super::door;

/// Bytes of a stub, and of the common end.
pub(super) const STUB_BYTES: usize = 16;

/// Where the second half of a stub begins: what its slot says at first.
pub(super) const LAZY_OFFSET: usize = 6;

/// The distance from the end of four bytes at `from` to `to`; all of a region is within reach.
pub(super) fn distance(from: usize, to: usize) -> [u8; 4] {
    let distance = to.wrapping_sub(from + 4) as isize;
    i32::try_from(distance).expect("a region is smaller than what a call reaches").to_le_bytes()
}

/// The stub of function `number`, which lies at `at`, with its slot and the common end.
pub(super) fn stub(number: u32, at: usize, slot: usize, end: usize) -> [u8; STUB_BYTES] {
    let mut bytes = [0; STUB_BYTES];
    // jmp [rip + distance]
    bytes[..2].copy_from_slice(&[0xff, 0x25]);
    bytes[2..6].copy_from_slice(&distance(at + 2, slot));
    // push number
    bytes[6] = 0x68;
    bytes[7..11].copy_from_slice(&number.to_le_bytes());
    // jmp end
    bytes[11] = 0xe9;
    bytes[12..].copy_from_slice(&distance(at + 12, end));
    bytes
}

/// The common end of stubs.
pub(super) fn end() -> [u8; STUB_BYTES] {
    let mut bytes = [0xcc; STUB_BYTES];
    // jmp [rip + 0], and the address.
    bytes[..6].copy_from_slice(&[0xff, 0x25, 0, 0, 0, 0]);
    bytes[6..14].copy_from_slice(&(door::lazy as *const () as usize as u64).to_le_bytes());
    bytes
}
