//! Accounts in the journal: loading, warming, and every write to them.

use std::{mem, sync::Arc};

use lockstep_base::{Address, Hash, U256};

use super::{
    Journal,
    undo::{BeforeCreation, Undo},
};
use crate::{AccountId, AccountInfo, Storage, StorageError, keccak256};

/// An account that was just accessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountLoad {
    /// Its handle.
    pub id: AccountId,
    /// Whether this was its first access in the transaction (EIP-2929).
    pub was_cold: bool,
}

/// Why a balance stayed as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BalanceError {
    /// The account holds less.
    #[error("the account holds less")]
    Insufficient,
    /// The account would hold 2^256 or more.
    #[error("the account would hold 2^256 or more")]
    Overflow,
}

impl<S: Storage> Journal<S> {
    /// The handle of the account at `address`, without warming, touching or creating it.
    ///
    /// # Errors
    ///
    /// When the machine fails; nothing has changed.
    #[inline]
    pub fn account(&mut self, address: Address) -> Result<AccountId, StorageError> {
        let id = self.accounts.find_or_name(&self.seed, &address);
        if !self.accounts[id].is_loaded {
            self.load(id)?;
        }
        Ok(id)
    }

    /// The handle of the account at `address`, which is warm from now on.
    ///
    /// # Errors
    ///
    /// When the machine fails; the account is as cold as before.
    #[inline]
    pub fn warm_account(&mut self, address: Address) -> Result<AccountLoad, StorageError> {
        let id = self.account(address)?;
        Ok(AccountLoad { id, was_cold: self.warm(id) })
    }

    #[cold]
    fn load(&mut self, id: AccountId) -> Result<(), StorageError> {
        let found = self.storage.account(self.accounts[id].address)?;
        let account = &mut self.accounts[id];
        account.base = found;
        account.info = found.unwrap_or(AccountInfo::EMPTY);
        account.exists = found.is_some();
        account.is_loaded = true;
        Ok(())
    }

    /// The code of account `id`; empty if it has none.
    ///
    /// # Errors
    ///
    /// When the machine fails.
    pub fn code(&mut self, id: AccountId) -> Result<&Arc<[u8]>, StorageError> {
        let account = &mut self.accounts[id];
        if !account.info.has_code() {
            return Ok(&self.no_code);
        }
        if account.code.is_none() {
            account.code = Some(self.storage.code(account.info.code_hash)?);
        }
        Ok(account.code.as_ref().unwrap_or(&self.no_code))
    }

    /// Whether something stands in the way of a contract at `id`: code, a nonce, or storage (EIP-7610).
    ///
    /// Storage counts if the backend has some that was not wiped since, or if a slot written here is not zero.
    ///
    /// # Errors
    ///
    /// When the machine fails.
    pub fn has_code_or_nonce_or_storage(&self, id: AccountId) -> Result<bool, StorageError> {
        let account = &self.accounts[id];
        if account.info.has_code() || account.info.nonce != 0 {
            return Ok(true);
        }
        if account.is_backed() && self.storage.has_storage(account.address)? {
            return Ok(true);
        }
        // The mark is kept by reverts, so it only says whether looking is worth while. To set it, code ran in an
        // account without code and nonce: construction before EIP-161. Nobody else pays for the scan.
        Ok(account.stored_in == Some(account.epoch)
            && self.slots.iter().any(|(slot, _)| {
                slot.account == id
                    && slot.values.epoch == account.epoch
                    && !slot.values.current.is_zero()
            }))
    }
}

impl<S> Journal<S> {
    /// Makes `address` warm and returns whether it was cold, without asking the storage: for access lists,
    /// precompiles, and hosts that charge before they load.
    pub fn warm_address(&mut self, address: Address) -> bool {
        let id = self.accounts.find_or_name(&self.seed, &address);
        self.warm(id)
    }

    /// Whether `address` is warm.
    pub fn is_address_warm(&self, address: Address) -> bool {
        let known = self.accounts.find(&self.seed, &address);
        known.is_some_and(|id| self.accounts[id].warm_in == self.transaction)
    }

    #[inline]
    fn warm(&mut self, id: AccountId) -> bool {
        let account = &mut self.accounts[id];
        let was_cold = account.warm_in != self.transaction;
        if was_cold {
            account.warm_in = self.transaction;
            self.undo.push(Undo::Warmed { id });
        }
        was_cold
    }

    /// The address of account `id`.
    #[inline]
    pub fn address(&self, id: AccountId) -> Address {
        self.accounts[id].address
    }

    /// Balance, nonce and code hash of account `id`; all empty if it is absent.
    #[inline]
    pub fn info(&self, id: AccountId) -> &AccountInfo {
        &self.accounts[id].info
    }

    /// Whether account `id` is in the state, be it empty.
    #[inline]
    pub fn exists(&self, id: AccountId) -> bool {
        self.accounts[id].exists
    }

    /// Whether account `id` is absent or empty (EIP-161, "dead").
    #[inline]
    pub fn is_dead(&self, id: AccountId) -> bool {
        let account = &self.accounts[id];
        !account.exists || account.info.is_empty()
    }

