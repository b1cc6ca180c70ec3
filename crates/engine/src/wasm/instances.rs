//! [`Instances`]: a store, its host, and what runs its functions.

use std::sync::Arc;

use lockstep_guest::wasm::{FuncType, GlobalType, MemoryType, TableType, ValType};
use lockstep_ir::{PAGE_BYTES, Signature, Type};
use lockstep_rt::{
    FuncType as StoreType, HostRow, Links, MemoryPool, NativeStack, OwnedMemory, ReserveError,
    Store, TypeId,
};

use super::{
    module::Module,
    value::{Extern, Func, Global, Instance, Memory, Table, Value},
};
use crate::{machine::Executor, tier::Tier, vm::Options};

/// Elements that a table may grow to, whatever it declares.
const TABLE_MAX: u64 = lockstep_guest::wasm::limits::TABLE_ELEMENTS_MAX;

/// Instances of modules on a host of type `H`.
pub struct Instances<H> {
    pub(super) store: Store<H>,
    pub(super) host: H,
    pub(super) tier: Tier,
    pub(super) executor: Executor,
    pub(super) native: NativeStack,
    pub(super) pool: Arc<MemoryPool>,
    /// For each instance of the store, its module and links.
    pub(super) linked: Vec<Linked<H>>,
    /// For each table, memory and global of the store, its declared type.
    pub(super) tables: Vec<TableType>,
    pub(super) memories: Vec<MemoryType>,
    pub(super) globals: Vec<GlobalType>,
    /// For each type of the store, what it is in Wasm's words.
    pub(super) types: Vec<FuncType>,
}

/// An instance's module, with what its imports were linked to.
pub(super) struct Linked<H> {
    pub(super) module: Module,
    pub(super) links: Links<H>,
}

impl<H> core::fmt::Debug for Instances<H> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Instances").field("instances", &self.linked.len()).finish_non_exhaustive()
    }
}

impl<H> Instances<H> {
    /// No instances yet.
    ///
    /// # Errors
    ///
    /// [`ReserveError`] when the operating system refuses address space.
    pub fn new(host: H, options: Options) -> Result<Self, ReserveError> {
        Ok(Self {
            store: Store::default(),
            host,
            tier: options.tier,
            executor: Executor::new()?,
            native: NativeStack::new()?,
            pool: Arc::default(),
            linked: Vec::new(),
            tables: Vec::new(),
            memories: Vec::new(),
            globals: Vec::new(),
            types: Vec::new(),
        })
    }

    /// The host.
    pub fn host(&mut self) -> &mut H {
        &mut self.host
    }

    /// The store's number of a type.
    pub(super) fn type_id(&mut self, ty: &FuncType) -> TypeId {
        let id = self.store.type_id(&store_type(ty));
        if id.0 as usize == self.types.len() {
            self.types.push(ty.clone());
        }
        id
    }

    /// A function of the host, to be imported.
    pub fn host_func(&mut self, row: &HostRow<H>) -> Func {
        let types = |types: &[Type]| types.iter().map(|ty| val_type(*ty)).collect();
        let ty = FuncType { params: types(row.params), results: types(row.results) };
        let id = self.type_id(&ty);
        Func(self.store.add_host_func(id, row))
    }

    /// A memory of zeros, to be imported.
    ///
    /// # Errors
    ///
    /// [`ReserveError`] when the operating system refuses address space, or when it begins with more than an index of
    /// 32 bits reaches.
    pub fn new_memory(&mut self, ty: MemoryType) -> Result<Memory, ReserveError> {
        let bytes = |pages: u64| pages.saturating_mul(PAGE_BYTES);
        let max = ty.max_pages.map_or(OwnedMemory::MAX_BYTES, bytes);
        let memory = OwnedMemory::new(&self.pool, bytes(ty.min_pages), max)?;
        self.memories.push(ty);
        Ok(Memory(self.store.add_memory(memory)))
    }

    /// A table of nulls, to be imported.
    pub fn new_table(&mut self, ty: TableType) -> Table {
        self.add_table(ty, 0)
    }

    pub(super) fn add_table(&mut self, ty: TableType, fill: u64) -> Table {
        let max = ty.max.unwrap_or(TABLE_MAX).min(TABLE_MAX);
        self.tables.push(ty);
        Table(self.store.add_table(ty.min.min(TABLE_MAX), max, fill))
    }

    /// A global that holds `value`, to be imported.
    pub fn new_global(&mut self, ty: GlobalType, value: Value) -> Global {
        self.add_global(ty, value.to_slots())
    }

    pub(super) fn add_global(&mut self, ty: GlobalType, bits: [u64; 2]) -> Global {
        self.globals.push(ty);
        Global(self.store.add_global(bits))
    }

    /// What an instance exports by this name.
    pub fn export(&self, instance: Instance, name: &str) -> Option<Extern> {
        use lockstep_guest::wasm::ExternKind;

        let linked = &self.linked[instance.0 as usize];
        let export = linked.module.guest.exports().iter().find(|export| export.name == name)?;
        let (number, index) = (instance.0, export.index);
        Some(match export.kind {
            ExternKind::Func => Extern::Func(Func(self.store.func_of(number, index))),
            ExternKind::Table => Extern::Table(Table(self.store.table_of(number, index))),
            ExternKind::Memory => Extern::Memory(Memory(self.store.memory_of(number, index))),
            ExternKind::Global => Extern::Global(Global(self.store.global_of(number, index))),
        })
    }

    /// The module of an instance.
    pub fn module(&self, instance: Instance) -> &Module {
        &self.linked[instance.0 as usize].module
    }

    /// The type of a function.
    pub fn func_type(&self, func: Func) -> &FuncType {
        &self.types[self.store.func(func.0).ty.0 as usize]
    }

    /// What a global holds.
    pub fn global_get(&self, global: Global) -> Value {
        Value::from_slots(self.globals[global.0 as usize].ty, self.store.global(global.0))
    }

    /// The bytes of a memory, copied.
    pub fn memory_read(&self, memory: Memory) -> Vec<u8> {
        self.store.read_memory(memory.0)
    }
}

/// The type as stores know it.
pub(crate) fn store_type(ty: &FuncType) -> StoreType {
    StoreType { signature: signature(ty), mark: mark(ty) }
}

/// The type in dMIR.
pub(super) fn signature(ty: &FuncType) -> Signature {
    let types = |types: &[ValType]| types.iter().map(|ty| ty.dmir()).collect();
    Signature { params: types(&ty.params), results: types(&ty.results) }
}

/// What tells types apart that are one in dMIR: which references they take.
fn mark(ty: &FuncType) -> Vec<u8> {
    let is_extern = |ty: &ValType| u8::from(*ty == ValType::ExternRef);
    ty.params.iter().chain(&ty.results).map(is_extern).collect()
}

/// The type of a host function's operand: a host that takes references takes its own.
fn val_type(ty: Type) -> ValType {
    match ty {
        Type::I32 => ValType::I32,
        Type::F32 => ValType::F32,
        Type::F64 => ValType::F64,
        Type::V128 => ValType::V128,
        Type::Ref => ValType::ExternRef,
        _ => ValType::I64,
    }
}
