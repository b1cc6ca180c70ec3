//! Instances of contracts: a store of one instance, for one message.

use std::sync::Arc;

use lockstep_guest::wasm::{ConstExpr, SegmentMode};
use lockstep_ir::PAGE_BYTES;
use lockstep_rt::{
    HostRow, InstanceParts, Links, MemoryPool, OwnedMemory, ReserveError, Store, Trap,
};

use super::load::Contract;
use crate::wasm::evaluate_constant;

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
    pub(crate) store: Store<H>,
    pub(crate) number: u32,
    pub(crate) links: Links<H>,
}

impl<H> Instance<H> {
    /// An instance on the host of `rows`.
    pub(crate) fn new(
        contract: &Contract,
        rows: &[HostRow<H>],
        pool: &Arc<MemoryPool>,
    ) -> Result<Self, NoInstance> {
        let store = Store::default();
        for (number, ty) in contract.store_types.iter().enumerate() {
            assert_eq!(store.type_id(ty).0 as usize, number, "types are counted from zero");
        }
        let parts = parts(contract, &store, rows, pool)?;
        let globals = parts.globals.clone();
        let number = store.add_instance(parts);
        let links = Links::of_instance(&store, number, contract.guest.interface());
        let instance = Self { store, number, links };
        instance.initialize(contract, &globals);
        instance.write_elements(contract, &globals)?;
        instance.write_data(contract, &globals)?;
        Ok(instance)
    }

    /// What a constant expression yields.
    fn constant(&self, expr: &ConstExpr, globals: &[u32]) -> [u64; 2] {
        let global = |index: u32| self.store.global(globals[index as usize]);
        evaluate_constant(expr, global, |func| self.store.func_of(self.number, func))
    }

    /// Gives globals and tables what they begin with.
    fn initialize(&self, contract: &Contract, globals: &[u32]) {
        for (global, init) in globals.iter().zip(contract.guest.global_inits()) {
            self.store.set_global(*global, self.constant(init, globals));
        }
        for (table, init) in contract.guest.table_inits().iter().enumerate() {
            if let Some(init) = init {
                let [fill, _] = self.constant(init, globals);
                self.store.fill_table(self.store.table_of(self.number, table as u32), fill);
            }
        }
    }

    /// Writes active element segments in order; passive ones wait.
    fn write_elements(&self, contract: &Contract, globals: &[u32]) -> Result<(), Trap> {
        for (segment, elem) in contract.guest.elems().iter().enumerate() {
            let items = || {
                elem.items.iter().map(|item| self.constant(item, globals)[0]).collect::<Vec<_>>()
            };
            match &elem.mode {
                SegmentMode::Active { index, offset } => {
                    let [at, _] = self.constant(offset, globals);
                    let table = self.store.table_of(self.number, *index);
                    self.store.write_table(table, at, &items())?;
                }
                SegmentMode::Passive => {
                    self.store.set_elem(self.number, segment as u32, items().into());
                }
                SegmentMode::Declared => {}
            }
        }
        Ok(())
    }

    /// Writes active data segments in order and drops them; others wait.
    fn write_data(&self, contract: &Contract, globals: &[u32]) -> Result<(), Trap> {
        for (segment, data) in contract.guest.datas().iter().enumerate() {
            if let SegmentMode::Active { index, offset } = &data.mode {
                let [at, _] = self.constant(offset, globals);
                let memory = self.store.memory_of(self.number, *index);
                self.store.write_memory(memory, at, &contract.datas[segment])?;
                self.store.drop_data(self.number, segment as u32);
            }
        }
        Ok(())
    }
}

/// What an instance imports and owns, empty.
fn parts<H>(
    contract: &Contract,
    store: &Store<H>,
    rows: &[HostRow<H>],
    pool: &Arc<MemoryPool>,
) -> Result<InstanceParts, NoInstance> {
    let guest = &contract.guest;
    let bytes = |pages: u64| pages.saturating_mul(PAGE_BYTES);
    let mut parts = InstanceParts {
        func_types: Arc::clone(&contract.func_types),
        types: Arc::clone(&contract.types),
        datas: contract.datas.clone(),
        elems: guest.elems().len(),
        ..InstanceParts::default()
    };
    for (row, ty) in contract.imports.iter().zip(&contract.import_types) {
        parts.imports.push(store.add_host_func(*ty, &rows[*row]));
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
