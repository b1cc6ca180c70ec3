//! WebAssembly modules as contracts: an export `main`, imports of the host, an instance for each message.

mod price;

use std::sync::Arc;

use lockstep_guest::wasm::{Config, ExternKind, ExternType, Module, limits};
use lockstep_ir::{FuncId, PAGE_BYTES};
use lockstep_rt::{HostRow, InstanceParts, Links, MemoryPool, OwnedMemory, ReserveError, Store};

use super::{
    instance::NoInstance,
    load::{ContractError, Offer},
};
use crate::{
    function::Compiled,
    wasm::{Shared, fill},
};

/// Elements that a table may grow to, whatever it declares.
const TABLE_MAX: u64 = limits::TABLE_ELEMENTS_MAX;

/// The export that runs.
const ENTRY: &str = "main";

/// A module with whatever of it was translated so far, and what its instances have in common.
#[derive(Debug)]
pub(crate) struct Contract {
    guest: Arc<Module>,
    pub(super) compiled: Compiled,
    pub(super) entry: FuncId,
    /// For each import, the host's row.
    imports: Vec<usize>,
    /// What its instances have in common.
    shared: Shared,
    instance_gas: u64,
}

impl Contract {
    pub(super) fn load<H>(code: &Arc<[u8]>, offer: &Offer<'_, H>) -> Result<Self, ContractError> {
        let guest = Module::load(Arc::clone(code), &Config::default());
        let guest = Arc::new(guest.map_err(ContractError::Load)?);
        let imports = imports(&guest, offer)?;
        if guest.start().is_some() {
            return Err(ContractError::Start);
        }
        check_sizes(&guest)?;
        let entry = entry(&guest).ok_or(ContractError::Entry)?;
        Ok(Self {
            compiled: Compiled::wasm(guest.clone()).labelled("wasm", code),
            entry,
            imports,
            shared: Shared::of(&guest),
            instance_gas: price::instance(&guest),
            guest,
        })
    }

    pub(super) fn interface(&self) -> &Arc<lockstep_ir::Interface> {
        self.guest.interface()
    }

    pub(super) fn activation_gas(&self, input_bytes: usize) -> u64 {
        let input = price::input(self.guest.schedule(), input_bytes);
        self.instance_gas.saturating_add(input)
    }

    pub(super) fn code_bytes(&self) -> usize {
        self.guest.bytes().len()
    }

    pub(super) fn instance<H>(
        &self,
        store: &Store<H>,
        rows: &[HostRow<H>],
        pool: &Arc<MemoryPool>,
    ) -> Result<(u32, Links<H>), NoInstance> {
        let parts = self.parts(store, rows, pool)?;
        let number = store.add_instance(parts);
        let links = Links::of_instance(store, number, self.interface());
        fill(store, &self.guest, number)?;
        Ok((number, links))
    }

    /// What an instance imports and owns, empty.
    fn parts<H>(
        &self,
        store: &Store<H>,
        rows: &[HostRow<H>],
        pool: &Arc<MemoryPool>,
    ) -> Result<Box<InstanceParts>, ReserveError> {
        let guest = &self.guest;
        let bytes = |pages: u64| pages.saturating_mul(PAGE_BYTES);
        let mut parts = self.shared.parts(store);
        for (row, ty) in self.imports.iter().zip(guest.func_types()) {
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
}

/// What an instance begins with must be there to have.
fn check_sizes(guest: &Module) -> Result<(), ContractError> {
    let pages = guest.memories().iter().all(|memory| memory.min_pages <= limits::MEMORY_PAGES_MAX);
    let elements = guest.tables().iter().all(|table| table.min <= limits::TABLE_ELEMENTS_MAX);
    if pages && elements { Ok(()) } else { Err(ContractError::Size) }
}

/// The host's row for each import.
fn imports<H>(guest: &Module, offer: &Offer<'_, H>) -> Result<Vec<usize>, ContractError> {
    let mut rows = Vec::with_capacity(guest.imports().len());
    for (index, import) in guest.imports().iter().enumerate() {
        let is_named = |row: &HostRow<H>| {
            row.name.split_once('.') == Some((import.module.as_str(), import.name.as_str()))
        };
        let row = offer.rows.iter().position(is_named).filter(|row| (offer.is_offered)(*row));
        let row = row.ok_or(ContractError::UnknownImport(index))?;
        let (ExternType::Func(ty), of) = (&import.ty, &offer.rows[row]) else {
            return Err(ContractError::ImportType(index));
        };
        let params = ty.params.iter().map(|ty| ty.dmir()).eq(of.params.iter().copied());
        if !params || !ty.results.iter().map(|ty| ty.dmir()).eq(of.results.iter().copied()) {
            return Err(ContractError::ImportType(index));
        }
        rows.push(row);
    }
    Ok(rows)
}

/// The module's own function that runs.
fn entry(guest: &Module) -> Option<FuncId> {
    let export = guest.exports().iter().find(|export| export.name == ENTRY)?;
    let is_entry = export.kind == ExternKind::Func && {
        let ty = guest.func_type(export.index);
        ty.params.is_empty() && ty.results.is_empty()
    };
    let own = export.index.checked_sub(guest.imports().len() as u32)?;
    is_entry.then_some(FuncId(own))
}
