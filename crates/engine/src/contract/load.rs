//! [`Contract`]: a module that may be a contract, or why it may not.

use core::fmt;
use std::sync::Arc;

use lockstep_base::Fork;
use lockstep_guest::wasm::{Config, ExternKind, ExternType, LoadError, Module, limits};
use lockstep_host::ethereum::wasm;
use lockstep_ir::FuncId;
use lockstep_rt::HostRow;
use lockstep_state::{Journal, MemoryStorage};

use super::price;
use crate::{function::Compiled, machine::opcode_price, wasm::Shared};

/// The export that runs.
const ENTRY: &str = "main";

/// Why a module is no contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContractError {
    /// It is no valid module of the consensus profile.
    Load(LoadError),
    /// It imports what the host does not offer under the rules in force: the import's place among all.
    UnknownImport(usize),
    /// It imports a function by another type than it has: likewise.
    ImportType(usize),
    /// It has a start function: what runs is the entry alone.
    Start,
    /// It declares a memory or a table that begins larger than any may be.
    Size,
    /// It exports no function `main`, or one with parameters or results.
    Entry,
}

impl fmt::Display for ContractError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Load(error) => error.fmt(f),
            Self::UnknownImport(index) => write!(f, "import {index} is not offered by the host"),
            Self::ImportType(index) => write!(f, "import {index} has another type on the host"),
            Self::Start => f.write_str("a contract has no start function"),
            Self::Size => f.write_str("a memory or a table begins larger than any may be"),
            Self::Entry => {
                f.write_str("a contract exports a function \"main\" without parameters and results")
            }
        }
    }
}

impl core::error::Error for ContractError {}

/// What a host offers: all its rows, and which of them the rules in force have.
pub(crate) struct Offer<'a, H> {
    pub(crate) rows: &'a [HostRow<H>],
    pub(crate) is_offered: &'a dyn Fn(usize) -> bool,
}

/// Whether `code` is a module that may be deployed on a chain with Wasm contracts under `fork`.
///
/// # Errors
///
/// The first reason why it may not.
pub fn check_contract(code: &[u8], fork: Fork) -> Result<(), ContractError> {
    let rows = wasm::functions::<Journal<MemoryStorage>>();
    let is_offered = |index| is_offered(index, fork);
    Contract::load(&Arc::from(code), &Offer { rows: &rows, is_offered: &is_offered }).map(|_| ())
}

/// Whether the host's function of this index exists under `fork`: its opcode does.
pub(crate) fn is_offered(index: usize, fork: Fork) -> bool {
    opcode_price(wasm::FUNCTIONS[index].opcode, fork).is_some()
}

/// A contract's module, with whatever of it was translated so far, and what its instances have in common.
#[derive(Debug)]
pub(crate) struct Contract {
    pub(crate) guest: Arc<Module>,
    pub(crate) compiled: Compiled,
    pub(crate) entry: FuncId,
    /// For each import, the host's row.
    pub(super) imports: Vec<usize>,
    /// What its instances have in common.
    pub(super) shared: Shared,
    instance_gas: u64,
}

impl Contract {
    /// Reads and validates `code` as a contract of a host.
    pub(crate) fn load<H>(code: &Arc<[u8]>, offer: &Offer<'_, H>) -> Result<Self, ContractError> {
        let guest = Module::load(Arc::clone(code), &Config::default());
        let guest = Arc::new(guest.map_err(ContractError::Load)?);
        let imports = imports(&guest, offer)?;
        if guest.start().is_some() {
            return Err(ContractError::Start);
        }
        check_sizes(&guest)?;
        let entry = entry(&guest).ok_or(ContractError::Entry)?;
        Ok(Self {
            compiled: Compiled::wasm(guest.clone()),
            entry,
            imports,
            shared: Shared::of(&guest),
            instance_gas: price::instance(&guest),
            guest,
        })
    }

    /// What a message of `input_bytes` costs before the first instruction.
    pub(crate) fn activation_gas(&self, input_bytes: usize) -> u64 {
        let input = price::input(self.guest.schedule(), input_bytes);
        self.instance_gas.saturating_add(input)
    }

    /// Bytes of code and translations.
    pub(crate) fn size_bytes(&self) -> usize {
        self.guest.bytes().len() + self.compiled.size_bytes()
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
