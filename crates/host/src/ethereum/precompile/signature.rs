//! Signatures. A signature that does not hold is an answer, not an error: success without bytes.

use lockstep_base::Hash;

use super::{PrecompileError, input::padded};
use crate::crypto::{secp256k1, secp256r1};

/// Bytes that ECRECOVER reads: hash, `v`, `r`, `s`.
const ECRECOVER_INPUT_BYTES: usize = 4 * 32;
/// Bytes that P256VERIFY takes, no more and no fewer: hash, `r`, `s`, `x`, `y` (EIP-7951).
const P256VERIFY_INPUT_BYTES: usize = 5 * 32;
/// What `v` is when the point named by `r` has an even `y`; one more when odd (Yellow Paper, appendix F).
const V_EVEN: u8 = 27;

/// The signer's address as a word, or no bytes. `v` is a whole word; high `s` is accepted.
pub(super) fn run_ecrecover(input: &[u8]) -> Result<Vec<u8>, PrecompileError> {
    let input: [u8; ECRECOVER_INPUT_BYTES] = padded(input);
    Ok(recover(&input).unwrap_or_default())
}

fn recover(input: &[u8; ECRECOVER_INPUT_BYTES]) -> Option<Vec<u8>> {
    let [hash, v, r, s] = input.as_chunks::<32>().0 else { return None };
    let (v, zeros) = v.split_last()?;
    let y_is_odd = match v.checked_sub(V_EVEN) {
        Some(0) => false,
        Some(1) => true,
        _ => return None,
    };
    if zeros.iter().any(|byte| *byte != 0) {
        return None;
    }
    let signer = secp256k1::recover(&Hash(*hash), r, s, y_is_odd)?;
    Some(Hash::from_word(signer.into_word()).0.to_vec())
}

/// The word 1 when the signature holds, else no bytes.
pub(super) fn run_p256verify(input: &[u8]) -> Result<Vec<u8>, PrecompileError> {
    let ([hash, r, s, x, y], []) = input.as_chunks::<32>() else { return Ok(Vec::new()) };
    let holds = input.len() == P256VERIFY_INPUT_BYTES && secp256r1::verify(hash, r, s, x, y);
    Ok(if holds { padded_one() } else { Vec::new() })
}

/// The number 1 as a word.
fn padded_one() -> Vec<u8> {
    let mut word = vec![0; 32];
    word[31] = 1;
    word
}
