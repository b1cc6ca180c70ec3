//! The border between tiers and hosts, and the home of `unsafe`.
//!
//! # Invariants
//!
//! 1. Whoever makes a [`Context`] keeps alive what it points to.
//! 2. [`Exit`] is the guest's, [`Faulted`] the machine's; nothing turns one into the other.
//!
//! Absent on purpose: what a program means (`ir`), what a chain offers (`host`).
#![cfg_attr(not(feature = "native"), no_std)]

extern crate alloc;

mod access;
mod context;
#[cfg(feature = "native")]
mod enter;
mod evaluate;
mod exit;
mod foreign;
mod host;
#[cfg(all(feature = "native", target_arch = "x86_64"))]
mod keccak;
#[cfg(not(all(feature = "native", target_arch = "x86_64")))]
mod keccak {
    /// Keccak-256 of `bytes`, or `None` when this processor lacks the instructions: always, here.
    pub fn keccak256(_bytes: &[u8]) -> Option<[u8; 32]> {
        None
    }
}
mod links;
mod memory;
#[cfg(feature = "native")]
pub mod native;
mod slices;
#[cfg(feature = "native")]
mod stack;
mod store;

pub use access::saturate;
pub use context::{Context, Shown, Step, StepHook};
#[cfg(feature = "native")]
pub use enter::{Resources, Spec, enter};
pub use evaluate::ContextEnv;
#[cfg(feature = "native")]
pub use evaluate::{Evaluated, evaluate, evaluate_function};
pub use exit::{Ended, Exit, Faulted, Stop, Trap};
pub use foreign::{Foreign, call_indirect, perform_act};
pub use host::{
    FuncCall, FuncEnd, FuncEnded, HostFunction, HostRow, Link, Machine, Parts, Program, Reading,
    SlotValue, StepView, Values, View, erase, read, slice,
};
pub use keccak::keccak256;
pub use links::{LinkError, Links};
#[cfg(feature = "native")]
pub use memory::Arena;
pub use memory::{RawMemory, ReserveError, TOUCH_LIMIT_BYTES, WORD_BYTES, touch_cost};
pub use slices::SliceFunction;
#[cfg(feature = "native")]
pub use slices::call_host_func;
#[cfg(feature = "native")]
pub use stack::{FrameStack, NativeStack};
pub use store::{
    Emptied, FuncEntry, FuncTarget, FuncType, InstanceParts, MemoryPool, OwnedMemory, Store,
    StoreCore, TypeId, plain_parts,
};
