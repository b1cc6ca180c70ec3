//! [`World`]: what the Ethereum host needs of state, and nothing about gas, forks or guests.
//!
//! Invariants: a handle stays valid for the transaction; what may fail asks the storage and fails before it writes;
//! loading and warming never make an account exist; a revert restores warmth, marks, logs and refund as well.

use std::sync::Arc;

use lockstep_base::{Address, Hash, U256};
use lockstep_state::{
    AccountId, AccountInfo, AccountLoad, BalanceError, Checkpoint, EmptyAccounts, Journal, Log,
    LogRef, SlotLoad, SlotStore, Storage, StorageError,
};

/// The state that Ethereum's rules read and change.
pub trait World {
    /// A point to return to.
    type Checkpoint: Copy;

    /// Begins a transaction: everything cold, no logs, no refund, nothing created or destroyed.
    fn begin_transaction(&mut self);
    /// Ends a transaction: deletes what was destroyed and, if told to, what was touched and left empty.
    fn finish_transaction(&mut self, empty_accounts: EmptyAccounts);
    /// A point to return to.
    fn checkpoint(&self) -> Self::Checkpoint;
    /// Keeps everything since `checkpoint`.
    fn commit(&self, checkpoint: Self::Checkpoint);
    /// Undoes everything since `checkpoint`.
    fn revert_to(&mut self, checkpoint: Self::Checkpoint);

    /// The handle of the account at `address`, loaded but neither warmed nor touched.
    ///
    /// # Errors
    ///
    /// When the machine fails, as for every fallible function here.
    fn account(&mut self, address: Address) -> Result<AccountId, StorageError>;
    /// The handle of the account at `address`, which is warm from now on.
    ///
    /// # Errors
    ///
    /// When the machine fails.
    fn warm_account(&mut self, address: Address) -> Result<AccountLoad, StorageError>;
    /// Makes `address` warm without loading it.
    fn warm_address(&mut self, address: Address);
    /// Whether `address` is warm.
    fn is_address_warm(&self, address: Address) -> bool;
    /// The address of an account.
    fn address(&self, id: AccountId) -> Address;
    /// Balance, nonce and code hash; all empty if the account is absent.
    fn info(&self, id: AccountId) -> &AccountInfo;
    /// The code; empty if there is none.
    ///
    /// # Errors
    ///
    /// When the machine fails.
    fn code(&mut self, id: AccountId) -> Result<&Arc<[u8]>, StorageError>;
    /// Whether the account is in the state, be it empty.
    fn exists(&self, id: AccountId) -> bool;
    /// Whether the account is absent or empty (EIP-161, "dead").
    fn is_dead(&self, id: AccountId) -> bool;
    /// Whether the account was created in this transaction (EIP-6780).
    fn is_created(&self, id: AccountId) -> bool;
    /// Whether the account will be deleted when the transaction ends.
    fn is_destroyed(&self, id: AccountId) -> bool;
    /// Whether something stands in the way of a new contract: code, a nonce, or storage (EIP-684, EIP-7610).
    ///
    /// # Errors
    ///
    /// When the machine fails.
    fn is_occupied(&self, id: AccountId) -> Result<bool, StorageError>;

    /// Touches the account: it exists, and is deleted at the end if it is empty then (EIP-161).
    fn touch(&mut self, id: AccountId);
    /// Touches the account so that a revert does not forget it.
    fn touch_for_good(&mut self, id: AccountId);
    /// Adds to the balance; touches.
    ///
    /// # Errors
    ///
    /// When the sum does not fit; nothing has changed.
    fn add_balance(&mut self, id: AccountId, amount: U256) -> Result<(), BalanceError>;
    /// Sets the balance; touches.
    fn set_balance(&mut self, id: AccountId, balance: U256);
    /// Moves `amount` and touches both accounts, which may be one.
    ///
    /// # Errors
    ///
    /// When `from` holds less or `to` cannot hold more; nothing has changed.
    fn transfer(
        &mut self,
        from: AccountId,
        to: AccountId,
        amount: U256,
    ) -> Result<(), BalanceError>;
    /// Sets the nonce; touches.
    fn set_nonce(&mut self, id: AccountId, nonce: u64);
    /// Sets the code; touches.
    fn set_code(&mut self, id: AccountId, code: Arc<[u8]>);
    /// Makes the account a new one that keeps its balance.
    fn create_account(&mut self, id: AccountId);
    /// Marks the account to be deleted when the transaction ends.
    fn destroy(&mut self, id: AccountId);

