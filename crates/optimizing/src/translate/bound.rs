//! What is known of addresses without looking at them, so that fewer are compared.
//!
//! # Invariants
//!
//! 1. A memory is never shorter than its program says it begins, which `rt` sees to, and never shrinks.
//! 2. A check that passed needs no second one in its block: nothing makes it fail later.

use std::collections::BTreeMap;

use cranelift_codegen::ir::{self, InstructionData, Opcode, ValueDef};
use lockstep_ir::MemoryId;

use super::Translation;

/// How many operations back a bound is looked for.
const DEPTH: u32 = 6;

/// The checks of a block that passed: for a memory and an address, up to how many bytes behind it.
#[derive(Default)]
pub(super) struct Passed(BTreeMap<(u32, ir::Value), u64>);

impl Passed {
    pub(super) fn begin_block(&mut self) {
        self.0.clear();
    }

    /// Whether `len` bytes were checked before; now they are.
    fn has(&mut self, memory: MemoryId, addr: ir::Value, len: u64) -> bool {
        let known = self.0.entry((memory.0, addr)).or_default();
        let has = *known >= len;
        *known = len.max(*known);
        has
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
        let root = self.root(addr);
        self.passed.has(memory, root, len)
    }

    /// What was extended to `addr`, which says as much.
    fn root(&self, addr: ir::Value) -> ir::Value {
        let dfg = &self.b.func.dfg;
        let addr = dfg.resolve_aliases(addr);
        match dfg.value_def(addr) {
            ValueDef::Result(inst, _) => match dfg.insts[inst] {
                InstructionData::Unary { opcode: Opcode::Uextend, arg } => dfg.resolve_aliases(arg),
                _ => addr,
            },
            _ => addr,
        }
    }

    /// The most that an integer of at most 64 bits can be, read without sign.
    fn most(&self, value: ir::Value, depth: u32) -> u64 {
        let dfg = &self.b.func.dfg;
        let value = dfg.resolve_aliases(value);
        let bits = dfg.value_type(value).bits();
        let limit = if bits >= 64 { u64::MAX } else { (1 << bits) - 1 };
        let ValueDef::Result(inst, 0) = dfg.value_def(value) else { return limit };
        let Some(depth) = depth.checked_sub(1) else { return limit };
        let most = match dfg.insts[inst] {
            InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } => imm.bits() as u64 & limit,
            InstructionData::Unary { opcode: Opcode::Uextend, arg } => self.most(arg, depth),
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
