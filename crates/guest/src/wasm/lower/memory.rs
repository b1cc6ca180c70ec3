//! Loads, stores, and what changes whole memories.
//!
//! Invariant: the address is index + offset without wrapping, 33 bits or 65 (Wasm 2.0, 4.4.7).

use lockstep_ir::{Act, Inst, MemoryId, Op, Operand, Order, PAGE_BYTES, Trap, Type, Value};
use wasmparser::{MemArg, MemArgTarget, Operator};

use super::{Lower, decode::Taking, expression::Waiting};
use crate::wasm::{limits, schedule::Class};

/// How many bits a page number is above an address.
const PAGE_BITS: u32 = PAGE_BYTES.trailing_zeros();

/// A load or store.
#[derive(Clone, Copy)]
pub(super) struct Row {
    /// Type in memory.
    ty: Type,
    /// Type on the stack.
    operand: Type,
    kind: Kind,
}

#[derive(Clone, Copy)]
enum Kind {
    Load,
    /// Widened with its sign.
    LoadSigned,
    Store,
}

impl Row {
    pub(super) const fn is_store(self) -> bool {
        matches!(self.kind, Kind::Store)
    }

    /// What the access takes and yields.
    pub(super) const fn taking(self) -> Taking {
        match self.kind {
            Kind::Load | Kind::LoadSigned => Taking::Load(self.ty, self.operand),
            Kind::Store => Taking::Store(self.ty, self.operand),
        }
    }
}

macro_rules! rows {
    ($($operator:ident = $kind:ident $ty:ident $operand:ident;)*) => {
        /// The row of a load or store, and where it goes.
        pub(super) fn row(operator: &Operator<'_>) -> Option<(Row, MemArg)> {
            Some(match *operator {
                $(Operator::$operator { memarg } => {
                    let (ty, operand) = (Type::$ty, Type::$operand);
                    (Row { ty, operand, kind: Kind::$kind }, memarg)
                })*
                _ => return None,
            })
        }
    };
}

rows! {
    I32Load = Load I32 I32;
    I64Load = Load I64 I64;
    F32Load = Load F32 F32;
    F64Load = Load F64 F64;
    V128Load = Load V128 V128;
    I32Load8S = LoadSigned I8 I32;
    I32Load8U = Load I8 I32;
    I32Load16S = LoadSigned I16 I32;
    I32Load16U = Load I16 I32;
    I64Load8S = LoadSigned I8 I64;
    I64Load8U = Load I8 I64;
    I64Load16S = LoadSigned I16 I64;
    I64Load16U = Load I16 I64;
    I64Load32S = LoadSigned I32 I64;
    I64Load32U = Load I32 I64;
    I32Store = Store I32 I32;
    I64Store = Store I64 I64;
    F32Store = Store F32 F32;
    F64Store = Store F64 F64;
    V128Store = Store V128 V128;
    I32Store8 = Store I8 I32;
    I32Store16 = Store I16 I32;
    I64Store8 = Store I8 I64;
    I64Store16 = Store I16 I64;
    I64Store32 = Store I32 I64;
}

/// A place in memory that was checked.
#[derive(Clone, Copy)]
pub(super) struct Place {
    token: Value,
    offset: u32,
}

impl Lower<'_, '_> {
    /// Lowers an access of `memory` at `offset` from the index.
    #[inline(never)]
    pub(super) fn access(&mut self, row: Row, memory: u32, offset: u64) {
        self.pay(Class::Access);
        let operand = self.pop();
        if row.is_store() {
            return self.store(row, (memory, offset), operand);
        }
        let Waiting { operand, ty } = self.load(row, (memory, offset), operand);
        self.push(operand, ty);
    }