    /// The value of a slot, which is warm from now on.
    ///
    /// # Errors
    ///
    /// When the machine fails.
    fn load_slot(&mut self, id: AccountId, key: U256) -> Result<SlotLoad, StorageError>;
    /// Stores a value in a slot, which is warm from now on.
    ///
    /// # Errors
    ///
    /// When the machine fails; nothing has changed.
    fn store_slot(
        &mut self,
        id: AccountId,
        key: U256,
        value: U256,
    ) -> Result<SlotStore, StorageError>;
    /// Makes a slot warm without loading it.
    fn warm_slot(&mut self, address: Address, key: U256);
    /// Whether a slot is warm.
    fn is_slot_warm(&self, id: AccountId, key: U256) -> bool;
    /// The value of a transient slot (EIP-1153).
    fn load_transient(&self, id: AccountId, key: U256) -> U256;
    /// Stores a value in a transient slot (EIP-1153).
    fn store_transient(&mut self, id: AccountId, key: U256, value: U256);

    /// Appends a log.
    fn append_log(&mut self, log: LogRef<'_>);
    /// The logs of this transaction, oldest first.
    fn logs(&self) -> Vec<Log>;
    /// What this transaction gets back so far.
    fn refund(&self) -> i64;
    /// Adds `gas`, which may be negative, to the refund.
    fn add_refund(&mut self, gas: i64);
    /// The hash of block `number`; which numbers a guest may ask is the host's rule.
    ///
    /// # Errors
    ///
    /// When the machine fails.
    fn block_hash(&self, number: u64) -> Result<Hash, StorageError>;
}

/// Forwards each function to the journal's function of the same name.
macro_rules! forward {
    ($(fn $name:ident(&$($mutable:ident)?; $($arg:ident: $type:ty),*) $(-> $result:ty)?;)*) => {$(
        #[inline]
        fn $name(& $($mutable)? self, $($arg: $type),*) $(-> $result)? {
            Journal::$name(self, $($arg),*)
        }
    )*};
}

impl<S: Storage> World for Journal<S> {
    type Checkpoint = Checkpoint;

    forward! {
        fn begin_transaction(&mut;);
        fn finish_transaction(&mut; empty_accounts: EmptyAccounts);
        fn checkpoint(&;) -> Checkpoint;
        fn commit(&; checkpoint: Checkpoint);
        fn revert_to(&mut; checkpoint: Checkpoint);
        fn account(&mut; address: Address) -> Result<AccountId, StorageError>;
        fn warm_account(&mut; address: Address) -> Result<AccountLoad, StorageError>;
        fn is_address_warm(&; address: Address) -> bool;
        fn address(&; id: AccountId) -> Address;
        fn info(&; id: AccountId) -> &AccountInfo;
        fn code(&mut; id: AccountId) -> Result<&Arc<[u8]>, StorageError>;
        fn exists(&; id: AccountId) -> bool;
        fn is_dead(&; id: AccountId) -> bool;
        fn is_created(&; id: AccountId) -> bool;
        fn is_destroyed(&; id: AccountId) -> bool;
        fn touch(&mut; id: AccountId);
        fn touch_for_good(&mut; id: AccountId);
        fn add_balance(&mut; id: AccountId, amount: U256) -> Result<(), BalanceError>;
        fn set_balance(&mut; id: AccountId, balance: U256);
        fn transfer(&mut; from: AccountId, to: AccountId, amount: U256) -> Result<(), BalanceError>;
        fn set_nonce(&mut; id: AccountId, nonce: u64);
        fn create_account(&mut; id: AccountId);
        fn destroy(&mut; id: AccountId);
        fn load_slot(&mut; id: AccountId, key: U256) -> Result<SlotLoad, StorageError>;
        fn store_slot(&mut; id: AccountId, key: U256, value: U256) -> Result<SlotStore, StorageError>;
        fn is_slot_warm(&; id: AccountId, key: U256) -> bool;
        fn load_transient(&; id: AccountId, key: U256) -> U256;
        fn store_transient(&mut; id: AccountId, key: U256, value: U256);
        fn append_log(&mut; log: LogRef<'_>);
        fn refund(&;) -> i64;
        fn add_refund(&mut; gas: i64);
        fn block_hash(&; number: u64) -> Result<Hash, StorageError>;
    }

    fn warm_address(&mut self, address: Address) {
        Journal::warm_address(self, address);
    }

    fn warm_slot(&mut self, address: Address, key: U256) {
        Journal::warm_slot(self, address, key);
    }

    fn set_code(&mut self, id: AccountId, code: Arc<[u8]>) {
        Journal::set_code(self, id, code);
    }

    fn is_occupied(&self, id: AccountId) -> Result<bool, StorageError> {
        self.has_code_or_nonce_or_storage(id)
    }

    fn logs(&self) -> Vec<Log> {
        Journal::logs(self).map(LogRef::to_log).collect()
    }
}
