use super::*;
use crate::crypto::sha256::sha256;

/// The points of `blst`'s compressed form: infinity and the generator.
fn infinity() -> Vec<u8> {
    [vec![0xc0], vec![0; 47]].concat()
}

const GENERATOR: &str = "97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905
    a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb";

/// The two numbers of a successful answer (EIP-4844).
const ANSWER: &str = "0000000000000000000000000000000000000000000000000000000000001000
    73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001";

fn evaluate(z: &[u8], y: &[u8], commitment: &[u8], proof: &[u8]) -> Vec<u8> {
    let mut hash = sha256(commitment);
    hash[0] = 1;
    [&hash[..], z, y, commitment, proof].concat()
}

#[test]
fn constant_polynomials_take_their_value_everywhere() {
    for z in [word(0), word(1), word(u64::MAX)] {
        let zero = evaluate(&z, &word(0), &infinity(), &infinity());
        assert_eq!(call(10, &zero), Ok(hex(ANSWER)));
        let one = evaluate(&z, &word(1), &hex(GENERATOR), &infinity());
        assert_eq!(call(10, &one), Ok(hex(ANSWER)));
        let wrong = evaluate(&z, &word(2), &hex(GENERATOR), &infinity());
        assert_eq!(call(10, &wrong), Err(PrecompileError::Proof));
    }
}

#[test]
fn a_proof_from_the_ceremony_holds_only_for_its_value() {
    let settings = c_kzg::ethereum_kzg_settings(0);
    let mut blob = [0; c_kzg::BYTES_PER_BLOB];
    blob.chunks_mut(32).enumerate().for_each(|(i, element)| element[31] = i as u8);
    let blob = c_kzg::Blob::new(blob);
    let commitment = settings.blob_to_kzg_commitment(&blob).expect("a commitment").to_bytes();
    let z = word(0x1234_5678_9abc);
    let (proof, y) = settings.compute_kzg_proof(&blob, &z.into()).expect("a proof");
    let (commitment, proof) = (commitment.into_inner(), proof.to_bytes().into_inner());
    let y: &[u8] = y.as_slice();
    assert_eq!(call(10, &evaluate(&z, y, &commitment, &proof)), Ok(hex(ANSWER)));
    let elsewhere = evaluate(&word(7), y, &commitment, &proof);
    assert_eq!(call(10, &elsewhere), Err(PrecompileError::Proof));
    let swapped = evaluate(&z, y, &proof, &commitment);
    assert_eq!(call(10, &swapped), Err(PrecompileError::Proof));
}

#[test]
fn what_does_not_decode_fails() {
    let good = evaluate(&word(0), &word(0), &infinity(), &infinity());
    let order = hex(&ANSWER[64..]);
    let mut bad = vec![
        evaluate(&order, &word(0), &infinity(), &infinity()),
        evaluate(&word(0), &order, &infinity(), &infinity()),
        evaluate(&word(0), &word(0), &[0; 48], &infinity()),
        evaluate(&word(0), &word(0), &infinity(), &[0xff; 48]),
    ];
    for (at, value) in [(0, 0), (0, 2), (31, good[31] ^ 1)] {
        let mut changed = good.clone();
        changed[at] = value;
        bad.push(changed);
    }
    for input in bad {
        assert_eq!(call(10, &input), Err(PrecompileError::Proof));
    }
    for length in [0, 191] {
        assert_eq!(call(10, &good[..length]), Err(PrecompileError::Length));
    }
    assert_eq!(call(10, &[good, vec![0]].concat()), Err(PrecompileError::Length));
}
