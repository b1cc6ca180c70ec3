//! The points (0, 2) and (0, -2): on the first curve, of order three, outside the subgroup.

use super::*;

const MODULUS: [u8; 48] = [
    0x1a, 0x01, 0x11, 0xea, 0x39, 0x7f, 0xe6, 0x9a, 0x4b, 0x1b, 0xa7, 0xb6, 0x43, 0x4b, 0xac, 0xd7,
    0x64, 0x77, 0x4b, 0x84, 0xf3, 0x85, 0x12, 0xbf, 0x67, 0x30, 0xd2, 0xa0, 0xf6, 0xb0, 0xf6, 0x24,
    0x1e, 0xab, 0xff, 0xfe, 0xb1, 0x53, 0xff, 0xff, 0xb9, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xaa, 0xab,
];

const INFINITY: [u8; G1_BYTES] = [0; G1_BYTES];

/// The point with x zero and this y.
fn point(y: &[u8; 48]) -> [u8; G1_BYTES] {
    let mut bytes = [0; G1_BYTES];
    bytes[G1_BYTES - 48..].copy_from_slice(y);
    bytes
}

fn small(number: u8) -> [u8; 48] {
    let mut bytes = [0; 48];
    bytes[47] = number;
    bytes
}

fn below_modulus(by: u8) -> [u8; 48] {
    let mut bytes = MODULUS;
    bytes[47] -= by;
    bytes
}

/// A point of the subgroup.
fn subgroup_point() -> [u8; G1_BYTES] {
    let mut element = [0; FIELD_BYTES];
    element[FIELD_BYTES - 1] = 7;
    map_to_g1(&element).expect("a canonical element")
}

#[test]
fn additions_take_the_points_of_order_three() {
    let (plus, minus) = (point(&small(2)), point(&below_modulus(2)));
    assert_eq!(g1_add(&plus, &INFINITY), Ok(plus));
    assert_eq!(g1_add(&INFINITY, &minus), Ok(minus));
    assert_eq!(g1_add(&plus, &plus), Ok(minus), "the double is the negative");
    assert_eq!(g1_add(&minus, &minus), Ok(plus));
    assert_eq!(g1_add(&plus, &minus), Ok(INFINITY));
    let other = subgroup_point();
    let sum = g1_add(&other, &plus).expect("both on the curve");
    assert_ne!(sum, other);
    assert_eq!(g1_add(&sum, &minus), Ok(other), "and back again");
}

#[test]
fn other_points_with_x_zero_are_not_on_the_curve() {
    for y in [small(1), small(3), below_modulus(1), below_modulus(3)] {
        assert_eq!(g1_add(&point(&y), &INFINITY), Err(PointError::NotOnCurve));
    }
    let mut beyond = MODULUS;
    beyond[47] += 2;
    for y in [MODULUS, beyond] {
        assert!(g1_add(&point(&y), &INFINITY).is_err(), "two plus the modulus is not two");
    }
}

#[test]
fn multiples_and_pairings_refuse_the_points_of_order_three() {
    let good = subgroup_point();
    let one = [0; SCALAR_BYTES];
    for bad in [point(&small(2)), point(&below_modulus(2))] {
        assert_eq!(g1_msm([(&bad, &one)]), Err(PointError::WrongSubgroup));
        let terms = [(&good, &one), (&bad, &one), (&good, &one)];
        assert_eq!(g1_msm(terms), Err(PointError::WrongSubgroup));
        assert_eq!(
            g1_msm([(&good, &one); 40].into_iter().chain(terms)),
            Err(PointError::WrongSubgroup)
        );
        assert_eq!(pairing_is_one([(&bad, &[0; G2_BYTES])]), Err(PointError::WrongSubgroup));
    }
}
