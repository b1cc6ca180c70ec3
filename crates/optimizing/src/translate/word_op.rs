//! Operations on words: sums and comparisons in halves of 128 bits, logic and shifts by limbs, the rest by functions,
//! with the small operands that most are done in place.

use cranelift_codegen::ir::{self, InstBuilder, condcodes::IntCC, types};
use lockstep_ir::{Op, Operand, Shape, Type, Value};
use lockstep_rt::native::{NoCode, word_helper};

use super::{
    Translation,
    word::{LIMBS, Word, is_word},
};
use crate::abi::WORD;

impl Translation<'_, '_, '_> {
    /// An operation that takes or makes words; false when it is none.
    pub(super) fn word_operation(
        &mut self,
        op: Op,
        (ty, to): (Type, Type),
        args: [Operand; 3],
        result: Value,
    ) -> Result<bool, NoCode> {
        if !is_word(ty) && !is_word(to) {
            return Ok(false);
        }
        if self.narrow_operation(op, (ty, to), args, result)? {
            return Ok(true);
        }
        let shape = op.shape();
        match shape {
            Shape::Extend => {
                let word = self.widened_word(args[0], ty, op == Op::Sextend)?;
                self.define_word(result, word);
            }
            Shape::Reduce => {
                let value = self.narrowed(args[0], to)?;
                self.define(result, value);
            }
            Shape::Compare => {
                let [a, b] = match self.of_difference(op, [args[0], args[1]]) {
                    Some(of) => of,
                    None => [self.word(args[0])?, self.word(args[1])?],
                };
                let value = self.compare_words(op, a, b)?;
                self.define(result, value);
            }
            Shape::Select => {
                let cond = self.exact(args[0], Type::I8)?;
                let (a, b) = (self.word(args[1])?, self.word(args[2])?);
                let word = core::array::from_fn(|at| self.select_limb(cond, a[at], b[at]));
                self.define_word(result, word);
            }
            Shape::Unary => {
                let a = self.word(args[0])?;
                let word = match op {
                    Op::Bnot => a.map(|limb| self.b.ins().bnot(limb)),
                    Op::Ineg => self.difference(self.of_limb(self.zero), a),
                    _ => self.function_of_words(op, &[a])?,
                };
                self.define_word(result, word);
            }
            Shape::Binary if op == Op::Iadd && self.note_sum([args[0], args[1]], result) => {}
            Shape::Binary if op == Op::Isub => {
                let (a, b) = (self.word(args[0])?, self.word(args[1])?);
                self.sums.note_difference(result, [a, b]);
                let word = self.difference(a, b);
                self.define_word(result, word);
            }
            Shape::Binary => {
                let word = self.binary_words(op, [args[0], args[1]])?;
                self.define_word(result, word);
            }
            Shape::Ternary => {
                let args = [self.word(args[0])?, self.word(args[1])?, self.word(args[2])?];
                let word = self.function_of_words(op, &args)?;
                self.define_word(result, word);
            }
            _ => return Err(NoCode("an operation on words")),
        }
        self.trim(result);
        Ok(true)
    }

    /// What a difference is taken of that is asked whether it is zero: that is whether they are the same.
    fn of_difference(&self, op: Op, [a, b]: [Operand; 2]) -> Option<[Word; 2]> {
        let is_zero = |operand| self.func.const_u64(operand, Type::I256) == Some(0);
        match op {
            Op::Ieq | Op::Ine if is_zero(b) => self.sums.difference(a),
            Op::Ieq | Op::Ine if is_zero(a) => self.sums.difference(b),
            _ => None,
        }
    }

    fn select_limb(&mut self, cond: ir::Value, a: ir::Value, b: ir::Value) -> ir::Value {
        if a == b { a } else { self.b.ins().select(cond, a, b) }
    }

    fn function_of_words(&mut self, op: Op, args: &[Word]) -> Result<Word, NoCode> {
        let helper = word_helper(op).ok_or(NoCode("an operation on words"))?;
        Ok(self.call_words(helper, args))
    }

    fn binary_words(&mut self, op: Op, args: [Operand; 2]) -> Result<Word, NoCode> {
        let (a, b) = (self.word(args[0])?, self.word(args[1])?);
        Ok(match op {
            Op::Iadd => self.sum(a, b),
            Op::Band | Op::Bor | Op::Bxor => {
                core::array::from_fn(|at| self.logic(op, a[at], b[at]))
            }
            Op::IshlFull | Op::UshrFull | Op::SshrFull => match self.known_word(&b) {
                Some(count) => self.shifted(op, a, count),
                None => self.function_of_words(op, &[a, b])?,
            },
            Op::SextendByte => match self.known_word(&b) {
                Some(byte) => self.sign_extended(a, byte),
                None => self.function_of_words(op, &[a, b])?,
            },
            Op::ByteBe => match self.known_word(&b) {
                Some(byte) => self.byte_of(a, byte),
                None => self.function_of_words(op, &[a, b])?,
            },
            Op::Imul => self.product(a, b)?,
            Op::Udiv | Op::Urem => self.quotient(op, a, b)?,
            _ => self.function_of_words(op, &[a, b])?,
        })
    }

    /// The number that a word is known to be, all ones where it has more than 64 bits.
    fn known_word(&self, word: &Word) -> Option<u64> {
        let mut known = self.known_limb(word[0])?;
        for limb in &word[1..] {
            if self.known_limb(*limb)? != 0 {
                known = u64::MAX;
            }
        }
        Some(known)
    }

    pub(super) fn halves(&mut self, word: &Word) -> [ir::Value; 2] {
        [self.b.ins().iconcat(word[0], word[1]), self.b.ins().iconcat(word[2], word[3])]
    }

    fn whole(&mut self, [low, high]: [ir::Value; 2]) -> Word {
        let ((a, b), (c, d)) = (self.b.ins().isplit(low), self.b.ins().isplit(high));
        [a, b, c, d]
    }

    pub(super) fn sum(&mut self, a: Word, b: Word) -> Word {
        let used = self.used(&a).max(self.used(&b));
        if used <= 1 && self.most_of(a[0]).checked_add(self.most_of(b[0])).is_some() {
            let sum = self.b.ins().iadd(a[0], b[0]);
            return self.of_limb(sum);
        }
        if used <= 1 {
            let (sum, carry) = self.b.ins().uadd_overflow(a[0], b[0]);
            let carry = self.b.ins().uextend(WORD, carry);
            return [sum, carry, self.zero, self.zero];
        }
        let ([a_low, a_high], [b_low, b_high]) = (self.halves(&a), self.halves(&b));
        let low = self.b.ins().iadd(a_low, b_low);
        let carry = self.b.ins().icmp(IntCC::UnsignedLessThan, low, a_low);
        if used == 2 {
            let (limb_0, limb_1) = self.b.ins().isplit(low);
            let carry = self.b.ins().uextend(WORD, carry);
            return [limb_0, limb_1, carry, self.zero];
        }
        let carry = self.b.ins().uextend(types::I128, carry);
        let high = self.b.ins().iadd(a_high, b_high);
        let high = self.b.ins().iadd(high, carry);
        self.whole([low, high])
    }

    fn difference(&mut self, a: Word, b: Word) -> Word {
        let ([a_low, a_high], [b_low, b_high]) = (self.halves(&a), self.halves(&b));
        let low = self.b.ins().isub(a_low, b_low);
        let borrow = self.b.ins().icmp(IntCC::UnsignedLessThan, a_low, b_low);
        let borrow = self.b.ins().uextend(types::I128, borrow);
        let high = self.b.ins().isub(a_high, b_high);
        let high = self.b.ins().isub(high, borrow);
        self.whole([low, high])
    }

    fn product(&mut self, a: Word, b: Word) -> Result<Word, NoCode> {
        let (a_used, b_used) = (self.used(&a), self.used(&b));
        if a_used <= 1 && b_used <= 1 {
            return Ok(self.product_of_limbs(a[0], b[0]));
        }
        if a_used <= 1 || b_used <= 1 {
            let (word, limb) = if b_used <= 1 { (a, b[0]) } else { (b, a[0]) };
            return Ok(self.product_with_limb(word, limb));
        }
        let upper = [&a[1..], &b[1..]].concat();
        self.small_or(Op::Imul, &upper, [a, b], |this| {
            let product = this.product_of_limbs(a[0], b[0]);
            Ok(product)
        })
    }

    fn product_of_limbs(&mut self, a: ir::Value, b: ir::Value) -> Word {
        let low = self.b.ins().imul(a, b);
        if self.most_of(a).checked_mul(self.most_of(b)).is_some() {
            return self.of_limb(low);
        }
        let high = self.b.ins().umulhi(a, b);
        [low, high, self.zero, self.zero]
    }

    /// Four products, each with what the one before left.
    fn product_with_limb(&mut self, a: Word, b: ir::Value) -> Word {
        let mut over = self.zero;
        core::array::from_fn(|at| {
            let low = self.b.ins().imul(a[at], b);
            if at == LIMBS - 1 {
                return self.b.ins().iadd(low, over);
            }
            let high = self.b.ins().umulhi(a[at], b);
            let (sum, carry) = self.b.ins().uadd_overflow(low, over);
            let carry = self.b.ins().uextend(WORD, carry);
            over = self.b.ins().iadd(high, carry);
            sum
        })
    }

    fn quotient(&mut self, op: Op, a: Word, b: Word) -> Result<Word, NoCode> {
        let upper = [&a[1..], &b[1..]].concat();
        self.small_or(op, &upper, [a, b], |this| {
            let value = this.quotient_of_limbs(op, a[0], b[0]);
            Ok(this.of_limb(value))
        })
    }

    /// In 64 bits; by zero it is zero.
    fn quotient_of_limbs(&mut self, op: Op, a: ir::Value, b: ir::Value) -> ir::Value {
        let known = self.known_limb(b);
        if known == Some(0) {
            return self.zero;
        }
        let is_zero = known.is_none().then(|| self.b.ins().icmp_imm_s(IntCC::Equal, b, 0));
        let divisor = match is_zero {
            Some(is_zero) => {
                let one = self.limb(1);
                self.b.ins().select(is_zero, one, b)
            }
            None => b,
        };
        let value = match op {
            Op::Udiv => self.b.ins().udiv(a, divisor),
            _ => self.b.ins().urem(a, divisor),
        };
        match is_zero {
            Some(is_zero) => self.b.ins().select(is_zero, self.zero, value),
            None => value,
        }
    }

    /// What `small` makes where all of `upper` is zero, else what the function makes.
    fn small_or(
        &mut self,
        op: Op,
        upper: &[ir::Value],
        args: [Word; 2],
        small: impl FnOnce(&mut Self) -> Result<Word, NoCode>,
    ) -> Result<Word, NoCode> {
        let any = self.any(upper);
        if self.is_zero(any) {
            return small(self);
        }
        let [large, little, done] = core::array::from_fn(|_| self.b.create_block());
        self.b.set_cold_block(large);
        let result = core::array::from_fn(|_| self.b.append_block_param(done, WORD));
        self.b.ins().brif(any, large, &[], little, &[]);
        self.b.seal_block(large);
        self.b.seal_block(little);
        self.b.switch_to_block(large);
        let word = self.function_of_words(op, &args)?;
        self.jump_with(done, &word);
        self.b.switch_to_block(little);
        let word = small(self)?;
        self.jump_with(done, &word);
        self.b.seal_block(done);
        self.b.switch_to_block(done);
        Ok(result)
    }
}
