//! [`Store`]: instances of programs and what they hold and share: memories, tables, globals, functions.
//!
//! # Shape
//!
//! ```text
//! Store { instances, memories, tables, globals, funcs, types }     an instance names what it holds by number
//! reference to a function = its number in `funcs` plus one; zero is null
//! ```
//!
//! # Invariants
//!
//! 1. Nothing is taken away before the store is: numbers stay good, and globals never move.
//! 2. A store is borrowed for the length of one operation, never while a guest or a host function runs.
//! 3. Memories never move and never shrink. Contexts keep copies of their lengths, which are taken anew after
//!    whatever may have grown them: an act, or a call of a function outside the program.

#[cfg(not(feature = "native"))]
mod heap;
mod held;
#[cfg(feature = "native")]
mod memory;

use core::{cell::UnsafeCell, marker::PhantomData};

use alloc::{boxed::Box, collections::BTreeMap, sync::Arc, vec::Vec};
use lockstep_ir::{
    FuncId, Growth, Interface, MemoryId, Signature, TABLE_LEN_MAX, Trap, act::meaning::NULL,
    evaluate::Callee,
};

#[cfg(not(feature = "native"))]
pub use self::heap::{MemoryPool, OwnedMemory};
pub(crate) use self::held::Held;
#[cfg(feature = "native")]
pub use self::memory::{MemoryPool, OwnedMemory};
use crate::{
    host::{HostRow, Link},
    memory::RawMemory,
};

/// The types of a function, by the store's number: equal types of any two programs have one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TypeId(pub u32);

/// What makes two types of functions the same: dMIR's types, and whatever more the guest tells apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FuncType {
    /// Types of parameters and results.
    pub signature: Signature,
    /// The guest's own mark for it, such as which references it takes.
    pub mark: Vec<u8>,
}

/// A function of a store.
#[derive(Debug, Clone, Copy)]
pub struct FuncEntry {
    /// Its types.
    pub ty: TypeId,
    /// What it is.
    pub target: FuncTarget,
}

/// What a function of a store is.
#[derive(Debug, Clone, Copy)]
pub enum FuncTarget {
    /// A function of an instance's program.
    Own {
        /// The instance.
        instance: u32,
        /// The function.
        func: FuncId,
    },
    /// A function of the host.
    Host(Link),
}

/// Elements by index, all references.
#[derive(Debug, Default)]
struct Table {
    elements: Vec<u64>,
    max: u64,
}

/// What an instance starts from: numbers of the store for all that it imports or owns.
#[derive(Debug, Default)]
pub struct InstanceParts {
    /// Its memories, in the order of its program.
    pub memories: Vec<u32>,
    /// Its tables.
    pub tables: Vec<u32>,
    /// Its globals.
    pub globals: Vec<u32>,
    /// References to the functions that it imports.
    pub imports: Vec<u64>,
    /// The types of its own functions.
    pub func_types: Arc<[TypeId]>,
    /// The types that its indirect calls name.
    pub types: Arc<[TypeId]>,
    /// Its data segments.
    pub datas: Vec<Arc<[u8]>>,
    /// How many element segments it has; their content comes by [`Store::set_elem`].
    pub elems: usize,
}

#[derive(Debug)]
struct Instance {
    memories: Vec<u32>,
    tables: Vec<u32>,
    /// Where its globals are.
    globals: Box<[*mut u64]>,
    imports: Vec<u64>,
    func_types: Arc<[TypeId]>,
    types: Arc<[TypeId]>,
    datas: Vec<Arc<[u8]>>,
    elems: Vec<Arc<[u64]>>,
    /// References to its own functions, once somebody asked for one.
    references: Vec<u64>,
}

/// Two slots hold every type that a global has.
type GlobalCell = UnsafeCell<[u64; 2]>;

