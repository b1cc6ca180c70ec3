//! The cheapest host that is right: one account's slots in a map, logs in a vector, nothing to undo.

use std::collections::BTreeMap;

use revm::{
    context_interface::{cfg::GasParams, host::LoadError, journaled_state::AccountInfoLoad},
    interpreter::{self, SStoreResult, SelfDestructResult, StateLoad},
    primitives::{Address, B256, Log, U256, map::HashMap},
};

use super::call::SPEC;

/// A slot in a call.
#[derive(Debug, Clone, Copy)]
struct Slot {
    original: U256,
    present: U256,
}

/// The state that calls see.
#[derive(Debug)]
pub(super) struct Host {
    initial: BTreeMap<U256, U256>,
    /// Warm slots.
    slots: HashMap<U256, Slot>,
    transient: HashMap<U256, U256>,
    logs: Vec<Log>,
    gas_params: GasParams,
}

impl Host {
    pub(super) fn new(initial: &BTreeMap<U256, U256>) -> Self {
        Self {
            initial: initial.clone(),
            slots: HashMap::default(),
            transient: HashMap::default(),
            logs: Vec::new(),
            gas_params: GasParams::new_spec(SPEC),
        }
    }

    /// Back to the initial state, all cold.
    pub(super) fn reset(&mut self) {
        self.slots.clear();
        self.transient.clear();
        self.logs.clear();
    }

    /// A slot, warm from now on, and whether it was cold.
    fn slot(&mut self, key: U256) -> (&mut Slot, bool) {
        let mut is_cold = false;
        let initial = &self.initial;
        let slot = self.slots.entry(key).or_insert_with(|| {
            is_cold = true;
            let original = initial.get(&key).copied().unwrap_or_default();
            Slot { original, present: original }
        });
        (slot, is_cold)
    }
}

impl interpreter::Host for Host {
    fn basefee(&self) -> U256 {
        U256::ZERO
    }
    fn blob_gasprice(&self) -> U256 {
        U256::from(1)
    }
    fn gas_limit(&self) -> U256 {
        U256::from(1_u64 << 62)
    }
    fn difficulty(&self) -> U256 {
        U256::ZERO
    }
    fn prevrandao(&self) -> Option<U256> {
        Some(U256::ZERO)
    }
    fn block_number(&self) -> U256 {
        U256::ZERO
    }
    fn timestamp(&self) -> U256 {
        U256::ZERO
    }
    fn beneficiary(&self) -> Address {
        Address::ZERO
    }
    fn slot_num(&self) -> U256 {
        U256::ZERO
    }
    fn chain_id(&self) -> U256 {
        U256::from(1)
    }
    fn effective_gas_price(&self) -> U256 {
        U256::ZERO
    }
    fn caller(&self) -> Address {
        super::peer_address(crate::evm::case::CALLER)
    }
    fn blob_hash(&self, _: usize) -> Option<U256> {
        None
    }
    fn max_initcode_size(&self) -> usize {
        0xc000
    }
    fn gas_params(&self) -> &GasParams {
        &self.gas_params
    }
    fn is_amsterdam_eip8037_enabled(&self) -> bool {
        false
    }
    fn block_hash(&mut self, _: u64) -> Option<B256> {
        Some(B256::ZERO)
    }

    fn log(&mut self, log: Log) {
        self.logs.push(log);
    }

    fn sload_skip_cold_load(
        &mut self,
        _: Address,
        key: U256,
        _: bool,
    ) -> Result<StateLoad<U256>, LoadError> {
        let (slot, is_cold) = self.slot(key);
        Ok(StateLoad::new(slot.present, is_cold))
    }

    fn sstore_skip_cold_load(
        &mut self,
        _: Address,
        key: U256,
        new_value: U256,
        _: bool,
    ) -> Result<StateLoad<SStoreResult>, LoadError> {
        let (slot, is_cold) = self.slot(key);
        let (original_value, present_value) = (slot.original, slot.present);
        slot.present = new_value;
        Ok(StateLoad::new(SStoreResult { original_value, present_value, new_value }, is_cold))
    }

    fn tstore(&mut self, _: Address, key: U256, value: U256) {
        self.transient.insert(key, value);
    }

    fn tload(&mut self, _: Address, key: U256) -> U256 {
        self.transient.get(&key).copied().unwrap_or_default()
    }

    // Cases with more than one contract are no cases of a bare interpreter: these end the run, which counts as wrong.
    fn selfdestruct(
        &mut self,
        _: Address,
        _: Address,
        _: bool,
    ) -> Result<StateLoad<SelfDestructResult>, LoadError> {
        Err(LoadError::DBError)
    }

    fn load_account_info_skip_cold_load(
        &mut self,
        _: Address,
        _: bool,
        _: bool,
    ) -> Result<AccountInfoLoad<'_>, LoadError> {
        Err(LoadError::DBError)
    }
}
