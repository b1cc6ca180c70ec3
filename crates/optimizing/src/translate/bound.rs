//! What is known of addresses without looking at them, so that fewer are compared.
//!
//! # Invariants
//!
//! 1. A memory is never shorter than its program says it begins, which `rt` sees to, and never shrinks.
//! 2. A check that passed needs no second one where control came through it: nothing makes it fail later.
//! 3. Both ends of a range lie in a memory, and so all between them: one has at most [`MEMORY_BYTES_MAX`] bytes, and ends
//!    that are no further apart are apart as numbers without wrapping.

use std::collections::BTreeMap;

use cranelift_codegen::ir::{self, InstructionData, Opcode, ValueDef};
use lockstep_base::Index;
use lockstep_ir::{Block, Func, MEMORY_BYTES_MAX, MemoryId};

use super::Translation;

/// How many operations back a bound is looked for.
const DEPTH: u32 = 6;

/// How many blocks back a check is looked for.
const BLOCKS_BACK: u32 = 8;

/// How many blocks' checks of a value are kept.
const BLOCKS_MAX: usize = 4;

/// The checks that passed, by memory and value.
pub(super) struct Passed {
    ranges: BTreeMap<(u32, ir::Value), Vec<Range>>,
    /// For each block the one that goes to it, where that is only one.
    before: Vec<Option<Block>>,
    pub(super) block: Block,
}

/// Bytes from a value on that were checked in a block.
#[derive(Clone, Copy)]
struct Range {
    block: Block,
    /// What is added to the value, and how many bytes there are.
    offset: u64,
    len: u64,
}

impl Range {
    fn has(&self, offset: u64, len: u64) -> bool {
        offset.wrapping_sub(self.offset).checked_add(len).is_some_and(|end| end <= self.len)
    }

    /// From the beginning of `self` to the end of `other`, if that is where it lies.
    fn up_to(&self, other: &Self) -> Option<Self> {
        let distance = other.offset.wrapping_sub(self.offset);
        let is_behind = distance <= MEMORY_BYTES_MAX;
        is_behind.then(|| Self { len: self.len.max(distance + other.len), ..*self })
    }
}

impl Passed {
    /// None yet, in a function in which so many edges lead to each block.
    pub(super) fn new(func: &Func, edges: &[u32]) -> Self {
        let mut before = vec![None; func.blocks.len()];
        for (number, block) in func.blocks.iter() {
            func.successors(block, |to| {
                if edges[to.position()] == 1 {
                    before[to.position()] = Some(number);
                }
            });
        }
        Self { ranges: BTreeMap::new(), before, block: Block(0) }
    }

    /// Whether control came through `block`, as far as we look.
    fn came_through(&self, block: Block) -> bool {
        let mut at = Some(self.block);
        for _ in 0..BLOCKS_BACK {
            match at {
                Some(here) if here == block => return true,
                Some(here) => at = self.before[here.position()],
                None => break,
            }
        }
        block == Block(0)
    }

    /// Whether the bytes were checked before; now they are, unless what follows does not come through here.
    fn has(&mut self, key: (u32, ir::Value), (offset, len): (u64, u64), is_kept: bool) -> bool {
        let mut known = Range { block: self.block, offset, len };
        let ranges = self.ranges.get(&key).map_or(&[][..], Vec::as_slice);
        for range in ranges.iter().filter(|range| self.came_through(range.block)) {
            if range.has(offset, len) {
                return true;
            }
            let wider = range.up_to(&known).or_else(|| known.up_to(range));
            known = wider.map_or(known, |wider| Range { block: self.block, ..wider });
        }
        if is_kept {
            let ranges = self.ranges.entry(key).or_default();
            ranges.retain(|range| range.block != known.block);
            if ranges.len() == BLOCKS_MAX {
                // The first may be that of the function's beginning.
                ranges.remove(1);
            }
            ranges.push(known);
        }
        false
    }
}

impl Translation<'_, '_, '_> {
    /// Whether a check of `len` bytes from `addr` on, no more than 64 bits, cannot fail where it stands. If it can, whoever
    /// asks makes it.
    pub(super) fn passes(&mut self, memory: MemoryId, addr: ir::Value, len: u64) -> bool {
        let least = self.interface.memories[memory].initial_bytes;
        if self.most(addr, DEPTH).checked_add(len).is_some_and(|end| end <= least) {
            return true;
        }
        let (root, offset) = self.root(addr);
        self.passed.has((memory.0, root), (offset, len), !self.span.is_twin)
    }

    /// The most that a limb can be.
    pub(super) fn most_of(&self, limb: ir::Value) -> u64 {
        self.most(limb, DEPTH)
    }

    /// The value that `addr` is made of, and the constant that was added to it. What is extended says as much before.
    fn root(&self, addr: ir::Value) -> (ir::Value, u64) {
        let dfg = &self.b.func.dfg;
        let (mut addr, mut offset) = (dfg.resolve_aliases(addr), 0_u64);
        for _ in 0..DEPTH {
            let ValueDef::Result(inst, _) = dfg.value_def(addr) else { break };
            let from = match dfg.insts[inst] {
                InstructionData::Unary { opcode: Opcode::Uextend, arg } => {
                    return (dfg.resolve_aliases(arg), offset);
                }
                InstructionData::Binary { opcode: Opcode::Iadd, args: [a, b] }
                    if dfg.value_type(addr) == ir::types::I64 =>
                {
                    let Some(by) = self.known_limb(b) else { break };
                    offset = offset.wrapping_add(by);
                    a
                }
                _ => break,
            };
            addr = dfg.resolve_aliases(from);
        }
        (addr, offset)
    }

    /// The most that an integer of at most 64 bits can be, read without sign.
    fn most(&self, value: ir::Value, depth: u32) -> u64 {
        let dfg = &self.b.func.dfg;
        let value = dfg.resolve_aliases(value);
        let bits = dfg.value_type(value).bits();
        let limit = if bits >= 64 { u64::MAX } else { (1 << bits) - 1 };
        if let Some(most) = self.small.most(value) {
            return most;
        }
        let ValueDef::Result(inst, 0) = dfg.value_def(value) else { return limit };
        let Some(depth) = depth.checked_sub(1) else { return limit };
        let most = match dfg.insts[inst] {
            InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } => imm.bits() as u64 & limit,
            InstructionData::Unary { opcode: Opcode::Uextend, arg } => self.most(arg, depth),
            InstructionData::Load { opcode: Opcode::Uload8, .. } => u64::from(u8::MAX),
            InstructionData::Load { opcode: Opcode::Uload16, .. } => u64::from(u16::MAX),
            InstructionData::Load { opcode: Opcode::Uload32, .. } => u64::from(u32::MAX),
            InstructionData::Binary { opcode, args: [a, b] } => {
                let a = self.most(a, depth);
                let by = self.known_limb(b).filter(|by| *by < u64::from(bits));
                let b = self.most(b, depth);
                match opcode {
                    Opcode::Band => a.min(b),
                    Opcode::Bor | Opcode::Bxor => {
                        u64::MAX.checked_shr((a | b).leading_zeros()).unwrap_or(0)
                    }
                    Opcode::Iadd => a.saturating_add(b),
                    Opcode::Imul => a.saturating_mul(b),
                    Opcode::Ushr => by.map_or(a, |by| a >> by),
                    Opcode::Ishl => by.map_or(limit, |by| a.saturating_mul(1 << by)),
                    _ => limit,
                }
            }
            _ => limit,
        };
        // More than the type holds wrapped around.
        most.min(limit)
    }
}
