//! [`Instances`]: a store, its host, and what runs its functions.

use lockstep_guest::wasm::{FuncType, GlobalType, MemoryType, TableType, ValType};
use lockstep_ir::{PAGE_BYTES, Signature, Type};
use lockstep_rt::{
    FuncTarget, FuncType as StoreType, HostRow, Links, OwnedMemory, ReserveError,
    native::NativeStatistics,
};

use super::{
    module::Module,
    pool::{Lent, Loan, Pool},
    shared::mark,
    value::{Extern, Func, Global, Instance, Memory, Table, Value},
};
use crate::{tier::Tier, vm::Options};

/// Elements that a table may grow to, whatever it declares.
const TABLE_MAX: u64 = lockstep_guest::wasm::limits::TABLE_ELEMENTS_MAX;

/// Instances of modules on a host of type `H`.
pub struct Instances<H> {
    pub(super) store: Lent<H>,
    pub(super) host: H,
    pub(super) tier: Tier,
    /// What it runs on.
    pub(super) loan: Loan,
    /// For each instance of the store, its module and links.
    pub(super) linked: Vec<Linked<H>>,
    /// References to the host's functions, in order, and their types in Wasm's words.
    host_funcs: Vec<(u64, FuncType)>,
}

impl<H> Drop for Instances<H> {
    /// What was allocated goes back to the pool.
    fn drop(&mut self) {
        self.loan.give_back(&mut self.store);
    }
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
    /// No instances yet, on a pool of their own.
    ///
    /// # Errors
    ///
    /// [`ReserveError`] when the operating system refuses address space.
    pub fn new(host: H, options: Options) -> Result<Self, ReserveError> {
        Self::in_pool(&Pool::default(), host, options)
    }

    /// No instances yet, on what earlier ones left in `pool`.
    ///
    /// # Errors
    ///
    /// [`ReserveError`] when the operating system refuses address space.
    pub fn in_pool(pool: &Pool, host: H, options: Options) -> Result<Self, ReserveError> {
        let mut loan = pool.take()?;
        let store = loan.store();
        let tier = options.tier;
        Ok(Self { store, host, tier, loan, linked: Vec::new(), host_funcs: Vec::new() })
    }

    /// The host.
    pub fn host(&mut self) -> &mut H {
        &mut self.host
    }

    /// A function of the host, to be imported.
    pub fn host_func(&mut self, row: &HostRow<H>) -> Func {
        let types = |types: &[Type]| types.iter().map(|ty| val_type(*ty)).collect();
        let ty = FuncType { params: types(row.params), results: types(row.results) };
        self.add_host_func(row, ty)
    }

    pub(super) fn add_host_func(&mut self, row: &HostRow<H>, ty: FuncType) -> Func {
        let id = self.store.type_id(&StoreType { signature: signature(&ty), mark: mark(&ty) });
        let reference = self.store.add_host_func(id, row);
        self.host_funcs.push((reference, ty));
        Func(reference)
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
        let memory = OwnedMemory::new(&self.loan.executor.pool, bytes(ty.min_pages), max)?;
        self.loan.memories.push(ty);
        Ok(Memory(self.store.add_memory(memory)))
    }

    /// A table of nulls, to be imported.
    pub fn new_table(&mut self, ty: TableType) -> Table {
        self.add_table(ty, 0)
    }

    pub(super) fn add_table(&mut self, ty: TableType, fill: u64) -> Table {
        let max = ty.max.unwrap_or(TABLE_MAX).min(TABLE_MAX);
        self.loan.tables.push(ty);
        Table(self.store.add_table(ty.min.min(TABLE_MAX), max, fill))
    }

    /// A global that holds `value`, to be imported.
    pub fn new_global(&mut self, ty: GlobalType, value: Value) -> Global {
        self.add_global(ty, value.to_slots())
    }

    pub(super) fn add_global(&mut self, ty: GlobalType, bits: [u64; 2]) -> Global {
        self.loan.globals.push(ty);
        Global(self.store.add_global(bits))
    }

    /// What an instance exports by this name.
    pub fn export(&self, instance: Instance, name: &str) -> Option<Extern> {
        use lockstep_guest::wasm::ExternKind;

        let linked = &self.linked[instance.0 as usize];
        let export = linked.module.guest().exports().iter().find(|export| export.name == name)?;
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

    /// What was compiled to machine code of its modules so far.
    pub fn native_statistics(&self) -> NativeStatistics {
        let mut all = NativeStatistics::default();
        for (at, linked) in self.linked.iter().enumerate() {
            let module = &linked.module;
            if !self.linked[..at].iter().any(|before| before.module.is_same(module)) {
                all += module.native_statistics();
            }
        }
        all
    }

    /// The type of a function.
    pub fn func_type(&self, func: Func) -> &FuncType {
        match self.store.func(func.0).target {
            FuncTarget::Own { instance, func } => {
                let guest = self.linked[instance as usize].module.guest();
                guest.func_type(guest.interface().imports.len() as u32 + func.0)
            }
            FuncTarget::Host(_) => {
                let place = self.host_funcs.binary_search_by_key(&func.0, |(known, _)| *known);
                &self.host_funcs[place.expect("all of the host's are known")].1
            }
        }
    }

    /// What a global holds.
    pub fn global_get(&self, global: Global) -> Value {
        Value::from_slots(self.loan.globals[global.0 as usize].ty, self.store.global(global.0))
    }

    /// The bytes of a memory, copied.
    pub fn memory_read(&self, memory: Memory) -> Vec<u8> {
        self.store.read_memory(memory.0)
    }
}

/// The type in dMIR.
fn signature(ty: &FuncType) -> Signature {
    let types = |types: &[ValType]| types.iter().map(|ty| ty.dmir()).collect();
    Signature { params: types(&ty.params), results: types(&ty.results) }
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
