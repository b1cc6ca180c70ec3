//! [`InvokeContext`]: what one invocation of a contract may know and do.

use std::sync::Arc;

use super::{
    cost::CostTable,
    error::{ProviderError, TosError},
    provider::{AccountProvider, ProgramProvider, StorageProvider},
    undo::Undo,
};
use crate::mapping::MemoryMapping;

/// Programs inside one another, the first one counted.
pub const INVOKE_DEPTH_MAX: u32 = 64;

/// An address, or the hash of a contract, a block or a transaction.
pub type Hash = [u8; 32];

/// What one invocation of a contract may know and do.
///
/// ```
/// use lockstep_host::tos::{InvokeContext, NoOpAccounts, NoOpStorage};
///
/// let mut storage = NoOpStorage;
/// let mut accounts = NoOpAccounts;
/// let mut context = InvokeContext::new(10_000, [0u8; 32], &mut storage, &mut accounts);
///
/// let key = b"test_key";
/// let value = b"test_value";
/// context.set_storage(key, value).unwrap();
/// assert_eq!(context.get_storage(key).unwrap(), Some(value.to_vec()));
/// ```
pub struct InvokeContext<'a> {
    compute_budget: u64,
    consumed: u64,
    /// The contract that runs.
    pub contract_hash: Hash,
    /// The block it runs in.
    pub block_hash: Hash,
    /// How many blocks are below that.
    pub block_height: u64,
    /// The transaction.
    pub tx_hash: Hash,
    /// Who sent it.
    pub tx_sender: Hash,
    /// Who called the contract: another one, or the sender.
    pub caller: Hash,
    /// What was sent along.
    pub call_value: u64,
    pub(super) storage: &'a mut dyn StorageProvider,
    pub(super) accounts: &'a mut dyn AccountProvider,
    pub(super) programs: Option<&'a dyn ProgramProvider>,
    /// Programs that wait for the one that runs.
    pub(super) depth: u32,
    /// What brings back what programs that were called have changed.
    pub(super) undo: Vec<Undo>,
    /// What the program that runs is to return, if it said so.
    pub(super) returned: Option<Vec<u8>>,
    /// Whether messages are kept.
    pub debug_mode: bool,
    /// What system calls cost.
    pub costs: Arc<CostTable>,
    /// Where the program's memory lies; whoever runs it says so.
    pub mapping: Arc<MemoryMapping>,
    /// Messages of the program, in debug mode.
    pub log: Vec<String>,
    /// What was last returned, and by which contract; when the program has ended, what it returned itself.
    pub return_data: (Hash, Vec<u8>),
    /// Why the program was ended by a system call.
    pub error: Option<TosError>,
}

impl core::fmt::Debug for InvokeContext<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("InvokeContext")
            .field("compute_budget", &self.compute_budget)
            .field("consumed", &self.consumed)
            .field("contract_hash", &self.contract_hash)
            .finish_non_exhaustive()
    }
}

impl<'a> InvokeContext<'a> {
    /// An invocation that knows nothing of its block and transaction.
    pub fn new(
        compute_budget: u64,
        contract_hash: Hash,
        storage: &'a mut dyn StorageProvider,
        accounts: &'a mut dyn AccountProvider,
    ) -> Self {
        let zero = [0; 32];
        Self::new_with_state(compute_budget, contract_hash, zero, 0, zero, zero, storage, accounts)
    }

    /// An invocation that knows all there is to know.
    #[expect(clippy::too_many_arguments, reason = "the order of the interface's source")]
    pub fn new_with_state(
        compute_budget: u64,
        contract_hash: Hash,
        block_hash: Hash,
        block_height: u64,
        tx_hash: Hash,
        tx_sender: Hash,
        storage: &'a mut dyn StorageProvider,
        accounts: &'a mut dyn AccountProvider,
    ) -> Self {
        Self {
            compute_budget,
            consumed: 0,
            contract_hash,
            block_hash,
            block_height,
            tx_hash,
            tx_sender,
            caller: tx_sender,
            call_value: 0,
            storage,
            accounts,
            programs: None,
            depth: 0,
            undo: Vec::new(),
            returned: None,
            debug_mode: false,
            costs: Arc::default(),
            mapping: Arc::default(),
            log: Vec::new(),
            return_data: ([0; 32], Vec::new()),
            error: None,
        }
    }

    /// Lets the program call those of other contracts; without it there are none.
    pub fn set_programs(&mut self, programs: &'a dyn ProgramProvider) {
        self.programs = Some(programs);
    }

    /// Keeps messages from here on.
    pub fn enable_debug(&mut self) {
        self.debug_mode = true;
    }

    /// Says that the program has ended: what was last returned is its own from here on, whatever those that it called
    /// returned.
    pub fn finish(&mut self) {
        self.return_data = (self.contract_hash, self.returned.take().unwrap_or_default());
    }

    /// What the contract stored under `key`.
    ///
    /// # Errors
    ///
    /// What the provider says.
    pub fn get_storage(&self, key: &[u8]) -> Result<Option<Vec<u8>>, ProviderError> {
        self.storage.get(&self.contract_hash, key)
    }

    /// Stores `value` for the contract.
    ///
    /// # Errors
    ///
    /// What the provider says.
    pub fn set_storage(&mut self, key: &[u8], value: &[u8]) -> Result<(), ProviderError> {
        self.note_storage(key)?;
        self.storage.set(&self.contract_hash, key, value)
    }

    /// Deletes what the contract stored; whether something was.
    ///
    /// # Errors
    ///
    /// What the provider says.
    pub fn delete_storage(&mut self, key: &[u8]) -> Result<bool, ProviderError> {
        self.note_storage(key)?;
        self.storage.delete(&self.contract_hash, key)
    }

    /// What an account holds.
    ///
    /// # Errors
    ///
    /// What the provider says.
    pub fn get_balance(&self, address: &Hash) -> Result<u64, ProviderError> {
        self.accounts.get_balance(address)
    }

    /// Sends `amount` from the contract.
    ///
    /// # Errors
    ///
    /// What the provider says.
    pub fn transfer(&mut self, recipient: &Hash, amount: u64) -> Result<(), ProviderError> {
        self.accounts.transfer(&self.contract_hash, recipient, amount)?;
        self.note_transfer(recipient, amount);
        Ok(())
    }

    /// Takes units.
    ///
    /// # Errors
    ///
    /// [`TosError::OutOfComputeUnits`] when the budget does not hold as many; then none are taken.
    pub fn consume_checked(&mut self, units: u64) -> Result<(), TosError> {
        let total = self.consumed.checked_add(units);
        let total = total.filter(|total| *total <= self.compute_budget);
        self.consumed = total.ok_or(TosError::OutOfComputeUnits)?;
        Ok(())
    }

    /// Units taken so far.
    pub fn get_compute_units_consumed(&self) -> u64 {
        self.consumed
    }

    /// Units left.
    pub fn get_compute_units_remaining(&self) -> u64 {
        self.compute_budget - self.consumed
    }

    /// Says how many units are left, as the meter of a running program has it.
    pub fn set_compute_units_remaining(&mut self, units: u64) {
        self.consumed = self.compute_budget.saturating_sub(units);
    }
}
