//! Tables of a store.
//!
//! # Invariants
//!
//! 1. A table is boxed and its first fields say where its elements are: machine code looks there at each call.
//! 2. Every element is a reference of the store, or null.

use alloc::vec::Vec;

/// Elements of a table that an emptied store keeps.
const KEPT_ELEMENTS: usize = 1024;

/// A table as machine code sees it.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct RawTable {
    /// The elements.
    pub(crate) elements: *const u64,
    /// How many there are.
    pub(crate) len: u64,
}

/// Elements by index, all references.
#[derive(Debug)]
#[repr(C)]
pub(super) struct Table {
    raw: RawTable,
    elements: Vec<u64>,
    max: u64,
}

impl Default for Table {
    fn default() -> Self {
        let raw = RawTable { elements: core::ptr::null(), len: 0 };
        Self { raw, elements: Vec::new(), max: 0 }
    }
}

impl Table {
    /// Makes it `len` times `fill`.
    pub(super) fn begin(&mut self, len: u64, max: u64, fill: u64) {
        self.elements.clear();
        self.max = max;
        self.resize(len, fill);
    }

    fn resize(&mut self, len: u64, fill: u64) {
        self.elements.resize(len as usize, fill);
        self.raw = RawTable { elements: self.elements.as_ptr(), len };
    }

    /// Makes it `len` long, new elements `fill`; false when it may not become so long.
    pub(super) fn grow(&mut self, len: u64, fill: u64) -> bool {
        let is_allowed = len <= self.max;
        if is_allowed {
            self.resize(len, fill);
        }
        is_allowed
    }

    /// Length and limit.
    pub(super) fn limits(&self) -> (u64, u64) {
        (self.elements.len() as u64, self.max)
    }

    /// The element of an index.
    #[inline]
    pub(super) fn get(&self, index: u64) -> Option<u64> {
        self.elements.get(usize::try_from(index).ok()?).copied()
    }

    pub(super) fn elements_mut(&mut self) -> &mut [u64] {
        &mut self.elements
    }

    /// Whether it is worth keeping for the next.
    pub(super) fn is_small(&self) -> bool {
        self.elements.capacity() <= KEPT_ELEMENTS
    }

    /// What machine code sees.
    #[cfg(feature = "native")]
    pub(super) fn raw(&self) -> *const RawTable {
        &raw const self.raw
    }
}
