//! What a journal asks of whoever keeps the state between blocks.
//!
//! Invariants: nothing here changes while a transaction runs; what is absent reads as zero, never as an
//! error; an error means that the machine failed, so the transaction is abandoned and has no receipt.

use std::{error::Error, sync::Arc};

use lockstep_base::{Address, Hash, U256};

/// What the state trie holds about an account, apart from its storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountInfo {
    /// Balance in the chain's smallest unit.
    pub balance: U256,
    /// Transactions sent and contracts created.
    pub nonce: u64,
    /// Keccak-256 of the code; [`Hash::KECCAK_EMPTY`] without code.
    pub code_hash: Hash,
}

impl AccountInfo {
    /// An account that holds nothing.
    pub const EMPTY: Self = Self { balance: U256::ZERO, nonce: 0, code_hash: Hash::KECCAK_EMPTY };

    /// Whether nonce, balance and code are all absent (EIP-161, "empty").
    pub fn is_empty(&self) -> bool {
        self.nonce == 0 && self.balance.is_zero() && !self.has_code()
    }

    /// Whether there is code.
    pub fn has_code(&self) -> bool {
        self.code_hash != Hash::KECCAK_EMPTY
    }
}

impl Default for AccountInfo {
    fn default() -> Self {
        Self::EMPTY
    }
}

/// The machine failed to answer; never the guest's fault, never part of a receipt.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// An account names code that the storage does not hold.
    #[error("the storage holds no code with hash {0}")]
    MissingCode(Hash),
    /// Disk, network or whatever else lies below.
    #[error("the storage failed")]
    Backend(#[source] Box<dyn Error + Send + Sync>),
}

/// The state as of the last committed block.
pub trait Storage {
    /// The account at `address`, if it is in the state; an empty account is (before EIP-161).
    ///
    /// # Errors
    ///
    /// When the machine fails.
    fn account(&self, address: Address) -> Result<Option<AccountInfo>, StorageError>;

    /// The code whose Keccak-256 is `code_hash`; never asked for the empty code.
    ///
    /// # Errors
    ///
    /// When the machine fails, and [`StorageError::MissingCode`] when there is no such code.
    fn code(&self, code_hash: Hash) -> Result<Arc<[u8]>, StorageError>;

    /// The word at `key` of the account at `address`; zero if either is absent.
    ///
    /// # Errors
    ///
    /// When the machine fails.
    fn slot(&self, address: Address, key: U256) -> Result<U256, StorageError>;

    /// Whether any slot of the account at `address` is not zero (EIP-7610).
    ///
    /// # Errors
    ///
    /// When the machine fails.
    fn has_storage(&self, address: Address) -> Result<bool, StorageError>;

    /// The hash of block `number`; zero if unknown. Which numbers a guest may ask is the host's rule.
    ///
    /// # Errors
    ///
    /// When the machine fails.
    fn block_hash(&self, number: u64) -> Result<Hash, StorageError>;
}

/// Forwards every question to what `self` points at.
macro_rules! forward {
    ($($pointer:ty),*) => {$(
        impl<S: Storage + ?Sized> Storage for $pointer {
            fn account(&self, address: Address) -> Result<Option<AccountInfo>, StorageError> {
                (**self).account(address)
            }
            fn code(&self, code_hash: Hash) -> Result<Arc<[u8]>, StorageError> {
                (**self).code(code_hash)
            }
            fn slot(&self, address: Address, key: U256) -> Result<U256, StorageError> {
                (**self).slot(address, key)
            }
            fn has_storage(&self, address: Address) -> Result<bool, StorageError> {
                (**self).has_storage(address)
            }
            fn block_hash(&self, number: u64) -> Result<Hash, StorageError> {
                (**self).block_hash(number)
            }
        }
    )*};
}

forward!(&S, Box<S>, Arc<S>);
