//! Instances of WebAssembly modules, linked with each other and with a host.
//!
//! # Shape
//!
//! ```text
//! Module::load(bytes) -> Instances::instantiate(module, imports) -> Instances::call(function, arguments)
//! ```
//!
//! # Invariants
//!
//! 1. What `Instances` hands out ([`Func`], [`Memory`], ...) is good for as long as it lives, and for it alone.
//! 2. Instantiation follows the specification (Wasm 2.0, 4.5.4): segments are written in order, and what was written
//!    before one trapped stays.

mod call;
mod constant;
mod fill;
mod function;
mod instances;
mod instantiate;
mod matching;
mod module;
mod pool;
mod shared;
mod value;

#[cfg(test)]
mod tests;

pub use call::{CallEnd, CallError, Tracer};
pub(crate) use fill::fill;
pub use function::ValuesFunction;
pub use instances::Instances;
pub use instantiate::{ImportReason, InstantiateError};
pub use lockstep_guest::wasm::{
    Config, ConstExpr, ConstOp, Export, ExternKind, ExternType, FuncType, GasSchedule, GlobalType,
    Import, LoadError, LoadErrorKind, MemoryType, Profile, TableType, ValType,
};
pub use module::Module;
pub use pool::Pool;
pub(crate) use shared::Shared;
pub use value::{Extern, Func, Global, Instance, Memory, Table, Value};
