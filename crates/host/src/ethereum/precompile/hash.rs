//! Hashes and copies.

use super::{PrecompileError, input::pair};
use crate::crypto::{blake2f::compress, ripemd160::ripemd160, sha256::sha256};

/// Bytes that BLAKE2F takes, no more and no fewer (EIP-152).
const BLAKE2F_INPUT_BYTES: usize = 213;

pub(super) fn run_sha256(input: &[u8]) -> Result<Vec<u8>, PrecompileError> {
    Ok(sha256(input).to_vec())
}

/// The digest, extended to a word on the left.
pub(super) fn run_ripemd160(input: &[u8]) -> Result<Vec<u8>, PrecompileError> {
    let mut output = vec![0; 12];
    output.extend_from_slice(&ripemd160(input));
    Ok(output)
}

pub(super) fn run_identity(input: &[u8]) -> Result<Vec<u8>, PrecompileError> {
    Ok(input.to_vec())
}

/// The number of rounds, each of which costs one gas (EIP-152).
pub(super) fn price_blake2f(input: &[u8]) -> Result<u64, PrecompileError> {
    if input.len() != BLAKE2F_INPUT_BYTES {
        return Err(PrecompileError::Length);
    }
    let rounds = input.first_chunk().ok_or(PrecompileError::Length)?;
    Ok(u64::from(u32::from_be_bytes(*rounds)))
}

/// Input: rounds (4 bytes, big-endian), state, block and offset (words, little-endian), final flag (EIP-152).
pub(super) fn run_blake2f(input: &[u8]) -> Result<Vec<u8>, PrecompileError> {
    let input: &[u8; BLAKE2F_INPUT_BYTES] =
        input.try_into().map_err(|_| PrecompileError::Length)?;
    let last = match input[BLAKE2F_INPUT_BYTES - 1] {
        0 => false,
        1 => true,
        _ => return Err(PrecompileError::Flag),
    };
    let (rounds, words) = pair::<4, 208>(input).ok_or(PrecompileError::Length)?;
    let (words, _) = words.as_chunks::<8>();
    let word = |i: usize| u64::from_le_bytes(words[i]);
    let state = compress(
        u32::from_be_bytes(*rounds),
        &core::array::from_fn(word),
        &core::array::from_fn(|i| word(8 + i)),
        [word(24), word(25)],
        last,
    );
    Ok(state.iter().flat_map(|word| word.to_le_bytes()).collect())
}
