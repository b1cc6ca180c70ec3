//! What every contract promises; one file of tests per family, and vectors as text.

mod bn254;
mod contract;
mod hash;
mod kzg;
mod modexp;
mod msm;
mod signature;
mod vectors;

use lockstep_base::decode_hex;

use super::*;

/// More gas than any test needs.
const PLENTY: u64 = 1 << 40;

/// Calls the contract at `number` under the newest rules, with gas to spare.
fn call(number: u64, input: &[u8]) -> Result<Vec<u8>, PrecompileError> {
    call_in(Fork::LATEST, number, input).map(|done| done.output)
}

/// Calls the contract at `number` under the rules of `fork`, with gas to spare.
fn call_in(fork: Fork, number: u64, input: &[u8]) -> Result<PrecompileOutput, PrecompileError> {
    let contract = lookup(fork, Address::from_low_u64(number)).expect("an active contract");
    contract.run(fork, input, PLENTY)
}

/// The bytes that `text` spells; blanks are ignored.
fn hex(text: &str) -> Vec<u8> {
    decode_hex(&text.split_whitespace().collect::<String>()).expect("hexadecimal digits")
}

/// `number` as a word.
fn word(number: u64) -> [u8; 32] {
    let mut word = [0; 32];
    word[24..].copy_from_slice(&number.to_be_bytes());
    word
}
