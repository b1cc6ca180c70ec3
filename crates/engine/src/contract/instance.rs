//! Instances of contracts: a store of one instance, for one message.

use std::sync::Arc;

use lockstep_ir::PAGE_BYTES;
use lockstep_rt::{
    HostRow, InstanceParts, Links, MemoryPool, OwnedMemory, ReserveError, Store, Trap,
};

use super::load::Contract;
use crate::{machine::Executor, wasm::fill};

/// Elements that a table may grow to, whatever it declares.
const TABLE_MAX: u64 = lockstep_guest::wasm::limits::TABLE_ELEMENTS_MAX;

/// Why there is no instance.
#[derive(Debug)]
pub(crate) enum NoInstance {
    /// A segment did not fit.
    Trap(Trap),
    /// The operating system refused address space.
    Reserve(ReserveError),
}

impl From<Trap> for NoInstance {
    fn from(trap: Trap) -> Self {
        Self::Trap(trap)
    }
}

impl From<ReserveError> for NoInstance {
    fn from(error: ReserveError) -> Self {
        Self::Reserve(error)
    }
}

/// A contract's instance with its links.
pub(crate) struct Instance<H> {
    pub(crate) store: Box<Store<H>>,
    pub(crate) number: u32,
    pub(crate) links: Links<H>,
}

impl<H> Instance<H> {
    /// An instance on the host of `rows`.
    pub(crate) fn new(
        contract: &Contract,
        rows: &[HostRow<H>],
        executor: &Executor,
    ) -> Result<Self, NoInstance> {
        let store = executor.store();
        let made = Self::make(contract, &store, rows, &executor.pool);
        match made {
            Ok((number, links)) => Ok(Self { store, number, links }),
            Err(error) => {
                executor.give_back(store);
                Err(error)
            }
        }
    }

    fn make(
        contract: &Contract,
        store: &Store<H>,
        rows: &[HostRow<H>],
        pool: &Arc<MemoryPool>,
    ) -> Result<(u32, Links<H>), NoInstance> {
        let parts = parts(contract, store, rows, pool)?;
        let number = store.add_instance(parts);
        let links = Links::of_instance(store, number, contract.guest.interface());
        fill(store, &contract.guest, number)?;
        Ok((number, links))
    }
}

/// What an instance imports and owns, empty.
fn parts<H>(
    contract: &Contract,
    store: &Store<H>,
    rows: &[HostRow<H>],
    pool: &Arc<MemoryPool>,
) -> Result<Box<InstanceParts>, NoInstance> {
    let guest = &contract.guest;
    let bytes = |pages: u64| pages.saturating_mul(PAGE_BYTES);
    let mut parts = contract.shared.parts(store);
    for (row, ty) in contract.imports.iter().zip(guest.func_types()) {
        parts.imports.push(store.add_host_func(parts.types[*ty as usize], &rows[*row]));
    }
    for memory in guest.memories() {
        let max = memory.max_pages.map_or(OwnedMemory::MAX_BYTES, bytes);
        let memory = OwnedMemory::new(pool, bytes(memory.min_pages), max)?;
        parts.memories.push(store.add_memory(memory));
    }
    for table in guest.tables() {
        let max = table.max.unwrap_or(TABLE_MAX).min(TABLE_MAX);
        parts.tables.push(store.add_table(table.min.min(TABLE_MAX), max, 0));
    }
    for _ in guest.globals() {
        parts.globals.push(store.add_global([0; 2]));
    }
    Ok(parts)
}
