use super::*;
use crate::crypto::{blake2f::compress, sha256::sha256};

#[test]
fn digests_of_no_bytes_and_of_abc() {
    let sha_empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let sha_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(call(2, b""), Ok(hex(sha_empty)));
    assert_eq!(call(2, b"abc"), Ok(hex(sha_abc)));
    let ripemd_empty = "0000000000000000000000009c1185a5c5e9fc54612808977ee8f548b2258d31";
    let ripemd_abc = "0000000000000000000000008eb208f7e05d987a9b044a8e98c6b087f15a0bfc";
    assert_eq!(call(3, b""), Ok(hex(ripemd_empty)));
    assert_eq!(call(3, b"abc"), Ok(hex(ripemd_abc)));
}

#[test]
fn identity_returns_what_it_got() {
    assert_eq!(call(4, b""), Ok(vec![]));
    assert_eq!(call(4, b"lockstep"), Ok(b"lockstep".to_vec()));
}

/// SHA-256 of the outputs for rounds 0 to 40 and 2^16, by a model in another language that was checked against its
/// standard library's BLAKE2b.
const BLAKE2F_DIGEST: &str = "81f578ef146984c302ebb808afce2a2b7c1990a918e5ee9dd1954b878939f306";

#[test]
fn blake2f_repeats_its_permutation_every_ten_rounds() {
    let state = core::array::from_fn(|i| 0x0123_4567_89ab_cdef_u64.wrapping_mul(i as u64 + 1));
    let block = core::array::from_fn(|i| 0xfedc_ba98_7654_3211_u64.wrapping_mul(i as u64 + 1));
    let mut outputs = Vec::new();
    for rounds in (0..=40).chain([1 << 16]) {
        let output = compress(rounds, &state, &block, [1 << 63 | 5, 7], rounds % 2 == 1);
        outputs.extend(output.iter().flat_map(|word| word.to_le_bytes()));
    }
    assert_eq!(sha256(&outputs).to_vec(), hex(BLAKE2F_DIGEST));
}

#[test]
fn blake2f_takes_213_bytes_and_a_clean_flag() {
    for length in [0, 4, 212, 214, 426] {
        assert_eq!(call(9, &vec![0; length]), Err(PrecompileError::Length));
    }
    for flag in 2..=255 {
        let mut input = [0; 213];
        input[212] = flag;
        assert_eq!(call(9, &input), Err(PrecompileError::Flag));
    }
}

#[test]
fn blake2f_charges_a_gas_per_round_before_it_starts() {
    let mut input = [0; 213];
    input[..4].fill(0xff);
    let row = lookup(Fork::LATEST, Address::from_low_u64(9)).expect("BLAKE2F");
    let price = u64::from(u32::MAX);
    assert_eq!(row.price(Fork::LATEST, &input), Ok(price));
    assert_eq!(row.run(Fork::LATEST, &input, price - 1), Err(PrecompileError::OutOfGas));
}
