//! Modules: functions, and what they share.

use alloc::{string::String, sync::Arc, vec::Vec};

use lockstep_base::IndexVec;

use crate::{
    func::Func,
    inst::{FuncId, GlobalId, Head, ImportId, MemoryId, SigId, TableId},
    types::Type,
};

/// Parameter and result types.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Signature {
    /// Types of the parameters.
    pub params: Vec<Type>,
    /// Types of the results.
    pub results: Vec<Type>,
}

/// A function that a host provides, named like `eth.sload`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The name, by which the engine links it.
    pub name: String,
    /// Its types.
    pub signature: Signature,
}

/// How a memory becomes larger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Growth {
    /// Never; writes trap too. What is read past the end is zero where an operation says `padded`.
    ReadOnly,
    /// Never: it is as long as it is made, which is as long as it begins or longer.
    Fixed,
    /// When asked, by pages of [`PAGE_BYTES`], up to `max_bytes`.
    Explicit {
        /// The limit.
        max_bytes: u64,
    },
    /// When a `check` touches beyond the end: to whole words of 32 bytes, for `linear * w + w * w / quadratic_divisor`
    /// gas in all for `w` words (Yellow Paper app. H.1).
    OnTouch {
        /// Price of a word.
        linear: u32,
        /// Divisor of the quadratic part, not zero.
        quadratic_divisor: u32,
    },
}

/// How many memories a module may have: contexts keep room for these and no more.
pub const MEMORIES_MAX: usize = 10;

/// What a memory may grow to, whatever it declares: what an index of 32 bits reaches.
pub const MEMORY_BYTES_MAX: u64 = 1 << 32;

/// What a table may grow to, whatever it declares.
pub const TABLE_LEN_MAX: u64 = 10_000_000;

/// Bytes of a page, by which memories grow when asked.
pub const PAGE_BYTES: u64 = 1 << 16;

/// A memory of a module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryDef {
    /// Its length when the program starts.
    pub initial_bytes: u64,
    /// How it grows.
    pub growth: Growth,
}

/// A function's window: the operand stack of a stack machine, whose slots blocks address from a moving base.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Type of every slot.
    pub ty: Type,
    /// How many slots there are.
    pub limit: u16,
}

/// A table of a module: references by index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableDef {
    /// Its length when the program starts; all null.
    pub initial: u64,
    /// What it may grow to.
    pub max: u64,
}

/// A global of a module: a value that outlives calls; zero when the program starts, unless the engine sets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GlobalDef {
    /// Its type, of at most two slots.
    pub ty: Type,
    /// Whether the program may change it.
    pub is_mutable: bool,
}

/// How deep functions may call each other, in depth units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DepthLimit(pub u64);

impl Default for DepthLimit {
    /// What a program gets that asks for nothing: frames of no units beyond their own.
    fn default() -> Self {
        Self(1024)
    }
}

/// What all functions of a module share.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Interface {
    /// Functions that the host provides.
    pub imports: IndexVec<ImportId, Import>,
    /// The memories.
    pub memories: IndexVec<MemoryId, MemoryDef>,
    /// The window, if the functions use one.
    pub window: Option<Window>,
    /// The types of the functions; for a guest that is translated by heads, of its entry alone.
    pub signatures: IndexVec<FuncId, Signature>,
    /// The types that indirect calls name.
    pub types: IndexVec<SigId, Signature>,
    /// The tables.
    pub tables: IndexVec<TableId, TableDef>,
    /// The globals.
    pub globals: IndexVec<GlobalId, GlobalDef>,
    /// How many data segments there are.
    pub data_segments: u32,
    /// How many element segments there are.
    pub elem_segments: u32,
    /// Where calls trap `depth_exceeded`.
    pub depth_limit: DepthLimit,
    /// Whether whoever traps has nothing left, so that nobody looks at the counter after a trap: then a tier may take at once
    /// what a block takes one after the other.
    pub traps_take_all: bool,
}

/// A program in dMIR.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Module {
    /// What the functions share.
    pub interface: Interface,
    /// The functions, in the order of their signatures.
    pub funcs: IndexVec<FuncId, Func>,
    /// The functions' names in the text form.
    pub names: Vec<String>,
}

/// A guest program whose functions are translated when they are first called.
pub trait Functions: Send + Sync {
    /// What the functions share; their signatures are all there.
    fn interface(&self) -> &Arc<Interface>;

    /// Writes function `func` into `out`, which is empty. What it writes never depends on what was translated before.
    fn lower(&self, func: FuncId, out: &mut Func);

    /// About how many bytes of guest code function `func` is: how long it takes to compile grows with it. No result depends
    /// on it.
    fn size_bytes(&self, func: FuncId) -> usize {
        let _ = func;
        64
    }
}

/// A program whose functions can be made to show each instruction before it runs. Same results, same gas.
pub trait Observable: Functions {
    /// Writes function `func` into `out`, which is empty, with a step before each instruction.
    fn lower_observed(&self, func: FuncId, out: &mut Func);
}

/// A program in the form that shows each instruction.
#[derive(Debug)]
pub struct Instrumented<P>(pub Arc<P>);

impl<P> Clone for Instrumented<P> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<P: Observable> Functions for Instrumented<P> {
    fn interface(&self) -> &Arc<Interface> {
        self.0.interface()
    }

    fn lower(&self, func: FuncId, out: &mut Func) {
        self.0.lower_observed(func, out);
    }

    fn size_bytes(&self, func: FuncId) -> usize {
        self.0.size_bytes(func)
    }
}

/// A guest program that is translated where control first reaches it.
///
/// A fragment is a function whose blocks begin at `head` (and whatever else the guest cared to translate); what a
/// head means never depends on which others were translated.
pub trait Lazy: Send + Sync {
    /// What the fragments share.
    fn interface(&self) -> &Arc<Interface>;

    /// The head at which the program begins.
    fn entry(&self) -> Head {
        Head(0)
    }

    /// One more than the largest number a head can have.
    fn head_limit(&self) -> u32;

    /// Whether `enter_dyn` may go to this number.
    fn is_jump_target(&self, number: u32) -> bool;

    /// Writes the fragment at `head` into `out`, which is empty.
    ///
    /// With `height`, the number of window slots in use at the head, the fragment is a twin cut before the first
    /// instruction that would underflow or overflow the window at that height, and ends in that trap: what a failed
    /// `window_check` runs instead.
    fn lower(&self, head: Head, height: Option<u16>, out: &mut Func);
}
