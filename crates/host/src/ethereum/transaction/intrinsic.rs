//! What a transaction costs before it runs, and the least it costs in the end.

use lockstep_base::Fork;

use super::{Transaction, TransactionKind};

/// Every transaction (Yellow Paper app. G, `G_transaction`).
const TRANSACTION: u64 = 21_000;
/// A creation, on top, from Homestead on (EIP-2).
const CREATION: u64 = 32_000;
/// A zero byte of data (Yellow Paper app. G).
const ZERO_BYTE: u64 = 4;
/// Another byte of data, before and after EIP-2028.
const DATA_BYTE: u64 = 68;
const DATA_BYTE_EIP_2028: u64 = 16;
/// An entry of the access list, and a key in it (EIP-2930).
const ACCESS_LIST_ADDRESS: u64 = 2400;
const ACCESS_LIST_KEY: u64 = 1900;
/// A word of initialization code (EIP-3860).
const INIT_CODE_WORD: u64 = 2;
/// An authorization (EIP-7702, `PER_EMPTY_ACCOUNT_COST`).
const AUTHORIZATION: u64 = 25_000;
/// Tokens of data in a byte that is not zero, and the least a token costs (EIP-7623).
const TOKENS_PER_BYTE: u64 = 4;
const FLOOR_PER_TOKEN: u64 = 10;

/// What a transaction costs apart from running.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IntrinsicGas {
    /// Gone before the first instruction.
    pub execution: u64,
    /// The least that is paid in the end (EIP-7623); zero before Prague.
    pub floor: u64,
}

/// What `transaction` costs under `fork` apart from running.
pub fn intrinsic_gas(fork: Fork, transaction: &Transaction) -> IntrinsicGas {
    let data = &transaction.data;
    let zeros = data.iter().filter(|byte| **byte == 0).count() as u64;
    let others = data.len() as u64 - zeros;
    let per_byte = if fork < Fork::Istanbul { DATA_BYTE } else { DATA_BYTE_EIP_2028 };
    let mut execution = TRANSACTION + zeros * ZERO_BYTE + others * per_byte;
    if transaction.to.is_none() {
        execution += if fork < Fork::Homestead { 0 } else { CREATION };
        let words = (data.len() as u64).div_ceil(32);
        execution += if fork < Fork::Shanghai { 0 } else { words * INIT_CODE_WORD };
    }
    if !matches!(transaction.kind, TransactionKind::Legacy { .. }) {
        let keys: u64 = transaction.access_list.iter().map(|item| item.keys.len() as u64).sum();
        execution += transaction.access_list.len() as u64 * ACCESS_LIST_ADDRESS;
        execution += keys * ACCESS_LIST_KEY;
    }
    execution += transaction.authorizations().len() as u64 * AUTHORIZATION;
    let floor = match fork < Fork::Prague {
        true => 0,
        false => TRANSACTION + (zeros + others * TOKENS_PER_BYTE) * FLOOR_PER_TOKEN,
    };
    IntrinsicGas { execution, floor }
}
