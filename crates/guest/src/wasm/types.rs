//! The types of WebAssembly that this engine knows.
//!
//! Invariant: two types are the same when they are equal, whichever module declared them (Wasm 2.0, 3.2).

use core::fmt;
use std::sync::Arc;

use lockstep_ir::Type;

/// The type of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ValType {
    /// A 32-bit integer.
    I32,
    /// A 64-bit integer.
    I64,
    /// An IEEE 754 binary32.
    F32,
    /// An IEEE 754 binary64.
    F64,
    /// A 128-bit vector.
    V128,
    /// A reference to a function, or null.
    FuncRef,
    /// A reference that only the host understands, or null.
    ExternRef,
}

impl ValType {
    /// The type of dMIR that holds such a value.
    pub const fn dmir(self) -> Type {
        match self {
            Self::I32 => Type::I32,
            Self::I64 => Type::I64,
            Self::F32 => Type::F32,
            Self::F64 => Type::F64,
            Self::V128 => Type::V128,
            Self::FuncRef | Self::ExternRef => Type::Ref,
        }
    }

    /// The name in the text format.
    pub const fn name(self) -> &'static str {
        match self {
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::V128 => "v128",
            Self::FuncRef => "funcref",
            Self::ExternRef => "externref",
        }
    }
}

impl fmt::Display for ValType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The type of a function. Clones share the lists: an import of few bytes may have a type of a thousand.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FuncType {
    /// Types of the parameters.
    pub params: Arc<[ValType]>,
    /// Types of the results.
    pub results: Arc<[ValType]>,
}

/// The type of a table. Its limits are those declared, which may exceed what the engine lets it grow to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableType {
    /// Type of the elements, a reference.
    pub element: ValType,
    /// Whether it is indexed by i64.
    pub is_64: bool,
    /// Elements to begin with.
    pub min: u64,
    /// Elements at most.
    pub max: Option<u64>,
}

/// The type of a memory. Its limits are those declared, which may exceed what the engine lets it grow to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemoryType {
    /// Whether it is indexed by i64.
    pub is_64: bool,
    /// Pages to begin with.
    pub min_pages: u64,
    /// Pages at most.
    pub max_pages: Option<u64>,
}

/// The type of a global.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GlobalType {
    /// Type of its content.
    pub ty: ValType,
    /// Whether the program may change it.
    pub is_mutable: bool,
}

/// The type of what is imported.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ExternType {
    /// A function.
    Func(FuncType),
    /// A table.
    Table(TableType),
    /// A memory.
    Memory(MemoryType),
    /// A global.
    Global(GlobalType),
}

/// What is exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ExternKind {
    /// A function.
    Func,
    /// A table.
    Table,
    /// A memory.
    Memory,
    /// A global.
    Global,
}

/// What a module asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// Name of the module that provides it.
    pub module: String,
    /// Its name there.
    pub name: String,
    /// Its type.
    pub ty: ExternType,
}

/// What a module offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// The name.
    pub name: String,
    /// What it is.
    pub kind: ExternKind,
    /// Its index among those of its kind, imported ones first.
    pub index: u32,
}
