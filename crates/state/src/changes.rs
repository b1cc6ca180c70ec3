//! What a block did to the state: the one batch a backend applies.
//!
//! Invariants: sorted by construction; only what differs from the storage is named; pre-images are absent,
//! because the storage that applies the batch knows them better than whoever ran the block.

use std::{collections::BTreeMap, sync::Arc};

use lockstep_base::{Address, Hash, U256};

use crate::AccountInfo;

/// The difference between the state after a block and the storage before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Accounts that differ.
    pub accounts: BTreeMap<Address, AccountChange>,
    /// Code that some changed account names for the first time.
    pub codes: BTreeMap<Hash, Arc<[u8]>>,
}

impl Changes {
    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.accounts.is_empty()
    }
}

/// What became of one account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountChange {
    /// The account as it is now; `None` if it is gone, and its storage with it.
    pub info: Option<AccountInfo>,
    /// Whether all its earlier storage is gone; applied before `slots`.
    pub wiped: bool,
    /// Slots that differ, with their new values; zero erases.
    pub slots: BTreeMap<U256, U256>,
}
