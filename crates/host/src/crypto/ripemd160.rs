//! RIPEMD-160.

use ripemd::{Digest, Ripemd160};

/// RIPEMD-160 of `bytes`.
pub fn ripemd160(bytes: &[u8]) -> [u8; 20] {
    Ripemd160::digest(bytes).into()
}
