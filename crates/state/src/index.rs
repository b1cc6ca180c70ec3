//! A hash index over a dense vector: finds positions, holds no keys.
//!
//! Keys are chosen by attackers, so each journal draws a seed of its own. The seed is never observable:
//! nothing iterates over the index, only over the vector behind it.

use std::hash::{BuildHasher, Hasher};

use hashbrown::HashTable;
use lockstep_base::{Address, U256};

use crate::AccountId;

/// Clearing touches each bucket's control byte; below one entry in this many buckets, removing entry by
/// entry is cheaper, and keeps clearing proportional to what was used.
const SPARSE: usize = 16;

/// Positions by hash.
#[derive(Debug, Default)]
pub(crate) struct Index {
    positions: HashTable<u32>,
}

impl Index {
    /// The position whose element `is_match` accepts, among those with this hash.
    #[inline(always)]
    pub(crate) fn find(&self, hash: u64, mut is_match: impl FnMut(usize) -> bool) -> Option<usize> {
        self.positions.find(hash, |&position| is_match(position as usize)).map(|&p| p as usize)
    }

    /// Adds `position`, which is not in the index yet.
    ///
    /// # Panics
    ///
    /// When `position` exceeds 32 bits, which the memory of its element forbids.
    pub(crate) fn insert(&mut self, hash: u64, position: usize, hash_of: impl Fn(usize) -> u64) {
        let position = u32::try_from(position).expect("fewer than 2^32 elements fit in memory");
        self.positions.insert_unique(hash, position, |&other| hash_of(other as usize));
    }

    /// Forgets all positions and keeps the room. `hashes` are those of positions 0, 1, and so on.
    pub(crate) fn clear(&mut self, hashes: impl Iterator<Item = u64>) {
        if self.positions.len() >= self.positions.num_buckets() / SPARSE {
            self.positions.clear();
            return;
        }
        for (position, hash) in (0u32..).zip(hashes) {
            if let Ok(entry) = self.positions.find_entry(hash, |&other| other == position) {
                entry.remove();
            }
        }
        assert!(self.positions.is_empty(), "the hashes named every position");
    }
}

/// The seed of one journal's indices. Keys go in as 128-bit numbers, a third of the time their bytes would take.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seed(foldhash::fast::RandomState);

impl Seed {
    /// The hash of an address.
    #[inline]
    pub(crate) fn address(&self, address: &Address) -> u64 {
        let mut hasher = self.0.build_hasher();
        let [head @ .., a, b, c, d] = address.0;
        hasher.write_u128(u128::from_le_bytes(head));
        hasher.write_u32(u32::from_le_bytes([a, b, c, d]));
        hasher.finish()
    }

    /// The hash of a slot's name.
    #[inline]
    pub(crate) fn slot(&self, account: AccountId, key: &U256) -> u64 {
        let mut hasher = self.0.build_hasher();
        let [a, b, c, d] = *key.as_limbs();
        hasher.write_u128(u128::from(a) | u128::from(b) << 64);
        hasher.write_u128(u128::from(c) | u128::from(d) << 64);
        hasher.write_u32(account.0);
        hasher.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sparse_index_forgets_what_it_held() {
        let mut index = Index::default();
        let hash_of = |position: usize| (position as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        for count in [1000, 3, 0, 40] {
            for position in 0..count {
                index.insert(hash_of(position), position, hash_of);
            }
            for position in 0..count {
                assert_eq!(index.find(hash_of(position), |p| p == position), Some(position));
            }
            index.clear((0..count).map(hash_of));
            assert_eq!(index.find(hash_of(0), |p| p == 0), None);
        }
    }
}
