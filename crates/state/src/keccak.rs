//! The one door to Keccak-256: whoever hashes, hashes here, so the implementation can change in one place.

use keccak_asm::Keccak256;
use lockstep_base::Hash;

/// Keccak-256 of `bytes` (the original padding, as the Yellow Paper uses it, not SHA3-256).
pub fn keccak256(bytes: &[u8]) -> Hash {
    Hash(Keccak256::digest(bytes).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_bytes_hash_to_the_code_hash_of_accounts_without_code() {
        assert_eq!(keccak256(&[]), Hash::KECCAK_EMPTY);
    }
}
