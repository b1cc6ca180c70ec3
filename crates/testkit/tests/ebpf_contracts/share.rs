//! Shares, in C and in Rust: products of 128 bits beside those of this machine.

use lockstep_testkit::random::Random;

use super::chain::{Chain, file, word};

/// What either does.
pub(crate) fn divides_products(object: &[u8]) {
    let mut chain = Chain::new(object);
    let edges = [0, 1, 3, 0xffff_ffff, 1 << 63, u64::MAX];
    let mut cases: Vec<[u64; 3]> = Vec::new();
    for a in edges {
        cases.extend(edges.map(|b| [a, b, u64::MAX]));
        cases.extend(edges.map(|c| [a, u64::MAX - 1, c]));
    }
    let mut random = Random::new(99);
    cases.extend((0..200).map(|_| [0; 3].map(|_: u64| random.next() >> (random.next() % 64))));
    for [a, b, c] in cases {
        let done = chain.call(&[a, b, c].map(u64::to_le_bytes).concat());
        let quotient = (u128::from(a) * u128::from(b)).checked_div(c.into());
        match quotient.and_then(|quotient| u64::try_from(quotient).ok()) {
            Some(quotient) => assert_eq!(done.output(), word(quotient), "{a} * {b} / {c}"),
            None => assert_eq!(done.code(), 2, "{a} * {b} / {c}"),
        }
    }
    for len in [0, 23, 25] {
        assert_eq!(chain.call(&vec![1; len]).code(), 1, "{len} bytes");
    }
}

#[test]
fn shares_in_c_are_exact() {
    divides_products(&file("examples/ebpf/share.o"));
}

#[test]
fn shares_in_rust_are_exact() {
    divides_products(&file("sdk/rust/examples/share.o"));
}
