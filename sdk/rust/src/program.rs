//! The functions of this crate as calls of the host: what a program is linked with, by name.
//!
//! Invariant: a pointer is that of a reference, and its length that of the slice.
// Compiled everywhere, so that it is checked everywhere.
#![cfg_attr(not(any(target_arch = "bpf", lockstep_program)), allow(dead_code))]

use crate::{
    call::Returned,
    types::{Address, Hash},
};

// SAFETY: names, operands and results are those of the host's table; `sdk/c/include/lockstep/tos.h` says what each does.
extern "C" {
    fn tos_log(text: *const u8, len: u64) -> u64;
    fn tos_get_block_hash(to: *mut u8) -> u64;
    fn tos_get_block_height() -> u64;
    fn tos_get_tx_hash(to: *mut u8) -> u64;
    fn tos_get_tx_sender(to: *mut u8) -> u64;
    fn tos_get_contract_hash(to: *mut u8) -> u64;
    fn tos_get_balance(of: *const u8) -> u64;
    fn tos_transfer(to: *const u8, amount: u64) -> u64;
    fn tos_storage_read(key: *const u8, key_len: u64, to: *mut u8, room: u64) -> u64;
    fn tos_storage_write(key: *const u8, key_len: u64, value: *const u8, value_len: u64) -> u64;
    fn tos_storage_delete(key: *const u8, key_len: u64) -> u64;
    fn tos_set_return_data(from: *const u8, len: u64) -> u64;
    fn tos_get_return_data(to: *mut u8, room: u64, by: *mut u8) -> u64;
    fn tos_invoke(of: *const u8, input: *const u8, len: u64, amount: u64, units: u64) -> u64;
    fn tos_get_caller(to: *mut u8) -> u64;
    fn tos_get_call_value() -> u64;
}

#[inline(always)]
pub(crate) fn log(text: &[u8]) {
    // SAFETY: the host reads as many bytes as the text has.
    unsafe { tos_log(text.as_ptr(), text.len() as u64) };
}

/// The 32 bytes that `call` writes.
#[inline(always)]
fn filled(call: unsafe extern "C" fn(*mut u8) -> u64) -> [u8; 32] {
    let mut bytes = [0; 32];
    // SAFETY: those that are given here write 32 bytes, as many as there are.
    unsafe { call(bytes.as_mut_ptr()) };
    bytes
}

#[inline(always)]
pub(crate) fn block_hash() -> Hash {
    Hash(filled(tos_get_block_hash))
}

#[inline(always)]
pub(crate) fn block_height() -> u64 {
    // SAFETY: it takes nothing and writes nothing.
    unsafe { tos_get_block_height() }
}

#[inline(always)]
pub(crate) fn tx_hash() -> Hash {
    Hash(filled(tos_get_tx_hash))
}

#[inline(always)]
pub(crate) fn tx_sender() -> Address {
    Address(filled(tos_get_tx_sender))
}

#[inline(always)]
pub(crate) fn contract_hash() -> Address {
    Address(filled(tos_get_contract_hash))
}

#[inline(always)]
pub(crate) fn balance(of: &Address) -> u64 {
    // SAFETY: the host reads 32 bytes, as many as there are.
    unsafe { tos_get_balance(of.0.as_ptr()) }
}

#[inline(always)]
pub(crate) fn transfer(to: &Address, amount: u64) {
    // SAFETY: likewise.
    unsafe { tos_transfer(to.0.as_ptr(), amount) };
}

#[inline(always)]
pub(crate) fn storage_read(key: &[u8], to: &mut [u8]) -> usize {
    let room = to.len() as u64;
    // SAFETY: the host reads the key's bytes and writes no more than there is room for.
    let len = unsafe { tos_storage_read(key.as_ptr(), key.len() as u64, to.as_mut_ptr(), room) };
    len as usize
}

#[inline(always)]
pub(crate) fn storage_write(key: &[u8], value: &[u8]) {
    let (key_len, value_len) = (key.len() as u64, value.len() as u64);
    // SAFETY: the host reads the bytes of both.
    unsafe { tos_storage_write(key.as_ptr(), key_len, value.as_ptr(), value_len) };
}

#[inline(always)]
pub(crate) fn storage_delete(key: &[u8]) -> bool {
    // SAFETY: the host reads the key's bytes.
    unsafe { tos_storage_delete(key.as_ptr(), key.len() as u64) != 0 }
}

#[inline(always)]
pub(crate) fn set_return_data(bytes: &[u8]) {
    // SAFETY: the host reads as many bytes as there are.
    unsafe { tos_set_return_data(bytes.as_ptr(), bytes.len() as u64) };
}

#[inline(always)]
pub(crate) fn return_data(to: &mut [u8]) -> Returned {
    let mut by = Address::default();
    let room = to.len() as u64;
    // SAFETY: the host writes no more than there is room for, and 32 bytes of who returned it.
    let len = unsafe { tos_get_return_data(to.as_mut_ptr(), room, by.0.as_mut_ptr()) };
    Returned { len: len as usize, by }
}

#[inline(always)]
pub(crate) fn invoke(contract: &Address, input: &[u8], amount: u64, units: u64) -> bool {
    let (of, len) = (contract.0.as_ptr(), input.len() as u64);
    // SAFETY: the host reads 32 bytes and those of the input.
    unsafe { tos_invoke(of, input.as_ptr(), len, amount, units) == 0 }
}

#[inline(always)]
pub(crate) fn caller() -> Address {
    Address(filled(tos_get_caller))
}

#[inline(always)]
pub(crate) fn call_value() -> u64 {
    // SAFETY: it takes nothing and writes nothing.
    unsafe { tos_get_call_value() }
}
