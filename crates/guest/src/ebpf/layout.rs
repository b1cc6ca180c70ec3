//! Where a program's memory lies: guest addresses, and the bytes of dMIR memory 0 that stand for them.
//!
//! ```text
//! rfc9669:  BASE .. BASE + length of memory 0       | program | data | stack | heap | input |
//!           text at TEXT_BASE, to be called and not to be read
//! sBPF:     region r at r * 2^32: program 1 (v3: 0), stack 2, heap 3, input 4; the text lies in region 1
//! ```
//!
//! # Invariants
//!
//! 1. Memory 0 holds the regions one after the other, the input last: its length says how long the input is.
//! 2. In RFC 9669 guest addresses are places in memory 0 plus [`BASE`], so an access is one check; what lies before the
//!    data is only read.
//! 3. In sBPF memory 1 holds a table with an entry for each region: where it begins, where it lies in memory 0, and for each
//!    access and size how many addresses there are. Frames of v0 lie side by side in memory 0 and have gaps between their
//!    addresses.

use super::{dialect::Dialect, limits};

/// Distance of guest addresses from places in memory 0 (RFC 9669): null and small numbers are never an address.
pub const BASE: u64 = 1 << 32;
/// Where the text of RFC 9669 programs lies.
pub const TEXT_BASE: u64 = 1 << 40;

/// Addresses of a region of sBPF.
pub(super) const REGION_BYTES: u64 = 1 << 32;
/// Where the text of sBPF programs lies, but for files that say otherwise.
pub(super) const SBPF_TEXT_BASE: u64 = REGION_BYTES;
/// Regions of sBPF.
const SBPF_REGIONS: u64 = 5;

/// The table of regions.
pub(super) mod entry {
    /// Bytes of an entry.
    pub(in crate::ebpf) const BYTES: u64 = 128;
    /// First guest address.
    pub(in crate::ebpf) const START: u32 = 0;
    /// Place in memory 0 of what lies at the first address.
    pub(in crate::ebpf) const OFFSET: u32 = 8;
    /// Bit of a distance that says that it is in a gap; zero where there are none.
    pub(in crate::ebpf) const GAP: u32 = 16;
    /// Bits of a distance that count twice because every other stretch is a gap.
    pub(in crate::ebpf) const HIGH: u32 = 24;
    /// The other bits.
    pub(in crate::ebpf) const LOW: u32 = 32;
    /// For loads of 1, 2, 4 and 8 bytes, how many distances there are.
    pub(in crate::ebpf) const LOADS: u32 = 40;
    /// The same for stores.
    pub(in crate::ebpf) const STORES: u32 = 72;
}

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

    /// The layout of an sBPF program whose read-only data lies at `program` and is so long.
    pub(super) fn regions_of(dialect: Dialect, (start, len): (u64, u64), heap: u64) -> Self {
        let stack = limits::FRAME_BYTES * limits::CALL_DEPTH_MAX;
        let gap = if dialect.has_frame_gaps() { limits::FRAME_BYTES } else { 0 };
        let all = [
            ("program", start, len, 0),
            ("stack", 2 * REGION_BYTES, stack, gap),
            ("heap", 3 * REGION_BYTES, heap, 0),
            ("input", 4 * REGION_BYTES, 0, 0),
        ];
        let mut offset: u64 = 0;
        let mut regions = Vec::new();
        for (name, start, len, gap) in all {
            let is_writable = name != "program";
            regions.push(Region { name, start, len, offset, is_writable, gap });
            offset = (offset + len).next_multiple_of(ALIGN);
        }
        Self { dialect, regions }
    }

    /// What memory 1 holds while the input has `input_len` bytes; nothing in RFC 9669.
    pub fn table(&self, input_len: u64) -> Vec<u8> {
        if !self.dialect.is_sbpf() {
            return Vec::new();
        }
        let mut table = vec![0; (SBPF_REGIONS * entry::BYTES) as usize];
        for region in self.regions(input_len) {
            let at = ((region.start / REGION_BYTES) * entry::BYTES) as usize;
            let mut put = |field: u32, number: u64| {
                let at = at + field as usize;
                table[at..at + 8].copy_from_slice(&number.to_le_bytes());
            };
            put(entry::START, region.start);
            put(entry::OFFSET, region.offset);
            put(entry::GAP, region.gap);
            put(entry::HIGH, if region.gap == 0 { 0 } else { !(region.gap - 1) });
            put(entry::LOW, region.gap.wrapping_sub(1));
            for power in 0..4 {
                let distances = (region.len + 1).saturating_sub(1 << power);
                put(entry::LOADS + 8 * power, distances);
                let is_writable = region.is_writable;
                put(entry::STORES + 8 * power, if is_writable { distances } else { 0 });
            }
        }
        table
    }

    /// Where in memory 0 bytes `addr .. addr + len` lie while the input has `input_len` bytes, if all of them may be
    /// accessed so; no bytes lie where one would.
    pub fn find(&self, addr: u64, len: u64, is_store: bool, input_len: u64) -> Option<u64> {
        let regions = self.regions(input_len);
        if !self.dialect.is_sbpf() {
            let last = regions.last()?;
            let first = if is_store { self.region("data").offset } else { 0 };
            let at = addr.checked_sub(BASE).filter(|at| *at >= first)?;
            let end = at.checked_add(len)?;
            return (end <= last.offset + last.len).then_some(at);
        }
        let is_in = |region: &&Region| addr >> 32 == region.start >> 32;
        let region = regions.iter().find(is_in).filter(|region| region.is_writable || !is_store)?;
        let mut distance = addr.checked_sub(region.start)?;
        if region.gap != 0 {
            if distance & region.gap != 0 {
                return None;
            }
            let low = region.gap - 1;
            distance = (distance & !low) >> 1 | distance & low;
        }
        let end = distance.checked_add(len)?;
        (end <= region.len).then(|| region.offset + distance)
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
