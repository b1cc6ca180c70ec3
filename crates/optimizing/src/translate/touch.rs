//! Memories that grow on touch, reads past the end, copies: the common case in place, the rest by helpers.

use cranelift_codegen::ir::{self, InstBuilder, condcodes::IntCC};
use lockstep_ir::{Inst, MemoryId, Operand, Trap, Type, Value};
use lockstep_rt::native::{Helpers, Layout, NoCode};

use super::{
    Translation,
    word::{LIMBS, Word, is_word},
};
use crate::{
    abi::WORD,
    plant::{self, Bug},
    slot::load_all,
};

impl Translation<'_, '_, '_> {
    pub(super) fn touch_inst(&mut self, inst: Inst) -> Result<(), NoCode> {
        match inst {
            Inst::LoadPadded { memory, ty, addr, result } => {
                self.load_padded(memory, ty, addr, result)
            }
            Inst::CopyPadded { token, memory, from, len } => {
                let to = (self.tokens[&token.0], self.raw(token.into(), Type::I64)?);
                let from = (memory, self.saturated(from, Type::I256)?);
                self.copy(Helpers::COPY_PADDED, to, from, (token, len))
            }
            Inst::CopyWithin { to, from, len } => {
                let target = (self.tokens[&to.0], self.raw(to.into(), Type::I64)?);
                let source = (self.tokens[&from.0], self.raw(from.into(), Type::I64)?);
                self.copy(Helpers::COPY_WITHIN, target, source, (to, len))
            }
            _ => Err(NoCode("an operation on memories")),
        }
    }

    /// A check of a memory that grows on touch: the token is the address.
    pub(super) fn check_touch(
        &mut self,
        memory: MemoryId,
        (ty, addr, len): (Type, Operand, Operand),
        result: Value,
    ) -> Result<(), NoCode> {
        self.tokens.insert(result.0, memory);
        self.token_types.insert(result.0, ty);
        let known_len = self.func.const_u64(len, ty);
        let known_len = known_len.map(|len| self.merged.len(self.at, len));
        if memory.0 == 0
            && is_word(ty)
            && let Some(low) = self.check_sum(addr, known_len)
        {
            self.define(result, low);
            return Ok(());
        }
        let low = self.low_limb(addr, ty)?;
        self.define(result, low);
        if known_len == Some(0) {
            return Ok(());
        }
        let operand = addr;
        let addr = self.saturated(addr, ty)?;
        let len = match known_len {
            Some(len) => self.limb(len),
            None => self.saturated(len, ty)?,
        };
        let (end, overflows) = self.end(addr, len, known_len);
        if let (0, None, Some(end)) = (memory.0, overflows, self.known_limb(end)) {
            if end <= self.exists || plant::is(Bug::Existence) {
                return Ok(());
            }
            self.exists = end;
        }
        let unknown_len = known_len.is_none().then_some(len);
        let is_out = self.is_beyond(memory, (end, overflows), unknown_len);
        self.grow_where(is_out, |this, context| {
            let number = this.b.ins().iconst(WORD, i64::from(memory.0));
            (Helpers::TOUCH, vec![context, number, addr, len])
        });
        if known_len.is_some() && is_word(ty) {
            self.passed_word(operand, low);
        }
        Ok(())
    }

    /// Makes bytes exist by the helper that `call` names, with its arguments, where `is_out`; registers stay as they are.
    pub(super) fn grow_where(
        &mut self,
        is_out: ir::Value,
        call: impl FnOnce(&mut Self, ir::Value) -> (i32, Vec<ir::Value>),
    ) {
        let (grow, next) = (self.b.create_block(), self.b.create_block());
        self.b.set_cold_block(grow);
        self.b.ins().brif(is_out, grow, &[], next, &[]);
        self.b.seal_block(grow);
        self.b.switch_to_block(grow);
        self.store_gas();
        let context = self.context_arg();
        let (helper, args) = call(self, context);
        self.kept_helper(helper, &args);
        self.load_gas();
        self.b.ins().jump(next, &[]);
        self.b.seal_block(next);
        self.b.switch_to_block(next);
    }

    /// The end of a range, and whether that is beyond 64 bits where it may be.
    fn end(
        &mut self,
        addr: ir::Value,
        len: ir::Value,
        known_len: Option<u64>,
    ) -> (ir::Value, Option<ir::Value>) {
        if let (Some(addr), Some(len)) = (self.known_limb(addr), known_len)
            && let Some(end) = addr.checked_add(len)
        {
            return (self.limb(end), None);
        }
        if known_len.is_some_and(|len| self.most_of(addr).checked_add(len).is_some()) {
            return (self.b.ins().iadd(addr, len), None);
        }
        let (end, overflows) = self.b.ins().uadd_overflow(addr, len);
        (end, Some(overflows))
    }

    pub(super) fn load_gas(&mut self) {
        let context = self.context_here();
        let gas = self.b.ins().load(WORD, self.flags.context, context, Layout::GAS);
        self.b.def_var(self.gas, gas);
    }

    fn load_padded(
        &mut self,
        memory: MemoryId,
        ty: Type,
        addr: Operand,
        result: Value,
    ) -> Result<(), NoCode> {
        if !is_word(ty) {
            return Err(NoCode("a padded load of something other than a word"));
        }
        let addr = self.saturated(addr, Type::I256)?;
        let size = i64::from(ty.size_bytes());
        let known = self.limb(size as u64);
        let (end, overflows) = self.end(addr, known, Some(size as u64));
        let is_out = self.is_beyond(memory, (end, overflows), None);
        let [padded, plain, done] = core::array::from_fn(|_| self.b.create_block());
        self.b.set_cold_block(padded);
        let word: Word = core::array::from_fn(|_| self.b.append_block_param(done, WORD));
        self.b.ins().brif(is_out, padded, &[], plain, &[]);
        self.b.seal_block(padded);
        self.b.seal_block(plain);
        self.b.switch_to_block(padded);
        let place = self.operand_room(ty.slots());
        let context = self.context_arg();
        let number = self.b.ins().iconst(WORD, i64::from(memory.0));
        let size = self.b.ins().iconst(WORD, size);
        self.kept_helper(Helpers::LOAD_PADDED, &[context, number, addr, size, place]);
        let limbs = load_all(self.b, &[Type::I64; LIMBS], (place, 0));
        self.jump_with(done, &limbs);
        self.b.switch_to_block(plain);
        let base = self.memory_base(memory);
        let from = self.b.ins().iadd(base, addr);
        let limbs = self.load_word_big(from, 0);
        self.jump_with(done, &limbs);
        self.b.seal_block(done);
        self.b.switch_to_block(done);
        self.define_word(result, word);
        Ok(())
    }

    /// The word whose most significant byte is at the address.
    pub(super) fn load_word_big(&mut self, addr: ir::Value, offset: i32) -> Word {
        core::array::from_fn(|limb| {
            let at = offset + (LIMBS - 1 - limb) as i32 * 8;
            let value = self.b.ins().load(WORD, self.flags.heap, addr, at);
            self.b.ins().bswap(value)
        })
    }

    pub(super) fn store_word_big(&mut self, word: Word, addr: ir::Value, offset: i32) {
        for (limb, value) in word.into_iter().enumerate() {
            let at = offset + (LIMBS - 1 - limb) as i32 * 8;
            let value = if self.is_zero(value) { value } else { self.b.ins().bswap(value) };
            self.b.ins().store(self.flags.heap, value, addr, at);
        }
    }

    fn copy(
        &mut self,
        helper: i32,
        (target, to): (MemoryId, ir::Value),
        (source, from): (MemoryId, ir::Value),
        (token, len): (Value, Operand),
    ) -> Result<(), NoCode> {
        // The check admitted the length: 64 bits are all of it.
        let ty = self.token_types.get(&token.0).copied().unwrap_or(Type::I64);
        let len = self.low_limb(len, ty)?;
        let both = self.b.ins().iconst(WORD, i64::from(target.0) << 32 | i64::from(source.0));
        let context = self.context_arg();
        self.helper(helper, &[context, both, to, from, len], None);
        Ok(())
    }

    /// Takes `per * ceil(amount / unit)` for a word, which is too much where it has more than 64 bits.
    pub(super) fn small_amount(&mut self, amount: Operand) -> Result<ir::Value, NoCode> {
        let word = self.word(amount)?;
        if self.used(&word) > 1 {
            let upper = self.any(&word[1..]);
            let is_more = self.b.ins().icmp_imm_s(IntCC::NotEqual, upper, 0);
            self.trap_if(is_more, Trap::OutOfGas);
        }
        Ok(word[0])
    }
}
