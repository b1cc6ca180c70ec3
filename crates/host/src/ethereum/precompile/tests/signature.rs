use lockstep_base::U256;

use super::*;
use crate::crypto::secp256k1::is_low_s;

/// Orders of the groups.
const K1_ORDER: &str = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
const R1_ORDER: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";

/// A signature with `v` = 28 and its signer.
const HASH: &str = "456e9aea5e197a1f1af7a3e85a3212fa4049a3ba34c2289b4c860fc0b0c64ef3";
const R: &str = "9242685bf161793cc25603c231bc2f568eb630ea16aa137d2664ac8038825608";
const S: &str = "4f8ae3bd7535248d0bd448298cc2e2071e56992d0774dc340c368ae950852ada";
const SIGNER: &str = "0000000000000000000000007156526fbd7a3c72969b54f64e42c10fbb768c8a";

fn number(text: &str) -> U256 {
    U256::from_be_slice(&hex(text))
}

fn ecrecover(v: U256, r: U256, s: U256) -> Vec<u8> {
    let words = [v, r, s].map(|word| word.to_be_bytes::<32>());
    call(1, &[hex(HASH), words.concat()].concat()).expect("ECREC never fails")
}

#[test]
fn ecrecover_finds_the_signer() {
    assert_eq!(ecrecover(U256::from(28), number(R), number(S)), hex(SIGNER));
    assert_ne!(ecrecover(U256::from(27), number(R), number(S)), hex(SIGNER));
}

#[test]
fn ecrecover_accepts_high_s() {
    let high = number(K1_ORDER) - number(S);
    assert!(is_low_s(number(S)) && !is_low_s(high));
    assert_eq!(ecrecover(U256::from(27), number(R), high), hex(SIGNER));
}

#[test]
fn low_s_ends_at_half_the_order() {
    let half = number(K1_ORDER) >> 1;
    assert!(is_low_s(half) && !is_low_s(half + U256::from(1)));
}

#[test]
fn ecrecover_reads_v_as_a_whole_word() {
    for v in [0, 1, 26, 29, 255, 256 + 28] {
        assert_eq!(ecrecover(U256::from(v), number(R), number(S)), []);
    }
    assert_eq!(ecrecover(U256::from(1) << 255 | U256::from(28), number(R), number(S)), []);
}

/// Numbers that are no scalar of a signature.
fn refused(order: &str) -> [U256; 4] {
    let order = number(order);
    [U256::ZERO, order, order + U256::from(1), U256::MAX]
}

#[test]
fn ecrecover_refuses_r_and_s_outside_the_group() {
    for v in [27, 28].map(U256::from) {
        for bad in refused(K1_ORDER) {
            assert_eq!(ecrecover(v, bad, number(S)), []);
            assert_eq!(ecrecover(v, number(R), bad), []);
        }
        for edge in [U256::from(1), number(K1_ORDER) - U256::from(1)] {
            assert_eq!(ecrecover(v, number(R), edge).len(), 32);
        }
        // 1 is the coordinate of a point; 5 is not.
        assert_eq!(ecrecover(v, U256::from(1), number(S)).len(), 32);
        assert_eq!(ecrecover(v, U256::from(5), number(S)), []);
    }
}

#[test]
fn ecrecover_pads_short_input_and_ignores_what_follows() {
    assert_eq!(call(1, &[]), Ok(vec![]));
    let full = [hex(HASH), word(28).to_vec(), hex(R), hex(S)].concat();
    assert_eq!(call(1, &full[..127]).map(|output| output == hex(SIGNER)), Ok(false));
    assert_eq!(call(1, &[full, vec![0xff; 99]].concat()), Ok(hex(SIGNER)));
}

#[test]
fn a_point_at_infinity_recovers_to_nobody() {
    // R = G and s * R = h * G make the key the point at infinity.
    let generator_x = "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
    let input = [hex(HASH), word(27).to_vec(), hex(generator_x), hex(HASH)].concat();
    assert_eq!(call(1, &input), Ok(vec![]));
}

#[test]
fn p256verify_answers_anything_but_160_bytes_with_nothing() {
    for length in [0, 1, 32, 128, 159, 161, 192, 320] {
        let done = call_in(Fork::Osaka, 0x100, &vec![1; length]);
        assert_eq!(done, Ok(PrecompileOutput { gas_used: 6900, output: vec![] }));
    }
}

#[test]
fn p256verify_refuses_r_and_s_outside_the_group() {
    let table = include_str!("p256verify.txt");
    let valid = table.lines().find(|line| line.ends_with('1')).expect("a valid signature");
    let input = hex(valid.split(' ').nth(3).expect("an input"));
    assert_eq!(call(0x100, &input), Ok(word(1).to_vec()));
    for bad in refused(R1_ORDER) {
        for at in [32, 64] {
            let mut changed = input.clone();
            changed[at..at + 32].copy_from_slice(&bad.to_be_bytes::<32>());
            assert_eq!(call(0x100, &changed), Ok(vec![]));
        }
    }
    let mut high = input.clone();
    let s = number(R1_ORDER) - U256::from_be_slice(&input[64..96]);
    high[64..96].copy_from_slice(&s.to_be_bytes::<32>());
    assert_eq!(call(0x100, &high), Ok(word(1).to_vec()));
}
