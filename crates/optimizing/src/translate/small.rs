//! Words that a check has shown to be small, until the end of the block.
//!
//! Invariant: what is noted holds wherever control is after the check, so it is forgotten where a block begins.

use std::collections::BTreeMap;

use cranelift_codegen::ir;
use lockstep_base::Index;
use lockstep_ir::{MEMORY_BYTES_MAX, Operand, Source, Var};

use super::Translation;

/// What the checks of a block say of addresses.
#[derive(Default)]
pub(super) struct Small {
    /// The most that an integer of 64 bits can be.
    most: BTreeMap<ir::Value, u64>,
    /// Variables that are known to be a word of one limb, until they change.
    limbs: BTreeMap<Var, ir::Value>,
}

impl Small {
    pub(super) fn begin_block(&mut self) {
        self.most.clear();
        self.limbs.clear();
    }

    /// The variable changes.
    pub(super) fn set(&mut self, var: Var) {
        self.limbs.remove(&var);
    }

    /// The limb that `var` is, where a check said so.
    pub(super) fn limb(&self, var: Var) -> Option<ir::Value> {
        self.limbs.get(&var).copied()
    }

    /// The most that `value` can be, where a check said so.
    pub(super) fn most(&self, value: ir::Value) -> Option<u64> {
        self.most.get(&value).copied()
    }
}

impl Translation<'_, '_, '_> {
    /// A check of `addr`, a word whose low limb that is, passed: it lies within the largest memory.
    pub(super) fn passed_word(&mut self, addr: Operand, low: ir::Value) {
        self.small.most.insert(self.b.func.dfg.resolve_aliases(low), MEMORY_BYTES_MAX);
        match addr.source() {
            Source::Value(value) => {
                if let Some(word) = &mut self.words[value.position()] {
                    *word = [low, self.zero, self.zero, self.zero];
                }
            }
            Source::Var(var) => _ = self.small.limbs.insert(var, low),
            Source::Const(_) | Source::Imm(_) => {}
        }
    }
}
