//! Multi-scalar multiplication beyond the published vectors.

use super::*;
use crate::crypto::PointError;

/// Entries of the tables of EIP-2537, for a number of points: first group, second group.
const DISCOUNTS: [(u64, u64, u64); 9] = [
    (1, 1000, 1000),
    (2, 949, 1000),
    (3, 848, 923),
    (16, 677, 717),
    (33, 625, 643),
    (64, 576, 582),
    (127, 520, 524),
    (128, 519, 524),
    (129, 519, 524),
];

/// Sums of the tables, which no single wrong entry survives.
const DISCOUNT_SUMS: (u64, u64) = (76517, 78436);

fn price(number: u64, length: u64) -> u64 {
    let row = lookup(Fork::Prague, Address::from_low_u64(number)).expect("an active contract");
    row.price(Fork::Prague, &vec![0; length as usize]).expect("a price")
}

#[test]
fn discounts_are_those_of_the_eip_and_end_at_128() {
    for (k, first, second) in DISCOUNTS {
        assert_eq!(price(0x0c, 160 * k), k * 12_000 * first / 1000, "{k}");
        assert_eq!(price(0x0e, 288 * k), k * 22_500 * second / 1000, "{k}");
    }
    assert_eq!(price(0x0c, 160 * 1000), 1000 * 12 * 519);
    // Rounding up undoes the rounding of the price: this recovers each entry.
    let sum = |number, bytes, unit: u64| -> u64 {
        (1..=128).map(|k| (price(number, bytes * k) * 1000).div_ceil(k * unit)).sum()
    };
    assert_eq!((sum(0x0c, 160, 12_000), sum(0x0e, 288, 22_500)), DISCOUNT_SUMS);
}

#[test]
fn no_terms_and_broken_terms_fail() {
    for (number, bytes) in [(0x0c, 160), (0x0e, 288), (0x0f, 384)] {
        for length in [0, 1, bytes - 1, bytes + 1, 2 * bytes - 1] {
            assert_eq!(call(number, &vec![0; length]), Err(PrecompileError::Length));
        }
    }
}

#[test]
fn infinity_times_anything_is_infinity() {
    let term = |point: usize| [vec![0; point], vec![0xff; 32]].concat();
    for count in [1, 2, 40] {
        assert_eq!(call(0x0c, &term(128).repeat(count)), Ok(vec![0; 128]));
        assert_eq!(call(0x0e, &term(256).repeat(count)), Ok(vec![0; 256]));
    }
}

/// The input of a published vector.
fn published(name: &str) -> Vec<u8> {
    let table = include_str!("bls12_381.txt");
    let line = table.lines().find(|line| line.starts_with(name)).expect("a vector of that name");
    hex(line.split(' ').nth(3).expect("an input"))
}

#[test]
fn a_sum_of_multiples_is_the_multiples_summed() {
    for (number, names) in [
        (
            0x0c,
            ["bls_g1mul_random*g1_unnormalized_scalar", "bls_g1mul_random*p1_unnormalized_scalar"],
        ),
        (
            0x0e,
            ["bls_g2mul_random*g2_unnormalized_scalar", "bls_g2mul_random*p2_unnormalized_scalar"],
        ),
    ] {
        let [a, b] = names.map(published);
        let infinity = [vec![0; a.len() - 32], vec![0xff; 32]].concat();
        let add = |x: &[u8], y: &[u8]| call(number - 1, &[x, y].concat());
        let one = |term: &[u8]| call(number, term).expect("a point");
        let sum = add(&one(&a), &one(&b)).expect("a point");
        assert_eq!(call(number, &[&a[..], &infinity, &b].concat()), Ok(sum.clone()));
        assert_eq!(call(number, &[&b[..], &a].concat()), Ok(sum.clone()));
        // The same term many times over: batch additions meet equal points.
        let mut total = sum;
        for _ in 0..39 {
            total = add(&total, &one(&a)).expect("a point");
        }
        assert_eq!(call(number, &[a.repeat(40), b].concat()), Ok(total));
    }
}

#[test]
fn a_compressed_point_is_not_canonical() {
    let mut input = published("bls_g1add_g1+p1");
    for flags in [0x80, 0x40, 0x20, 0xe0] {
        input[16] = flags;
        let refused = Err(PrecompileError::Point(PointError::NonCanonical));
        assert_eq!(call(0x0b, &input), refused);
    }
}
