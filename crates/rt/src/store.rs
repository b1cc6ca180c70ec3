//! [`Store`]: instances of programs and what they hold and share: memories, tables, globals, functions.
//!
//! # Shape
//!
//! ```text
//! Store { instances, memories, tables, globals, funcs, types }     an instance names what it holds by number
//! reference to a function = its number in `funcs` plus one; zero is null
//! ```
//!
//! Machine code reads tables and functions by itself (`tables`, `funcs`).
//!
//! # Invariants
//!
//! 1. Nothing is taken away before the store is: numbers stay good, and globals never move.
//! 2. A store is borrowed for the length of one operation, never while a guest or a host function runs.
//! 3. Memories never move and never shrink. Contexts keep copies of their lengths, which are taken anew after
//!    whatever may have grown them: an act, or a call of a function outside the program.

mod funcs;
mod globals;
#[cfg(not(feature = "native"))]
mod heap;
mod held;
#[cfg(feature = "native")]
mod memory;
mod parts;
mod tables;
mod types;

use core::{cell::UnsafeCell, marker::PhantomData};

use alloc::{boxed::Box, sync::Arc, vec::Vec};
use lockstep_ir::{FuncId, Trap, act::meaning::NULL, evaluate::Callee};
#[cfg(feature = "native")]
use lockstep_ir::{Growth, Interface, MemoryDef};

use self::{funcs::Funcs, globals::Globals, tables::Table, types::Types};

#[cfg(not(feature = "native"))]
pub use self::heap::{MemoryPool, OwnedMemory};
pub(crate) use self::held::Held;
#[cfg(feature = "native")]
pub(crate) use self::memory::GUARDED_BYTES;
#[cfg(feature = "native")]
pub use self::memory::{MemoryPool, OwnedMemory};
#[cfg(feature = "native")]
pub(crate) use self::{funcs::Ready, tables::RawTable};
pub use self::{
    funcs::{FuncEntry, FuncTarget},
    parts::{InstanceParts, plain_parts},
    types::{FuncType, TypeId},
};
use crate::{host::HostRow, memory::RawMemory};

/// What machine code finds of its instance.
#[cfg(feature = "native")]
#[derive(Debug, Clone, Copy)]
pub(crate) struct Natively {
    /// Its tables.
    pub(crate) tables: *const *const RawTable,
    /// For each type of its program, the key of functions that may be called by it.
    pub(crate) keys: *const u64,
    /// Where it finds where the store's functions are.
    pub(crate) funcs: *const *const Ready,
}

#[cfg(feature = "native")]
impl Natively {
    /// For programs without instances, which have no tables.
    pub(crate) const NONE: Self =
        Self { tables: core::ptr::null(), keys: core::ptr::null(), funcs: core::ptr::null() };
}

/// Instances and tables that an emptied store keeps.
const KEPT_PARTS: usize = 16;
/// Functions, and whatever else it lists, that it keeps room for.
const KEPT_FUNCS: usize = 4096;

#[derive(Debug, Default)]
struct Inner {
    #[expect(clippy::vec_box, reason = "large, and they come and go with each instance")]
    instances: Vec<Box<InstanceParts>>,
    memories: Vec<OwnedMemory>,
    #[expect(clippy::vec_box, reason = "machine code knows where each is")]
    tables: Vec<Box<Table>>,
    globals: Globals,
    funcs: Funcs,
    types: Types,
    /// Emptied instances and tables, for the next ones.
    #[expect(clippy::vec_box, reason = "as above")]
    spare_parts: Vec<Box<InstanceParts>>,
    #[expect(clippy::vec_box, reason = "as above")]
    spare_tables: Vec<Box<Table>>,
}

