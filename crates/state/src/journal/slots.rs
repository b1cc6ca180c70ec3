//! Slots in the journal, storage and transient.

use lockstep_base::{Address, U256};

use super::{Journal, undo::Undo};
use crate::{
    AccountId, Storage, StorageError,
    slot::{Epoch, SlotValues, Stamp},
};

/// What a load found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotLoad {
    /// The slot's value.
    pub value: U256,
    /// Whether this was its first access in the transaction (EIP-2929).
    pub was_cold: bool,
}

/// What a store replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotStore {
    /// The value when the transaction began (EIP-2200).
    pub original: U256,
    /// The value until now.
    pub previous: U256,
    /// Whether this was the slot's first access in the transaction (EIP-2929).
    pub was_cold: bool,
}

impl<S: Storage> Journal<S> {
    /// The value of slot `key` of account `id`, which is warm from now on.
    ///
    /// # Errors
    ///
    /// When the machine fails; the slot is as cold as before.
    #[inline]
    pub fn load_slot(&mut self, id: AccountId, key: U256) -> Result<SlotLoad, StorageError> {
        let (position, was_cold) = self.access(id, key)?;
        Ok(SlotLoad { value: self.slots[position].values.current, was_cold })
    }

    /// Stores `value` in slot `key` of account `id`, which is warm from now on.
    ///
    /// The account must exist for the slot to be part of the state; code that runs in it has seen to that.
    ///
    /// # Errors
    ///
    /// When the machine fails; nothing has changed.
    #[inline]
    pub fn store_slot(
        &mut self,
        id: AccountId,
        key: U256,
        value: U256,
    ) -> Result<SlotStore, StorageError> {
        let (position, was_cold) = self.access(id, key)?;
        let values = &mut self.slots[position].values;
        let (original, previous) = (values.original, values.current);
        if value != previous {
            values.current = value;
            self.accounts[id].stored_in = Some(values.epoch);
            self.undo.push(Undo::SlotStored { position: position as u32, previous });
        }
        Ok(SlotStore { original, previous, was_cold })
    }

    /// The value of slot `key` of account `id`, without warming it.
    ///
    /// # Errors
    ///
    /// When the machine fails.
    pub fn peek_slot(&mut self, id: AccountId, key: U256) -> Result<U256, StorageError> {
        let position = self.update(id, key)?;
        Ok(self.slots[position].values.current)
    }

    /// Warms the slot and returns its position, up to date, and whether it was cold. One probe if it is warm.
    #[inline(always)]
    fn access(&mut self, id: AccountId, key: U256) -> Result<(usize, bool), StorageError> {
        let found = self.slots.find(&self.seed, id, &key);
        if let Some(position) = found {
            let slot = &self.slots[position];
            let is_current = slot.values.epoch == self.accounts[id].epoch;
            if slot.stamp == Stamp::warm(self.transaction) && is_current {
                return Ok((position, false));
            }
        }
        self.access_cold(id, key, found)
    }

    #[cold]
    fn access_cold(
        &mut self,
        id: AccountId,
        key: U256,
        found: Option<usize>,
    ) -> Result<(usize, bool), StorageError> {
        let position =
            found.unwrap_or_else(|| self.slots.name(&self.seed, id, key, self.transaction));
        self.update_at(position)?;
        Ok((position, self.warm_at(position)))
    }

    /// The position of the slot, its values up to date.
    fn update(&mut self, id: AccountId, key: U256) -> Result<usize, StorageError> {
        let position = self.find_or_name_slot(id, key);
        self.update_at(position)?;
        Ok(position)
    }

    /// Brings the values of the slot at `position` into this transaction and its account's epoch.
    fn update_at(&mut self, position: usize) -> Result<(), StorageError> {
        self.enter_transaction(position);
        let slot = &self.slots[position];
        let account = &self.accounts[slot.account];
        if slot.values.epoch == account.epoch {
            return Ok(());
        }
        let value = if account.is_backed() {
            self.storage.slot(account.address, slot.key)?
        } else {
            U256::ZERO
        };
        let values = SlotValues::unwritten(value, account.epoch);
        let previous = (slot.values, self.slots.base(position));
        if previous.0.epoch != Epoch::NONE {
            let previous = Box::new(previous);
            self.undo.push(Undo::SlotReset { position: position as u32, previous });
        }
        self.slots[position].values = values;
        self.slots.set_base(position, value);
        Ok(())
    }
}

impl<S> Journal<S> {
    /// Makes slot `key` of `address` warm and returns whether it was cold, without asking the storage: for access
    /// lists. The account itself stays as cold as it was.
    pub fn warm_slot(&mut self, address: Address, key: U256) -> bool {
        let id = self.accounts.find_or_name(&self.seed, &address);
        let position = self.find_or_name_slot(id, key);
        self.enter_transaction(position);
        self.warm_at(position)
    }

    /// Whether slot `key` of account `id` is warm.
    pub fn is_slot_warm(&self, id: AccountId, key: U256) -> bool {
        let known = self.slots.find(&self.seed, id, &key);
        known.is_some_and(|position| self.slots[position].stamp == Stamp::warm(self.transaction))
    }

    fn find_or_name_slot(&mut self, id: AccountId, key: U256) -> usize {
        match self.slots.find(&self.seed, id, &key) {
            Some(position) => position,
            None => self.slots.name(&self.seed, id, key, self.transaction),
        }
    }

    /// On the first access in this transaction, what the slot holds becomes its original value. Nothing wrote to it
    /// before in this transaction, so no revert can make this wrong.
    fn enter_transaction(&mut self, position: usize) {
        let slot = &mut self.slots[position];
        if slot.stamp.transaction() != self.transaction {
            slot.stamp = Stamp::cold(self.transaction);
            slot.values.original = slot.values.current;
        }
    }

    fn warm_at(&mut self, position: usize) -> bool {
        let warm = Stamp::warm(self.transaction);
        let slot = &mut self.slots[position];
        let was_cold = slot.stamp != warm;
        if was_cold {
            slot.stamp = warm;
            self.undo.push(Undo::SlotWarmed { position: position as u32 });
        }
        was_cold
    }

    /// The value of transient slot `key` of account `id` (EIP-1153).
    #[inline]
    pub fn load_transient(&self, id: AccountId, key: U256) -> U256 {
        let known = self.transient.find(&self.seed, id, &key);
        known.map_or(U256::ZERO, |position| self.transient.value(position))
    }

    /// Stores `value` in transient slot `key` of account `id` (EIP-1153).
    pub fn store_transient(&mut self, id: AccountId, key: U256, value: U256) {
        let position = self.transient.find_or_name(&self.seed, id, key);
        let previous = self.transient.replace(position, value);
        if previous != value {
            self.undo.push(Undo::TransientStored { position: position as u32, previous });
        }
    }
}
