//! One entry per write: what it replaced.
//!
//! Entries are 40 bytes; what is big and rare lies in a box.

use std::sync::Arc;

use lockstep_base::{Hash, U256};

use super::Journal;
use crate::{
    AccountId, AccountInfo,
    slot::{Epoch, SlotValues, Stamp},
};

/// How to take back one write.
pub(super) enum Undo {
    /// The slot was cold.
    SlotWarmed { position: u32 },
    /// The slot held `previous`.
    SlotStored { position: u32, previous: U256 },
    /// The slot held values of another epoch, to which the account may return.
    SlotReset { position: u32, previous: Box<(SlotValues, U256)> },
    /// The transient slot held `previous`.
    TransientStored { position: u32, previous: U256 },
    /// The account was cold.
    Warmed { id: AccountId },
    /// The account was not touched yet, and perhaps absent.
    Touched { id: AccountId, existed: bool },
    /// The account held `previous`.
    BalanceSet { id: AccountId, previous: U256 },
    /// The account's nonce was `previous`.
    NonceSet { id: AccountId, previous: u64 },
    /// The account had other code.
    CodeSet { id: AccountId, previous: Box<(Hash, Option<Arc<[u8]>>)> },
    /// The account was not created in this transaction.
    Created { id: AccountId, previous: Box<BeforeCreation> },
    /// The account was not destroyed.
    Destroyed { id: AccountId },
}

/// What creation replaces.
pub(super) struct BeforeCreation {
    pub(super) info: AccountInfo,
    pub(super) code: Option<Arc<[u8]>>,
    pub(super) epoch: Epoch,
    pub(super) stored_in: Option<Epoch>,
    /// Created twice in one transaction: the mark stays.
    pub(super) was_created: bool,
}

impl<S> Journal<S> {
    /// Takes back the newest write still standing.
    pub(super) fn take_back(&mut self, undo: Undo) {
        match undo {
            Undo::SlotWarmed { position } => {
                self.slots[position as usize].stamp = Stamp::cold(self.transaction);
            }
            Undo::SlotStored { position, previous } => {
                self.slots[position as usize].values.current = previous;
            }
            Undo::SlotReset { position, previous } => {
                let (values, base) = *previous;
                self.slots[position as usize].values = values;
                self.slots.set_base(position as usize, base);
            }
            Undo::TransientStored { position, previous } => {
                self.transient.replace(position as usize, previous);
            }
            Undo::Warmed { id } => self.accounts[id].warm_in = 0,
            Undo::Touched { id, existed } => {
                self.accounts[id].is_touched = false;
                self.accounts[id].exists = existed;
                self.touched.pop();
            }
            Undo::BalanceSet { id, previous } => self.accounts[id].info.balance = previous,
            Undo::NonceSet { id, previous } => self.accounts[id].info.nonce = previous,
            Undo::CodeSet { id, previous } => {
                let (code_hash, code) = *previous;
                self.accounts[id].info.code_hash = code_hash;
                self.accounts[id].code = code;
            }
            Undo::Created { id, previous } => self.take_back_creation(id, *previous),
            Undo::Destroyed { id } => {
                self.accounts[id].is_destroyed = false;
                self.destroyed.pop();
            }
        }
    }

    fn take_back_creation(&mut self, id: AccountId, previous: BeforeCreation) {
        let account = &mut self.accounts[id];
        account.info = previous.info;
        account.code = previous.code;
        account.epoch = previous.epoch;
        account.stored_in = previous.stored_in;
        if !previous.was_created {
            account.is_created = false;
            self.created.pop();
        }
    }
}

const _: () = assert!(size_of::<Undo>() == 40, "one undo entry per write must stay small");
