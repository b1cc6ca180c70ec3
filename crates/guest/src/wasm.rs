//! WebAssembly 2.0 with tail calls, several memories, 64-bit memories and tables, extended constants, vectors (relaxed
//! ones too, with fixed results) and wide arithmetic.
//!
//! # Shape
//!
//! ```text
//! bytes -> Module::load (parse, validate every body, limits) -> interface, imports, exports, segments
//!                                     Module::lower(function) -> dMIR, when it is first called
//! ```
//!
//! # Invariants
//!
//! 1. A loaded module is valid: lowering cannot fail, and what it writes never depends on what was lowered before.
//! 2. Every function is lowered in one pass, in time linear in its bytes, without recursion over its nesting.
//! 3. Gas is charged in spans up to and including the next call or the block's end, by the
//!    [`GasSchedule`](schedule::GasSchedule) alone. Traps consume all gas.

mod config;
mod error;
pub mod limits;
mod load;
mod lower;
mod module;
mod schedule;
mod segment;
#[cfg(test)]
mod tests;
mod types;

pub use config::{Config, Profile};
pub use error::{LoadError, LoadErrorKind};
pub use module::Module;
pub use schedule::{Class, GasSchedule, Rate};
pub use segment::{ConstExpr, ConstOp, Data, Elem, Items, SegmentMode};
pub use types::{
    Export, ExternKind, ExternType, FuncType, GlobalType, Import, MemoryType, TableType, ValType,
};
