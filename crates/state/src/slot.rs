//! Storage slots and transient slots: one dense entry each, found by one hash probe.
//!
//! An entry answers everything an access asks: is it warm, what was it when the transaction began, what is
//! it now. Beginning a transaction writes to no entry: each carries the transaction it was last brought up
//! to date in (its *stamp*), and the storage its values belong to (its *epoch*).
//!
//! Invariants: values of another epoch than the account's are stale and never read; epochs are never reused.

use lockstep_base::U256;

use crate::{
    AccountId,
    index::{Index, Seed},
};

/// One life of an account's storage: wiping begins a new one, undoing the wipe returns to the old one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Epoch(u64);

impl Epoch {
    /// The storage that the backend holds.
    pub(crate) const BACKEND: Self = Self(0);
    /// No storage at all: the entry is only named (to warm it), its value was never asked for.
    pub(crate) const NONE: Self = Self(u64::MAX);

    /// The epoch after this one.
    pub(crate) fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// A transaction's number, and whether the entry is warm in it: `number * 2 + warm`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp(u64);

impl Stamp {
    /// Up to date in `transaction`, and cold.
    pub(crate) fn cold(transaction: u64) -> Self {
        Self(transaction << 1)
    }

    /// Up to date in `transaction`, and warm.
    #[inline]
    pub(crate) fn warm(transaction: u64) -> Self {
        Self(transaction << 1 | 1)
    }

    /// The transaction.
    #[inline]
    pub(crate) fn transaction(self) -> u64 {
        self.0 >> 1
    }
}

/// The values of a slot in one epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SlotValues {
    /// Now.
    pub(crate) current: U256,
    /// When the transaction began (EIP-2200, "original").
    pub(crate) original: U256,
    /// Whose values these are.
    pub(crate) epoch: Epoch,
}

impl SlotValues {
    /// A slot that nobody wrote in this transaction.
    pub(crate) fn unwritten(value: U256, epoch: Epoch) -> Self {
        Self { current: value, original: value, epoch }
    }
}

/// One slot of one account.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) key: U256,
    pub(crate) values: SlotValues,
    pub(crate) stamp: Stamp,
    pub(crate) account: AccountId,
}

/// All slots met so far.
#[derive(Debug, Default)]
pub(crate) struct Slots {
    entries: Vec<Slot>,
    /// Per entry, what it held when its epoch began: what `Changes` compare with. Apart, as only they do.
    bases: Vec<U256>,
    by_name: Index,
}

impl Slots {
    /// The position of slot `key` of `account`, if the journal has met it.
    #[inline]
    pub(crate) fn find(&self, seed: &Seed, account: AccountId, key: &U256) -> Option<usize> {
        self.by_name.find(seed.slot(account, key), |position| {
            let slot = &self.entries[position];
            slot.key == *key && slot.account == account
        })
    }

    /// Adds slot `key` of `account`, which the journal has not met: cold, its value never asked for.
    pub(crate) fn name(&mut self, seed: &Seed, account: AccountId, key: U256, now: u64) -> usize {
        let position = self.entries.len();
        self.entries.push(Slot {
            key,
            values: SlotValues::unwritten(U256::ZERO, Epoch::NONE),
            stamp: Stamp::cold(now),
            account,
        });
        self.bases.push(U256::ZERO);
        let entries = &self.entries;
        self.by_name.insert(seed.slot(account, &key), position, |other| {
            seed.slot(entries[other].account, &entries[other].key)
        });
        position
    }

    /// The value the slot at `position` had when its epoch began.
    pub(crate) fn base(&self, position: usize) -> U256 {
        self.bases[position]
    }

    /// Sets what the slot at `position` had when its epoch began.
    pub(crate) fn set_base(&mut self, position: usize, value: U256) {
        self.bases[position] = value;
    }

    /// All slots with their bases, in the order they were met.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Slot, U256)> {
        self.entries.iter().zip(self.bases.iter().copied())
    }

    /// Forgets all slots and keeps the room.
    pub(crate) fn clear(&mut self, seed: &Seed) {
        self.by_name.clear(self.entries.iter().map(|slot| seed.slot(slot.account, &slot.key)));
        self.entries.clear();
        self.bases.clear();
    }
}

impl std::ops::Index<usize> for Slots {
    type Output = Slot;

    #[inline]
    fn index(&self, position: usize) -> &Slot {
        &self.entries[position]
    }
}

impl std::ops::IndexMut<usize> for Slots {
    #[inline]
    fn index_mut(&mut self, position: usize) -> &mut Slot {
        &mut self.entries[position]
    }
}

/// A transient slot (EIP-1153).
#[derive(Debug)]
struct TransientSlot {
    key: U256,
    value: U256,
    account: AccountId,
}

/// All transient slots written in this transaction.
#[derive(Debug, Default)]
pub(crate) struct TransientSlots {
    entries: Vec<TransientSlot>,
    by_name: Index,
}

impl TransientSlots {
    /// The position of slot `key` of `account`, if it was written.
    #[inline]
    pub(crate) fn find(&self, seed: &Seed, account: AccountId, key: &U256) -> Option<usize> {
        self.by_name.find(seed.slot(account, key), |position| {
            let slot = &self.entries[position];
            slot.key == *key && slot.account == account
        })
    }

    /// The position of slot `key` of `account`, new and zero if need be.
    pub(crate) fn find_or_name(&mut self, seed: &Seed, account: AccountId, key: U256) -> usize {
        if let Some(position) = self.find(seed, account, &key) {
            return position;
        }
        let position = self.entries.len();
        self.entries.push(TransientSlot { key, value: U256::ZERO, account });
        let entries = &self.entries;
        self.by_name.insert(seed.slot(account, &key), position, |other| {
            seed.slot(entries[other].account, &entries[other].key)
        });
        position
    }

    /// The value at `position`.
    #[inline]
    pub(crate) fn value(&self, position: usize) -> U256 {
        self.entries[position].value
    }

    /// Replaces the value at `position` and returns the previous one.
    pub(crate) fn replace(&mut self, position: usize, value: U256) -> U256 {
        std::mem::replace(&mut self.entries[position].value, value)
    }

    /// Forgets all slots and keeps the room.
    pub(crate) fn clear(&mut self, seed: &Seed) {
        if self.entries.is_empty() {
            return;
        }
        self.by_name.clear(self.entries.iter().map(|slot| seed.slot(slot.account, &slot.key)));
        self.entries.clear();
    }
}
