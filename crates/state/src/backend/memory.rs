//! The state in memory: ordered maps, for tests, tools and the dev node.
//!
//! Invariants: no slot is zero; code is never deleted, for another account may share it by hash.

use std::{collections::BTreeMap, sync::Arc};

use lockstep_base::{Address, Hash, U256};

use crate::{
    AccountChange, AccountInfo, Changes, Storage, StorageError, keccak256, state_root, storage_root,
};

/// A [`Storage`] of ordered maps.
#[derive(Clone, Debug, Default)]
pub struct MemoryStorage {
    accounts: BTreeMap<Address, StoredAccount>,
    codes: BTreeMap<Hash, Arc<[u8]>>,
    block_hashes: BTreeMap<u64, Hash>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct StoredAccount {
    info: AccountInfo,
    slots: BTreeMap<U256, U256>,
}

impl MemoryStorage {
    /// Puts an account with this balance, nonce and code at `address`; storage already there stays.
    pub fn insert_account(&mut self, address: Address, balance: U256, nonce: u64, code: &[u8]) {
        let code_hash = keccak256(code);
        if !code.is_empty() {
            self.codes.insert(code_hash, code.into());
        }
        self.accounts.entry(address).or_default().info = AccountInfo { balance, nonce, code_hash };
    }

    /// Sets slot `key` of the account at `address`, which becomes an empty account if there is none.
    pub fn insert_slot(&mut self, address: Address, key: U256, value: U256) {
        self.accounts.entry(address).or_default().set(key, value);
    }

    /// Makes `hash` the answer for block `number`.
    pub fn insert_block_hash(&mut self, number: u64, hash: Hash) {
        self.block_hashes.insert(number, hash);
    }

    /// Applies a block's changes: all of them, as nothing here can fail.
    pub fn apply(&mut self, changes: &Changes) {
        for (code_hash, code) in &changes.codes {
            self.codes.insert(*code_hash, Arc::clone(code));
        }
        for (address, change) in &changes.accounts {
            let Some(info) = change.info else {
                self.accounts.remove(address);
                continue;
            };
            let account = self.accounts.entry(*address).or_default();
            account.info = info;
            if change.wiped {
                account.slots.clear();
            }
            for (key, value) in &change.slots {
                account.set(*key, *value);
            }
        }
    }

    /// What would bring the accounts back to how they are now, once `changes` were applied. Code stays.
    pub fn inverse(&self, changes: &Changes) -> Changes {
        let undo = |(address, change): (&Address, &AccountChange)| {
            (
                *address,
                self.accounts
                    .get(address)
                    .map_or_else(AccountChange::default, |now| now.inverse(change)),
            )
        };
        Changes { accounts: changes.accounts.iter().map(undo).collect(), codes: BTreeMap::new() }
    }

    /// Root of the state trie.
    pub fn state_root(&self) -> Hash {
        state_root(self.accounts.iter().map(|(address, account)| {
            let slots = account.slots.iter().map(|(key, value)| (*key, *value));
            (*address, &account.info, storage_root(slots))
        }))
    }

    /// All accounts, ascending by address.
    pub fn accounts(&self) -> impl Iterator<Item = (Address, &AccountInfo)> {
        self.accounts.iter().map(|(address, account)| (*address, &account.info))
    }

    /// The slots of the account at `address` that are not zero, ascending by key.
    pub fn slots(&self, address: Address) -> impl Iterator<Item = (U256, U256)> {
        let slots = self.accounts.get(&address).map(|account| &account.slots);
        slots.into_iter().flatten().map(|(key, value)| (*key, *value))
    }
}

impl StoredAccount {
    fn set(&mut self, key: U256, value: U256) {
        if value.is_zero() {
            self.slots.remove(&key);
        } else {
            self.slots.insert(key, value);
        }
    }

    fn slot(&self, key: &U256) -> U256 {
        self.slots.get(key).copied().unwrap_or_default()
    }

    /// What would bring this account back, once `change` was applied.
    fn inverse(&self, change: &AccountChange) -> AccountChange {
        let wiped = change.wiped || change.info.is_none();
        let slots = if wiped {
            self.slots.clone()
        } else {
            change.slots.keys().map(|key| (*key, self.slot(key))).collect()
        };
        AccountChange { info: Some(self.info), wiped, slots }
    }
}

impl Storage for MemoryStorage {
    fn account(&self, address: Address) -> Result<Option<AccountInfo>, StorageError> {
        Ok(self.accounts.get(&address).map(|account| account.info))
    }

    fn code(&self, code_hash: Hash) -> Result<Arc<[u8]>, StorageError> {
        self.codes.get(&code_hash).cloned().ok_or(StorageError::MissingCode(code_hash))
    }

    fn slot(&self, address: Address, key: U256) -> Result<U256, StorageError> {
        Ok(self.accounts.get(&address).map_or(U256::ZERO, |account| account.slot(&key)))
    }

    fn has_storage(&self, address: Address) -> Result<bool, StorageError> {
        Ok(self.accounts.get(&address).is_some_and(|account| !account.slots.is_empty()))
    }

    fn block_hash(&self, number: u64) -> Result<Hash, StorageError> {
        Ok(self.block_hashes.get(&number).copied().unwrap_or_default())
    }
}
