//! The accounts a journal knows, each behind a dense handle.
//!
//! Invariants: within a transaction, touched implies that the account exists; an account that is only
//! named (to warm it) is not loaded, and nothing about it can be read until it is.

use std::sync::Arc;

use lockstep_base::{Address, IndexVec, index};

use crate::{
    AccountInfo,
    index::{Index, Seed},
    slot::Epoch,
};

index!(
    /// A handle of an account in one journal, valid until the journal is cleared.
    AccountId,
    "account"
);

/// What the journal knows about one account.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) address: Address,
    pub(crate) info: AccountInfo,
    /// The account as the storage has it; `None` if absent there.
    pub(crate) base: Option<AccountInfo>,
    /// The code, once somebody asked for it or set it.
    pub(crate) code: Option<Arc<[u8]>>,
    /// Which storage is its own: the backend's, or one that began empty.
    pub(crate) epoch: Epoch,
    /// The epoch in which a slot was last stored, whether or not that was undone.
    pub(crate) stored_in: Option<Epoch>,
    /// The transaction that warmed it; zero for none.
    pub(crate) warm_in: u64,
    /// Whether `base` was asked for.
    pub(crate) is_loaded: bool,
    /// Whether it is in the state; an empty account may be.
    pub(crate) exists: bool,
    /// Marks of the running transaction; each has a list in the journal.
    pub(crate) is_touched: bool,
    pub(crate) is_created: bool,
    pub(crate) is_destroyed: bool,
}

impl Account {
    fn named(address: Address) -> Self {
        Self {
            address,
            info: AccountInfo::EMPTY,
            base: None,
            code: None,
            epoch: Epoch::BACKEND,
            stored_in: None,
            warm_in: 0,
            is_loaded: false,
            exists: false,
            is_touched: false,
            is_created: false,
            is_destroyed: false,
        }
    }

    /// Whether the backend holds this account's current storage, so that a miss must ask it.
    pub(crate) fn is_backed(&self) -> bool {
        self.epoch == Epoch::BACKEND && self.base.is_some()
    }

    /// Makes the account absent, with a storage that begins empty at `epoch`.
    pub(crate) fn delete(&mut self, epoch: Epoch) {
        self.info = AccountInfo::EMPTY;
        self.code = None;
        self.exists = false;
        self.epoch = epoch;
    }
}

/// All accounts by handle and by address.
#[derive(Debug, Default)]
pub(crate) struct Accounts {
    entries: IndexVec<AccountId, Account>,
    by_address: Index,
}

impl Accounts {
    /// The handle of `address`, if the journal has met it.
    #[inline]
    pub(crate) fn find(&self, seed: &Seed, address: &Address) -> Option<AccountId> {
        let entries = self.entries.as_slice();
        let position = self
            .by_address
            .find(seed.address(address), |position| entries[position].address == *address)?;
        Some(lockstep_base::Index::new(position))
    }

    /// The handle of `address`, new if need be; a new account is not loaded.
    #[inline]
    pub(crate) fn find_or_name(&mut self, seed: &Seed, address: &Address) -> AccountId {
        match self.find(seed, address) {
            Some(id) => id,
            None => self.name(seed, address),
        }
    }

    #[cold]
    fn name(&mut self, seed: &Seed, address: &Address) -> AccountId {
        let position = self.entries.len();
        let id = self.entries.push(Account::named(*address));
        let entries = self.entries.as_slice();
        self.by_address
            .insert(seed.address(address), position, |other| seed.address(&entries[other].address));
        id
    }

    /// All accounts, in the order of their handles.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (AccountId, &Account)> {
        self.entries.iter()
    }

    /// Forgets all accounts and keeps the room.
    pub(crate) fn clear(&mut self, seed: &Seed) {
        let entries = self.entries.as_slice();
        self.by_address.clear(entries.iter().map(|account| seed.address(&account.address)));
        self.entries.clear();
    }
}

impl std::ops::Index<AccountId> for Accounts {
    type Output = Account;

    #[inline]
    fn index(&self, id: AccountId) -> &Account {
        &self.entries[id]
    }
}

impl std::ops::IndexMut<AccountId> for Accounts {
    #[inline]
    fn index_mut(&mut self, id: AccountId) -> &mut Account {
        &mut self.entries[id]
    }
}
