//! What fills tables, memories and globals when a module is instantiated.

use core::ops::Range;

use super::types::ValType;

/// An instruction of a constant expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConstOp {
    /// An i32.
    I32(u32),
    /// An i64.
    I64(u64),
    /// The bits of an f32.
    F32(u32),
    /// The bits of an f64.
    F64(u64),
    /// A v128, lowest byte first.
    V128(u128),
    /// The content of a global.
    Global(u32),
    /// Null.
    RefNull,
    /// A reference to a function; imports are counted first.
    RefFunc(u32),
    /// Sum of two i32.
    I32Add,
    /// Difference of two i32.
    I32Sub,
    /// Product of two i32.
    I32Mul,
    /// Sum of two i64.
    I64Add,
    /// Difference of two i64.
    I64Sub,
    /// Product of two i64.
    I64Mul,
}

/// A constant expression, in postfix order; validated, so it leaves one value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConstExpr(pub Vec<ConstOp>);

/// When a segment is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SegmentMode {
    /// At instantiation: copied to a table or memory, then dropped.
    Active {
        /// Which table or memory.
        index: u32,
        /// Where to.
        offset: ConstExpr,
    },
    /// When the program asks for it.
    Passive,
    /// Never; it only declares references to functions.
    Declared,
}

/// An element segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elem {
    /// When it is used.
    pub mode: SegmentMode,
    /// Type of its elements, a reference.
    pub ty: ValType,
    /// Its elements.
    pub items: Items,
}

/// The elements of a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Items {
    /// References to functions; imports are counted first.
    Funcs(Vec<u32>),
    /// What expressions yield.
    Exprs(Vec<ConstExpr>),
}

impl Items {
    /// Instructions of all of them.
    pub fn ops(&self) -> usize {
        match self {
            Self::Funcs(funcs) => funcs.len(),
            Self::Exprs(exprs) => exprs.iter().map(|expr| expr.0.len()).sum(),
        }
    }
}

/// A data segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Data {
    /// When it is used.
    pub mode: SegmentMode,
    /// Where its bytes lie in the module's.
    pub bytes: Range<usize>,
}