    /// Whether account `id` was created in this transaction (EIP-6780).
    #[inline]
    pub fn is_created(&self, id: AccountId) -> bool {
        self.accounts[id].is_created
    }

    /// Whether account `id` is to be deleted when the transaction finishes.
    #[inline]
    pub fn is_destroyed(&self, id: AccountId) -> bool {
        self.accounts[id].is_destroyed
    }

    /// Touches account `id` (EIP-161): it exists, and is looked at when the transaction finishes. Every write does.
    #[inline]
    pub fn touch(&mut self, id: AccountId) {
        let account = &mut self.accounts[id];
        if account.is_touched {
            return;
        }
        self.undo.push(Undo::Touched { id, existed: account.exists });
        account.is_touched = true;
        account.exists = true;
        self.touched.push(id);
    }

    /// Touches account `id` so that a revert does not take it off the list of those to look at: the one exception
    /// main-net history made to EIP-161, for address 3 at block 2,675,119.
    pub fn touch_for_good(&mut self, id: AccountId) {
        self.touch(id);
        self.touched_for_good.push(id);
    }

    /// Sets the balance of account `id`.
    pub fn set_balance(&mut self, id: AccountId, balance: U256) {
        self.touch(id);
        let previous = mem::replace(&mut self.accounts[id].info.balance, balance);
        if previous != balance {
            self.undo.push(Undo::BalanceSet { id, previous });
        }
    }

    /// Adds `amount` to the balance of account `id`; zero only touches it.
    ///
    /// # Errors
    ///
    /// [`BalanceError::Overflow`]; nothing has changed.
    pub fn add_balance(&mut self, id: AccountId, amount: U256) -> Result<(), BalanceError> {
        let sum = self.info(id).balance.checked_add(amount).ok_or(BalanceError::Overflow)?;
        self.set_balance(id, sum);
        Ok(())
    }

    /// Takes `amount` from the balance of account `id`; zero only touches it.
    ///
    /// # Errors
    ///
    /// [`BalanceError::Insufficient`]; nothing has changed.
    pub fn sub_balance(&mut self, id: AccountId, amount: U256) -> Result<(), BalanceError> {
        let rest = self.info(id).balance.checked_sub(amount).ok_or(BalanceError::Insufficient)?;
        self.set_balance(id, rest);
        Ok(())
    }

    /// Moves `amount` and touches both accounts, which may be one.
    ///
    /// # Errors
    ///
    /// When `from` holds less or `to` cannot hold more; nothing has changed.
    pub fn transfer(
        &mut self,
        from: AccountId,
        to: AccountId,
        amount: U256,
    ) -> Result<(), BalanceError> {
        let rest = self.info(from).balance.checked_sub(amount).ok_or(BalanceError::Insufficient)?;
        if from == to {
            self.touch(from);
            return Ok(());
        }
        let sum = self.info(to).balance.checked_add(amount).ok_or(BalanceError::Overflow)?;
        self.set_balance(from, rest);
        self.set_balance(to, sum);
        Ok(())
    }

    /// Sets the nonce of account `id`.
    pub fn set_nonce(&mut self, id: AccountId, nonce: u64) {
        self.touch(id);
        let previous = mem::replace(&mut self.accounts[id].info.nonce, nonce);
        if previous != nonce {
            self.undo.push(Undo::NonceSet { id, previous });
        }
    }

    /// Sets the code of account `id` and returns its hash.
    pub fn set_code(&mut self, id: AccountId, code: Arc<[u8]>) -> Hash {
        self.touch(id);
        let code_hash = keccak256(&code);
        let account = &mut self.accounts[id];
        let previous_hash = mem::replace(&mut account.info.code_hash, code_hash);
        let previous_code = account.code.replace(code);
        self.undo.push(Undo::CodeSet { id, previous: Box::new((previous_hash, previous_code)) });
        code_hash
    }

    /// Makes account `id` a new one: no code, nonce zero, empty storage that never asks the backend. Its balance
    /// stays. Whether that is allowed is the host's question ([`Journal::has_code_or_nonce_or_storage`]).
    pub fn create_account(&mut self, id: AccountId) {
        self.touch(id);
        let epoch = self.next_epoch();
        let account = &mut self.accounts[id];
        let previous = BeforeCreation {
            info: account.info,
            code: account.code.take(),
            epoch: mem::replace(&mut account.epoch, epoch),
            stored_in: account.stored_in.take(),
            was_created: mem::replace(&mut account.is_created, true),
        };
        account.info = AccountInfo { balance: account.info.balance, ..AccountInfo::EMPTY };
        if !previous.was_created {
            self.created.push(id);
        }
        self.undo.push(Undo::Created { id, previous: Box::new(previous) });
    }

    /// Marks account `id` to be deleted when the transaction finishes; until then it stays as it is. When that is
    /// right, and what becomes of the balance, depends on the fork.
    pub fn destroy(&mut self, id: AccountId) {
        self.touch(id);
        if !mem::replace(&mut self.accounts[id].is_destroyed, true) {
            self.destroyed.push(id);
            self.undo.push(Undo::Destroyed { id });
        }
    }
}
