//! KZG proofs on the trusted setup of Ethereum's ceremony (EIP-4844).

use c_kzg::{Bytes32, Bytes48, ethereum_kzg_settings};

/// Window of precomputed tables: none, because they speed up cell proofs only.
const PRECOMPUTE: u64 = 0;

/// Loads the embedded trusted setup, unless it is loaded. A node does this at its start, so that no call of a guest
/// pays for it: it takes a second or two.
pub fn load_setup() {
    let _ = ethereum_kzg_settings(PRECOMPUTE);
}

/// Whether `proof` shows that the polynomial behind `commitment` takes the value `y` at `z`.
///
/// `false` also when a point does not decode or a scalar is not canonical. The first call loads the embedded
/// trusted setup ([`load_setup`]); later ones share it.
pub fn verify_point(commitment: &[u8; 48], z: &[u8; 32], y: &[u8; 32], proof: &[u8; 48]) -> bool {
    ethereum_kzg_settings(PRECOMPUTE)
        .verify_kzg_proof(
            &Bytes48::new(*commitment),
            &Bytes32::new(*z),
            &Bytes32::new(*y),
            &Bytes48::new(*proof),
        )
        .unwrap_or(false)
}
