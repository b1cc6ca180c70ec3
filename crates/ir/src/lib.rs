//! dMIR: the one intermediate representation that every guest becomes and every tier runs.
//!
//! # Shape
//!
//! ```text
//! Module { interface, funcs }        Func { vars, blocks }       Block { insts, terminator }
//! guest bytes -> Builder -> Func -> verify -> Verified<Func> -> evaluator or a tier
//! ```
//!
//! # Invariants
//!
//! 1. Every pure operation has a defined result for every input; what can stop a guest is an explicit instruction.
//! 2. A row of `op::table` and a function of `op::meaning` say all there is to say about an operation.
//! 3. Tiers take [`Verified`] programs only.
//!
//! Absent on purpose: guests, hosts, machine code, and anything that knows Wasm or the EVM by name.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod act;
mod builder;
pub mod evaluate;
mod func;
mod inst;
mod module;
pub mod op;
pub mod pass;
pub mod text;
mod trap;
mod types;
mod verify;

pub use act::Act;
pub use builder::Builder;
pub use func::{BlockDef, Func, VarDef};
pub use inst::{
    Block, Edge, FuncId, GlobalId, Head, ImportId, Inst, List, MemoryId, Operand, Order, SigId,
    Source, TableId, Terminator, Value, Var,
};
pub use module::{
    DepthLimit, Functions, GlobalDef, Growth, Import, Instrumented, Interface, Lazy, MEMORIES_MAX,
    MEMORY_BYTES_MAX, MemoryDef, Module, Observable, PAGE_BYTES, Signature, TABLE_LEN_MAX,
    TableDef, Window,
};
pub use op::{Op, Shape};
pub use trap::Trap;
pub use types::Type;
pub use verify::{
    Body, Outlined, Room, Verified, VerifyError, VerifyErrorKind, verify_func, verify_function,
    verify_module,
};
