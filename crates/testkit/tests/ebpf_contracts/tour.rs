//! A contract in Rust that makes every call of the SDK.

use lockstep::tos::{AccountProvider, StorageProvider};

use super::chain::{CONTRACT, COUNTER, Chain, SENDER, file};

/// What it does.
pub(crate) fn calls_everything(object: &[u8]) {
    let mut chain = Chain::new(object);
    let mut input = [9; 33];
    input[32] = 1;
    let done = chain.call(&input);
    assert_eq!(done.log, ["on tour"]);
    let numbers = [12_345, 5, 10, 6, 0, 5, 1, 8, 1_u64].map(u64::to_le_bytes).concat();
    let known = [[1; 32], [2; 32], SENDER, CONTRACT, SENDER].concat();
    assert_eq!(done.output(), [known, numbers].concat());
    assert_eq!(chain.stored(&[1]), None);
    // The key was the counter's input: it counted.
    let count = chain.storage.get(&COUNTER, b"count").expect("memory does not fail");
    assert_eq!(count, Some(1_u64.to_le_bytes().to_vec()));
    assert_eq!(chain.accounts.get_balance(&[9; 32]), Ok(4));
    assert_eq!(chain.call(&input[..31]).code(), 1);
}

#[test]
fn every_call_of_the_sdk_answers() {
    calls_everything(&file("sdk/rust/examples/tour.o"));
}
