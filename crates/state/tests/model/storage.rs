//! The storage below the journal under test: a small world, and faults on demand.

use std::{cell::Cell, sync::Arc};

use lockstep_base::{Address, Hash, U256};
use lockstep_state::{AccountInfo, MemoryStorage, Storage, StorageError};

use super::reference::{ADDRESSES, KEYS, code};

/// A contract with storage, one with code alone, an account with money, an empty one, storage alone; one is absent.
pub(crate) fn genesis() -> MemoryStorage {
    let mut storage = MemoryStorage::default();
    storage.insert_account(ADDRESSES[0], U256::from(10), 1, code(1));
    storage.insert_slot(ADDRESSES[0], KEYS[0], U256::from(1));
    storage.insert_slot(ADDRESSES[0], KEYS[1], U256::from(2));
    storage.insert_account(ADDRESSES[1], U256::from(20), 0, code(0));
    storage.insert_account(ADDRESSES[2], U256::ZERO, 0, code(0));
    storage.insert_slot(ADDRESSES[3], KEYS[0], U256::from(3));
    storage
}

/// A storage that fails when told to.
pub(crate) struct Flaky {
    pub(crate) inner: MemoryStorage,
    pub(crate) is_failing: Cell<bool>,
}

impl Flaky {
    pub(crate) fn new(inner: MemoryStorage) -> Self {
        Self { inner, is_failing: Cell::new(false) }
    }

    fn check(&self) -> Result<(), StorageError> {
        if self.is_failing.get() {
            return Err(StorageError::Backend("the disk is gone".into()));
        }
        Ok(())
    }
}

impl Storage for Flaky {
    fn account(&self, address: Address) -> Result<Option<AccountInfo>, StorageError> {
        self.check()?;
        self.inner.account(address)
    }
    fn code(&self, code_hash: Hash) -> Result<Arc<[u8]>, StorageError> {
        self.check()?;
        self.inner.code(code_hash)
    }
    fn slot(&self, address: Address, key: U256) -> Result<U256, StorageError> {
        self.check()?;
        self.inner.slot(address, key)
    }
    fn has_storage(&self, address: Address) -> Result<bool, StorageError> {
        self.check()?;
        self.inner.has_storage(address)
    }
    fn block_hash(&self, number: u64) -> Result<Hash, StorageError> {
        self.check()?;
        self.inner.block_hash(number)
    }
}
