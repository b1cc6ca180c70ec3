//! Loads and stores: in RFC 9669 each access is one check of memory 0, in sBPF its region is looked up first.

use lockstep_ir::{Inst, MemoryId, Op, Operand, Order, Trap, Type, Value};

use super::{FRAME_POINTER, Lower};
use crate::ebpf::{
    insn::Insn,
    layout::{BASE, REGION_BYTES, entry},
    limits::FRAME_BYTES,
    opcodes::{self, Kind, Source},
};

/// Accesses of its frame for which a function checks all of it.
const FRAME_ACCESSES_MIN: usize = 2;

impl Lower<'_, '_> {
    pub(super) fn load(&mut self, ty: Type, is_signed: bool, insn: Insn) {
        let token = self.place(insn.src, insn.offset, ty, false);
        let value = self.b.load(ty, Order::Little, token, 0);
        let widen = if is_signed { Op::Sextend } else { Op::Uextend };
        let value = match ty {
            Type::I64 => value,
            _ => self.b.convert(widen, ty, Type::I64, value),
        };
        self.set(insn.dst, value);
    }

    pub(super) fn store(&mut self, ty: Type, source: Source, insn: Insn) {
        let token = self.place(insn.dst, insn.offset, ty, true);
        let value = match source {
            Source::Reg if ty == Type::I64 => self.reg(insn.src),
            Source::Reg => {
                let value = self.reg(insn.src);
                self.b.convert(Op::Ireduce, Type::I64, ty, value)
            }
            Source::Imm => {
                let mask = u64::MAX >> (64 - ty.bits());
                self.b.constant(insn.imm_64() & mask, ty)
            }
        };
        self.b.push(Inst::Store { ty, order: Order::Little, token, offset: 0, value });
    }

    /// A token for a `ty` at the address that a register and an offset make; the span ends here.
    pub(super) fn place(&mut self, reg: u8, offset: i16, ty: Type, is_store: bool) -> Value {
        let addr = self.reg(reg);
        let offset = i64::from(offset);
        let token = match self.module.dialect.is_sbpf() {
            true => self.in_region(addr, offset, ty, is_store),
            false => self.flat(addr, offset, ty, is_store),
        };
        self.close_span();
        token
    }

    /// One check of the whole frame, where it begins: the tier that sees it needs none for what lies in the frame. It never
    /// fails, since nobody but calls moves the frame pointer, and no more frames nest than there is room for.
    pub(super) fn check_frame(&mut self) {
        let range = self.start as usize..self.end as usize;
        let is_in_frame = |insn: &Insn| match opcodes::find(self.module.dialect, insn) {
            Some(row) => match row.kind {
                Kind::Load(..) => usize::from(insn.src) == FRAME_POINTER,
                Kind::Store(..) | Kind::Atomic(_) => usize::from(insn.dst) == FRAME_POINTER,
                _ => false,
            },
            None => false,
        };
        let accesses = self.module.insns[range].iter().filter(|insn| is_in_frame(insn));
        if self.module.dialect.is_sbpf() || accesses.count() < FRAME_ACCESSES_MIN {
            return;
        }
        let distance = self.b.constant(0_u64.wrapping_sub(FRAME_BYTES + BASE), Type::I64);
        let pointer = self.reg(FRAME_POINTER);
        let at = self.b.op(Op::Iadd, Type::I64, &[pointer, distance]);
        self.b.check(MemoryId(0), Type::I64, at, Operand::imm(FRAME_BYTES as u32));
    }

    /// Guest addresses are places in memory 0 at a distance.
    fn flat(&mut self, addr: Operand, offset: i64, ty: Type, is_store: bool) -> Value {
        let distance = self.b.constant((offset as u64).wrapping_sub(BASE), Type::I64);
        let at = self.b.op(Op::Iadd, Type::I64, &[addr, distance]);
        let read_only = self.module.layout.region("data").offset;
        if is_store && read_only != 0 {
            let limit = self.b.constant(read_only, Type::I64);
            let cond = self.b.op(Op::Iult, Type::I64, &[at, limit]);
            self.b.push(Inst::TrapIf { cond, trap: Trap::MemoryOutOfBounds });
        }
        let len = Operand::imm(ty.size_bytes());
        self.b.check(MemoryId(0), Type::I64, at, len)
    }

    /// Guest addresses are looked up in the table of regions.
    fn in_region(&mut self, addr: Operand, offset: i64, ty: Type, is_store: bool) -> Value {
        let offset = self.b.constant(offset as u64, Type::I64);
        let addr = self.b.op(Op::Iadd, Type::I64, &[addr, offset]);
        let entry = self.entry(addr);
        let start = self.field(entry, entry::START);
        let mut distance = self.b.op(Op::Isub, Type::I64, &[addr, start]);
        if self.module.dialect.has_frame_gaps() {
            distance = self.without_gaps(entry, distance);
        }
        let power = ty.size_bytes().trailing_zeros();
        let limits = if is_store { entry::STORES } else { entry::LOADS };
        let limit = self.field(entry, limits + 8 * power);
        let cond = self.b.op(Op::Iuge, Type::I64, &[distance, limit]);
        self.b.push(Inst::TrapIf { cond, trap: Trap::MemoryOutOfBounds });
        let place = self.field(entry, entry::OFFSET);
        let at = self.b.op(Op::Iadd, Type::I64, &[distance, place]);
        self.b.check(MemoryId(0), Type::I64, at, Operand::imm(ty.size_bytes()))
    }

    /// A token for the entry of the region of `addr`; where there is no such region, no address is.
    fn entry(&mut self, addr: Operand) -> Value {
        let shift = Operand::imm(REGION_BYTES.trailing_zeros());
        let region = self.b.op(Op::Ushr, Type::I64, &[addr, shift]);
        let scale = Operand::imm(entry::BYTES.trailing_zeros());
        let at = self.b.op(Op::Ishl, Type::I64, &[region, scale]);
        self.b.check(MemoryId(1), Type::I64, at, Operand::imm(entry::BYTES as u32))
    }

    fn field(&mut self, entry: Value, field: u32) -> Operand {
        self.b.load(Type::I64, Order::Little, entry, field)
    }

    /// A distance among addresses as a distance among bytes; traps in a gap.
    fn without_gaps(&mut self, entry: Value, distance: Operand) -> Operand {
        let gap = self.field(entry, entry::GAP);
        let cond = self.b.op(Op::Band, Type::I64, &[distance, gap]);
        let cond = self.b.op(Op::Ine, Type::I64, &[cond, Operand::ZERO]);
        self.b.push(Inst::TrapIf { cond, trap: Trap::MemoryOutOfBounds });
        let high = self.field(entry, entry::HIGH);
        let high = self.b.op(Op::Band, Type::I64, &[distance, high]);
        let high = self.b.op(Op::Ushr, Type::I64, &[high, Operand::imm(1)]);
        let low = self.field(entry, entry::LOW);
        let low = self.b.op(Op::Band, Type::I64, &[distance, low]);
        self.b.op(Op::Bor, Type::I64, &[high, low])
    }
}
