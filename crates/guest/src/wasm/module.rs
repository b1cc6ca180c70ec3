//! A module that was loaded: what the engine links, and functions that lower when they are called.

use core::ops::Range;
use std::sync::Arc;

use lockstep_ir::{Func, FuncId, Functions, Interface, Observable};

use super::{
    config::Config,
    error::LoadError,
    load,
    lower::lower,
    schedule::GasSchedule,
    segment::{ConstExpr, Data, Elem},
    types::{Export, FuncType, GlobalType, Import, MemoryType, TableType},
};

/// A valid module.
#[derive(Debug, Clone)]
pub struct Module {
    pub(super) bytes: Arc<[u8]>,
    pub(super) schedule: Arc<GasSchedule>,
    pub(super) interface: Arc<Interface>,
    pub(super) imports: Vec<Import>,
    pub(super) exports: Vec<Export>,
    pub(super) types: Vec<FuncType>,
    /// For each function, imported ones first, the number of its type.
    pub(super) func_types: Vec<u32>,
    pub(super) tables: Vec<TableType>,
    pub(super) memories: Vec<MemoryType>,
    pub(super) globals: Vec<GlobalType>,
    pub(super) global_inits: Vec<ConstExpr>,
    pub(super) table_inits: Vec<Option<ConstExpr>>,
    pub(super) elems: Vec<Elem>,
    pub(super) datas: Vec<Data>,
    pub(super) start: Option<u32>,
    /// For each of the module's own functions, where its body lies.
    pub(super) bodies: Vec<Range<u32>>,
}

impl Module {
    /// Reads and validates a module, every body too.
    ///
    /// # Errors
    ///
    /// [`LoadError`] with the first reason to refuse it.
    pub fn load(bytes: Arc<[u8]>, config: &Config) -> Result<Self, LoadError> {
        load::load(bytes, config)
    }

    /// The module's bytes.
    pub fn bytes(&self) -> &Arc<[u8]> {
        &self.bytes
    }

    /// What the module's instructions cost.
    pub fn schedule(&self) -> &Arc<GasSchedule> {
        &self.schedule
    }

    /// What its functions share in dMIR.
    pub fn interface(&self) -> &Arc<Interface> {
        &self.interface
    }

    /// What it asks for, in order.
    pub fn imports(&self) -> &[Import] {
        &self.imports
    }

    /// What it offers, in order; no two have the same name.
    pub fn exports(&self) -> &[Export] {
        &self.exports
    }

    /// The type of a function; imports are counted first.
    ///
    /// # Panics
    ///
    /// When there is no such function.
    pub fn func_type(&self, func_index: u32) -> &FuncType {
        &self.types[self.func_types[func_index as usize] as usize]
    }

    /// For each function, imported ones first, the place of its type.
    pub fn func_types(&self) -> &[u32] {
        &self.func_types
    }

    /// The types of the type section, by the numbers that indirect calls name.
    pub fn types(&self) -> &[FuncType] {
        &self.types
    }

    /// The function that runs at instantiation; imports are counted first.
    pub fn start(&self) -> Option<u32> {
        self.start
    }

    /// The tables, imported ones first.
    pub fn tables(&self) -> &[TableType] {
        &self.tables
    }

    /// The memories, imported ones first.
    pub fn memories(&self) -> &[MemoryType] {
        &self.memories
    }

    /// The globals, imported ones first.
    pub fn globals(&self) -> &[GlobalType] {
        &self.globals
    }

    /// What the module's own globals begin with.
    pub fn global_inits(&self) -> &[ConstExpr] {
        &self.global_inits
    }

    /// What the elements of the module's own tables begin with; `None` is null.
    pub fn table_inits(&self) -> &[Option<ConstExpr>] {
        &self.table_inits
    }

    /// The element segments.
    pub fn elems(&self) -> &[Elem] {
        &self.elems
    }

    /// The data segments.
    pub fn datas(&self) -> &[Data] {
        &self.datas
    }

    /// The function whose body holds the byte at `offset`; imports are counted first.
    pub fn function_at(&self, offset: u32) -> Option<u32> {
        let own = self.bodies.partition_point(|body| body.start <= offset).checked_sub(1)?;
        (offset < self.bodies[own].end).then(|| self.imported_funcs() + own as u32)
    }

    /// The bytes of each data segment that `is_wanted`, to be shared by instances; nothing for the others.
    pub fn data_bytes(&self, is_wanted: impl Fn(&Data) -> bool) -> Arc<[Arc<[u8]>]> {
        let bytes = |data: &Data| match is_wanted(data) {
            true => Arc::from(&self.bytes[data.bytes.clone()]),
            false => Arc::default(),
        };
        self.datas.iter().map(bytes).collect()
    }

    /// How many of the functions are imported.
    pub(super) fn imported_funcs(&self) -> u32 {
        self.interface.imports.len() as u32
    }
}

impl Functions for Module {
    fn interface(&self) -> &Arc<Interface> {
        &self.interface
    }

    fn lower(&self, func: FuncId, out: &mut Func) {
        lower(self, func, false, out);
    }

    fn size_bytes(&self, func: FuncId) -> usize {
        self.bodies.get(func.0 as usize).map_or(0, |body| body.len())
    }
}

impl Observable for Module {
    fn lower_observed(&self, func: FuncId, out: &mut Func) {
        lower(self, func, true, out);
    }
}
