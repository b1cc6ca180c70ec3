//! Memories: checks, loads, stores; and globals.

use cranelift_codegen::ir::{
    self, InstBuilder, InstructionData, MemFlagsData, Opcode, condcodes::IntCC, types,
};
use lockstep_ir::{GlobalId, Growth, Inst, MemoryId, Op, Operand, Order, Trap, Type, Value};
use lockstep_rt::native::{Layout, NoCode};

use super::{Translation, word::is_word};
use crate::{
    abi::{WORD, clif_type},
    plant::{self, Bug},
    slot::{LITTLE, store},
};

impl Translation<'_, '_, '_> {
    pub(super) fn memory_inst(&mut self, inst: Inst) -> Result<(), NoCode> {
        match inst {
            Inst::Check { memory, ty, addr, len, result } => {
                self.check(memory, (ty, addr, len), result)
            }
            Inst::Load { ty, order: Order::Big, token, offset, result } if is_word(ty) => {
                let (addr, offset) = self.place(token, offset);
                let word = self.load_word_big(addr, offset);
                self.define_word(result, word);
                Ok(())
            }
            Inst::Store { ty, order: Order::Big, token, offset, value } if is_word(ty) => {
                let word = self.word(value)?;
                let (addr, offset) = self.place(token, offset);
                self.store_word_big(word, addr, offset);
                Ok(())
            }
            Inst::Load { ty, order, token, offset, result } => {
                let flags = self.access(token);
                let (addr, offset) = self.place(token, offset);
                if order == Order::Little
                    && self.load_extended((ty, result), flags, (addr, offset))?
                {
                    return Ok(());
                }
                let loaded = self.load((ty, order), flags, addr, offset)?;
                self.define(result, loaded);
                Ok(())
            }
            Inst::Store { ty, order: Order::Little, token, offset, value }
                if self.is_pending(value, ty) =>
            {
                let value = self.raw(value, ty)?;
                let flags = self.access(token);
                let place = self.place(token, offset);
                self.store_canonical((ty, value), flags, place);
                Ok(())
            }
            Inst::Store { ty, order, token, offset, value } => {
                let value = self.exact(value, ty)?;
                let flags = self.access(token);
                let (addr, offset) = self.place(token, offset);
                let value = self.ordered(ty, order, value)?;
                self.store((ty, value), flags, (addr, offset));
                Ok(())
            }
            Inst::MemorySize { memory, result } => {
                let len = self.memory_len(memory);
                self.define(result, len);
                Ok(())
            }
            other => self.touch_inst(other),
        }
    }

    pub(super) fn memory_len(&mut self, memory: MemoryId) -> ir::Value {
        let offset = Layout::MEMORIES + memory.0 as i32 * Layout::MEMORY_BYTES + Layout::MEMORY_LEN;
        // What never changes is read once.
        let flags = match self.interface.memories[memory].growth {
            Growth::Fixed => self.flags.fixed,
            _ if plant::is(Bug::StaleLength) => self.flags.fixed,
            _ => self.flags.context,
        };
        let context = self.context_of_memories();
        self.b.ins().load(WORD, flags, context, offset)
    }

    pub(super) fn memory_base(&mut self, memory: MemoryId) -> ir::Value {
        let offset =
            Layout::MEMORIES + memory.0 as i32 * Layout::MEMORY_BYTES + Layout::MEMORY_BASE;
        let context = self.context_of_memories();
        self.b.ins().load(WORD, self.flags.fixed, context, offset)
    }

    /// The context to reach memories: where loops are as tight as machine code makes them it is kept, and what never changes
    /// with it; code of programs with a window has too many accesses in too many blocks, and words for all registers.
    fn context_of_memories(&mut self) -> ir::Value {
        match self.interface.window {
            Some(_) => self.context_here(),
            None => self.context,
        }
    }

    fn check(
        &mut self,
        memory: MemoryId,
        (ty, addr, len): (Type, Operand, Operand),
        result: Value,
    ) -> Result<(), NoCode> {
        if matches!(self.interface.memories[memory].growth, Growth::OnTouch { .. }) {
            return self.check_touch(memory, (ty, addr, len), result);
        }
        if !matches!(ty, Type::I32 | Type::I64) {
            return Err(NoCode("a check of something other than a machine word"));
        }
        let def = self.interface.memories[memory];
        let is_owned = matches!(def.growth, Growth::Explicit { .. } | Growth::Fixed);
        let is_fixed = def.growth == Growth::Fixed;
        let is_narrow = ty == Type::I32 || self.is_narrow(addr);
        let known = self.known(len, ty);
        let addr = self.long(addr, ty)?;
        self.tokens.insert(result.0, memory);
        self.define(result, addr);
        let passes =
            known.is_some_and(|len| len == 0 || is_owned && self.passes(memory, addr, len));
        if passes || is_owned && self.leave_check((is_narrow, known), result) {
            return Ok(());
        }
        // The last address is known before the loop that the check is in.
        if let Some(len) = known.filter(|len| is_fixed && *len <= def.initial_bytes) {
            let size = self.memory_len(memory);
            let last = self.b.ins().iadd_imm_s(size, -(len as i64));
            let is_out = self.b.ins().icmp(IntCC::UnsignedGreaterThan, addr, last);
            self.trap_if(is_out, Trap::MemoryOutOfBounds);
            return Ok(());
        }
        let is_short = known.is_some_and(|len| len <= 1 << 33);
        let len = self.long(len, ty)?;
        let (end, overflows) = if is_narrow && is_short {
            (self.b.ins().iadd(addr, len), None)
        } else {
            let (end, overflows) = self.b.ins().uadd_overflow(addr, len);
            (end, Some(overflows))
        };
        let is_out = self.is_beyond(memory, (end, overflows), known.is_none().then_some(len));
        self.trap_if(is_out, Trap::MemoryOutOfBounds);
        Ok(())
    }

    /// An integer of 32 or 64 bits, in 64.
    fn long(&mut self, operand: Operand, ty: Type) -> Result<ir::Value, NoCode> {
        if ty == Type::I64 || operand.is_const() {
            return self.raw(operand, Type::I64);
        }
        let narrow = self.raw(operand, ty)?;
        Ok(self.b.ins().uextend(WORD, narrow))
    }

    /// Whether a range ends beyond the memory, or beyond 64 bits where it may; one whose length is not known may have no
    /// bytes, which lie anywhere.
    pub(super) fn is_beyond(
        &mut self,
        memory: MemoryId,
        (end, overflows): (ir::Value, Option<ir::Value>),
        unknown_len: Option<ir::Value>,
    ) -> ir::Value {
        let size = self.memory_len(memory);
        let mut is_out = self.b.ins().icmp(IntCC::UnsignedGreaterThan, end, size);
        if let Some(overflows) = overflows {
            is_out = self.b.ins().bor(is_out, overflows);
        }
        if let Some(len) = unknown_len {
            let is_some = self.b.ins().icmp_imm_s(IntCC::NotEqual, len, 0);
            is_out = self.b.ins().band(is_out, is_some);
        }
        is_out
    }

    /// An address and an offset that together are `token + offset` of the token's memory.
    fn place(&mut self, token: Value, offset: u32) -> (ir::Value, i32) {
        let base = self.memory_base(self.tokens[&token.0]);
        let addr = self.values[token.0 as usize].expect("the verifier found the check");
        let addr = self.b.ins().iadd(base, addr);
        match i32::try_from(offset) {
            Ok(offset) => (addr, offset),
            Err(_) => (self.b.ins().iadd_imm_s(addr, i64::from(offset)), 0),
        }
    }

    /// Stores a value; of a wider one that was made narrower for it, the low bytes, so that what the wider one is made of is
    /// not made again in fewer bits.
    fn store(
        &mut self,
        (ty, value): (Type, ir::Value),
        flags: MemFlagsData,
        (addr, offset): (ir::Value, i32),
    ) {
        let dfg = &self.b.func.dfg;
        let def = dfg.value_def(dfg.resolve_aliases(value)).inst();
        let wider = match def.map(|inst| dfg.insts[inst]) {
            Some(InstructionData::Unary { opcode: Opcode::Ireduce, arg })
                if dfg.value_type(arg).bits() <= 64 =>
            {
                Some(arg)
            }
            _ => None,
        };
        match (wider, ty) {
            (Some(wider), Type::I8) => self.b.ins().istore8(flags, wider, addr, offset),
            (Some(wider), Type::I16) => self.b.ins().istore16(flags, wider, addr, offset),
            (Some(wider), Type::I32) => self.b.ins().istore32(flags, wider, addr, offset),
            _ => self.b.ins().store(flags, value, addr, offset),
        };
    }

    /// Loads a value together with what the next instruction makes of it, if that is a wider one; whether it does.
    fn load_extended(
        &mut self,
        (ty, result): (Type, Value),
        flags: MemFlagsData,
        (addr, offset): (ir::Value, i32),
    ) -> Result<bool, NoCode> {
        let Some(Inst::Op { op, ty: from, to, args: [arg, ..], result: wide, .. }) =
            self.func.insts.get(self.at + 1)
        else {
            return Ok(false);
        };
        if *from != ty || *arg != result.into() || !matches!(to, Type::I32 | Type::I64) {
            return Ok(false);
        }
        let clif = clif_type(*to)?;
        let b = self.b.ins();
        let value = match (op, ty) {
            (Op::Uextend, Type::I8) => b.uload8(clif, flags, addr, offset),
            (Op::Uextend, Type::I16) => b.uload16(clif, flags, addr, offset),
            (Op::Uextend, Type::I32) => b.uload32(flags, addr, offset),
            (Op::Sextend, Type::I8) => b.sload8(clif, flags, addr, offset),
            (Op::Sextend, Type::I16) => b.sload16(clif, flags, addr, offset),
            (Op::Sextend, Type::I32) => b.sload32(flags, addr, offset),
            _ => return Ok(false),
        };
        let narrow = self.b.ins().ireduce(clif_type(ty)?, value);
        self.define(result, narrow);
        self.extended = Some((*wide, value));
        Ok(true)
    }

    fn load(
        &mut self,
        (ty, order): (Type, Order),
        flags: MemFlagsData,
        addr: ir::Value,
        offset: i32,
    ) -> Result<ir::Value, NoCode> {
        let clif = match order {
            Order::Big if ty.is_float() => clif_type(bits_of(ty))?,
            _ => clif_type(ty)?,
        };
        let loaded = self.b.ins().load(clif, flags, addr, offset);
        if order == Order::Little || clif == types::I8 {
            return Ok(loaded);
        }
        if ty == Type::V128 {
            return Err(NoCode("vectors of the other byte order"));
        }
        let swapped = self.b.ins().bswap(loaded);
        Ok(match ty.is_float() {
            true => self.b.ins().bitcast(clif_type(ty)?, LITTLE, swapped),
            false => swapped,
        })
    }

    /// The value as it lies in memory.
    fn ordered(&mut self, ty: Type, order: Order, value: ir::Value) -> Result<ir::Value, NoCode> {
        if order == Order::Little || ty == Type::I8 {
            return Ok(value);
        }
        if ty == Type::V128 {
            return Err(NoCode("vectors of the other byte order"));
        }
        let value = match ty.is_float() {
            true => self.b.ins().bitcast(clif_type(bits_of(ty))?, LITTLE, value),
            false => value,
        };
        Ok(self.b.ins().bswap(value))
    }

    fn global(&mut self, global: GlobalId) -> ir::Value {
        let globals = self.b.ins().load(WORD, self.flags.fixed, self.context, Layout::GLOBALS);
        self.b.ins().load(WORD, self.flags.fixed, globals, global.0 as i32 * 8)
    }

    pub(super) fn global_get(&mut self, global: GlobalId, result: Value) -> Result<(), NoCode> {
        let clif = clif_type(self.interface.globals[global].ty)?;
        let place = self.global(global);
        let value = self.b.ins().load(clif, self.flags.globals, place, 0);
        self.define(result, value);
        Ok(())
    }

    pub(super) fn global_set(&mut self, global: GlobalId, value: Operand) -> Result<(), NoCode> {
        let ty = self.interface.globals[global].ty;
        let value = self.exact(value, ty)?;
        let place = self.global(global);
        store(self.b, self.flags.globals, (ty, value), (place, 0));
        Ok(())
    }
}

/// The integer as wide as a float.
pub(super) fn bits_of(ty: Type) -> Type {
    if ty == Type::F32 { Type::I32 } else { Type::I64 }
}
