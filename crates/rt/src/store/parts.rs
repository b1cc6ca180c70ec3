//! What an instance starts from, and what a store keeps of it.

use alloc::{boxed::Box, sync::Arc, vec::Vec};

use lockstep_ir::{Growth, Interface, MemoryId, Signature, TABLE_LEN_MAX, act::meaning::NULL};

#[cfg(feature = "native")]
use super::tables::RawTable;
use super::{FuncType, MemoryPool, OwnedMemory, StoreCore, TypeId};

/// Items in the lists of an instance that a store keeps for the next.
const KEPT_ITEMS: usize = 4096;

/// What an instance starts from: numbers of the store for all that it imports or owns. [`StoreCore::parts`] gives an empty
/// one.
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
    /// The types of its program; indirect calls name them by their places here.
    pub types: Arc<[TypeId]>,
    /// For each of its own functions, the place of its type.
    pub func_types: Arc<[u32]>,
    /// Its data segments. Element segments are empty until [`StoreCore::set_elem`].
    pub datas: Arc<[Arc<[u8]>]>,
    /// Where its globals are.
    pub(super) cells: Vec<*mut u64>,
    /// Where its tables are.
    #[cfg(feature = "native")]
    pub(super) raw_tables: Vec<*const RawTable>,
    /// The keys of functions that may be called from it by its types; once it has machine code.
    #[cfg(feature = "native")]
    pub(super) keys: Vec<u64>,
    /// The program whose machine code its functions are ready with; zero for none.
    #[cfg(feature = "native")]
    pub(super) program: u64,
    /// Data segments that were dropped, a bit for each.
    pub(super) dropped: Vec<u64>,
    /// Element segments; what is beyond has no elements.
    pub(super) elems: Vec<Arc<[u64]>>,
    /// References to its own functions, once somebody asked for one.
    pub(super) references: Vec<u64>,
}

impl InstanceParts {
    /// Makes it nothing, with what was allocated for the lists; false when that is too much to keep.
    pub(super) fn empty(&mut self) -> bool {
        #[cfg(feature = "native")]
        {
            self.raw_tables.clear();
            self.raw_tables.shrink_to(KEPT_ITEMS);
            self.keys.clear();
            self.keys.shrink_to(KEPT_ITEMS);
            self.program = 0;
        }
        let items = self.memories.capacity()
            + self.tables.capacity()
            + self.globals.capacity()
            + self.imports.capacity()
            + self.cells.capacity()
            + self.dropped.capacity()
            + self.elems.capacity()
            + self.references.capacity();
        if items > KEPT_ITEMS {
            return false;
        }
        self.memories.clear();
        self.tables.clear();
        self.globals.clear();
        self.imports.clear();
        self.cells.clear();
        self.dropped.clear();
        self.elems.clear();
        self.references.clear();
        self.types = Arc::default();
        self.func_types = Arc::default();
        self.datas = Arc::default();
        true
    }

    /// The type of an own function.
    pub(super) fn func_type(&self, own: usize) -> TypeId {
        self.types[self.func_types[own] as usize]
    }

    /// A data segment; empty once dropped.
    pub(super) fn data(&self, segment: u32) -> Arc<[u8]> {
        let (word, bit) = (segment as usize / 64, segment % 64);
        match self.dropped.get(word) {
            Some(bits) if bits >> bit & 1 == 1 => Arc::default(),
            _ => Arc::clone(&self.datas[segment as usize]),
        }
    }

    /// Empties a data segment.
    pub(super) fn drop_data(&mut self, segment: u32) {
        let (word, bit) = (segment as usize / 64, segment % 64);
        if self.dropped.len() <= word {
            self.dropped.resize(word + 1, 0);
        }
        self.dropped[word] |= 1 << bit;
    }

    /// An element segment; empty until it has content, and once dropped.
    pub(super) fn elem(&self, segment: u32) -> Arc<[u64]> {
        self.elems.get(segment as usize).cloned().unwrap_or_default()
    }

    /// Gives an element segment its content.
    pub(super) fn set_elem(&mut self, segment: u32, elements: Arc<[u64]>) {
        let at = segment as usize;
        if self.elems.len() <= at {
            if elements.is_empty() {
                return;
            }
            self.elems.resize(at + 1, Arc::default());
        }
        self.elems[at] = elements;
    }
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
) -> Result<Box<InstanceParts>, crate::ReserveError> {
    let mut parts = store.parts();
    for (id, def) in interface.memories.iter() {
        let content = contents.iter().find(|(memory, _)| *memory == id);
        let len = match (content, def.growth) {
            (None, _) => def.initial_bytes,
            // Never shorter than it begins: code relies on it.
            (Some((_, bytes)), Growth::Explicit { .. } | Growth::Fixed) => {
                def.initial_bytes.max(bytes.len() as u64)
            }
            (Some((_, bytes)), _) => bytes.len() as u64,
        };
        let max = match def.growth {
            Growth::Explicit { max_bytes } => max_bytes.max(len),
            Growth::OnTouch { .. } => OwnedMemory::MAX_BYTES,
            Growth::ReadOnly | Growth::Fixed => len,
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
    // The types that calls name, then those of its own functions.
    let named = interface.types.len() as u32;
    let own = interface.signatures.len() as u32;
    let all = interface.types.as_slice().iter().chain(interface.signatures.as_slice());
    parts.types = all.map(id).collect();
    parts.func_types = (named..named + own).collect();
    parts.datas = alloc::vec![Arc::default(); interface.data_segments as usize].into();
    Ok(parts)
}
