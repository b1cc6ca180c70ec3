//! The pairing curve BLS12-381, encoded as EIP-2537 says.
//!
//! ```text
//! 64-byte field elements --codec--> blst points --group law--> blst points --codec--> bytes
//!                        \--map (arkworks)----------------------------------------/
//! ```
//!
//! `blst` does the group law and the pairing through its safe interface; it offers none for the map from a field
//! element to the curve, which arkworks does. Additions take any point of the curve; multi-scalar multiplication and
//! pairing demand the subgroup. Infinity is a point of zeros, and never reaches the batch functions of `blst`.

mod codec;
mod map;
#[cfg(test)]
mod tests;

use blst::{
    BLST_ERROR, MultiPoint, blst_fp12, blst_p1, blst_p1_affine, blst_p2, blst_p2_affine, min_pk,
    min_sig,
};

pub use codec::{FIELD_BYTES, G1_BYTES, G2_BYTES};
pub use map::{map_to_g1, map_to_g2};

use super::PointError;
use codec::{decode_g1, decode_g2, encode_g1, encode_g2};

/// Bytes of a scalar.
pub const SCALAR_BYTES: usize = 32;
/// Bits of a scalar; it may exceed the group's order.
const SCALAR_BITS: usize = 8 * SCALAR_BYTES;

/// The sum of two points of the first curve.
///
/// # Errors
///
/// When padding is not zero, a coordinate is not canonical or a point is not on the curve.
pub fn g1_add(a: &[u8; G1_BYTES], b: &[u8; G1_BYTES]) -> Result<[u8; G1_BYTES], PointError> {
    let (a, b) = (min_pk::PublicKey::from(decode_g1(a)?), min_pk::PublicKey::from(decode_g1(b)?));
    let sum = min_pk::AggregatePublicKey::aggregate(&[&a, &b], false).map_err(refusal)?;
    Ok(encode_g1(&sum.to_public_key().into()))
}

/// The sum of two points of the second curve.
///
/// # Errors
///
/// As for [`g1_add`].
pub fn g2_add(a: &[u8; G2_BYTES], b: &[u8; G2_BYTES]) -> Result<[u8; G2_BYTES], PointError> {
    let (a, b) = (min_sig::PublicKey::from(decode_g2(a)?), min_sig::PublicKey::from(decode_g2(b)?));
    let sum = min_sig::AggregatePublicKey::aggregate(&[&a, &b], false).map_err(refusal)?;
    Ok(encode_g2(&sum.to_public_key().into()))
}

/// The sum of scalar multiples in the first group.
///
/// # Errors
///
/// As for [`g1_add`], and when a point is outside the subgroup.
pub fn g1_msm<'a>(
    terms: impl IntoIterator<Item = (&'a [u8; G1_BYTES], &'a [u8; SCALAR_BYTES])>,
) -> Result<[u8; G1_BYTES], PointError> {
    let (mut points, mut scalars) = (Vec::new(), Vec::new());
    for (point, scalar) in terms {
        let point = decode_g1(point)?;
        if point != blst_p1_affine::default() {
            points.push(point);
            scalars.extend(scalar.iter().rev());
        }
    }
    if points.is_empty() {
        return Ok([0; G1_BYTES]);
    }
    points.validate().map_err(refusal)?;
    let sum: blst_p1 = points.mult(&scalars, SCALAR_BITS);
    Ok(encode_g1(&min_pk::AggregatePublicKey::from(sum).to_public_key().into()))
}

/// The sum of scalar multiples in the second group.
///
/// # Errors
///
/// As for [`g1_msm`].
pub fn g2_msm<'a>(
    terms: impl IntoIterator<Item = (&'a [u8; G2_BYTES], &'a [u8; SCALAR_BYTES])>,
) -> Result<[u8; G2_BYTES], PointError> {
    let (mut points, mut scalars) = (Vec::new(), Vec::new());
    for (point, scalar) in terms {
        let point = decode_g2(point)?;
        if point != blst_p2_affine::default() {
            points.push(point);
            scalars.extend(scalar.iter().rev());
        }
    }
    if points.is_empty() {
        return Ok([0; G2_BYTES]);
    }
    points.validate().map_err(refusal)?;
    let sum: blst_p2 = points.mult(&scalars, SCALAR_BITS);
    Ok(encode_g2(&min_sig::AggregatePublicKey::from(sum).to_public_key().into()))
}

/// Whether the product of the pairings of all pairs is one; true for no pairs.
///
/// # Errors
///
/// As for [`g1_msm`].
pub fn pairing_is_one<'a>(
    pairs: impl IntoIterator<Item = (&'a [u8; G1_BYTES], &'a [u8; G2_BYTES])>,
) -> Result<bool, PointError> {
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for (a, b) in pairs {
        let (a, b) = (decode_g1(a)?, decode_g2(b)?);
        let (a_is_infinity, b_is_infinity) =
            (a == blst_p1_affine::default(), b == blst_p2_affine::default());
        // Infinity is in both subgroups; its partner must be checked all the same.
        if !a_is_infinity {
            [a].validate().map_err(refusal)?;
        }
        if !b_is_infinity {
            [b].validate().map_err(refusal)?;
        }
        if !a_is_infinity && !b_is_infinity {
            left.push(a);
            right.push(b);
        }
    }
    if left.is_empty() {
        return Ok(true);
    }
    Ok(blst_fp12::miller_loop_n(&right, &left).final_exp() == blst_fp12::default())
}

/// Our word for a refusal of `blst`.
fn refusal(error: BLST_ERROR) -> PointError {
    match error {
        BLST_ERROR::BLST_POINT_NOT_ON_CURVE => PointError::NotOnCurve,
        BLST_ERROR::BLST_POINT_NOT_IN_GROUP => PointError::WrongSubgroup,
        _ => PointError::NonCanonical,
    }
}
