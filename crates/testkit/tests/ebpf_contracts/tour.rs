//! A contract in Rust that makes every call of the SDK.

use lockstep::tos::AccountProvider;

use super::chain::{CONTRACT, Chain, SENDER, file};

/// What it does.
pub(crate) fn calls_everything(object: &[u8]) {
    let mut chain = Chain::new(object);
    let mut input = [9; 33];
    input[32] = b'k';
    let done = chain.call(&input);
    assert_eq!(done.log, ["on tour"]);
    let numbers = [12_345, 10, 6, 0, 5, 1, 8_u64].map(u64::to_le_bytes).concat();
    let known = [[1; 32], [2; 32], SENDER, CONTRACT].concat();
    assert_eq!(done.output(), [known, numbers].concat());
    assert_eq!(chain.stored(b"k"), None);
    assert_eq!(chain.accounts.get_balance(&[9; 32]), Ok(4));
    assert_eq!(chain.call(&input[..31]).code(), 1);
}

#[test]
fn every_call_of_the_sdk_answers() {
    calls_everything(&file("sdk/rust/examples/tour.o"));
}