    /// What is loaded at `offset` from `index`.
    #[inline(always)]
    pub(super) fn load(
        &mut self,
        Row { ty, operand, kind }: Row,
        (memory, offset): (u32, u64),
        index: Operand,
    ) -> Waiting {
        let place = self.place_at(memory, offset, ty, index);
        let loaded = self.load_at(place, ty);
        let widen = if matches!(kind, Kind::Load) { Op::Uextend } else { Op::Sextend };
        let value = self.resize(widen, ty, operand, loaded);
        Waiting { operand: value, ty: operand }
    }

    /// Stores `value` at `offset` from the index, which is taken.
    #[inline(always)]
    pub(super) fn store(
        &mut self,
        Row { ty, operand, .. }: Row,
        (memory, offset): (u32, u64),
        value: Operand,
    ) {
        let index = self.pop_number();
        let place = self.place_at(memory, offset, ty, index);
        let value = self.resize(Op::Ireduce, operand, ty, value);
        self.store_at(place, ty, value);
    }

    #[inline(always)]
    fn resize(&mut self, op: Op, from: Type, to: Type, value: Operand) -> Operand {
        if from == to { value } else { self.b.convert(op, from, to, value) }
    }

    #[inline]
    pub(super) fn load_at(&mut self, place: Place, ty: Type) -> Operand {
        self.b.load(ty, Order::Little, place.token, place.offset)
    }

    pub(super) fn store_at(&mut self, place: Place, ty: Type, value: Operand) {
        let Place { token, offset } = place;
        self.b.push(Inst::Store { ty, order: Order::Little, token, offset, value });
    }

    /// Takes an index and checks the `ty` at it.
    pub(super) fn place(&mut self, memarg: &MemArg, ty: Type) -> Place {
        let memory = match memarg.target {
            MemArgTarget::Memory(memory) => memory,
            MemArgTarget::Array(_) => unreachable!("the validator admits no arrays"),
        };
        let index = self.pop();
        self.place_at(memory, memarg.offset, ty, index)
    }

    /// Checks the `ty` that lies `offset` from `index`, in 32 bits where index and end have no more: that
    /// spares an instruction for each access.
    #[inline(always)]
    fn place_at(&mut self, memory: u32, offset: u64, ty: Type, index: Operand) -> Place {
        let end = offset.saturating_add(u64::from(ty.size_bytes()));
        if !index.is_const()
            && end <= u64::from(u32::MAX)
            && !self.module.memories[memory as usize].is_64
        {
            let len = self.b.constant(end, Type::I32);
            let token = self.b.check(MemoryId(memory), Type::I32, index, len);
            return Place { token, offset: offset as u32 };
        }
        self.wide_place(memory, index, offset, ty)
    }

    /// The same in 64 bits.
    #[inline(never)]
    fn wide_place(&mut self, memory: u32, index: Operand, offset: u64, ty: Type) -> Place {
        let is_64 = self.module.memories[memory as usize].is_64;
        let index = self.widened_index(index, is_64);
        let (addr, offset) = match u32::try_from(offset) {
            Ok(offset) => (index, offset),
            Err(_) => (self.far(index, offset), 0),
        };
        let end = u64::from(offset) + u64::from(ty.size_bytes());
        let len = self.b.constant(end, Type::I64);
        Place { token: self.b.check(MemoryId(memory), Type::I64, addr, len), offset }
    }

    /// `index + offset`; traps where that exceeds 64 bits.
    fn far(&mut self, index: Operand, offset: u64) -> Operand {
        let offset = self.b.constant(offset, Type::I64);
        let addr = self.b.op(Op::Iadd, Type::I64, &[index, offset]);
        let cond = self.b.op(Op::Iult, Type::I64, &[addr, offset]);
        self.b.push(Inst::TrapIf { cond, trap: Trap::MemoryOutOfBounds });
        addr
    }

