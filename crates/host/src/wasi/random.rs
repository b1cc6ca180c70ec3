//! Random bytes from the run's seed: block `i` of the stream is Keccak-256 of the seed and `i` as eight little-endian
//! bytes.
//!
//! Invariant: the stream depends on the seed alone; how calls cut it does not change it. Whoever knows the seed knows
//! the stream, so a guest's keys are as secret as its configuration.

use crate::crypto::keccak256;

/// Bytes of a seed.
pub const SEED_BYTES: usize = 32;

/// Bytes of a block: one digest.
const BLOCK_BYTES: usize = 32;

/// A place in the stream of a seed.
#[derive(Debug)]
pub(crate) struct Random {
    seed: [u8; SEED_BYTES],
    next_block: u64,
    block: [u8; BLOCK_BYTES],
    /// Bytes of `block` that are used.
    used: usize,
}

impl Random {
    /// The start of the stream of `seed`.
    pub(crate) fn new(seed: [u8; SEED_BYTES]) -> Self {
        Self { seed, next_block: 0, block: [0; BLOCK_BYTES], used: BLOCK_BYTES }
    }

    /// Fills `bytes` with what comes next.
    pub(crate) fn fill(&mut self, mut bytes: &mut [u8]) {
        while !bytes.is_empty() {
            if self.used == BLOCK_BYTES {
                self.refill();
            }
            let len = bytes.len().min(BLOCK_BYTES - self.used);
            let (now, later) = bytes.split_at_mut(len);
            now.copy_from_slice(&self.block[self.used..self.used + len]);
            self.used += len;
            bytes = later;
        }
    }

    fn refill(&mut self) {
        let mut message = [0; SEED_BYTES + 8];
        message[..SEED_BYTES].copy_from_slice(&self.seed);
        message[SEED_BYTES..].copy_from_slice(&self.next_block.to_le_bytes());
        self.block = keccak256(&message).0;
        // 2^64 blocks are never used up; wrapping is the total thing to write.
        self.next_block = self.next_block.wrapping_add(1);
        self.used = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_calls_cut_the_stream_does_not_change_it() {
        let mut whole = [0; 100];
        Random::new([7; 32]).fill(&mut whole);
        let mut pieces = [0; 100];
        let mut random = Random::new([7; 32]);
        for piece in pieces.chunks_mut(13) {
            random.fill(piece);
        }
        assert_eq!(whole, pieces);
        assert_ne!(whole[..32], whole[32..64]);
        let mut other = [0; 100];
        Random::new([8; 32]).fill(&mut other);
        assert_ne!(whole, other);
    }

    #[test]
    fn the_first_block_is_the_digest_of_seed_and_zero() {
        let mut block = [0; 32];
        Random::new([1; 32]).fill(&mut block);
        let message = [[1; 32].as_slice(), &[0; 8]].concat();
        assert_eq!(block, keccak256(&message).0);
    }
}
