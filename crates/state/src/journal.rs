//! The journal: every write of a block, each undoable back to a checkpoint.
//!
//! # Shape
//!
//! ```text
//! Storage (read-only during a transaction)
//!    ^ misses
//! Journal { accounts, slots, transient slots: latest values; undo: one entry per write; logs; refund }
//!    ^ a checkpoint is the lengths of `undo` and `logs`, and the refund
//! ```
//!
//! # Invariants
//!
//! 1. Replaying `undo[checkpoint..]` backwards gives every observable value as it was at the checkpoint.
//!    What stays behind is cache: entries that were loaded, never values that were written.
//! 2. Whatever may fail (asking the storage) comes before the first write of an operation.
//! 3. Warming and loading never make an account exist; only a write does.
//! 4. A slot's original value is set once per transaction, and by nothing that a revert undoes.
//!
//! Absent on purpose: gas, forks, who may do what. The host decides; the journal remembers.

mod accounts;
mod slots;
mod undo;

use std::{collections::BTreeMap, sync::Arc};

use lockstep_base::Hash;

pub use accounts::{AccountLoad, BalanceError};
pub use slots::{SlotLoad, SlotStore};

use crate::{
    AccountChange, AccountId, Changes, LogRef, Storage, StorageError,
    account::{Account, Accounts},
    index::Seed,
    log::Logs,
    slot::{Epoch, Slots, TransientSlots},
};
use undo::Undo;

/// What becomes of accounts that a transaction touched and left empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmptyAccounts {
    /// They stay (before EIP-161).
    Keep,
    /// They are deleted (EIP-161).
    Delete,
}

/// A point in a transaction to return to. Checkpoints close in the order opposite to opening.
#[derive(Clone, Copy, Debug)]
pub struct Checkpoint {
    undo_len: usize,
    log_len: usize,
    refund: i64,
    transaction: u64,
}

/// The state of a block in the making.
pub struct Journal<S> {
    storage: S,
    seed: Seed,
    accounts: Accounts,
    slots: Slots,
    transient: TransientSlots,
    undo: Vec<Undo>,
    logs: Logs,
    refund: i64,
    /// The running transaction's number; the first is 1.
    transaction: u64,
    last_epoch: Epoch,
    touched: Vec<AccountId>,
    touched_for_good: Vec<AccountId>,
    created: Vec<AccountId>,
    destroyed: Vec<AccountId>,
    no_code: Arc<[u8]>,
}

impl<S> Journal<S> {
    /// A journal over `storage`, in its first transaction.
    pub fn new(storage: S) -> Self {
        Self {
            storage,
            seed: Seed::default(),
            accounts: Accounts::default(),
            slots: Slots::default(),
            transient: TransientSlots::default(),
            undo: Vec::new(),
            logs: Logs::default(),
            refund: 0,
            transaction: 1,
            last_epoch: Epoch::BACKEND,
            touched: Vec::new(),
            touched_for_good: Vec::new(),
            created: Vec::new(),
            destroyed: Vec::new(),
            no_code: Arc::from([]),
        }
    }

    /// The storage below.
    pub fn storage(&self) -> &S {
        &self.storage
    }

    /// The storage below, to apply [`Journal::changes`] to it; [`Journal::clear`] must follow.
    pub fn storage_mut(&mut self) -> &mut S {
        &mut self.storage
    }

    /// The storage below, without the journal.
    pub fn into_storage(self) -> S {
        self.storage
    }

    /// Begins a transaction: everything cold, no logs, no refund, no transient storage, nothing touched, created
    /// or destroyed; what slots hold now is their original value. Writes so far stay and can no longer be undone.
    pub fn begin_transaction(&mut self) {
        self.end_marks();
        self.logs.truncate(0);
        self.refund = 0;
        self.transient.clear(&self.seed);
        self.transaction += 1;
    }

    /// Ends a transaction: deletes what it destroyed and, if told to, what it touched and left empty. Logs and
    /// refund can be read until the next one begins.
    pub fn finish_transaction(&mut self, empty_accounts: EmptyAccounts) {
        for i in 0..self.destroyed.len() {
            self.delete(self.destroyed[i]);
        }
        if empty_accounts == EmptyAccounts::Delete {
            for i in 0..self.touched.len() {
                self.delete_if_empty(self.touched[i]);
            }
            for i in 0..self.touched_for_good.len() {
                self.delete_if_empty(self.touched_for_good[i]);
            }
        }
        self.end_marks();
    }

    /// Forgets everything but the storage, and keeps the room. All handles die.
    pub fn clear(&mut self) {
        self.begin_transaction();
        self.slots.clear(&self.seed);
        self.accounts.clear(&self.seed);
    }

