//! System calls of TOS on Ethereum's journal: what their programs ask when they are accounts' code.
//!
//! ```text
//! tos_storage_write -> Invocation for Ethereum -> layout (bytes by key in slots) -> SSTORE's own function
//! tos_invoke        ->                                                            -> CALL's own function
//! ```
//!
//! # Invariants
//!
//! 1. A unit is a gas. A system call takes what the table of costs says, and what the chain's rules take for the state that it
//!    touches on top: an access costs the same whoever asks.
//! 2. Addresses and amounts are mapped by `address`, in both directions, or refused.
//!
//! This is the only place where one host knows of another: it gives TOS's what they ask for, and TOS knows nothing of it.

mod address;
mod layout;
mod provider;

use std::sync::{Arc, LazyLock};

use lockstep_base::{Address, Hash as BaseHash, U256};
use lockstep_rt::{Parts, Stop, Trap};
use lockstep_state::LogRef;

pub use address::{address_of, amount_of, hash_of};
pub use provider::JournalProviders;

use self::layout::Slots;
use super::{
    Ethereum, World,
    access::access_account,
    account,
    call::{self, CallKind, CallRequest, brings_into_being},
    gas::{CALL_VALUE, COLD_ACCOUNT_EXTRA, Gas, LOG_BYTE, NEW_ACCOUNT},
    storage,
};
use crate::{
    mapping::MemoryMapping,
    tos::{Cost, CostTable, Hash, Invocation, Invoke, ProviderError, TosError},
};

/// SLOAD, whose price a slot that is read pays.
const SLOAD: u8 = 0x54;
/// LOG0, whose price a message pays.
const LOG0: u8 = 0xa0;

/// What TOS's system calls are told beside the journal.
#[derive(Debug, Clone)]
pub(super) struct TosFacts {
    costs: Arc<CostTable>,
    transaction: Hash,
}

impl Default for TosFacts {
    fn default() -> Self {
        static COSTS: LazyLock<Arc<CostTable>> = LazyLock::new(Arc::default);
        Self { costs: Arc::clone(&COSTS), transaction: [0; 32] }
    }
}

impl<W: World> Ethereum<W> {
    /// Says what TOS's system calls cost from here on, beside what the state takes.
    pub fn set_tos_costs(&mut self, costs: Arc<CostTable>) {
        self.tos.costs = costs;
    }

    /// Says what `tos_get_tx_hash` answers until somebody says otherwise: zeros at first.
    pub fn set_transaction_hash(&mut self, hash: BaseHash) {
        self.tos.transaction = hash.0;
    }
}

/// What ends a program, as TOS says it.
fn ended(stop: Stop) -> TosError {
    match stop {
        Stop::Trap(Trap::OutOfGas) => TosError::OutOfComputeUnits,
        Stop::Trap(trap) => TosError::Chain(trap),
        // The host keeps the error.
        Stop::Fault | Stop::Exit { .. } => {
            TosError::Provider(ProviderError::Fault("the journal's storage".into()))
        }
    }
}

/// Runs `act` with the units as gas.
fn with_gas<R>(
    units: &mut u64,
    act: impl FnOnce(&mut Gas) -> Result<R, Stop>,
) -> Result<R, TosError> {
    let mut gas = Gas::new(*units);
    let answer = act(&mut gas).map_err(ended)?;
    *units = gas.left();
    Ok(answer)
}

/// The slots of the account that runs, at the price of its opcodes.
struct Metered<'h, W> {
    host: &'h mut Ethereum<W>,
    gas: &'h mut Gas,
}

impl<W: World> Slots for Metered<'_, W> {
    type Error = Stop;

    fn load(&mut self, key: U256) -> Result<U256, Stop> {
        let price = self.host.prices.price(SLOAD);
        self.gas.charge(price)?;
        storage::load(self.host, self.gas, key)
    }

    fn store(&mut self, key: U256, value: U256) -> Result<(), Stop> {
        storage::store(self.host, self.gas, key, value)
    }

    fn too_long(&self) -> Stop {
        Trap::HostRefused.into()
    }
}

impl<W: World> Ethereum<W> {
    fn with_slots<R>(
        &mut self,
        units: &mut u64,
        act: impl FnOnce(&mut Metered<'_, W>) -> Result<R, Stop>,
    ) -> Result<R, TosError> {
        with_gas(units, |gas| act(&mut Metered { host: self, gas }))
    }
}

impl<W: World> Invocation for Ethereum<W> {
    fn cost(&self, name: &str) -> Cost {
        self.tos.costs.cost(name)
    }

