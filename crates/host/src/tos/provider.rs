//! What a chain injects: storage and accounts; and stand-ins for tests.

use std::{collections::BTreeMap, sync::Arc};

use super::{context::Hash, error::ProviderError};

type Answer<T> = Result<T, ProviderError>;

/// A chain's storage: bytes by contract and key.
pub trait StorageProvider {
    /// What is stored; `None` where nothing was, or was deleted.
    ///
    /// # Errors
    ///
    /// [`ProviderError`] as the chain has it.
    fn get(&self, contract_hash: &Hash, key: &[u8]) -> Answer<Option<Vec<u8>>>;

    /// Stores `value`, which may be empty.
    ///
    /// # Errors
    ///
    /// Likewise.
    fn set(&mut self, contract_hash: &Hash, key: &[u8], value: &[u8]) -> Answer<()>;

    /// Deletes what is stored; whether something was.
    ///
    /// # Errors
    ///
    /// Likewise.
    fn delete(&mut self, contract_hash: &Hash, key: &[u8]) -> Answer<bool>;
}

/// A chain's accounts: amounts of 64 bits.
pub trait AccountProvider {
    /// What an account holds; zero where there is none.
    ///
    /// # Errors
    ///
    /// [`ProviderError`] as the chain has it.
    fn get_balance(&self, address: &Hash) -> Answer<u64>;

    /// Moves `amount`; when it fails nothing has changed.
    ///
    /// # Errors
    ///
    /// Likewise.
    fn transfer(&mut self, from: &Hash, to: &Hash, amount: u64) -> Answer<()>;
}

/// A chain's contracts, which programs may call.
pub trait ProgramProvider {
    /// The file of a contract's program; `None` where there is no contract.
    ///
    /// # Errors
    ///
    /// [`ProviderError`] as the chain has it.
    fn program(&self, contract_hash: &Hash) -> Answer<Option<Arc<[u8]>>>;
}

/// Contracts in memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InMemoryPrograms {
    files: BTreeMap<Hash, Arc<[u8]>>,
}

impl InMemoryPrograms {
    /// Gives a contract its program.
    pub fn insert(&mut self, contract_hash: Hash, file: &[u8]) {
        self.files.insert(contract_hash, file.into());
    }
}

impl ProgramProvider for InMemoryPrograms {
    fn program(&self, contract_hash: &Hash) -> Answer<Option<Arc<[u8]>>> {
        Ok(self.files.get(contract_hash).cloned())
    }
}

/// Storage in memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InMemoryStorage {
    slots: BTreeMap<(Hash, Vec<u8>), Vec<u8>>,
}

impl InMemoryStorage {
    /// Nothing stored.
    pub const fn new() -> Self {
        Self { slots: BTreeMap::new() }
    }
}

impl StorageProvider for InMemoryStorage {
    fn get(&self, contract_hash: &Hash, key: &[u8]) -> Answer<Option<Vec<u8>>> {
        Ok(self.slots.get(&(*contract_hash, key.to_vec())).cloned())
    }

    fn set(&mut self, contract_hash: &Hash, key: &[u8], value: &[u8]) -> Answer<()> {
        self.slots.insert((*contract_hash, key.to_vec()), value.to_vec());
        Ok(())
    }

    fn delete(&mut self, contract_hash: &Hash, key: &[u8]) -> Answer<bool> {
        Ok(self.slots.remove(&(*contract_hash, key.to_vec())).is_some())
    }
}

/// Storage for those who have none, as a value: each mention is an empty [`InMemoryStorage`], which keeps what is written
/// to it.
#[expect(non_upper_case_globals, reason = "written like the value of a unit type")]
pub const NoOpStorage: InMemoryStorage = InMemoryStorage::new();

/// Storage that forgets whatever it is given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NullStorage;

impl StorageProvider for NullStorage {
    fn get(&self, _: &Hash, _: &[u8]) -> Answer<Option<Vec<u8>>> {
        Ok(None)
    }

    fn set(&mut self, _: &Hash, _: &[u8], _: &[u8]) -> Answer<()> {
        Ok(())
    }

    fn delete(&mut self, _: &Hash, _: &[u8]) -> Answer<bool> {
        Ok(false)
    }
}

/// Accounts in memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InMemoryAccounts {
    balances: BTreeMap<Hash, u64>,
}

impl InMemoryAccounts {
    /// Gives an account what it holds.
    pub fn set_balance(&mut self, address: Hash, balance: u64) {
        self.balances.insert(address, balance);
    }
}

impl AccountProvider for InMemoryAccounts {
    fn get_balance(&self, address: &Hash) -> Answer<u64> {
        Ok(self.balances.get(address).copied().unwrap_or(0))
    }

    fn transfer(&mut self, from: &Hash, to: &Hash, amount: u64) -> Answer<()> {
        let left = self.get_balance(from)?.checked_sub(amount);
        let left = left.ok_or(ProviderError::InsufficientBalance)?;
        if from == to {
            return Ok(());
        }
        let sum = self.get_balance(to)?.checked_add(amount);
        let sum = sum.ok_or(ProviderError::BalanceOverflow)?;
        self.balances.insert(*from, left);
        self.balances.insert(*to, sum);
        Ok(())
    }
}

/// Accounts for those who have none: all hold nothing, and whatever is sent goes nowhere.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NoOpAccounts;

impl AccountProvider for NoOpAccounts {
    fn get_balance(&self, _: &Hash) -> Answer<u64> {
        Ok(0)
    }

    fn transfer(&mut self, _: &Hash, _: &Hash, _: u64) -> Answer<()> {
        Ok(())
    }
}