    /// Lowers what changes or measures whole memories; false when it is nothing of that.
    pub(super) fn memories(&mut self, operator: &Operator<'_>) -> bool {
        match *operator {
            Operator::MemorySize { mem } => {
                self.pay(Class::Size);
                let pages = self.pages(mem);
                self.push_index(pages, self.is_memory_64(mem));
            }
            Operator::MemoryGrow { mem } => self.memory_grow(mem),
            Operator::MemoryFill { mem } => {
                self.pay(Class::Bulk);
                let is_64 = self.is_memory_64(mem);
                let len = self.pop_index(is_64);
                let byte = self.pop();
                let to = self.pop_index(is_64);
                self.bulk_bytes(Act::MemoryFill, [mem, 0], [to, byte, len], &[(mem, to)]);
            }
            Operator::MemoryCopy { dst_mem, src_mem } => {
                self.pay(Class::Bulk);
                let (to_64, from_64) = (self.is_memory_64(dst_mem), self.is_memory_64(src_mem));
                let len = self.pop_index(to_64 && from_64);
                let from = self.pop_index(from_64);
                let to = self.pop_index(to_64);
                let ranges = [(dst_mem, to), (src_mem, from)];
                self.bulk_bytes(Act::MemoryCopy, [dst_mem, src_mem], [to, from, len], &ranges);
            }
            Operator::MemoryInit { data_index, mem } => {
                self.pay(Class::Bulk);
                let len = self.pop_index(false);
                let from = self.pop_index(false);
                let to = self.pop_index(self.is_memory_64(mem));
                self.bulk_bytes(Act::MemoryInit, [mem, data_index], [to, from, len], &[(mem, to)]);
            }
            Operator::DataDrop { data_index } => {
                self.pay(Class::Bulk);
                self.b.act(Act::DataDrop, [data_index, 0], &[]);
            }
            _ => return false,
        }
        true
    }

    fn is_memory_64(&self, memory: u32) -> bool {
        self.module.memories[memory as usize].is_64
    }

    /// An act on as many bytes as the last argument says, of `ranges`: memories and where in them. A length that no memory
    /// has traps, whatever gas is left: it is bounded before it is priced, unless it is small and a constant.
    fn bulk_bytes(
        &mut self,
        act: Act,
        on: [u32; 2],
        args: [Operand; 3],
        ranges: &[(u32, Operand)],
    ) {
        let rate = self.module.schedule.bulk_bytes;
        if rate.per != 0 && !self.pay_ahead(args[2], rate) {
            for (memory, at) in ranges {
                self.b.check(MemoryId(*memory), Type::I64, *at, args[2]);
            }
            self.pay_by(args[2], rate);
        }
        self.b.act(act, on, &args);
    }

    /// Length of a memory in pages, an i64.
    fn pages(&mut self, memory: u32) -> Operand {
        let result = self.b.value(Type::I64);
        self.b.push(Inst::MemorySize { memory: MemoryId(memory), result });
        self.b.op(Op::Ushr, Type::I64, &[result.into(), Operand::imm(PAGE_BITS)])
    }

    fn memory_grow(&mut self, memory: u32) {
        self.pay(Class::Grow);
        let is_64 = self.is_memory_64(memory);
        let more = self.pop_index(is_64);
        let declared = self.module.memories[memory as usize].max_pages.unwrap_or(u64::MAX);
        let size = self.pages(memory);
        let paid = self.growth(more, size, declared.min(limits::MEMORY_PAGES_MAX));
        self.pay_by(paid, self.module.schedule.pages);
        let before = self.b.act(Act::MemoryGrow, [memory, 0], &[more]);
        self.push_index(before.expect("the act has a result"), is_64);
    }

    /// What growth by `more` pays for: nothing where it exceeds `max` and will be refused.
    pub(super) fn growth(&mut self, more: Operand, size: Operand, max: u64) -> Operand {
        let max = self.b.constant(max, Type::I64);
        let room = self.b.op(Op::Isub, Type::I64, &[max, size]);
        let is_refused = self.b.op(Op::Iugt, Type::I64, &[more, room]);
        self.b.op(Op::Select, Type::I64, &[is_refused, Operand::ZERO, more])
    }
}
