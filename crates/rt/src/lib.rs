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

mod context;
mod exit;
mod host;
mod memory;

pub use context::{Context, MEMORIES_MAX};
pub use exit::{Ended, Exit, Faulted, Stop, Trap};
pub use host::{
    HostFunction, HostRow, Link, Machine, Parts, Program, SlotValue, Values, View, erase, slice,
};
#[cfg(feature = "native")]
pub use memory::{Arena, ReserveError};
pub use memory::{RawMemory, TOUCH_LIMIT_BYTES, WORD_BYTES, touch_cost};