impl Inner {
    /// Takes everything away, and keeps what little was allocated for it. Memories go back to where they came from.
    fn clear(&mut self) {
        self.memories.clear();
        self.globals.clear();
        self.types.trim();
        self.funcs.clear();
        for mut parts in self.instances.drain(..) {
            if self.spare_parts.len() < KEPT_PARTS && parts.empty() {
                self.spare_parts.push(parts);
            }
        }
        let tables = self.tables.drain(..);
        self.spare_tables.extend(tables.filter(|table| table.is_small()));
        self.spare_tables.truncate(KEPT_PARTS);
        for lists in [self.instances.capacity(), self.memories.capacity(), self.tables.capacity()] {
            if lists > KEPT_FUNCS {
                *self = Self::default();
                return;
            }
        }
    }
}

/// A store that was emptied: what it had allocated serves the next one, of any host.
#[derive(Debug, Default)]
pub struct Emptied(Box<StoreCore>);

/// A store without its host. One thread uses it at a time.
#[derive(Debug, Default)]
pub struct StoreCore {
    inner: UnsafeCell<Inner>,
}

// SAFETY: everything the pointers inside name is owned by the store and moves along; cells are not shared between
// threads (no `Sync`).
unsafe impl Send for StoreCore {}

/// Instances of programs on a host of type `H`; see the module.
#[derive(Debug)]
#[repr(transparent)]
pub struct Store<H> {
    core: StoreCore,
    host: PhantomData<fn(H)>,
}

impl<H> Default for Store<H> {
    fn default() -> Self {
        Self { core: StoreCore::default(), host: PhantomData }
    }
}

impl<H> core::ops::Deref for Store<H> {
    type Target = StoreCore;

    fn deref(&self) -> &StoreCore {
        &self.core
    }
}

impl<H> Store<H> {
    /// An empty store.
    pub fn reuse(Emptied(core): Emptied) -> Box<Self> {
        // SAFETY: a store is its core (`repr(transparent)`), and an emptied one holds nothing of another host.
        unsafe { Box::from_raw(Box::into_raw(core).cast()) }
    }

    /// Takes everything away: memories go back to their pools, and nothing that was held can be seen again.
    pub fn empty(mut self: Box<Self>) -> Emptied {
        self.core.inner.get_mut().clear();
        // SAFETY: a store is its core.
        Emptied(unsafe { Box::from_raw(Box::into_raw(self).cast()) })
    }

    /// Adds a function of the host, which the guest knows by the type `ty`; returns the reference to it.
    ///
    /// # Panics
    ///
    /// When the row has another signature than the type.
    pub fn add_host_func(&self, ty: TypeId, row: &HostRow<H>) -> u64 {
        let signature = &self.func_type(ty).signature;
        assert!(
            signature.params == row.params && signature.results == row.results,
            "one signature"
        );
        self.add_func(FuncEntry { ty, target: FuncTarget::Host(row.link) })
    }
}

impl StoreCore {
    #[expect(clippy::mut_from_ref, reason = "invariant 2: one borrow at a time")]
    #[inline]
    fn inner(&self) -> &mut Inner {
        // SAFETY: invariant 2: methods of this module borrow for their own length, call nothing that comes back, and
        // return no reference into it.
        unsafe { &mut *self.inner.get() }
    }

    /// The number of a type.
    pub fn type_id(&self, ty: &FuncType) -> TypeId {
        self.inner().types.id(ty)
    }

    /// The numbers of all types of a program; a store remembers them by where the list lies.
    pub fn type_ids(&self, types: &Arc<[FuncType]>) -> Arc<[TypeId]> {
        self.inner().types.ids(types)
    }

    /// The type of this number.
    ///
    /// # Panics
    ///
    /// When no type has it.
    pub fn func_type(&self, id: TypeId) -> Arc<FuncType> {
        Arc::clone(self.inner().types.get(id))
    }

    /// Parts of an instance: nothing yet.
    pub fn parts(&self) -> Box<InstanceParts> {
        self.inner().spare_parts.pop().unwrap_or_default()
    }

    /// Adds a memory; returns its number.
    pub fn add_memory(&self, memory: OwnedMemory) -> u32 {
        let inner = self.inner();
        inner.memories.push(memory);
        inner.memories.len() as u32 - 1
    }

