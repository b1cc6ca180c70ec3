//! From field elements to points of the subgroup: the simplified SWU map, the isogeny and the cofactor
//! (RFC 9380 6.6.3, 8.8; EIP-2537 "field to curve").

use ark_bls12_381::{Fq, Fq2, g1, g2};
use ark_ec::{
    AffineRepr,
    hashing::{curve_maps::wb::WBMap, map_to_curve_hasher::MapToCurve},
};
use ark_ff::{BigInt, BigInteger, PrimeField};

use super::{
    super::PointError,
    codec::{ELEMENT_BYTES, FIELD_BYTES, G1_BYTES, G2_BYTES, pad, unpad},
};

/// Limbs of a field element.
const LIMBS: usize = ELEMENT_BYTES / 8;

/// The point of the first group that `element` maps to.
///
/// # Errors
///
/// When padding is not zero or the element is not canonical.
pub fn map_to_g1(element: &[u8; FIELD_BYTES]) -> Result<[u8; G1_BYTES], PointError> {
    let element = decode(element)?;
    let point = WBMap::<g1::Config>::map_to_curve(element).map_err(|_| PointError::NotOnCurve)?;
    let mut bytes = [0; G1_BYTES];
    if let Some((x, y)) = point.clear_cofactor().xy() {
        write(&mut bytes, [x, y]);
    }
    Ok(bytes)
}

/// The point of the second group that the extension element `elements` (real, imaginary) maps to.
///
/// # Errors
///
/// As for [`map_to_g1`].
pub fn map_to_g2(elements: &[u8; 2 * FIELD_BYTES]) -> Result<[u8; G2_BYTES], PointError> {
    let (parts, _) = elements.as_chunks::<FIELD_BYTES>();
    let element = Fq2::new(decode(&parts[0])?, decode(&parts[1])?);
    let point = WBMap::<g2::Config>::map_to_curve(element).map_err(|_| PointError::NotOnCurve)?;
    let mut bytes = [0; G2_BYTES];
    if let Some((x, y)) = point.clear_cofactor().xy() {
        write(&mut bytes, [x.c0, x.c1, y.c0, y.c1]);
    }
    Ok(bytes)
}

fn decode(padded: &[u8; FIELD_BYTES]) -> Result<Fq, PointError> {
    let (limbs, _) = unpad(padded)?.as_chunks::<8>();
    let number = BigInt::new(core::array::from_fn(|i| u64::from_be_bytes(limbs[LIMBS - 1 - i])));
    Fq::from_bigint(number).ok_or(PointError::NonCanonical)
}

fn write<const N: usize>(bytes: &mut [u8], elements: [Fq; N]) {
    let (slots, _) = bytes.as_chunks_mut::<FIELD_BYTES>();
    for (slot, element) in slots.iter_mut().zip(elements) {
        let mut plain = [0; ELEMENT_BYTES];
        plain.copy_from_slice(&element.into_bigint().to_bytes_be());
        *slot = pad(&plain);
    }
}
