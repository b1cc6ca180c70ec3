use lockstep_base::U256;

use super::*;
use crate::crypto::PointError;

const MODULUS: &str = "30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47";
const ORDER: &str = "30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001";
/// Twice the generator (1, 2).
const DOUBLE: &str = "030644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd3
    15ed738c0e0a7c92e7845f96b2ae9c0a68a6a449e3538fc7ff3ebf7a5a18a2c4";
/// The generator of the second group: imaginary part first (EIP-197).
const G2: &str = "198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2
    1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed
    090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b
    12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa";

/// On the twist but outside the subgroup; found by trying real x from 1 up.
const OUTSIDE: &str = "0000000000000000000000000000000000000000000000000000000000000000
    0000000000000000000000000000000000000000000000000000000000000001
    0d1271953ed9ea0836846e70a1934187998c7f790cb4d7511b7f8da82de048a4
    2869111d5381f072f8e2728fdb825a51aadd70e52c9830e9ab4b871c0531f1bb";

fn g1(x: u64, y: u64) -> Vec<u8> {
    [word(x), word(y)].concat()
}

fn negated() -> Vec<u8> {
    let y = U256::from_be_slice(&hex(MODULUS)) - U256::from(2);
    [word(1), y.to_be_bytes::<32>()].concat()
}

#[test]
fn addition_knows_doubling_inverse_and_infinity() {
    let g = g1(1, 2);
    assert_eq!(call(6, &[g.clone(), g.clone()].concat()), Ok(hex(DOUBLE)));
    assert_eq!(call(6, &[g.clone(), negated()].concat()), Ok(vec![0; 64]));
    assert_eq!(call(6, &g), Ok(g.clone()));
    assert_eq!(call(6, &[]), Ok(vec![0; 64]));
    assert_eq!(call(6, &[vec![0; 64], g.clone(), vec![9; 7]].concat()), Ok(g));
}

#[test]
fn multiplication_takes_scalars_beyond_the_order() {
    let times = |scalar: U256| {
        call(7, &[g1(1, 2), scalar.to_be_bytes::<32>().to_vec()].concat()).expect("a point")
    };
    let order = U256::from_be_slice(&hex(ORDER));
    assert_eq!(times(U256::from(2)), hex(DOUBLE));
    assert_eq!(times(U256::ZERO), [0; 64]);
    assert_eq!(times(order), [0; 64]);
    assert_eq!(times(order + U256::from(2)), hex(DOUBLE));
    assert_eq!(times(order - U256::from(1)), negated());
    assert_eq!(times(U256::MAX), times(U256::MAX % order));
    assert_eq!(call(7, &g1(1, 2)), Ok(vec![0; 64]));
}

#[test]
fn coordinates_from_the_modulus_on_fail() {
    let modulus = hex(MODULUS);
    let refused = Err(PrecompileError::Point(PointError::NonCanonical));
    // Zero written as the modulus would be infinity, and 1 as the modulus plus one.
    assert_eq!(call(6, &[modulus.clone(), modulus.clone()].concat()), refused);
    assert_eq!(call(6, &[word(0).to_vec(), modulus.clone()].concat()), refused);
    let one = (U256::from_be_slice(&modulus) + U256::from(1)).to_be_bytes::<32>();
    assert_eq!(call(7, &[one, word(2)].concat()), refused);
    assert_eq!(call(7, &[[0xff; 32], word(2)].concat()), refused);
    let pair = [g1(1, 2), modulus, vec![0; 96]].concat();
    assert_eq!(call(8, &pair), refused);
}

#[test]
fn points_off_the_curve_fail() {
    let refused = Err(PrecompileError::Point(PointError::NotOnCurve));
    assert_eq!(call(6, &g1(1, 1)), refused);
    assert_eq!(call(7, &g1(0, 1)), refused);
    assert_eq!(call(8, &[g1(1, 1), vec![0; 128]].concat()), refused);
    assert_eq!(call(8, &[vec![0; 64], vec![0; 127], vec![1]].concat()), refused);
}

#[test]
fn pairing_is_bilinear_and_empty_is_true() {
    let (g, minus, double, g2) = (g1(1, 2), negated(), hex(DOUBLE), hex(G2));
    let pairing = |points: &[&[u8]]| call(8, &points.concat());
    let (yes, no) = (Ok(word(1).to_vec()), Ok(word(0).to_vec()));
    assert_eq!(pairing(&[]), yes);
    assert_eq!(pairing(&[&g, &g2, &minus, &g2]), yes);
    assert_eq!(pairing(&[&double, &g2, &minus, &g2, &minus, &g2]), yes);
    assert_eq!(pairing(&[&g, &g2]), no);
    assert_eq!(pairing(&[&double, &g2, &minus, &g2]), no);
    assert_eq!(pairing(&[&g, &[0; 128]]), yes);
    assert_eq!(pairing(&[&[0; 64], &g2]), yes);
    assert_eq!(pairing(&[&[0; 192], &g, &g2]), no);
}

#[test]
fn the_imaginary_part_comes_first() {
    let g2 = hex(G2);
    let swapped = [&g2[32..64], &g2[..32], &g2[96..], &g2[64..96]].concat();
    let refused = Err(PrecompileError::Point(PointError::NotOnCurve));
    assert_eq!(call(8, &[g1(1, 2), swapped].concat()), refused);
}

#[test]
fn pairing_takes_whole_pairs_only() {
    for length in [1, 64, 191, 193, 383] {
        assert_eq!(call(8, &vec![0; length]), Err(PrecompileError::Length));
    }
}

#[test]
fn a_second_group_point_outside_the_subgroup_fails() {
    let refused = Err(PrecompileError::Point(PointError::WrongSubgroup));
    assert_eq!(call(8, &[vec![0; 64], hex(OUTSIDE)].concat()), refused);
}
