//! Hello, in C and in Rust.

use lockstep::{
    Trap,
    tos::{InMemoryStorage, TosError},
};

use super::chain::{Chain, file};

/// What either does.
pub(crate) fn says_hello(object: &[u8]) {
    let mut chain = Chain::new(object);
    for (name, said) in
        [("", "Hello, world"), ("Bob", "Hello, Bob"), ("Zo\u{eb}", "Hello, Zo\u{eb}")]
    {
        let done = chain.call(name.as_bytes());
        assert_eq!(done.log, [said]);
        assert_eq!(done.output(), b"");
    }
    assert_eq!(chain.call(&[b'x'; 32]).log[0].len(), 39);
    let refused = chain.call(&[b'x'; 33]);
    assert_eq!(refused.log.len(), 0);
    assert_eq!(refused.code(), 1);
    assert_eq!(chain.call(b"\xff").trap(), (Trap::HostRefused, TosError::InvalidText));
    assert_eq!(chain.storage, InMemoryStorage::new());
}

#[test]
fn hello_in_c_says_hello() {
    says_hello(&file("examples/ebpf/hello.o"));
}

#[test]
fn hello_in_rust_says_hello() {
    says_hello(&file("sdk/rust/examples/hello.o"));
}