#[derive(Debug, Default)]
struct Inner {
    instances: Vec<Instance>,
    memories: Vec<OwnedMemory>,
    tables: Vec<Table>,
    #[expect(clippy::vec_box, reason = "a global never moves")]
    globals: Vec<Box<GlobalCell>>,
    funcs: Vec<FuncEntry>,
    types: Vec<FuncType>,
    type_ids: BTreeMap<FuncType, TypeId>,
}

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
    /// Adds a function of the host, which the guest knows by the type `ty`; returns the reference to it.
    ///
    /// # Panics
    ///
    /// When the row has another signature than the type.
    pub fn add_host_func(&self, ty: TypeId, row: &HostRow<H>) -> u64 {
        let signature = self.func_type(ty).signature;
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
        let inner = self.inner();
        if let Some(id) = inner.type_ids.get(ty) {
            return *id;
        }
        let id = TypeId(inner.types.len() as u32);
        inner.types.push(ty.clone());
        inner.type_ids.insert(ty.clone(), id);
        id
    }

    /// The type of this number.
    ///
    /// # Panics
    ///
    /// When no type has it.
    pub fn func_type(&self, id: TypeId) -> FuncType {
        self.inner().types[id.0 as usize].clone()
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
        inner.tables.push(Table { elements: alloc::vec![fill; len as usize], max });
        inner.tables.len() as u32 - 1
    }

    /// Adds a global; returns its number.
    pub fn add_global(&self, bits: [u64; 2]) -> u32 {
        let inner = self.inner();
        inner.globals.push(Box::new(UnsafeCell::new(bits)));
        inner.globals.len() as u32 - 1
    }

    /// Adds a function; returns the reference to it.
    fn add_func(&self, entry: FuncEntry) -> u64 {
        let inner = self.inner();
        inner.funcs.push(entry);
        inner.funcs.len() as u64
    }

    /// Adds an instance; returns its number.
    ///
    /// # Panics
    ///
    /// When `parts` names what the store does not hold.
    pub fn add_instance(&self, parts: InstanceParts) -> u32 {
        let inner = self.inner();
        assert!(
            parts.memories.iter().all(|id| (*id as usize) < inner.memories.len()),
            "memories exist"
        );
        assert!(parts.tables.iter().all(|id| (*id as usize) < inner.tables.len()), "tables exist");
        let imports_exist =
            parts.imports.iter().all(|id| *id != NULL && *id <= inner.funcs.len() as u64);
        assert!(imports_exist, "functions exist");
        let globals = parts.globals.iter().map(|id| inner.globals[*id as usize].get().cast());
        inner.instances.push(Instance {
            globals: globals.collect(),
            memories: parts.memories,
            tables: parts.tables,
            imports: parts.imports,
            func_types: parts.func_types,
            types: parts.types,
            datas: parts.datas,
            elems: alloc::vec![Arc::from([]); parts.elems],
            references: Vec::new(),
        });
        inner.instances.len() as u32 - 1
    }

    /// Gives an element segment its content.
    ///
    /// # Panics
    ///
    /// When there is no such instance or segment.
    pub fn set_elem(&self, instance: u32, segment: u32, elements: Arc<[u64]>) {
        self.inner().instances[instance as usize].elems[segment as usize] = elements;
    }

    /// What a global holds.
    ///
    /// # Panics
    ///
    /// When there is no such global.
    pub fn global(&self, global: u32) -> [u64; 2] {
        // SAFETY: invariant 2; nobody writes to it meanwhile.
        unsafe { *self.inner().globals[global as usize].get() }
    }

    /// Changes a global.
    ///
    /// # Panics
    ///
    /// When there is no such global.
    pub fn set_global(&self, global: u32, bits: [u64; 2]) {
        // SAFETY: as above.
        unsafe { *self.inner().globals[global as usize].get() = bits }
    }

    /// The number of the global that `instance` knows as `index`; likewise for memories, tables and functions.
    ///
    /// # Panics
    ///
    /// When the instance has none of that index.
    pub fn global_of(&self, instance: u32, index: u32) -> u32 {
        let inner = self.inner();
        let cell = inner.instances[instance as usize].globals[index as usize];
        let found = inner.globals.iter().position(|global| global.get().cast() == cell);
        found.expect("an instance's globals are the store's") as u32
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
        let table = &self.inner().tables[table as usize];
        (table.elements.len() as u64, table.max)
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
        let table = &mut self.inner().tables[table as usize].elements;
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
        self.inner().tables[table as usize].elements.fill(fill);
    }

    /// Empties a data segment.
    ///
    /// # Panics
    ///
    /// When there is no such instance or segment.
    pub fn drop_data(&self, instance: u32, segment: u32) {
        self.inner().instances[instance as usize].datas[segment as usize] = Arc::from([]);
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
        self.inner().funcs[reference as usize - 1]
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
        self.inner().instances[instance as usize].globals.as_ptr()
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
        let elements = &inner.tables[caller.tables[table as usize] as usize].elements;
        let reference = usize::try_from(index).ok().and_then(|index| elements.get(index));
        let reference = *reference.ok_or(Trap::UndefinedElement)?;
        if reference == NULL {
            return Err(Trap::UninitializedElement);
        }
        let entry = &inner.funcs[reference as usize - 1];
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
        inner.funcs.push(FuncEntry { ty: holder.func_types[own], target });
        holder.references[own] = inner.funcs.len() as u64;
    }
    holder.references[own]
}

/// Parts of an instance for a program that imports nothing but functions: all as its interface says but for the memories
/// that `contents` fills, segments empty, globals zero. Its imports are left out.
///
/// # Errors
///
/// [`crate::ReserveError`] when the operating system refuses address space.
pub fn plain_parts(
    store: &StoreCore,
    pool: &Arc<MemoryPool>,
    interface: &Interface,
    contents: &[(MemoryId, Vec<u8>)],
) -> Result<InstanceParts, crate::ReserveError> {
    let mut parts = InstanceParts::default();
    for (id, def) in interface.memories.iter() {
        let content = contents.iter().find(|(memory, _)| *memory == id);
        let len = content.map_or(def.initial_bytes, |(_, bytes)| bytes.len() as u64);
        let max = match def.growth {
            Growth::Explicit { max_bytes } => max_bytes.max(len),
            Growth::OnTouch { .. } => OwnedMemory::MAX_BYTES,
            Growth::ReadOnly => len,
        };
        let memory = store.add_memory(OwnedMemory::new(pool, len, max)?);
        if let Some((_, bytes)) = content {
            store.write_memory(memory, 0, bytes).expect("as long as its content");
        }
        parts.memories.push(memory);
    }
    for (_, def) in interface.tables.iter() {
        let (len, max) = (def.initial.min(TABLE_LEN_MAX), def.max.min(TABLE_LEN_MAX));
        parts.tables.push(store.add_table(len, max, NULL));
    }
    for _ in 0..interface.globals.len() {
        parts.globals.push(store.add_global([0; 2]));
    }
    let id = |signature: &Signature| {
        store.type_id(&FuncType { signature: signature.clone(), mark: Vec::new() })
    };
    parts.func_types = interface.signatures.as_slice().iter().map(id).collect();
    parts.types = interface.types.as_slice().iter().map(id).collect();
    parts.datas = alloc::vec![Arc::from([]); interface.data_segments as usize];
    parts.elems = interface.elem_segments as usize;
    Ok(parts)
}
