//! The pairing curve BN254, "alt_bn128" (EIP-196, EIP-197).
//!
//! Encoding: coordinates are 32 bytes, big-endian, below the field's modulus; an element of the quadratic extension
//! is its imaginary part, then its real part; a point of zeros is infinity.

use ark_bn254::{Bn254, Fq, Fq2, Fr, G1Affine, G1Projective, G2Affine};
use ark_ec::{AffineRepr, CurveGroup, PrimeGroup, pairing::Pairing};
use ark_ff::{BigInt, BigInteger, PrimeField, Zero};

use super::PointError;

/// Bytes of a field element.
const FIELD_BYTES: usize = 32;
/// Bytes of a point of the first group.
pub const G1_BYTES: usize = 2 * FIELD_BYTES;
/// Bytes of a point of the second group.
pub const G2_BYTES: usize = 4 * FIELD_BYTES;

/// The sum of two points.
///
/// # Errors
///
/// When a coordinate is not canonical or a point is not on the curve.
pub fn add(a: &[u8; G1_BYTES], b: &[u8; G1_BYTES]) -> Result<[u8; G1_BYTES], PointError> {
    Ok(encode(decode_g1(a)? + decode_g1(b)?))
}

/// `scalar` times a point; the scalar may exceed the group's order.
///
/// # Errors
///
/// When a coordinate is not canonical or the point is not on the curve.
pub fn mul(point: &[u8; G1_BYTES], scalar: &[u8; 32]) -> Result<[u8; G1_BYTES], PointError> {
    let point = decode_g1(point)?.into_group();
    let scalar = Fr::from_be_bytes_mod_order(scalar);
    Ok(encode(point.mul_bigint(scalar.into_bigint())))
}

/// Whether the product of the pairings of all pairs is one; true for no pairs.
///
/// # Errors
///
/// When a coordinate is not canonical, a point is not on its curve, or a point of the second group is outside the
/// subgroup.
pub fn pairing_is_one<'a>(
    pairs: impl IntoIterator<Item = (&'a [u8; G1_BYTES], &'a [u8; G2_BYTES])>,
) -> Result<bool, PointError> {
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for (a, b) in pairs {
        let (a, b) = (decode_g1(a)?, decode_g2(b)?);
        if !a.is_zero() && !b.is_zero() {
            left.push(a);
            right.push(b);
        }
    }
    Ok(left.is_empty() || Bn254::multi_pairing(left, right).is_zero())
}

fn decode_field(bytes: &[u8; FIELD_BYTES]) -> Result<Fq, PointError> {
    let (limbs, _) = bytes.as_chunks::<8>();
    let number = BigInt::new(core::array::from_fn(|i| u64::from_be_bytes(limbs[3 - i])));
    Fq::from_bigint(number).ok_or(PointError::NonCanonical)
}

fn decode_g1(bytes: &[u8; G1_BYTES]) -> Result<G1Affine, PointError> {
    let [x, y] = fields(bytes)?;
    if x.is_zero() && y.is_zero() {
        return Ok(G1Affine::zero());
    }
    // The first group is the whole curve: its cofactor is one.
    let point = G1Affine::new_unchecked(x, y);
    if point.is_on_curve() { Ok(point) } else { Err(PointError::NotOnCurve) }
}

fn decode_g2(bytes: &[u8; G2_BYTES]) -> Result<G2Affine, PointError> {
    let [x_imaginary, x_real, y_imaginary, y_real] = fields(bytes)?;
    let (x, y) = (Fq2::new(x_real, x_imaginary), Fq2::new(y_real, y_imaginary));
    if x.is_zero() && y.is_zero() {
        return Ok(G2Affine::zero());
    }
    let point = G2Affine::new_unchecked(x, y);
    if !point.is_on_curve() {
        return Err(PointError::NotOnCurve);
    }
    if !point.is_in_correct_subgroup_assuming_on_curve() {
        return Err(PointError::WrongSubgroup);
    }
    Ok(point)
}

/// The `N` field elements that `bytes` hold.
fn fields<const N: usize>(bytes: &[u8]) -> Result<[Fq; N], PointError> {
    let (chunks, _) = bytes.as_chunks::<FIELD_BYTES>();
    let mut elements = [Fq::zero(); N];
    for (element, chunk) in elements.iter_mut().zip(chunks) {
        *element = decode_field(chunk)?;
    }
    Ok(elements)
}

fn encode(point: G1Projective) -> [u8; G1_BYTES] {
    let mut bytes = [0; G1_BYTES];
    if let Some((x, y)) = point.into_affine().xy() {
        bytes[..FIELD_BYTES].copy_from_slice(&x.into_bigint().to_bytes_be());
        bytes[FIELD_BYTES..].copy_from_slice(&y.into_bigint().to_bytes_be());
    }
    bytes
}
