//! Pairing curves and polynomial commitments.

use super::{
    PrecompileError,
    input::{padded, pair},
};
use crate::crypto::{bls12_381 as bls, bn254, kzg, sha256::sha256};

/// Bytes of a pair of points in a BN254 pairing (EIP-197).
pub(super) const BN254_PAIR_BYTES: usize = bn254::G1_BYTES + bn254::G2_BYTES;
/// Bytes of a point and a scalar in a multiplication of the first BLS12-381 group (EIP-2537).
pub(super) const G1_TERM_BYTES: usize = bls::G1_BYTES + bls::SCALAR_BYTES;
/// Bytes of a point and a scalar in a multiplication of the second BLS12-381 group (EIP-2537).
pub(super) const G2_TERM_BYTES: usize = bls::G2_BYTES + bls::SCALAR_BYTES;
/// Bytes of a pair of points in a BLS12-381 pairing (EIP-2537).
pub(super) const BLS_PAIR_BYTES: usize = bls::G1_BYTES + bls::G2_BYTES;

/// Bytes that point evaluation takes: hash, `z`, `y`, commitment, proof (EIP-4844).
const POINT_EVALUATION_INPUT_BYTES: usize = 192;
/// First byte of the hash of a KZG commitment (EIP-4844).
const VERSIONED_HASH_VERSION_KZG: u8 = 1;
/// Field elements of a blob (EIP-4844).
const FIELD_ELEMENTS_PER_BLOB: u16 = 4096;
/// Order of the BLS12-381 groups (EIP-4844), big-endian.
const BLS_MODULUS: [u8; 32] = [
    0x73, 0xed, 0xa7, 0x53, 0x29, 0x9d, 0x7d, 0x48, 0x33, 0x39, 0xd8, 0x08, 0x09, 0xa1, 0xd8, 0x05,
    0x53, 0xbd, 0xa4, 0x02, 0xff, 0xfe, 0x5b, 0xfe, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x01,
];

/// EIP-196: what is missing is zeros, what is too much is ignored.
pub(super) fn run_bn254_add(input: &[u8]) -> Result<Vec<u8>, PrecompileError> {
    let input: [u8; 2 * bn254::G1_BYTES] = padded(input);
    let (a, b) = pair(&input).ok_or(PrecompileError::Length)?;
    Ok(bn254::add(a, b)?.to_vec())
}

/// EIP-196: what is missing is zeros, what is too much is ignored.
pub(super) fn run_bn254_mul(input: &[u8]) -> Result<Vec<u8>, PrecompileError> {
    let input: [u8; bn254::G1_BYTES + 32] = padded(input);
    let (point, scalar) = pair(&input).ok_or(PrecompileError::Length)?;
    Ok(bn254::mul(point, scalar)?.to_vec())
}

/// EIP-197: whole pairs only; no pairs are true.
pub(super) fn run_bn254_pairing(input: &[u8]) -> Result<Vec<u8>, PrecompileError> {
    let (records, []) = input.as_chunks::<BN254_PAIR_BYTES>() else {
        return Err(PrecompileError::Length);
    };
    Ok(word(bn254::pairing_is_one(records.iter().filter_map(|record| pair(record)))?))
}

/// EIP-4844: the proof must hold, and the answer is always the same.
pub(super) fn run_point_evaluation(input: &[u8]) -> Result<Vec<u8>, PrecompileError> {
    if input.len() != POINT_EVALUATION_INPUT_BYTES {
        return Err(PrecompileError::Length);
    }
    let (hash, rest) = pair::<32, 160>(input).ok_or(PrecompileError::Length)?;
    let (z, rest) = pair::<32, 128>(rest).ok_or(PrecompileError::Length)?;
    let (y, rest) = pair::<32, 96>(rest).ok_or(PrecompileError::Length)?;
    let (commitment, proof) = pair::<48, 48>(rest).ok_or(PrecompileError::Length)?;
    let mut versioned = sha256(commitment);
    versioned[0] = VERSIONED_HASH_VERSION_KZG;
    if *hash != versioned || !kzg::verify_point(commitment, z, y, proof) {
        return Err(PrecompileError::Proof);
    }
    let mut output = vec![0; 30];
    output.extend_from_slice(&FIELD_ELEMENTS_PER_BLOB.to_be_bytes());
    output.extend_from_slice(&BLS_MODULUS);
    Ok(output)
}

pub(super) fn run_g1_add(input: &[u8]) -> Result<Vec<u8>, PrecompileError> {
    let input: &[u8; 2 * bls::G1_BYTES] = exact(input)?;
    let (a, b) = pair(input).ok_or(PrecompileError::Length)?;
    Ok(bls::g1_add(a, b)?.to_vec())
}

pub(super) fn run_g2_add(input: &[u8]) -> Result<Vec<u8>, PrecompileError> {
    let input: &[u8; 2 * bls::G2_BYTES] = exact(input)?;
    let (a, b) = pair(input).ok_or(PrecompileError::Length)?;
    Ok(bls::g2_add(a, b)?.to_vec())
}

pub(super) fn run_g1_msm(input: &[u8]) -> Result<Vec<u8>, PrecompileError> {
    let records = records::<G1_TERM_BYTES>(input)?;
    Ok(bls::g1_msm(records.iter().filter_map(|record| pair(record)))?.to_vec())
}

pub(super) fn run_g2_msm(input: &[u8]) -> Result<Vec<u8>, PrecompileError> {
    let records = records::<G2_TERM_BYTES>(input)?;
    Ok(bls::g2_msm(records.iter().filter_map(|record| pair(record)))?.to_vec())
}

pub(super) fn run_bls_pairing(input: &[u8]) -> Result<Vec<u8>, PrecompileError> {
    let records = records::<BLS_PAIR_BYTES>(input)?;
    Ok(word(bls::pairing_is_one(records.iter().filter_map(|record| pair(record)))?))
}

pub(super) fn run_map_fp_to_g1(input: &[u8]) -> Result<Vec<u8>, PrecompileError> {
    Ok(bls::map_to_g1(exact(input)?)?.to_vec())
}

pub(super) fn run_map_fp2_to_g2(input: &[u8]) -> Result<Vec<u8>, PrecompileError> {
    Ok(bls::map_to_g2(exact(input)?)?.to_vec())
}

/// The input, when it is `N` bytes long.
fn exact<const N: usize>(input: &[u8]) -> Result<&[u8; N], PrecompileError> {
    input.try_into().map_err(|_| PrecompileError::Length)
}

/// The input as whole records, at least one (EIP-2537).
fn records<const N: usize>(input: &[u8]) -> Result<&[[u8; N]], PrecompileError> {
    match input.as_chunks() {
        ([], _) => Err(PrecompileError::Length),
        (records, []) => Ok(records),
        _ => Err(PrecompileError::Length),
    }
}

/// `answer` as a word.
fn word(answer: bool) -> Vec<u8> {
    let mut word = vec![0; 32];
    word[31] = u8::from(answer);
    word
}
