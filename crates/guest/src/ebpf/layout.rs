//! Where a program's memory lies: guest addresses, and the bytes of dMIR memory 0 that stand for them.
//!
//! ```text
//! rfc9669:  BASE .. BASE + length of memory 0       | program | data | stack | heap | input |
//!           text at TEXT_BASE, to be called and not to be read
//! ```
//!
//! # Invariants
//!
//! 1. Memory 0 holds the regions one after the other, the input last: its length says how long the input is.
//! 2. In RFC 9669 guest addresses are places in memory 0 plus [`BASE`], so an access is one check; what lies before the
//!    data is only read.

use super::{dialect::Dialect, limits};

/// Distance of guest addresses from places in memory 0 (RFC 9669): null and small numbers are never an address.
pub const BASE: u64 = 1 << 32;
/// Where the text of RFC 9669 programs lies.
pub const TEXT_BASE: u64 = 1 << 40;

/// Regions begin at multiples of this in memory 0.
pub(super) const ALIGN: u64 = 16;

/// A region of a program's memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    /// What it is for.
    pub name: &'static str,
    /// Its first guest address.
    pub start: u64,
    /// Its bytes.
    pub len: u64,
    /// Its first byte in memory 0.
    pub offset: u64,
    /// Whether the program may write to it.
    pub is_writable: bool,
    /// Length of the stretches of which every other one is a gap; zero without gaps.
    pub gap: u64,
}

/// Where everything lies but the input, which is as long as its caller wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    pub(super) dialect: Dialect,
    /// In the order of their places in memory 0; the input, of no length yet, is last.
    pub(super) regions: Vec<Region>,
}

impl Layout {
    /// The layout of an RFC 9669 program with so many bytes of read-only and of other data.
    pub(super) fn flat(program: u64, data: u64, heap: u64) -> Self {
        let mut regions = Vec::new();
        let mut offset: u64 = 0;
        let stack = limits::FRAME_BYTES * limits::CALL_DEPTH_MAX;
        let all =
            [("program", program), ("data", data), ("stack", stack), ("heap", heap), ("input", 0)];
        for (name, len) in all {
            let is_writable = name != "program";
            regions.push(Region { name, start: BASE + offset, len, offset, is_writable, gap: 0 });
            offset = (offset + len).next_multiple_of(ALIGN);
        }
        Self { dialect: Dialect::Rfc, regions }
    }

    /// The region called `name`.
    pub(super) fn region(&self, name: &str) -> &Region {
        let found = self.regions.iter().find(|region| region.name == name);
        found.expect("every layout has the five regions")
    }

    /// Guest address of the input.
    pub fn input_address(&self) -> u64 {
        self.region("input").start
    }

    /// Where the input lies in memory 0.
    pub fn input_offset(&self) -> u64 {
        self.region("input").offset
    }

    /// The frame pointer that the first function gets.
    pub fn frame_pointer(&self) -> u64 {
        let stack = self.region("stack");
        stack.start + if self.dialect.bumps_own_frame() { stack.len } else { limits::FRAME_BYTES }
    }

    /// How far calls move the frame pointer.
    pub(super) fn frame_step(&self) -> u64 {
        match self.dialect {
            dialect if dialect.bumps_own_frame() => 0,
            dialect if dialect.has_frame_gaps() => 2 * limits::FRAME_BYTES,
            _ => limits::FRAME_BYTES,
        }
    }

    /// The regions while the input has `input_len` bytes.
    pub fn regions(&self, input_len: u64) -> Vec<Region> {
        let mut regions = self.regions.clone();
        if let Some(input) = regions.last_mut() {
            input.len = input_len;
        }
        regions
    }
}