    /// Adds a table of `len` times `fill`; returns its number.
    pub fn add_table(&self, len: u64, max: u64, fill: u64) -> u32 {
        let inner = self.inner();
        let mut table = inner.spare_tables.pop().unwrap_or_default();
        table.begin(len, max, fill);
        inner.tables.push(table);
        inner.tables.len() as u32 - 1
    }

    /// Adds a global; returns its number.
    pub fn add_global(&self, bits: [u64; 2]) -> u32 {
        self.inner().globals.add(bits)
    }

    /// Adds a function; returns the reference to it.
    fn add_func(&self, entry: FuncEntry) -> u64 {
        self.inner().funcs.add(entry)
    }

    /// Adds an instance; returns its number.
    ///
    /// # Panics
    ///
    /// When `parts` names what the store does not hold.
    pub fn add_instance(&self, mut parts: Box<InstanceParts>) -> u32 {
        let inner = self.inner();
        assert!(
            parts.memories.iter().all(|id| (*id as usize) < inner.memories.len()),
            "memories exist"
        );
        assert!(parts.tables.iter().all(|id| (*id as usize) < inner.tables.len()), "tables exist");
        let imports_exist =
            parts.imports.iter().all(|id| *id != NULL && *id <= inner.funcs.len() as u64);
        assert!(imports_exist, "functions exist");
        parts.cells.clear();
        parts.cells.extend(parts.globals.iter().map(|id| inner.globals.cell(*id).cast::<u64>()));
        #[cfg(feature = "native")]
        {
            parts.raw_tables.clear();
            parts.raw_tables.extend(parts.tables.iter().map(|id| inner.tables[*id as usize].raw()));
        }
        inner.instances.push(parts);
        inner.instances.len() as u32 - 1
    }

    /// Gives an element segment its content.
    ///
    /// # Panics
    ///
    /// When there is no such instance.
    pub fn set_elem(&self, instance: u32, segment: u32, elements: Arc<[u64]>) {
        self.inner().instances[instance as usize].set_elem(segment, elements);
    }

    /// What a global holds.
    ///
    /// # Panics
    ///
    /// When there is no such global.
    pub fn global(&self, global: u32) -> [u64; 2] {
        // SAFETY: invariant 2; nobody writes to it meanwhile.
        unsafe { *self.inner().globals.cell(global) }
    }

    /// Changes a global.
    ///
    /// # Panics
    ///
    /// When there is no such global.
    pub fn set_global(&self, global: u32, bits: [u64; 2]) {
        // SAFETY: as above.
        unsafe { *self.inner().globals.cell(global) = bits }
    }

    /// The number of the global that `instance` knows as `index`; likewise for memories, tables and functions.
    ///
    /// # Panics
    ///
    /// When the instance has none of that index.
    pub fn global_of(&self, instance: u32, index: u32) -> u32 {
        self.inner().instances[instance as usize].globals[index as usize]
    }

    /// See [`Store::global_of`].
    ///
    /// # Panics
    ///
    /// Likewise.
    pub fn memory_of(&self, instance: u32, index: u32) -> u32 {
        self.inner().instances[instance as usize].memories[index as usize]
    }

    /// See [`Store::global_of`].
    ///
    /// # Panics
    ///
    /// Likewise.
    pub fn table_of(&self, instance: u32, index: u32) -> u32 {
        self.inner().instances[instance as usize].tables[index as usize]
    }

    /// A reference to the function that `instance` knows as `index`, imports counted first.
    ///
    /// # Panics
    ///
    /// Likewise.
    pub fn func_of(&self, instance: u32, index: u32) -> u64 {
        func_ref(self.inner(), instance, index)
    }

    /// Length and limit of a table.
    ///
    /// # Panics
    ///
    /// When there is no such table.
    pub fn table_limits(&self, table: u32) -> (u64, u64) {
        self.inner().tables[table as usize].limits()
    }

