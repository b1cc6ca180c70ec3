//! ECDSA verification on secp256r1 (P-256).

use p256::{
    Sec1Point,
    ecdsa::{Signature, VerifyingKey, signature::hazmat::PrehashVerifier},
};

/// Whether (`r`, `s`) signs `hash` under the key (`x`, `y`).
///
/// `false` also when `r` or `s` is zero or not below the group order, when a coordinate is not below the field's
/// modulus, and when the key is not on the curve or is infinity. High `s` is accepted.
pub fn verify(hash: &[u8; 32], r: &[u8; 32], s: &[u8; 32], x: &[u8; 32], y: &[u8; 32]) -> bool {
    let point = Sec1Point::from_affine_coordinates(x.into(), y.into(), false);
    let Ok(key) = VerifyingKey::from_sec1_point(&point) else { return false };
    let Ok(signature) = Signature::from_scalars(*r, *s) else { return false };
    key.verify_prehash(hash, &signature).is_ok()
}
