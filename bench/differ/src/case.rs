//! A case: rules, block, state and one transaction.

use std::{collections::BTreeMap, sync::Arc};

use lockstep::{Address, Block, Config, Fork, Hash, MemoryStorage, Transaction, U256};

use crate::program::Program;

/// The chain all cases are on.
pub const CHAIN_ID: u64 = 1;

/// An account before the transaction.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    pub balance: U256,
    pub nonce: u64,
    pub code: Program,
    pub slots: BTreeMap<U256, U256>,
}

/// Rules, block, state and one transaction.
#[derive(Debug, Clone)]
pub struct Case {
    pub fork: Fork,
    pub block: Block,
    pub pre: BTreeMap<Address, Account>,
    pub transaction: Transaction,
}

impl Case {
    /// The chain's configuration.
    pub fn config(&self) -> Config {
        Config::new(self.fork, CHAIN_ID)
    }

    /// The state before the transaction, which both engines read.
    pub fn state(&self) -> Arc<MemoryStorage> {
        let mut storage = MemoryStorage::default();
        for (address, account) in &self.pre {
            let code = account.code.assemble();
            storage.insert_account(*address, account.balance, account.nonce, &code);
            for (key, value) in &account.slots {
                storage.insert_slot(*address, *key, *value);
            }
        }
        for number in remembered_blocks(self.block.number) {
            storage.insert_block_hash(number, block_hash(number));
        }
        Arc::new(storage)
    }
}

/// Blocks whose hash the state knows: both ends of the window of 256 and what lies just outside.
fn remembered_blocks(number: u64) -> impl Iterator<Item = u64> {
    [0, 1, 2, 255, 256, 257].into_iter().filter_map(move |ago| number.checked_sub(ago))
}

fn block_hash(number: u64) -> Hash {
    Hash::from_word(U256::from(number) | U256::from(0xb10c_u64) << 240)
}
