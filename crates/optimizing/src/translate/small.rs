//! Words that a check has shown to be small, or what leads to the block (`narrow`), until the end of the block.
//!
//! Invariant: what is noted holds wherever control is after that, so it is forgotten where a block begins.

use std::collections::BTreeMap;

use cranelift_codegen::ir;
use lockstep_base::Index;
use lockstep_ir::{MEMORY_BYTES_MAX, Operand, Source, Var};

use super::{Place, Translation, word::Word};

/// What the checks of a block say of addresses.
#[derive(Default)]
pub(super) struct Small {
    /// The most that an integer of 64 bits can be.
    most: BTreeMap<ir::Value, u64>,
    /// What variables are, until they change, of those that were looked at or set; and which are a word.
    held: BTreeMap<Var, Word>,
    holders: BTreeMap<Word, Vec<Var>>,
}

impl Small {
    pub(super) fn begin_block(&mut self) {
        self.most.clear();
        self.held.clear();
        self.holders.clear();
    }

    /// The variable is `word`.
    pub(super) fn holds(&mut self, var: Var, word: Word) {
        if self.held.insert(var, word) != Some(word) {
            self.holders.entry(word).or_default().push(var);
        }
    }

    /// The variables that are `word`, which are set to something else now.
    fn take_holders_of(&mut self, word: &Word) -> Vec<Var> {
        let mut holders = self.holders.remove(word).unwrap_or_default();
        holders.retain(|var| self.held.get(var) == Some(word));
        holders
    }

    /// `value` is at most `most`.
    pub(super) fn note(&mut self, value: ir::Value, most: u64) {
        let known = self.most.entry(value).or_insert(most);
        *known = most.min(*known);
    }

    /// The most that `value` can be, where a check said so.
    pub(super) fn most(&self, value: ir::Value) -> Option<u64> {
        self.most.get(&value).copied()
    }
}

impl Translation<'_, '_, '_> {
    /// A check of `addr`, a word whose low limb that is, passed: it lies within the largest memory.
    pub(super) fn passed_word(&mut self, addr: Operand, low: ir::Value) {
        self.small.note(self.b.func.dfg.resolve_aliases(low), MEMORY_BYTES_MAX);
        self.now_small(addr, low);
    }

    /// From here on `addr`, a word, is known to be this limb, and so are all variables that are it: where control comes
    /// together their upper limbs are seen to be zero too.
    pub(super) fn now_small(&mut self, addr: Operand, low: ir::Value) {
        let small = self.of_limb(low);
        let large = match addr.source() {
            Source::Value(value) => self.words[value.position()].replace(small),
            Source::Var(var) => self.small.held.get(&var).copied(),
            Source::Const(_) | Source::Imm(_) => None,
        };
        let large = large.map(|word| self.resolved(word)).filter(|word| self.used(word) > 1);
        for var in large.map(|word| self.small.take_holders_of(&word)).unwrap_or_default() {
            self.set_word(var, small);
        }
    }

    /// Sets a variable that is a word of limbs.
    pub(super) fn set_word(&mut self, var: Var, word: Word) {
        let Place::Word(places) = self.vars[var.position()] else { return };
        for (place, limb) in places.into_iter().zip(word) {
            self.b.def_var(place, limb);
        }
        let word = self.resolved(word);
        self.small.holds(var, word);
    }

    /// The limbs by their first names.
    pub(super) fn resolved(&self, word: Word) -> Word {
        word.map(|limb| self.b.func.dfg.resolve_aliases(limb))
    }
}
