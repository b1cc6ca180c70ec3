//! Functions of a store, and what machine code reads of them before it calls one through a table.
//!
//! ```text
//! reference r -> ready[r] = { key = instance and type, body }     key is never a caller's where the caller must ask
//! ```
//!
//! # Invariants
//!
//! 1. `ready` has one more entry than there are functions; that of null is never ready.
//! 2. A function is ready once the program that claimed its instance has a body for it; then one comparison of `key`
//!    finds it is neither null, nor of another type, nor of another instance, nor without a body.

use alloc::vec::Vec;

use lockstep_ir::FuncId;

use super::{KEPT_FUNCS, TypeId};
use crate::host::Link;

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

/// What machine code reads of a function.
#[cfg(feature = "native")]
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct Ready {
    /// Its instance and its type, together ([`Ready::key`]); [`Ready::NEVER`] until it is ready.
    pub(crate) key: u64,
    /// Its machine code.
    pub(crate) body: *const u8,
}

#[cfg(feature = "native")]
impl Ready {
    /// The key of no caller.
    const NEVER: u64 = u64::MAX;
    const NOT: Self = Self { key: Self::NEVER, body: core::ptr::null() };

    /// The key of functions of that instance and type; no store has so many of both that it would be no key.
    pub(super) fn key(instance: u32, ty: TypeId) -> u64 {
        u64::from(instance) << 32 | u64::from(ty.0)
    }
}

/// The functions of a store.
#[derive(Debug)]
pub(super) struct Funcs {
    entries: Vec<FuncEntry>,
    #[cfg(feature = "native")]
    ready: Vec<Ready>,
    /// Where `ready` lies, where machine code finds it.
    #[cfg(feature = "native")]
    base: *const Ready,
}

impl Default for Funcs {
    fn default() -> Self {
        let mut funcs = Self {
            entries: Vec::new(),
            #[cfg(feature = "native")]
            ready: Vec::new(),
            #[cfg(feature = "native")]
            base: core::ptr::null(),
        };
        funcs.clear();
        funcs
    }
}

impl Funcs {
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Adds a function; returns the reference to it.
    pub(super) fn add(&mut self, entry: FuncEntry) -> u64 {
        self.entries.push(entry);
        #[cfg(feature = "native")]
        {
            self.ready.push(Ready::NOT);
            self.base = self.ready.as_ptr();
        }
        self.entries.len() as u64
    }

    /// The function of a reference.
    ///
    /// # Panics
    ///
    /// When the reference is null or not of this store.
    #[inline]
    pub(super) fn get(&self, reference: u64) -> &FuncEntry {
        &self.entries[reference as usize - 1]
    }

    /// Takes all of them away.
    pub(super) fn clear(&mut self) {
        self.entries.clear();
        self.entries.shrink_to(KEPT_FUNCS);
        #[cfg(feature = "native")]
        {
            self.ready.clear();
            self.ready.shrink_to(KEPT_FUNCS);
            self.ready.push(Ready::NOT);
            self.base = self.ready.as_ptr();
        }
    }

    /// Where machine code finds where functions are.
    #[cfg(feature = "native")]
    pub(super) fn base(&self) -> *const *const Ready {
        &raw const self.base
    }

    /// A function of an instance has its machine code.
    #[cfg(feature = "native")]
    pub(super) fn set_ready(&mut self, reference: u64, body: *const u8) {
        let FuncEntry { ty, target: FuncTarget::Own { instance, .. } } = *self.get(reference)
        else {
            unreachable!("functions of the host have no body")
        };
        self.ready[reference as usize] = Ready { key: Ready::key(instance, ty), body };
    }
}