    /// Length and limit of a memory, in bytes.
    ///
    /// # Panics
    ///
    /// When there is no such memory.
    pub fn memory_limits(&self, memory: u32) -> (u64, u64) {
        let memory = &mut self.inner().memories[memory as usize];
        (memory.raw().len, memory.max_bytes())
    }

    /// Copies bytes into a memory.
    ///
    /// # Errors
    ///
    /// [`Trap::MemoryOutOfBounds`] when they do not fit; then nothing has changed.
    ///
    /// # Panics
    ///
    /// When there is no such memory.
    pub fn write_memory(&self, memory: u32, at: u64, bytes: &[u8]) -> Result<(), Trap> {
        let memory = self.inner().memories[memory as usize].bytes_mut();
        // No bytes do not fit past the end either (Wasm 2.0, 4.4.7.12).
        let end = at.checked_add(bytes.len() as u64).filter(|end| *end <= memory.len() as u64);
        let end = end.ok_or(Trap::MemoryOutOfBounds)?;
        memory[at as usize..end as usize].copy_from_slice(bytes);
        Ok(())
    }

    /// Copies references into a table.
    ///
    /// # Errors
    ///
    /// [`Trap::TableOutOfBounds`] when they do not fit; then nothing has changed.
    ///
    /// # Panics
    ///
    /// When there is no such table.
    pub fn write_table(&self, table: u32, at: u64, elements: &[u64]) -> Result<(), Trap> {
        let table = self.inner().tables[table as usize].elements_mut();
        let end = at.checked_add(elements.len() as u64).filter(|end| *end <= table.len() as u64);
        let end = end.ok_or(Trap::TableOutOfBounds)?;
        table[at as usize..end as usize].copy_from_slice(elements);
        Ok(())
    }

    /// Sets every element of a table.
    ///
    /// # Panics
    ///
    /// When there is no such table.
    pub fn fill_table(&self, table: u32, fill: u64) {
        self.inner().tables[table as usize].elements_mut().fill(fill);
    }

    /// Empties a data segment.
    ///
    /// # Panics
    ///
    /// When there is no such instance or segment.
    pub fn drop_data(&self, instance: u32, segment: u32) {
        self.inner().instances[instance as usize].drop_data(segment);
    }

    /// Gives all data segments their content.
    ///
    /// # Panics
    ///
    /// When there is no such instance.
    pub fn set_datas(&self, instance: u32, datas: Arc<[Arc<[u8]>]>) {
        self.inner().instances[instance as usize].datas = datas;
    }

    /// The bytes of a memory, copied.
    ///
    /// # Panics
    ///
    /// When there is no such memory.
    pub fn read_memory(&self, memory: u32) -> Vec<u8> {
        self.inner().memories[memory as usize].bytes_mut().to_vec()
    }

    /// The function that a reference names.
    ///
    /// # Panics
    ///
    /// When the reference is null or not of this store.
    pub fn func(&self, reference: u64) -> FuncEntry {
        *self.inner().funcs.get(reference)
    }

    /// Memories of `instance` as a context shows them.
    pub(crate) fn show(&self, instance: u32, memories: &mut [RawMemory]) {
        let inner = self.inner();
        for (shown, id) in memories.iter_mut().zip(&inner.instances[instance as usize].memories) {
            *shown = inner.memories[*id as usize].raw();
        }
    }

    /// Takes lengths from a context whose handlers grow memories that grow on touch.
    #[cfg(feature = "native")]
    pub(crate) fn keep_lengths(&self, instance: u32, memories: &[RawMemory]) {
        let inner = self.inner();
        for (shown, id) in memories.iter().zip(&inner.instances[instance as usize].memories) {
            let memory = &mut inner.memories[*id as usize];
            let fits = memory.grow(shown.len);
            assert!(fits, "a memory keeps to its reservation");
        }
    }

    /// Where the globals of `instance` are.
    #[cfg(feature = "native")]
    pub(crate) fn globals(&self, instance: u32) -> *const *mut u64 {
        self.inner().instances[instance as usize].cells.as_ptr()
    }

