//! Words by what they may be (`lockstep_ir::pass::Ranges`): limbs that are zero are constants, what fits 64 or 128 bits is done
//! there, and what is known is a constant.
//!
//! # Invariants
//!
//! 1. What is said of a variable is said where it is read: nobody sets its upper limbs for that, and where nobody reads them
//!    nothing carries them around a loop.
//! 2. A twin (`span`) goes its own way: there nothing is known.

use cranelift_codegen::ir::{self, InstBuilder};
use cranelift_frontend::Variable;
use lockstep_base::Index;
use lockstep_ir::{Inst, Op, Operand, Type, Value, Var, pass::Range};
use lockstep_rt::native::NoCode;

use super::{
    Translation,
    word::{LIMBS, Word, is_word},
};

impl Translation<'_, '_, '_> {
    /// Goes over an instruction, for what is known of words.
    pub(super) fn follow(&mut self, inst: &Inst) {
        if !self.span.is_twin {
            self.ranges.inst(self.interface, self.func, inst);
        }
    }

    fn range_of(&self, value: Value) -> Range {
        match self.span.is_twin {
            true => Range::ALL,
            false => self.ranges.value(self.func, value),
        }
    }

    /// What the variable of these limbs holds.
    pub(super) fn read_word(&mut self, var: Var, limbs: [Variable; LIMBS]) -> Word {
        let range = match self.span.is_twin {
            true => Range::ALL,
            false => self.ranges.var(self.func, var),
        };
        if let Some(number) = range.known() {
            let limb = self.limb(number);
            return self.of_limb(limb);
        }
        let used = range.limbs();
        let word = core::array::from_fn(|at| match at < used {
            true => self.b.use_var(limbs[at]),
            false => self.zero,
        });
        let word = self.resolved(word);
        self.note_most(word[0], range);
        word
    }

    /// Notes what a limb is at most that is all of a number in `range`.
    fn note_most(&mut self, limb: ir::Value, range: Range) {
        if let Some(most) = range.most_u64()
            && most < u64::MAX
            && !self.is_zero(limb)
        {
            self.small.note(self.b.func.dfg.resolve_aliases(limb), most);
        }
    }

    /// Does an operation that takes or makes words where its result is known, or fits one limb or two; false where it does not.
    pub(super) fn narrow_operation(
        &mut self,
        op: Op,
        (ty, to): (Type, Type),
        args: [Operand; 3],
        result: Value,
    ) -> Result<bool, NoCode> {
        let range = self.range_of(result);
        if let Some(number) = range.known()
            && !op.is_checked()
        {
            if is_word(to) {
                let limb = self.limb(number);
                self.define_word(result, self.of_limb(limb));
            } else {
                let value = self.constant(to, [number, 0])?;
                self.define(result, value);
            }
            return Ok(true);
        }
        let used = range.limbs();
        if !is_word(ty) || used > 2 || !matches!(op, Op::Iadd | Op::Isub | Op::Imul) {
            return Ok(false);
        }
        let (a, b) = (self.word(args[0])?, self.word(args[1])?);
        let operate = |this: &mut Self, a, b| match op {
            Op::Iadd => this.b.ins().iadd(a, b),
            Op::Isub => this.b.ins().isub(a, b),
            _ => this.b.ins().imul(a, b),
        };
        // The low limbs of the result are those of the low limbs.
        let word = if used <= 1 {
            let limb = operate(self, a[0], b[0]);
            self.note_most(limb, range);
            self.of_limb(limb)
        } else {
            let ([a, _], [b, _]) = (self.halves(&a), self.halves(&b));
            let low = operate(self, a, b);
            let (low, high) = self.b.ins().isplit(low);
            [low, high, self.zero, self.zero]
        };
        self.define_word(result, word);
        Ok(true)
    }

    /// The upper limbs that a result cannot have are zero.
    pub(super) fn trim(&mut self, result: Value) {
        let Some(word) = self.words[result.position()] else { return };
        let range = self.range_of(result);
        let used = range.limbs();
        let word: Word = core::array::from_fn(|at| if at < used { word[at] } else { self.zero });
        if used <= 1 {
            self.note_most(word[0], range);
        }
        self.define_word(result, word);
    }
}
