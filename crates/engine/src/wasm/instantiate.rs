//! Instantiation: imports are matched, what the module owns is made, segments are written, the start function runs.

use core::fmt;

use lockstep_guest::wasm::{ConstExpr, ExternType, FuncType, Module as Guest, SegmentMode, limits};
use lockstep_ir::PAGE_BYTES;
use lockstep_rt::{InstanceParts, Links, ReserveError, Store, Trap, TypeId};

use super::{
    call::{CallEnd, CallError, Tracer},
    constant::evaluate,
    instances::{Instances, Linked},
    matching::{Offer, admits},
    module::Module,
    value::{Extern, Func, Instance},
};

/// Why a module has no instance. Segments that were written before stay written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InstantiateError {
    /// An import that does not fit.
    Import {
        /// Which, by its place among the imports.
        index: usize,
        /// Why.
        reason: ImportReason,
    },
    /// A segment did not fit, or the start function trapped.
    Trap(Trap),
    /// The start function ended the program.
    Exit,
    /// The machine failed; the host keeps the error.
    Fault,
    /// It declares more of something to begin with than there is to have.
    Limit {
        /// Of what.
        what: &'static str,
        /// How much there is to have.
        limit: u64,
        /// How much it declares.
        found: u64,
    },
    /// The operating system refused address space.
    Reserve(ReserveError),
}

/// Why an import does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportReason {
    /// Nothing was given.
    Missing,
    /// Another kind or type was given.
    Type,
}

impl fmt::Display for InstantiateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Import { index, reason: ImportReason::Missing } => {
                write!(f, "import {index} is not given: unknown import")
            }
            Self::Import { index, reason: ImportReason::Type } => {
                write!(f, "import {index} is of another type: incompatible import type")
            }
            Self::Trap(trap) => write!(f, "instantiation trapped: {trap}"),
            Self::Exit => f.write_str("the start function ended the program"),
            Self::Fault => f.write_str("the machine failed"),
            Self::Limit { what, limit, found } => {
                write!(f, "{found} {what} exceed the limit of {limit}")
            }
            Self::Reserve(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for InstantiateError {}

impl From<Trap> for InstantiateError {
    fn from(trap: Trap) -> Self {
        Self::Trap(trap)
    }
}

/// Refuses `found` of `what` beyond `limit`.
fn limit(what: &'static str, limit: u64, found: u64) -> Result<(), InstantiateError> {
    if found <= limit { Ok(()) } else { Err(InstantiateError::Limit { what, limit, found }) }
}

impl<H> Instances<H> {
    /// Makes an instance of `module`, whose imports are given in its order.
    ///
    /// # Errors
    ///
    /// [`InstantiateError`] when there is none.
    pub fn instantiate(
        &mut self,
        module: &Module,
        imports: &[Extern],
        gas: &mut u64,
    ) -> Result<Instance, InstantiateError> {
        self.instantiate_with(module, imports, gas, None)
    }

    /// The same, and shows `tracer` each instruction of the start function.
    ///
    /// # Errors
    ///
    /// As for [`Instances::instantiate`].
    pub fn instantiate_traced(
        &mut self,
        module: &Module,
        imports: &[Extern],
        gas: &mut u64,
        tracer: &mut dyn Tracer<H>,
    ) -> Result<Instance, InstantiateError> {
        self.instantiate_with(module, imports, gas, Some(tracer))
    }

    fn instantiate_with(
        &mut self,
        module: &Module,
        imports: &[Extern],
        gas: &mut u64,
        tracer: Option<&mut dyn Tracer<H>>,
    ) -> Result<Instance, InstantiateError> {
        let mut parts = InstanceParts::default();
        self.import(module, imports, &mut parts)?;
        self.own(module, &mut parts)?;
        let globals = parts.globals.clone();
        let number = self.store.add_instance(parts);
        let links = Links::of_instance(&self.store, number, module.guest.interface());
        self.linked.push(Linked { module: module.clone(), links });
        fill(&self.store, &module.guest, number, &globals)?;
        self.start(module, number, gas, tracer)?;
        Ok(Instance(number))
    }

    fn import(
        &mut self,
        module: &Module,
        given: &[Extern],
        parts: &mut InstanceParts,
    ) -> Result<(), InstantiateError> {
        for (index, import) in module.guest.imports().iter().enumerate() {
            let fail = |reason| InstantiateError::Import { index, reason };
            let item = *given.get(index).ok_or(fail(ImportReason::Missing))?;
            let fits = match &import.ty {
                ExternType::Func(ty) => self.is_of_type(item, ty),
                _ => true,
            };
            if !fits || !admits(&import.ty, &self.offer(item)) {
                return Err(fail(ImportReason::Type));
            }
            match item {
                Extern::Func(func) => parts.imports.push(func.0),
                Extern::Table(table) => parts.tables.push(table.0),
                Extern::Memory(memory) => parts.memories.push(memory.0),
                Extern::Global(global) => parts.globals.push(global.0),
            }
        }
        Ok(())
    }

    fn is_of_type(&mut self, item: Extern, ty: &FuncType) -> bool {
        let Extern::Func(func) = item else { return false };
        self.type_id(ty) == self.store.func(func.0).ty
    }

    fn offer(&self, item: Extern) -> Offer {
        match item {
            Extern::Func(_) => Offer::Func,
            Extern::Table(table) => {
                Offer::Table(self.tables[table.0 as usize], self.store.table_limits(table.0).0)
            }
            Extern::Memory(memory) => {
                let pages = self.store.memory_limits(memory.0).0 / PAGE_BYTES;
                Offer::Memory(self.memories[memory.0 as usize], pages)
            }
            Extern::Global(global) => Offer::Global(self.globals[global.0 as usize]),
        }
    }

    /// Makes what the module owns; globals and tables get their content once functions can be named.
    fn own(&mut self, module: &Module, parts: &mut InstanceParts) -> Result<(), InstantiateError> {
        let guest = &module.guest;
        for ty in &guest.memories()[parts.memories.len()..] {
            limit("pages of a memory", limits::MEMORY_PAGES_MAX, ty.min_pages)?;
            let memory = self.new_memory(*ty).map_err(InstantiateError::Reserve)?;
            parts.memories.push(memory.0);
        }
        for ty in &guest.tables()[parts.tables.len()..] {
            limit("elements of a table", limits::TABLE_ELEMENTS_MAX, ty.min)?;
            parts.tables.push(self.new_table(*ty).0);
        }
        for ty in &guest.globals()[parts.globals.len()..] {
            parts.globals.push(self.add_global(*ty, [0; 2]).0);
        }
        let first = parts.imports.len() as u32;
        let own = guest.interface().signatures.len() as u32;
        let func_types: Vec<TypeId> =
            (first..first + own).map(|index| self.type_id(guest.func_type(index))).collect();
        parts.func_types = func_types.into();
        let types: Vec<TypeId> = guest.types().iter().map(|ty| self.type_id(ty)).collect();
        parts.types = types.into();
        parts.datas = module.datas.to_vec();
        parts.elems = guest.elems().len();
        Ok(())
    }

    fn start(
        &mut self,
        module: &Module,
        number: u32,
        gas: &mut u64,
        tracer: Option<&mut dyn Tracer<H>>,
    ) -> Result<(), InstantiateError> {
        let Some(start) = module.guest.start() else { return Ok(()) };
        let func = Func(self.store.func_of(number, start));
        match self.call_with(func, &[], gas, tracer) {
            Ok(CallEnd::Values(_)) => Ok(()),
            Ok(CallEnd::Exit { .. }) => Err(InstantiateError::Exit),
            Ok(CallEnd::Trap(trap)) => Err(InstantiateError::Trap(trap)),
            Err(CallError::Fault | CallError::Arguments) => Err(InstantiateError::Fault),
        }
    }
}

/// Gives what an instance owns its first content: globals and tables, then active segments in order, which are dropped.
/// `globals` are the store's numbers of the instance's.
///
/// # Errors
///
/// The trap of a segment that does not fit.
pub(crate) fn fill<H>(
    store: &Store<H>,
    guest: &Guest,
    number: u32,
    globals: &[u32],
) -> Result<(), Trap> {
    let filling = Filling { store, guest, number, globals };
    filling.initialize();
    filling.write_elements()?;
    filling.write_data()
}

/// An instance that is filled.
struct Filling<'a, H> {
    store: &'a Store<H>,
    guest: &'a Guest,
    number: u32,
    globals: &'a [u32],
}

