//! The chain in memory does what the host does.

use std::{vec, vec::Vec};

use super::*;
use crate::{call::*, entrypoint};

const ME: Address = Address([7; 32]);
const YOU: Address = Address([9; 32]);

/// Does what the first byte says with the bytes that follow it.
fn contract(input: &mut [u8]) -> Result<(), u64> {
    let (what, rest) = input.split_first().ok_or(1_u64)?;
    match what {
        b'w' => storage_write(b"k", rest),
        b'f' => {
            storage_write(b"k", rest);
            set_return_data(rest);
            return Err(5);
        }
        b'r' => {
            let mut room = vec![0; usize::from(rest[0])];
            let len = storage_read(b"k", &mut room);
            set_return_data(&room[..len]);
        }
        b'd' => set_return_data(&[u8::from(storage_delete(b"k"))]),
        b't' => transfer(&YOU, u64::from(rest[0])),
        b'l' => log(&"x".repeat(LOG_BYTES_MAX + usize::from(rest[0]))),
        b'K' => storage_write(&vec![0; KEY_BYTES_MAX + usize::from(rest[0])], b""),
        b'V' => storage_write(b"v", &vec![0; VALUE_BYTES_MAX + usize::from(rest[0])]),
        b'R' => set_return_data(&vec![0; RETURN_BYTES_MAX + usize::from(rest[0])]),
        b'p' => panic!("a contract's own"),
        b'i' => {
            set_return_data(b"own");
            let amount = u64::from(rest[0]);
            let done = invoke(&YOU, &rest[1..], amount, u64::MAX);
            let mut to = [0; 8];
            let Returned { len, by } = return_data(&mut to);
            storage_write(b"i", &[&[u8::from(done)], &to[..len.min(8)], &by.0[..1]].concat());
        }
        b'c' => storage_write(b"k", &[&caller().0[..1], &[call_value() as u8]].concat()),
        _ => return Err(2),
    }
    Ok(())
}

entrypoint!(contract);

fn chain() -> Chain {
    Chain { contract: ME, balances: [(ME, 10)].into_iter().collect(), ..Chain::default() }
}

fn output(chain: &mut Chain, input: &[u8]) -> Vec<u8> {
    let outcome = chain.call(entrypoint, input);
    assert_eq!(outcome.end, Ok(0), "{input:?}");
    outcome.output
}

#[test]
fn storage_is_written_read_and_deleted() {
    let mut chain = chain();
    assert_eq!(output(&mut chain, b"r\x05"), b"");
    assert_eq!(output(&mut chain, b"whello"), b"");
    assert_eq!(output(&mut chain, b"r\x05"), b"hello");
    assert_eq!(chain.call(entrypoint, b"r\x04").end, Err(Trap::BufferTooSmall));
    assert_eq!(output(&mut chain, b"d"), [1]);
    assert_eq!(output(&mut chain, b"d"), [0]);
}

#[test]
fn a_call_that_fails_leaves_what_it_returned_and_nothing_else() {
    let mut chain = chain();
    let before = chain.clone();
    let failed = chain.call(entrypoint, b"fxy");
    assert_eq!((failed.status(), &failed.output[..]), (Some(5), &b"xy"[..]));
    assert_eq!(chain, before);
    assert_eq!(chain.call(entrypoint, b"").end, Ok(1));
}

#[test]
fn amounts_are_sent_whole_or_not_at_all() {
    let mut chain = chain();
    output(&mut chain, b"t\x04");
    assert_eq!((chain.balances[&ME], chain.balances[&YOU]), (6, 4));
    for (amount, trap) in [(0, Trap::InvalidAmount), (7, Trap::InsufficientBalance)] {
        assert_eq!(chain.call(entrypoint, &[b't', amount]).end, Err(trap));
    }
    chain.balances.insert(YOU, u64::MAX);
    assert_eq!(chain.call(entrypoint, b"t\x01").end, Err(Trap::BalanceOverflow));
    assert_eq!((chain.balances[&ME], chain.balances[&YOU]), (6, u64::MAX));
}

#[test]
fn contracts_call_one_another_and_leave_nothing_where_they_fail() {
    let mut chain = chain();
    chain.contracts.insert(YOU, entrypoint);
    chain.contracts.insert(ME, entrypoint);
    let key = |of: Address, key: &[u8]| (of, key.to_vec());
    assert_eq!(output(&mut chain, b"i\x03c"), b"own");
    assert_eq!((chain.storage[&key(YOU, b"k")].as_slice(), chain.balances[&YOU]), (&[7, 3][..], 3));
    assert_eq!(chain.storage[&key(ME, b"i")], [1, 0]);
    output(&mut chain, b"i\x01fxy");
    assert_eq!(chain.storage[&key(YOU, b"k")], [7, 3], "what the callee stored is undone");
    assert_eq!(chain.storage[&key(ME, b"i")], [0, b'x', b'y', 9]);
    for refused in [&b"i\x63c"[..], b"i\x00R\x01"] {
        output(&mut chain, refused);
        assert_eq!(chain.storage[&key(ME, b"i")], [0, 0], "{refused:?}");
    }
    assert_eq!((chain.balances[&ME], chain.balances[&YOU]), (7, 3));
    assert_eq!(chain.call(entrypoint, b"c").end, Ok(0));
    assert_eq!(chain.storage[&key(ME, b"k")], [0, 0], "the sender is the caller");
}

#[test]
fn lengths_have_limits() {
    for what in [b'l', b'K', b'V', b'R'] {
        assert_eq!(chain().call(entrypoint, &[what, 0]).end, Ok(0), "{what}");
        assert_eq!(chain().call(entrypoint, &[what, 1]).end, Err(Trap::TooLong), "{what}");
    }
}

#[test]
fn a_panic_of_the_contract_is_the_tests() {
    let panicked = catch_unwind(AssertUnwindSafe(|| chain().call(entrypoint, b"p")));
    assert!(panicked.is_err());
    assert_eq!(chain().call(entrypoint, b"t\x01").end, Ok(0));
}
