//! Public key recovery on secp256k1: who signed a transaction, an authorization or a message.
//!
//! A high `s` is accepted here; who must refuse it (transactions since EIP-2, authorizations of EIP-7702) asks
//! [`is_low_s`] first.

use k256::ecdsa::{RecoveryId, Signature, VerifyingKey};
use lockstep_base::{Address, Hash, U256};

use super::keccak256;

/// Half the order of the group, rounded down: the greatest `s` that EIP-2 allows.
const HALF_ORDER: U256 = U256::from_limbs([
    0xdfe9_2f46_681b_20a0,
    0x5d57_6e73_57a4_501d,
    0xffff_ffff_ffff_ffff,
    0x7fff_ffff_ffff_ffff,
]);

/// Whether `s` is in the lower half of the group (EIP-2).
pub fn is_low_s(s: U256) -> bool {
    s <= HALF_ORDER
}

/// The account whose key signed `hash` with (`r`, `s`); `y_is_odd` says which of two points `r` names.
///
/// `None` when `r` or `s` is zero or not below the group order, when no point has the coordinate `r`, or when the
/// recovered key is the point at infinity.
pub fn recover(hash: &Hash, r: &[u8; 32], s: &[u8; 32], y_is_odd: bool) -> Option<Address> {
    let signature = Signature::from_scalars(*r, *s).ok()?;
    let id = RecoveryId::new(y_is_odd, false);
    let key = VerifyingKey::recover_from_prehash(&hash.0, &signature, id).ok()?;
    let point = key.to_sec1_point(false);
    // An uncompressed point is the byte 4, then x, then y; the account is named by the hash of x and y.
    let digest = keccak256(point.as_bytes().get(1..)?);
    Some(Address::from_word(digest.into_word()))
}