impl<H> Filling<'_, H> {
    /// What a constant expression of the instance yields.
    fn constant(&self, expr: &ConstExpr) -> [u64; 2] {
        let global = |index: u32| self.store.global(self.globals[index as usize]);
        evaluate(expr, global, |func| self.store.func_of(self.number, func))
    }

    /// Gives own globals and tables what they begin with.
    fn initialize(&self) {
        let Self { store, guest, number, globals } = *self;
        let imported = globals.len() - guest.global_inits().len();
        for (global, init) in globals[imported..].iter().zip(guest.global_inits()) {
            store.set_global(*global, self.constant(init));
        }
        let imported = guest.tables().len() - guest.table_inits().len();
        for (own, init) in guest.table_inits().iter().enumerate() {
            if let Some(init) = init {
                let [fill, _] = self.constant(init);
                store.fill_table(store.table_of(number, (imported + own) as u32), fill);
            }
        }
    }

    /// Writes active element segments in order; passive ones wait.
    fn write_elements(&self) -> Result<(), Trap> {
        let Self { store, guest, number, .. } = *self;
        for (segment, elem) in guest.elems().iter().enumerate() {
            if matches!(elem.mode, SegmentMode::Declared) {
                continue;
            }
            let items: Vec<u64> = elem.items.iter().map(|item| self.constant(item)[0]).collect();
            match &elem.mode {
                SegmentMode::Active { index, offset } => {
                    let [at, _] = self.constant(offset);
                    store.write_table(store.table_of(number, *index), at, &items)?;
                }
                _ => store.set_elem(number, segment as u32, items.into()),
            }
        }
        Ok(())
    }

    /// Writes active data segments in order and drops them; passive ones wait.
    fn write_data(&self) -> Result<(), Trap> {
        let Self { store, guest, number, .. } = *self;
        for (segment, data) in guest.datas().iter().enumerate() {
            if let SegmentMode::Active { index, offset } = &data.mode {
                let [at, _] = self.constant(offset);
                let bytes = &guest.bytes()[data.bytes.clone()];
                store.write_memory(store.memory_of(number, *index), at, bytes)?;
                store.drop_data(number, segment as u32);
            }
        }
        Ok(())
    }
}
