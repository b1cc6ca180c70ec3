//! [`HashMemo`]: what the last few 64-byte inputs hashed to, within one transaction.
//!
//! A contract asks for the slot of one mapping entry again and again: to check it, to change it, to change it back.
//! Its input is always two words.
//!
//! # Invariants
//!
//! 1. An answer is given only for an equal input: what the memo holds never changes a result.
//! 2. It forgets everything when a transaction begins, so it saves nothing that another transaction paid for.

use lockstep_base::Hash;

use crate::crypto::keccak256;

/// Inputs kept at most, a power of two.
const ENTRIES: usize = 512;
/// Bytes of an input: a key and the number of a mapping's slot.
const INPUT_BYTES: usize = 64;

#[derive(Debug, Clone, Copy)]
struct Entry {
    input: [u64; INPUT_BYTES / 8],
    digest: Hash,
    /// The transaction it was made in; zero in none.
    era: u64,
}

/// Digests of recent inputs.
#[derive(Debug)]
pub(super) struct HashMemo {
    /// None before the first.
    entries: Box<[Entry]>,
    era: u64,
    is_on: bool,
}

impl HashMemo {
    pub(super) fn new() -> Self {
        Self { entries: Box::default(), era: 1, is_on: true }
    }

    /// A transaction begins.
    pub(super) fn forget(&mut self) {
        self.era += 1;
    }

    /// Whether answers are kept at all.
    pub(super) fn switch(&mut self, is_on: bool) {
        self.is_on = is_on;
    }

    /// Keccak-256 of `bytes`.
    #[inline]
    pub(super) fn keccak256(&mut self, bytes: &[u8]) -> Hash {
        match <&[u8; INPUT_BYTES]>::try_from(bytes) {
            Ok(bytes) if self.is_on => self.two_words(bytes),
            _ => keccak256(bytes),
        }
    }

    /// Hosts that hash nothing have no entries.
    #[cold]
    fn begin(&mut self) {
        let none = Entry { input: [0; INPUT_BYTES / 8], digest: Hash::ZERO, era: 0 };
        self.entries = vec![none; ENTRIES].into_boxed_slice();
    }

    fn two_words(&mut self, bytes: &[u8; INPUT_BYTES]) -> Hash {
        let mut input = [0; INPUT_BYTES / 8];
        for (limb, bytes) in input.iter_mut().zip(bytes.as_chunks().0) {
            *limb = u64::from_le_bytes(*bytes);
        }
        // The low ends of both words differ where anything does. A bad mixing costs hits, not answers.
        let [_, _, a, b, _, _, _, c] = input;
        let mixed = (a ^ b.rotate_left(32) ^ c).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        if self.entries.is_empty() {
            self.begin();
        }
        let entry = &mut self.entries[(mixed >> (u64::BITS - ENTRIES.ilog2())) as usize];
        let differs = input.iter().zip(&entry.input).fold(0, |all, (a, b)| all | (a ^ b));
        if differs | (entry.era ^ self.era) == 0 {
            return entry.digest;
        }
        let digest = keccak256(bytes);
        *entry = Entry { input, digest, era: self.era };
        digest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_those_of_the_function_again_and_after_forgetting() {
        let mut memo = HashMemo::new();
        for round in 0..3 {
            for number in 0..=u8::MAX {
                let mut bytes = [number; INPUT_BYTES];
                bytes[number as usize % INPUT_BYTES] ^= 0x55;
                assert_eq!(memo.keccak256(&bytes), keccak256(&bytes), "{round} {number}");
                assert_eq!(memo.keccak256(&bytes), keccak256(&bytes), "{round} {number}");
                assert_eq!(memo.keccak256(&bytes[1..]), keccak256(&bytes[1..]));
            }
            memo.forget();
            memo.switch(round == 0);
        }
    }
}
