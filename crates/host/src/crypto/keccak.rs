//! Keccak-256: with vector rotations where the processor has them, else through the one door that the state crate keeps.

use lockstep_base::Hash;

/// Keccak-256 of `bytes`.
#[inline]
pub fn keccak256(bytes: &[u8]) -> Hash {
    match lockstep_rt::keccak256(bytes) {
        Some(digest) => Hash(digest),
        None => lockstep_state::keccak256(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both ways agree around the lengths at which a block is full.
    #[test]
    fn both_ways_agree() {
        let bytes: Vec<u8> = (0..600_u32).map(|i| (i * 7 + 3) as u8).collect();
        for len in [0, 1, 31, 32, 64, 135, 136, 137, 271, 272, 273, 600] {
            assert_eq!(keccak256(&bytes[..len]), lockstep_state::keccak256(&bytes[..len]), "{len}");
        }
    }
}
