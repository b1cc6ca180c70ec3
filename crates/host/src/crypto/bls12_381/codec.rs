//! Points as EIP-2537 writes them, to and from the points of `blst`.
//!
//! A field element takes 64 bytes: 16 zeros, then 48 bytes, big-endian, below the modulus. An element of the
//! quadratic extension is its real part, then its imaginary part; `blst` writes the imaginary part first and has no
//! padding. What `blst` decodes is canonical and on the curve, not necessarily in the subgroup.

use blst::{blst_fp, blst_p1_affine, blst_p2_affine, min_pk, min_sig};

use super::{super::PointError, refusal};

/// Bytes of a padded field element.
pub const FIELD_BYTES: usize = 64;
/// Bytes of a point of the first group.
pub const G1_BYTES: usize = 2 * FIELD_BYTES;
/// Bytes of a point of the second group.
pub const G2_BYTES: usize = 4 * FIELD_BYTES;

/// Zero bytes in front of a field element.
const PADDING_BYTES: usize = FIELD_BYTES - ELEMENT_BYTES;
/// Bytes of a field element without padding.
pub(super) const ELEMENT_BYTES: usize = 48;

/// The bits of a point's first byte that `blst` reads as flags; the modulus has them clear.
const FLAG_BITS: u8 = 0xe0;

/// Where each element of a second-group point stands in `blst`'s order: real and imaginary parts change places.
const SWAPPED: [usize; 4] = [1, 0, 3, 2];

/// The points of the curve with x = 0, which `blst` refuses to decode as they are outside the subgroup: (0, 2) and
/// (0, -2). The bytes of y, and y in the form that `blst` calculates with (times 2^384 modulo the modulus).
const ZERO_X: [([u8; ELEMENT_BYTES], blst_fp); 2] = [
    (
        [
            0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
            0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
            0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
            0x00, 0x00, 0x00, 0x00, 0x00, 0x02,
        ],
        blst_fp {
            l: [
                0x3213_0000_0006_554f,
                0xb93c_0018_d6c4_0005,
                0x5760_5e0d_b0dd_bb51,
                0x8b25_6521_ed1f_9bcb,
                0x6cf2_8d79_0162_2c03,
                0x11eb_ab9d_bb81_e28c,
            ],
        },
    ),
    (
        [
            0x1a, 0x01, 0x11, 0xea, 0x39, 0x7f, 0xe6, 0x9a, 0x4b, 0x1b, 0xa7, 0xb6, 0x43, 0x4b,
            0xac, 0xd7, 0x64, 0x77, 0x4b, 0x84, 0xf3, 0x85, 0x12, 0xbf, 0x67, 0x30, 0xd2, 0xa0,
            0xf6, 0xb0, 0xf6, 0x24, 0x1e, 0xab, 0xff, 0xfe, 0xb1, 0x53, 0xff, 0xff, 0xb9, 0xfe,
            0xff, 0xff, 0xff, 0xff, 0xaa, 0xa9,
        ],
        blst_fp {
            l: [
                0x87eb_ffff_fff9_555c,
                0x656f_ffe5_da8f_fffa,
                0x0fd0_7493_45d3_3ad2,
                0xd951_e663_0665_76f4,
                0xde29_1a3d_41e9_80d3,
                0x0815_664c_7dfe_040d,
            ],
        },
    ),
];

/// The 48 bytes of a padded field element; they may still exceed the modulus.
pub(super) fn unpad(padded: &[u8; FIELD_BYTES]) -> Result<&[u8; ELEMENT_BYTES], PointError> {
    let (padding, element) = padded.split_at(PADDING_BYTES);
    if padding.iter().any(|byte| *byte != 0) {
        return Err(PointError::Padding);
    }
    element.try_into().map_err(|_| PointError::Length)
}

pub(super) fn decode_g1(bytes: &[u8; G1_BYTES]) -> Result<blst_p1_affine, PointError> {
    let mut plain = [0; 2 * ELEMENT_BYTES];
    for (to, from) in plain.as_chunks_mut().0.iter_mut().zip(bytes.as_chunks().0) {
        *to = *unpad(from)?;
    }
    if plain == [0; 2 * ELEMENT_BYTES] {
        return Ok(blst_p1_affine::default());
    }
    if plain[0] & FLAG_BITS != 0 {
        return Err(PointError::NonCanonical);
    }
    if plain[..ELEMENT_BYTES] == [0; ELEMENT_BYTES] {
        let row = ZERO_X.iter().find(|(y, _)| plain[ELEMENT_BYTES..] == *y);
        let (_, y) = row.ok_or(PointError::NotOnCurve)?;
        return Ok(blst_p1_affine { x: blst_fp::default(), y: *y });
    }
    Ok(min_pk::PublicKey::deserialize(&plain).map_err(refusal)?.into())
}

pub(super) fn decode_g2(bytes: &[u8; G2_BYTES]) -> Result<blst_p2_affine, PointError> {
    let mut plain = [0; 4 * ELEMENT_BYTES];
    let elements = plain.as_chunks_mut::<ELEMENT_BYTES>().0;
    for (to, from) in SWAPPED.into_iter().zip(bytes.as_chunks().0) {
        elements[to] = *unpad(from)?;
    }
    if plain == [0; 4 * ELEMENT_BYTES] {
        return Ok(blst_p2_affine::default());
    }
    if plain[0] & FLAG_BITS != 0 {
        return Err(PointError::NonCanonical);
    }
    Ok(min_sig::PublicKey::deserialize(&plain).map_err(refusal)?.into())
}

pub(super) fn encode_g1(point: &blst_p1_affine) -> [u8; G1_BYTES] {
    let mut bytes = [0; G1_BYTES];
    if *point != blst_p1_affine::default() {
        let plain = min_pk::PublicKey::from(*point).serialize();
        for (to, from) in bytes.as_chunks_mut().0.iter_mut().zip(plain.as_chunks().0) {
            *to = pad(from);
        }
    }
    bytes
}

pub(super) fn encode_g2(point: &blst_p2_affine) -> [u8; G2_BYTES] {
    let mut bytes = [0; G2_BYTES];
    if *point != blst_p2_affine::default() {
        let plain = min_sig::PublicKey::from(*point).serialize();
        let padded = bytes.as_chunks_mut::<FIELD_BYTES>().0;
        for (to, from) in SWAPPED.into_iter().zip(plain.as_chunks().0) {
            padded[to] = pad(from);
        }
    }
    bytes
}

pub(super) fn pad(element: &[u8; ELEMENT_BYTES]) -> [u8; FIELD_BYTES] {
    let mut padded = [0; FIELD_BYTES];
    padded[PADDING_BYTES..].copy_from_slice(element);
    padded
}