    /// What machine code of the program numbered `program` finds of `instance`.
    ///
    /// # Panics
    ///
    /// When the instance does not have what the interface says, nor guard pages where the program relies on them, or ran with
    /// machine code of another program.
    #[cfg(feature = "native")]
    pub(crate) fn natively(
        &self,
        instance: u32,
        interface: &Interface,
        (program, is_guarded): (u64, bool),
    ) -> Natively {
        let inner = self.inner();
        let parts = &mut inner.instances[instance as usize];
        let has_all = parts.memories.len() >= interface.memories.len()
            && parts.raw_tables.len() >= interface.tables.len()
            && parts.types.len() >= interface.types.len()
            && parts.cells.len() >= interface.globals.len();
        assert!(has_all, "an instance is of the program that runs");
        let memories = interface.memories.as_slice().iter().zip(&parts.memories);
        let is_writable =
            |def: &MemoryDef| matches!(def.growth, Growth::Explicit { .. } | Growth::Fixed);
        for (def, id) in memories.filter(|(def, _)| is_writable(def)) {
            let memory = &mut inner.memories[*id as usize];
            assert!(
                def.growth != Growth::Fixed || memory.max_bytes() == memory.raw().len,
                "a memory whose length code looks at once keeps it"
            );
            assert!(
                memory.raw().len >= def.initial_bytes,
                "a memory is as long as it is said to be"
            );
            assert!(
                !is_guarded || memory.is_guarded(),
                "code that relies on guard pages runs where there are some"
            );
        }
        if parts.program == 0 {
            parts.program = program;
            parts.keys.extend(parts.types.iter().map(|ty| Ready::key(instance, *ty)));
        }
        assert!(parts.program == program, "functions of an instance are ready with one program");
        Natively {
            tables: parts.raw_tables.as_ptr(),
            keys: parts.keys.as_ptr(),
            funcs: inner.funcs.base(),
        }
    }

    /// Says that a function that a table holds has this machine code.
    #[cfg(feature = "native")]
    pub(crate) fn set_ready(&self, instance: u32, func: FuncId, body: *const u8) {
        let inner = self.inner();
        let reference = inner.instances[instance as usize].references[func.0 as usize];
        inner.funcs.set_ready(reference, body);
    }

    /// The reference that `instance` imports at `index`.
    pub(crate) fn import(&self, instance: u32, index: u32) -> u64 {
        self.inner().instances[instance as usize].imports[index as usize]
    }

    /// Whom a call of `instance` through its table means.
    #[inline]
    pub(crate) fn callee(
        &self,
        instance: u32,
        (table, sig): (u32, u32),
        index: u64,
    ) -> Result<Callee, Trap> {
        let inner = self.inner();
        let caller = &inner.instances[instance as usize];
        let table = &inner.tables[caller.tables[table as usize] as usize];
        let reference = table.get(index).ok_or(Trap::UndefinedElement)?;
        if reference == NULL {
            return Err(Trap::UninitializedElement);
        }
        let entry = inner.funcs.get(reference);
        if entry.ty != caller.types[sig as usize] {
            return Err(Trap::SignatureMismatch);
        }
        Ok(match entry.target {
            FuncTarget::Own { instance: own, func } if own == instance => Callee::Own(func),
            _ => Callee::Foreign(reference),
        })
    }
}

fn func_ref(inner: &mut Inner, instance: u32, index: u32) -> u64 {
    let holder = &mut inner.instances[instance as usize];
    let Some(own) = (index as usize).checked_sub(holder.imports.len()) else {
        return holder.imports[index as usize];
    };
    if holder.references.is_empty() {
        holder.references.resize(holder.func_types.len(), NULL);
    }
    if holder.references[own] == NULL {
        let target = FuncTarget::Own { instance, func: FuncId(own as u32) };
        let entry = FuncEntry { ty: holder.func_type(own), target };
        holder.references[own] = inner.funcs.add(entry);
    }
    holder.references[own]
}
