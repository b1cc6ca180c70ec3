//! Words of 256 bits: four limbs, the least significant first.
//!
//! Invariant: a limb that is known to be zero is a constant, so what is known of a word's size is seen in its limbs, and
//! nobody has to note it.

use cranelift_codegen::ir::{self, InstBuilder, InstructionData, Opcode, ValueDef, types};
use lockstep_base::Index;
use lockstep_ir::{Operand, Source, Type, Value};
use lockstep_rt::native::{Helpers, NoCode, WORD_SLOTS};

use super::{Place, Translation};
use crate::abi::{WORD, clif_type};

/// Limbs of a word.
pub(super) const LIMBS: usize = 4;

/// A word.
pub(super) type Word = [ir::Value; LIMBS];

/// Whether a type is a word here.
pub(super) fn is_word(ty: Type) -> bool {
    ty == Type::I256
}

impl Translation<'_, '_, '_> {
    /// A limb of a constant.
    pub(super) fn limb(&mut self, limb: u64) -> ir::Value {
        if limb == 0 { self.zero } else { self.b.ins().iconst(WORD, limb as i64) }
    }

    /// The number that a limb, or another integer of at most 64 bits, is known to be.
    pub(super) fn known_limb(&self, limb: ir::Value) -> Option<u64> {
        let dfg = &self.b.func.dfg;
        let ValueDef::Result(inst, 0) = dfg.value_def(dfg.resolve_aliases(limb)) else {
            return None;
        };
        match dfg.insts[inst] {
            InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } => Some(imm.bits() as u64),
            _ => None,
        }
    }

    pub(super) fn is_zero(&self, limb: ir::Value) -> bool {
        self.known_limb(limb) == Some(0)
    }

    /// How many limbs may be other than zero, from the lowest.
    pub(super) fn used(&self, word: &Word) -> usize {
        word.iter().rposition(|limb| !self.is_zero(*limb)).map_or(0, |last| last + 1)
    }

    /// A word that is a limb.
    pub(super) fn of_limb(&self, limb: ir::Value) -> Word {
        [limb, self.zero, self.zero, self.zero]
    }

    /// The operand, a word.
    pub(super) fn word(&mut self, operand: Operand) -> Result<Word, NoCode> {
        match operand.source() {
            Source::Value(value) => {
                Ok(self.words[value.position()].unwrap_or_else(|| self.computed_sum(value)))
            }
            Source::Var(var) => match self.vars[var.position()] {
                Place::Word(limbs) => {
                    let word = self.read_word(var, limbs);
                    self.small.holds(var, word);
                    Ok(word)
                }
                Place::Home(slot) => {
                    let (base, offset) = self.home(slot, Type::I256);
                    let flags = self.flags.stack;
                    let at = |limb: usize| offset + limb as i32 * 8;
                    Ok(core::array::from_fn(|limb| self.b.ins().load(WORD, flags, base, at(limb))))
                }
                Place::One(_) => Err(NoCode("a word in a variable of another type")),
            },
            Source::Const(_) | Source::Imm(_) => {
                let limbs = self.func.const_limbs(operand, Type::I256);
                let limbs = limbs.expect("the verifier found the pool");
                Ok(core::array::from_fn(|at| self.limb(limbs[at])))
            }
        }
    }

    pub(super) fn define_word(&mut self, value: Value, word: Word) {
        self.words[value.position()] = Some(word);
    }

    /// Operands of any types, words in limbs.
    pub(super) fn parts(
        &mut self,
        operands: &[Operand],
        types: &[Type],
    ) -> Result<Vec<ir::Value>, NoCode> {
        let mut parts = Vec::new();
        for (operand, ty) in operands.iter().zip(types) {
            match is_word(*ty) {
                true => parts.extend(self.word(*operand)?),
                false => parts.push(self.exact(*operand, *ty)?),
            }
        }
        Ok(parts)
    }

    /// Defines values of these types, one after the other, from parts.
    pub(super) fn define_parts(&mut self, first: Value, types: &[Type], parts: &[ir::Value]) {
        let mut parts = parts.iter().copied();
        for (position, ty) in types.iter().enumerate() {
            let value = Value(first.0 + position as u32);
            let mut next = || parts.next().expect("as many parts as types have");
            match is_word(*ty) {
                true => {
                    let word = core::array::from_fn(|_| next());
                    self.define_word(value, word);
                }
                false => {
                    let part = next();
                    self.define(value, part);
                }
            }
        }
    }

    /// The low 64 bits of an integer.
    pub(super) fn low_limb(&mut self, operand: Operand, ty: Type) -> Result<ir::Value, NoCode> {
        if is_word(ty) {
            return Ok(self.word(operand)?[0]);
        }
        let value = self.raw(operand, ty)?;
        Ok(match self.b.func.dfg.value_type(value) {
            types::I64 => value,
            types::I128 => self.b.ins().ireduce(WORD, value),
            _ => self.b.ins().uextend(WORD, value),
        })
    }

    /// An integer of at most 64 bits or a word as an address or length: all ones where it does not fit 64 bits.
    pub(super) fn saturated(&mut self, operand: Operand, ty: Type) -> Result<ir::Value, NoCode> {
        if !is_word(ty) {
            return self.low_limb(operand, ty);
        }
        let word = self.word(operand)?;
        if self.used(&word) <= 1 {
            return Ok(word[0]);
        }
        let upper = self.any(&word[1..]);
        let most = self.b.ins().iconst(WORD, -1);
        Ok(self.b.ins().select(upper, most, word[0]))
    }

    /// A number that is zero when all limbs are.
    pub(super) fn any(&mut self, limbs: &[ir::Value]) -> ir::Value {
        let mut limbs =
            limbs.iter().copied().filter(|limb| !self.is_zero(*limb)).collect::<Vec<_>>();
        let Some(mut any) = limbs.pop() else { return self.zero };
        for limb in limbs {
            any = self.b.ins().bor(any, limb);
        }
        any
    }

    /// A word made of an integer.
    pub(super) fn widened_word(
        &mut self,
        operand: Operand,
        ty: Type,
        is_signed: bool,
    ) -> Result<Word, NoCode> {
        let value = self.raw(operand, ty)?;
        let [low, high] = match ty {
            Type::I128 => {
                let (low, high) = self.b.ins().isplit(value);
                [low, high]
            }
            _ if is_signed && ty != Type::I64 => {
                let low = self.b.ins().sextend(WORD, value);
                [low, self.b.ins().sshr_imm_u(low, 63)]
            }
            _ if is_signed => [value, self.b.ins().sshr_imm_u(value, 63)],
            Type::I64 => [value, self.zero],
            _ => [self.b.ins().uextend(WORD, value), self.zero],
        };
        let rest = match is_signed {
            true => self.b.ins().sshr_imm_u(high, 63),
            false => self.zero,
        };
        Ok([low, high, rest, rest])
    }

    /// The low bits of a word.
    pub(super) fn narrowed(&mut self, operand: Operand, to: Type) -> Result<ir::Value, NoCode> {
        let word = self.word(operand)?;
        Ok(match to {
            Type::I64 => word[0],
            Type::I128 => self.b.ins().iconcat(word[0], word[1]),
            _ => self.b.ins().ireduce(clif_type(to)?, word[0]),
        })
    }

    /// Calls a function on words.
    pub(super) fn call_words(&mut self, helper: usize, args: &[Word]) -> Word {
        let (first, rest) = args.split_first().expect("an operation has an operand");
        let place = self.operand_room((rest.len().max(1) * WORD_SLOTS) as u32);
        let at = |position: usize, limb: usize| ((position * WORD_SLOTS + limb) * 8) as i32;
        for (position, arg) in rest.iter().enumerate() {
            for (limb, value) in arg.iter().enumerate() {
                self.b.ins().store(self.flags.stack, *value, place, at(position, limb));
            }
        }
        let context = self.context_arg();
        let helper_args = [&[context, place][..], first].concat();
        let place = self.helper(Helpers::WORDS + helper as i32 * 8, &helper_args, Some(WORD));
        let place = place.expect("the helper has a result");
        core::array::from_fn(|limb| self.b.ins().load(WORD, self.flags.stack, place, at(0, limb)))
    }
}
