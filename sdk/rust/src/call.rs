//! The system calls, as safe functions.
//!
//! Each takes the units that its `units:` line says (name, base, for each byte; version 2 of the cost table), then acts. What
//! cannot be paid, and whatever stands under "Ends the contract", does not return: everything the contract did is undone.

use crate::{
    backend,
    types::{Address, Hash},
};

/// Bytes of a message.
pub const LOG_BYTES_MAX: usize = 10_000;
/// Bytes of a key.
pub const KEY_BYTES_MAX: usize = 256;
/// Bytes of a value.
pub const VALUE_BYTES_MAX: usize = 65_536;
/// Bytes that a contract returns.
pub const RETURN_BYTES_MAX: usize = 1024;

/// Says something: kept in debug mode, and on a chain that has logs.
///
/// Ends the contract: more than [`LOG_BYTES_MAX`].
///
/// units: tos_log 100 1
#[inline(always)]
pub fn log(text: &str) {
    backend::log(text.as_bytes());
}

/// The same with bytes that nobody has looked at.
///
/// Ends the contract: bytes that are no UTF-8; more than [`LOG_BYTES_MAX`].
#[inline(always)]
pub fn log_bytes(text: &[u8]) {
    backend::log(text);
}

/// The hash of the block.
///
/// units: tos_get_block_hash 50 0
#[inline(always)]
pub fn block_hash() -> Hash {
    backend::block_hash()
}

/// How many blocks are below this one.
///
/// units: tos_get_block_height 50 0
#[inline(always)]
pub fn block_height() -> u64 {
    backend::block_height()
}

/// The hash of the transaction.
///
/// units: tos_get_tx_hash 50 0
#[inline(always)]
pub fn tx_hash() -> Hash {
    backend::tx_hash()
}

/// Who sent the transaction, which need not be who calls.
///
/// units: tos_get_tx_sender 50 0
#[inline(always)]
pub fn tx_sender() -> Address {
    backend::tx_sender()
}

/// The contract itself.
///
/// units: tos_get_contract_hash 50 0
#[inline(always)]
pub fn contract_hash() -> Address {
    backend::contract_hash()
}

/// What an account holds; zero where there is none.
///
/// units: tos_get_balance 100 0
#[inline(always)]
pub fn balance(of: &Address) -> u64 {
    backend::balance(of)
}

/// Sends from the contract to an account.
///
/// Ends the contract: an amount of zero; a balance that is too small.
///
/// units: tos_transfer 500 0
#[inline(always)]
pub fn transfer(to: &Address, amount: u64) {
    backend::transfer(to, amount);
}

/// Copies what is stored under `key` to the beginning of `to` and returns how long it is; zero where nothing is stored, and
/// then `to` is as it was.
///
/// Ends the contract: a value longer than `to`; more than [`KEY_BYTES_MAX`].
///
/// units: tos_storage_read 200 1
#[inline(always)]
pub fn storage_read(key: &[u8], to: &mut [u8]) -> usize {
    backend::storage_read(key, to)
}

/// Stores a value, which may be empty.
///
/// Ends the contract: more than [`KEY_BYTES_MAX`] or [`VALUE_BYTES_MAX`].
///
/// units: tos_storage_write 500 2
#[inline(always)]
pub fn storage_write(key: &[u8], value: &[u8]) {
    backend::storage_write(key, value);
}

/// Deletes what is stored; whether something was.
///
/// Ends the contract: more than [`KEY_BYTES_MAX`].
///
/// units: tos_storage_delete 300 0
#[inline(always)]
pub fn storage_delete(key: &[u8]) -> bool {
    backend::storage_delete(key)
}

/// Says what the contract returns besides its number: the last such bytes count.
///
/// Ends the contract: more than [`RETURN_BYTES_MAX`].
///
/// units: tos_set_return_data 100 1
#[inline(always)]
pub fn set_return_data(bytes: &[u8]) {
    backend::set_return_data(bytes);
}

/// What [`return_data`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Returned {
    /// How long all of it is.
    pub len: usize,
    /// Who returned it; zeros where nothing was copied.
    pub by: Address,
}

/// Copies what was last returned, as much as there is room for.
///
/// units: tos_get_return_data 50 0
#[inline(always)]
pub fn return_data(to: &mut [u8]) -> Returned {
    backend::return_data(to)
}

/// For [`invoke`]: as many units as may be.
pub const ALL_UNITS: u64 = u64::MAX;

/// Calls another contract with an input and an amount; whether it succeeded. It gets `units` at most, and all but a 64th of
/// what is left; what it leaves comes back.
///
/// When it failed, or there is no such contract, or not as much to send, or too many are inside one another, nothing of it is
/// left but what it returned.
///
/// units: tos_invoke 1000 1
#[inline(always)]
pub fn invoke(contract: &Address, input: &[u8], amount: u64, units: u64) -> bool {
    backend::invoke(contract, input, amount, units)
}

/// Who called this contract: another one, or who sent the transaction.
///
/// units: tos_get_caller 50 0
#[inline(always)]
pub fn caller() -> Address {
    backend::caller()
}

/// The amount that was sent along.
///
/// units: tos_get_call_value 50 0
#[inline(always)]
pub fn call_value() -> u64 {
    backend::call_value()
}
