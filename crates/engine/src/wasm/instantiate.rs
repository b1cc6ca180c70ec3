//! Instantiation: imports are matched, what the module owns is made and filled, the start function runs.

use core::fmt;

use lockstep_guest::wasm::{Module as Guest, limits};
use lockstep_ir::PAGE_BYTES;
use lockstep_rt::{InstanceParts, Links, ReserveError, Trap};

use super::{
    call::{CallEnd, CallError, Tracer},
    fill::fill,
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
        let guest = module.guest();
        let mut parts = module.0.shared.parts(&self.store);
        self.import(guest, imports, &mut parts)?;
        self.own(guest, &mut parts)?;
        let number = self.store.add_instance(parts);
        let links = Links::of_instance(&self.store, number, guest.interface());
        self.linked.push(Linked { module: module.clone(), links });
        fill(&self.store, guest, number)?;
        self.start(guest, number, gas, tracer)?;
        Ok(Instance(number))
    }

    fn import(
        &mut self,
        guest: &Guest,
        given: &[Extern],
        parts: &mut InstanceParts,
    ) -> Result<(), InstantiateError> {
        for (index, import) in guest.imports().iter().enumerate() {
            let fail = |reason| InstantiateError::Import { index, reason };
            let item = *given.get(index).ok_or(fail(ImportReason::Missing))?;
            let fits = match item {
                Extern::Func(func) => {
                    let ty = guest.func_types().get(parts.imports.len());
                    let ty = ty.map(|ty| parts.types[*ty as usize]);
                    ty == Some(self.store.func(func.0).ty)
                }
                _ => true,
            };
            if !admits(&import.ty, &self.offer(item)) || !fits {
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

    fn offer(&self, item: Extern) -> Offer {
        match item {
            Extern::Func(_) => Offer::Func,
            Extern::Table(table) => {
                Offer::Table(self.loan.tables[table.0 as usize], self.store.table_limits(table.0).0)
            }
            Extern::Memory(memory) => {
                let pages = self.store.memory_limits(memory.0).0 / PAGE_BYTES;
                Offer::Memory(self.loan.memories[memory.0 as usize], pages)
            }
            Extern::Global(global) => Offer::Global(self.loan.globals[global.0 as usize]),
        }
    }

    /// Makes what the module owns; globals and tables get their content once functions can be named.
    fn own(&mut self, guest: &Guest, parts: &mut InstanceParts) -> Result<(), InstantiateError> {
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
        Ok(())
    }

    fn start(
        &mut self,
        guest: &Guest,
        number: u32,
        gas: &mut u64,
        tracer: Option<&mut dyn Tracer<H>>,
    ) -> Result<(), InstantiateError> {
        let Some(start) = guest.start() else { return Ok(()) };
        let func = Func(self.store.func_of(number, start));
        match self.call_with(func, &[], gas, tracer) {
            Ok(CallEnd::Values(_)) => Ok(()),
            Ok(CallEnd::Exit { .. }) => Err(InstantiateError::Exit),
            Ok(CallEnd::Trap(trap)) => Err(InstantiateError::Trap(trap)),
            Err(CallError::Fault | CallError::Arguments) => Err(InstantiateError::Fault),
        }
    }
}
