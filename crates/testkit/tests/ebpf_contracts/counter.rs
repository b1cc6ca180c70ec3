//! The counter, in C and in Rust.

use lockstep::{Trap, tos::TosError};

use super::chain::{Chain, file, word};

/// What either does.
pub(crate) fn counts(object: &[u8]) {
    let mut chain = Chain::new(object);
    assert_eq!(chain.call(&[0]).output(), word(0));
    assert_eq!(chain.stored(b"count"), None);
    for (number, input) in [(1, &[][..]), (2, &[1]), (3, &[])] {
        assert_eq!(chain.call(input).output(), word(number));
    }
    assert_eq!(chain.call(&[0]).output(), word(3));
    assert_eq!(chain.stored(b"count"), Some(3_u64.to_le_bytes().to_vec()));
    for input in [&[3][..], &[255], &[1, 1]] {
        assert_eq!(chain.call(input).code(), 1, "no such input");
    }
    assert_eq!(chain.call(&[2]).output(), word(0));
    assert_eq!(chain.stored(b"count"), None);
    chain.store(b"count", &(u64::MAX - 1).to_le_bytes());
    assert_eq!(chain.call(&[]).output(), word(u64::MAX));
    assert_eq!(chain.call(&[]).code(), 2, "it would overflow");
    assert_eq!(chain.call(&[0]).output(), word(u64::MAX));
    chain.store(b"count", &[1; 7]);
    assert_eq!(chain.call(&[0]).code(), 3, "storage holds something else");
    chain.store(b"count", &[1; 9]);
    let error = TosError::BufferTooSmall { needed: 9, found: 8 };
    assert_eq!(chain.call(&[0]).trap(), (Trap::HostRefused, error));
}

#[test]
fn the_counter_in_c_counts() {
    counts(&file("examples/ebpf/counter.o"));
}

#[test]
fn the_counter_in_rust_counts() {
    counts(&file("sdk/rust/examples/counter.o"));
}