    fn mapping(&self) -> Arc<MemoryMapping> {
        Arc::clone(&self.running.mapping)
    }

    fn own_hash(&self) -> Hash {
        hash_of(self.frame.address)
    }

    fn caller_hash(&self) -> Hash {
        self.frame.caller.to_be_bytes()
    }

    fn amount(&self) -> Result<u64, TosError> {
        Ok(amount_of(self.frame.value)?)
    }

    fn transaction_hash(&self) -> Hash {
        self.tos.transaction
    }

    fn sender_hash(&self) -> Hash {
        self.words.origin.to_be_bytes()
    }

    fn known_block_hash(&mut self) -> Result<Hash, TosError> {
        let Some(parent) = self.block.number.checked_sub(1) else { return Ok([0; 32]) };
        let hash = account::block_hash(self, U256::from(parent)).map_err(ended)?;
        Ok(hash.to_be_bytes())
    }

    fn height(&self) -> u64 {
        self.block.number
    }

    fn keep_message(&mut self, units: &mut u64, text: &str) -> Result<(), TosError> {
        with_gas(units, |gas| {
            storage::require_writable(self)?;
            gas.charge(self.prices.price(LOG0) + text.len() as u64 * LOG_BYTE)?;
            let (address, data) = (self.frame.address, text.as_bytes());
            self.world.append_log(LogRef { address, topics: &[], data });
            Ok(())
        })
    }

    fn balance(&mut self, units: &mut u64, address: &Hash) -> Result<u64, TosError> {
        let address = address_of(address)?.into_word();
        let balance = with_gas(units, |gas| account::balance(self, gas, address))?;
        Ok(amount_of(balance)?)
    }

    fn send(&mut self, units: &mut u64, to: &Hash, amount: u64) -> Result<(), TosError> {
        let to = address_of(to)?;
        with_gas(units, |gas| {
            storage::require_writable(self)?;
            gas.charge(CALL_VALUE)?;
            let target = access_account(self, gas, to, COLD_ACCOUNT_EXTRA)?;
            if brings_into_being(self, target, true) {
                gas.charge(NEW_ACCOUNT)?;
            }
            let moved = self.world.transfer(self.frame.account, target, U256::from(amount));
            moved.map_err(|error| match error {
                lockstep_state::BalanceError::Insufficient => Trap::InsufficientBalance.into(),
                lockstep_state::BalanceError::Overflow => Trap::IntegerOverflow.into(),
            })
        })
    }

    fn load(&mut self, units: &mut u64, key: &[u8]) -> Result<Option<Vec<u8>>, TosError> {
        self.with_slots(units, |slots| layout::read(slots, key))
    }

    fn store(&mut self, units: &mut u64, key: &[u8], value: &[u8]) -> Result<(), TosError> {
        self.with_slots(units, |slots| layout::write(slots, key, value))
    }

    fn delete(&mut self, units: &mut u64, key: &[u8]) -> Result<bool, TosError> {
        storage::require_writable(self).map_err(ended)?;
        self.with_slots(units, |slots| layout::delete(slots, key))
    }

    fn set_returned(&mut self, bytes: Vec<u8>) {
        self.running.returned = bytes;
        self.running.has_returned = true;
    }

    fn last_returned(&self) -> (Hash, Vec<u8>) {
        match self.running.has_returned {
            true => (self.own_hash(), self.running.returned.clone()),
            false => (hash_of(self.running.callee), self.return_data.clone()),
        }
    }

    fn invoke(parts: Parts<'_, Self>, units: &mut u64, invoke: &Invoke) -> Result<bool, TosError> {
        let Parts { host, machine, memory } = parts;
        let to = address_of(&invoke.contract)?;
        host.begin_call(to, invoke.depth);
        let request = CallRequest {
            kind: CallKind::Call,
            gas: U256::from(invoke.units),
            to: to.into_word(),
            value: U256::from(invoke.amount),
            input: invoke.input,
            output: (0, 0),
        };
        let status = with_gas(units, |gas| call::call(host, machine, memory, gas, &request))?;
        Ok(status != 0)
    }

    /// The trap is all that a message keeps.
    fn keep_error(&mut self, _: TosError) {}
}

impl<W: World> Ethereum<W> {
    /// A program that calls `to` takes so many depth units; what it said that it returns is no longer the last.
    pub(super) fn begin_call(&mut self, to: Address, depth: u64) {
        self.frame.units = self.running.units + depth;
        self.running.callee = to;
        self.running.has_returned = false;
    }
}
