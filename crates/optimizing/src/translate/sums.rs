//! Addresses as sums: words that are others with a known distance added, as those that programs reckon with.
//!
//! ```text
//! q = p + 64 ; check q, 32       only the low limb of q is computed: the check looks at the limbs of p
//! r = p + 96                     r is q + 32, and q was small: one limb
//! ```
//!
//! # Invariants
//!
//! 1. The low limb of a sum is the low limb of the word with the distance added, whatever carries.
//! 2. Where a word with a distance passed a check, it is less than 2^32 with any larger distance that is less than 2^31 more;
//!    what holds is forgotten where a block begins.
//! 3. A sum whose limbs somebody else wants is computed for the first who does.

use std::collections::BTreeMap;

use cranelift_codegen::ir::{self, InstBuilder, condcodes::IntCC};
use lockstep_base::Index;
use lockstep_ir::{MEMORY_BYTES_MAX, Operand, Source, Type, Value};
use lockstep_rt::native::Helpers;

use super::{Translation, word::Word};
use crate::abi::WORD;

/// What is added to a word at most.
pub(super) const DISTANCE_MAX: u64 = 1 << 31;

/// What the sums of a block are.
#[derive(Default)]
pub(super) struct Sums {
    of: BTreeMap<Value, (Word, u64)>,
    /// For words, the least distance with which one passed a check.
    passed: BTreeMap<Word, u64>,
    /// What differences are taken of: they are zero where these are the same.
    differences: BTreeMap<Value, [Word; 2]>,
}

impl Sums {
    pub(super) fn begin_block(&mut self) {
        self.of.clear();
        self.passed.clear();
        self.differences.clear();
    }

    /// Notes what `result` is the difference of.
    pub(super) fn note_difference(&mut self, result: Value, of: [Word; 2]) {
        self.differences.insert(result, of);
    }

    /// What `value` is the difference of, if it was noted.
    pub(super) fn difference(&self, value: Operand) -> Option<[Word; 2]> {
        self.differences.get(&value.as_value()?).copied()
    }
}

impl Translation<'_, '_, '_> {
    /// Notes that `result` is the sum of `args`, if one of them is a small number and the other large; false when not.
    pub(super) fn note_sum(&mut self, args: [Operand; 2], result: Value) -> bool {
        let [a, b] = args;
        let noted = self.distance(a, b).or_else(|| self.distance(b, a));
        if let Some(sum) = noted {
            self.sums.of.insert(result, sum);
            self.words[result.position()] = None;
        }
        noted.is_some()
    }

    fn distance(&mut self, word: Operand, distance: Operand) -> Option<(Word, u64)> {
        let distance = self.func.const_u64(distance, Type::I256)?;
        let (word, before) = self.as_sum(word)?;
        let all = before.checked_add(distance).filter(|all| *all <= DISTANCE_MAX)?;
        Some((word, all))
    }

    /// The operand as a word of several limbs and what was added to it; `None` where it has one.
    fn as_sum(&mut self, operand: Operand) -> Option<(Word, u64)> {
        if let Source::Value(value) = operand.source()
            && self.words[value.position()].is_none_or(|word| self.used(&word) > 1)
            && let Some(sum) = self.sums.of.get(&value)
        {
            return Some(*sum);
        }
        if operand.is_const() {
            return None;
        }
        let word = self.word(operand).ok()?;
        let word = self.resolved(word);
        (self.used(&word) > 1).then_some((word, 0))
    }

    /// The limbs of a sum that nobody computed.
    pub(super) fn computed_sum(&mut self, value: Value) -> Word {
        let (word, distance) = self.sums.of[&value];
        let sum = match self.small_sum(&word, distance) {
            Some(limb) => self.of_limb(limb),
            None => {
                let distance = self.limb(distance);
                let distance = self.of_limb(distance);
                self.sum(word, distance)
            }
        };
        // A twin's values are its own.
        if !self.span.is_twin {
            self.define_word(value, sum);
        }
        sum
    }

    /// The only limb of a word with a distance added, where a check before says that there is one.
    fn small_sum(&mut self, word: &Word, distance: u64) -> Option<ir::Value> {
        let least = *self.sums.passed.get(word)?;
        if distance < least {
            return None;
        }
        let limb = self.b.ins().iadd_imm_s(word[0], distance as i64);
        self.small.note(limb, MEMORY_BYTES_MAX + DISTANCE_MAX);
        Some(limb)
    }

    /// Checks that `len` bytes exist from `addr` on, a word of several limbs, and gives its low limb; `None` where it has
    /// one limb.
    pub(super) fn check_sum(&mut self, addr: Operand, len: Option<u64>) -> Option<ir::Value> {
        let (word, distance) = self.as_sum(addr)?;
        if let Some(low) = self.small_sum(&word, distance) {
            self.now_small(addr, low);
            return None;
        }
        let len = len.filter(|len| (1..=DISTANCE_MAX).contains(len))?;
        let low = self.b.ins().iadd_imm_s(word[0], distance as i64);
        let end = self.b.ins().iadd_imm_s(word[0], (distance + len) as i64);
        // What has more than 32 bits wraps around nowhere but behind all that exists.
        let top = self.b.ins().ushr_imm_u(word[0], 32);
        let more = self.any(&[top, word[1], word[2], word[3]]);
        let most = self.b.ins().iconst(WORD, -1);
        let end = self.b.ins().select(more, most, end);
        let size = self.memory_len(lockstep_ir::MemoryId(0));
        let is_out = self.b.ins().icmp(IntCC::UnsignedGreaterThan, end, size);
        self.grow_where(is_out, |this, context| {
            let bytes = this.b.ins().iconst(WORD, (distance << 32 | len) as i64);
            let [a, b, c, d] = word;
            (Helpers::TOUCH_WORD, vec![context, a, b, c, d, bytes])
        });
        let least = self.sums.passed.entry(word).or_insert(distance);
        *least = distance.min(*least);
        self.passed_word(addr, low);
        Some(low)
    }
}