    /// A point to return to.
    #[inline]
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            undo_len: self.undo.len(),
            log_len: self.logs.len(),
            refund: self.refund,
            transaction: self.transaction,
        }
    }

    /// Keeps everything since `checkpoint`, for an enclosing one to undo.
    ///
    /// # Panics
    ///
    /// When `checkpoint` is not open.
    #[inline]
    pub fn commit(&self, checkpoint: Checkpoint) {
        self.assert_open(checkpoint);
    }

    /// Undoes everything since `checkpoint`: writes, warmth, touches, logs, refund.
    ///
    /// # Panics
    ///
    /// When `checkpoint` is not open.
    pub fn revert_to(&mut self, checkpoint: Checkpoint) {
        self.assert_open(checkpoint);
        while self.undo.len() > checkpoint.undo_len {
            let Some(last) = self.undo.pop() else { return };
            self.take_back(last);
        }
        self.logs.truncate(checkpoint.log_len);
        self.refund = checkpoint.refund;
    }

    fn assert_open(&self, checkpoint: Checkpoint) {
        let is_open = checkpoint.transaction == self.transaction
            && checkpoint.undo_len <= self.undo.len()
            && checkpoint.log_len <= self.logs.len();
        assert!(is_open, "the checkpoint is of this transaction and was not reverted past");
    }

    /// Appends a copy of `log`.
    ///
    /// # Panics
    ///
    /// When `log` has more than four topics; no guest can ask for that.
    pub fn append_log(&mut self, log: LogRef<'_>) {
        self.logs.append(log);
    }

    /// The logs of this transaction, oldest first.
    pub fn logs(&self) -> impl Iterator<Item = LogRef<'_>> + Clone {
        self.logs.iter()
    }

    /// What this transaction gets back so far; below zero only while an enclosing frame holds the rest.
    pub fn refund(&self) -> i64 {
        self.refund
    }

    /// Adds `gas`, which may be negative, to the refund.
    #[inline]
    pub fn add_refund(&mut self, gas: i64) {
        self.refund = self.refund.saturating_add(gas);
    }

    /// The difference between the state now and the storage below: what a block commits.
    pub fn changes(&self) -> Changes {
        let mut changes = Changes::default();
        for (_, account) in self.accounts.iter() {
            let Some(change) = change_of(account) else { continue };
            changes.accounts.insert(account.address, change);
            let code_hash = account.info.code_hash;
            if account.base.is_none_or(|base| base.code_hash != code_hash)
                && let Some(code) = &account.code
                && account.info.has_code()
            {
                changes.codes.insert(code_hash, Arc::clone(code));
            }
        }
        for (slot, base) in self.slots.iter() {
            let account = &self.accounts[slot.account];
            let is_stale = slot.values.epoch != account.epoch;
            if is_stale || !account.exists || slot.values.current == base {
                continue;
            }
            let unchanged =
                || AccountChange { info: Some(account.info), wiped: false, slots: BTreeMap::new() };
            let change = changes.accounts.entry(account.address).or_insert_with(unchanged);
            change.slots.insert(slot.key, slot.values.current);
        }
        changes
    }

    fn end_marks(&mut self) {
        self.undo.clear();
        for id in self.touched.drain(..) {
            self.accounts[id].is_touched = false;
        }
        for id in self.created.drain(..) {
            self.accounts[id].is_created = false;
        }
        for id in self.destroyed.drain(..) {
            self.accounts[id].is_destroyed = false;
        }
        self.touched_for_good.clear();
    }

    fn delete_if_empty(&mut self, id: AccountId) {
        let account = &self.accounts[id];
        if account.exists && account.info.is_empty() {
            self.delete(id);
        }
    }

    fn delete(&mut self, id: AccountId) {
        let epoch = self.next_epoch();
        self.accounts[id].delete(epoch);
    }

    /// An epoch that no slot belongs to.
    fn next_epoch(&mut self) -> Epoch {
        self.last_epoch = self.last_epoch.next();
        self.last_epoch
    }
}

impl<S: Storage> Journal<S> {
    /// The hash of block `number`, as the storage has it.
    ///
    /// # Errors
    ///
    /// When the machine fails.
    pub fn block_hash(&self, number: u64) -> Result<Hash, StorageError> {
        self.storage.block_hash(number)
    }
}

/// How `account` differs from the storage, slots aside; `None` if it does not.
fn change_of(account: &Account) -> Option<AccountChange> {
    let info = account.exists.then_some(account.info);
    let wiped = account.epoch != Epoch::BACKEND && account.base.is_some();
    let differs = info != account.base || (wiped && info.is_some());
    differs.then(|| AccountChange { info, wiped, slots: BTreeMap::new() })
}
