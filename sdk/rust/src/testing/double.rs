//! The functions of this crate on the thread's chain.

use std::borrow::ToOwned;

use super::{trap, with, Trap};
use crate::{
    call::{Returned, KEY_BYTES_MAX, LOG_BYTES_MAX, RETURN_BYTES_MAX, VALUE_BYTES_MAX},
    types::{Address, Hash},
};

/// Ends the contract where `bytes` are more than `max`.
fn limit(bytes: &[u8], max: usize) {
    if bytes.len() > max {
        trap(Trap::TooLong);
    }
}

pub(crate) fn log(text: &[u8]) {
    limit(text, LOG_BYTES_MAX);
    match core::str::from_utf8(text) {
        Ok(text) => with(|chain| chain.log.push(text.to_owned())),
        Err(_) => trap(Trap::InvalidText),
    }
}

pub(crate) fn block_hash() -> Hash {
    with(|chain| chain.block_hash)
}

pub(crate) fn block_height() -> u64 {
    with(|chain| chain.block_height)
}

pub(crate) fn tx_hash() -> Hash {
    with(|chain| chain.tx_hash)
}

pub(crate) fn tx_sender() -> Address {
    with(|chain| chain.sender)
}

pub(crate) fn contract_hash() -> Address {
    with(|chain| chain.contract)
}

pub(crate) fn balance(of: &Address) -> u64 {
    with(|chain| chain.balances.get(of).copied().unwrap_or(0))
}

pub(crate) fn transfer(to: &Address, amount: u64) {
    if amount == 0 {
        trap(Trap::InvalidAmount);
    }
    let from = contract_hash();
    let left = balance(&from).checked_sub(amount);
    let left = left.unwrap_or_else(|| trap(Trap::InsufficientBalance));
    if from != *to {
        let sum = balance(to).checked_add(amount);
        let sum = sum.unwrap_or_else(|| trap(Trap::BalanceOverflow));
        with(|chain| chain.balances.extend([(from, left), (*to, sum)]));
    }
}

pub(crate) fn storage_read(key: &[u8], to: &mut [u8]) -> usize {
    limit(key, KEY_BYTES_MAX);
    let value = with(|chain| chain.stored(key).map(<[u8]>::to_vec)).unwrap_or_default();
    match to.get_mut(..value.len()) {
        Some(to) => to.copy_from_slice(&value),
        None => trap(Trap::BufferTooSmall),
    }
    value.len()
}

pub(crate) fn storage_write(key: &[u8], value: &[u8]) {
    limit(key, KEY_BYTES_MAX);
    limit(value, VALUE_BYTES_MAX);
    with(|chain| chain.storage.insert((chain.contract, key.to_vec()), value.to_vec()));
}

pub(crate) fn storage_delete(key: &[u8]) -> bool {
    limit(key, KEY_BYTES_MAX);
    with(|chain| chain.storage.remove(&(chain.contract, key.to_vec())).is_some())
}

pub(crate) fn set_return_data(bytes: &[u8]) {
    limit(bytes, RETURN_BYTES_MAX);
    with(|chain| {
        chain.returned = (chain.contract, bytes.to_vec());
        chain.said = bytes.to_vec();
    });
}

pub(crate) fn return_data(to: &mut [u8]) -> Returned {
    let (by, bytes) = with(|chain| chain.returned.clone());
    let shown = to.len().min(bytes.len());
    to[..shown].copy_from_slice(&bytes[..shown]);
    let by = if shown == 0 { Address::default() } else { by };
    Returned { len: bytes.len(), by }
}

/// Units are not counted here, so all of them are enough.
pub(crate) fn invoke(contract: &Address, input: &[u8], amount: u64, _: u64) -> bool {
    super::call_from_contract(contract, input, amount)
}

pub(crate) fn caller() -> Address {
    with(|chain| chain.caller.unwrap_or(chain.sender))
}

pub(crate) fn call_value() -> u64 {
    with(|chain| chain.call_value)
}
