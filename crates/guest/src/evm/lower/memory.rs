//! Memory, call data and code opcodes (Yellow Paper app. H.2, groups 30s and 50s; EIP-5656).

use lockstep_ir::{
    Inst, Op, Operand, Order,
    Type::{I8, I64, I256},
};

use super::{Entry, Lower};
use crate::evm::{
    opcodes::Opcode,
    program::{CALLDATA, CODE, MEMORY},
};

/// Price of a word that is copied (Yellow Paper app. G, `Gcopy`).
const COPY_WORD_GAS: u32 = 3;
const WORD_BYTES: u32 = 32;

/// A checked range of memory.
#[derive(Clone, Copy)]
pub(super) struct Range {
    /// The token of the check.
    pub(super) token: Operand,
    /// The length, as the check had it.
    pub(super) len: Operand,
    /// The length in 64 bits.
    pub(super) len64: Operand,
}

impl Lower<'_, '_> {
    /// Makes `len` bytes at `offset` of memory exist, and pays for them.
    pub(super) fn range(&mut self, offset: Entry, len: Entry) -> Range {
        let (ty, offset, len) = self.pair(offset, len);
        if len == Operand::ZERO {
            return Range { token: Operand::ZERO, len, len64: len };
        }
        let token = self.b.check(MEMORY, ty, offset, len);
        let len64 = if ty == I64 { len } else { self.b.convert(Op::Ireduce, I256, I64, len) };
        Range { token: token.into(), len, len64 }
    }

    /// Makes `len` bytes at `offset` of memory exist; the length is known.
    fn place(&mut self, offset: Entry, len: u32) -> lockstep_ir::Value {
        let (ty, offset) = match self.narrow(offset) {
            Some(offset) => (I64, offset),
            None => (I256, self.word(offset)),
        };
        self.b.check(MEMORY, ty, offset, Operand::imm(len))
    }

    /// Copies from a memory that reads as zeros past its end.
    fn copy_padded(&mut self, memory: lockstep_ir::MemoryId) {
        let (to, from, len) = (self.pop(), self.pop_word(), self.pop());
        self.charge_by(len, COPY_WORD_GAS, WORD_BYTES);
        let range = self.range(to, len);
        if let lockstep_ir::Source::Value(token) = range.token.source() {
            self.b.push(Inst::CopyPadded { token, memory, from, len: range.len });
        }
    }

    fn size_of(&mut self, memory: lockstep_ir::MemoryId) {
        let result = self.b.value(I64);
        self.b.push(Inst::MemorySize { memory, result });
        // A length of bytes that exist, or that were paid for: far below 2^48.
        self.push_narrow(result.into(), 48);
    }
}

pub(in crate::evm) fn mload(l: &mut Lower<'_, '_>, _row: &Opcode) {
    let offset = l.pop();
    let token = l.place(offset, WORD_BYTES);
    let word = l.b.load(I256, Order::Big, token, 0);
    l.push_word(word);
}

pub(in crate::evm) fn mstore(l: &mut Lower<'_, '_>, _row: &Opcode) {
    let (offset, value) = (l.pop(), l.pop_word());
    let token = l.place(offset, WORD_BYTES);
    l.b.push(Inst::Store { ty: I256, order: Order::Big, token, offset: 0, value });
}

pub(in crate::evm) fn mstore8(l: &mut Lower<'_, '_>, _row: &Opcode) {
    let (offset, value) = (l.pop(), l.pop());
    let token = l.place(offset, 1);
    let low = l.low_bits(value);
    let byte = l.b.convert(Op::Ireduce, I64, I8, low);
    l.b.push(Inst::Store { ty: I8, order: Order::Big, token, offset: 0, value: byte });
}

pub(in crate::evm) fn msize(l: &mut Lower<'_, '_>, _row: &Opcode) {
    l.size_of(MEMORY);
}

pub(in crate::evm) fn calldataload(l: &mut Lower<'_, '_>, _row: &Opcode) {
    let addr = l.pop_word();
    let result = l.b.value(I256);
    l.b.push(Inst::LoadPadded { memory: CALLDATA, ty: I256, addr, result });
    l.push_word(result.into());
}

pub(in crate::evm) fn calldatasize(l: &mut Lower<'_, '_>, _row: &Opcode) {
    l.size_of(CALLDATA);
}

pub(in crate::evm) fn calldatacopy(l: &mut Lower<'_, '_>, _row: &Opcode) {
    l.copy_padded(CALLDATA);
}

pub(in crate::evm) fn codesize(l: &mut Lower<'_, '_>, _row: &Opcode) {
    let operand = l.b.constant(l.program.code().len() as u64, I256);
    l.push_word(operand);
}

pub(in crate::evm) fn codecopy(l: &mut Lower<'_, '_>, _row: &Opcode) {
    l.copy_padded(CODE);
}

/// MCOPY: grows memory for the larger of both ends (EIP-5656).
pub(in crate::evm) fn mcopy(l: &mut Lower<'_, '_>, _row: &Opcode) {
    let (to, from, len) = (l.pop(), l.pop(), l.pop());
    l.charge_by(len, COPY_WORD_GAS, WORD_BYTES);
    // One type for all three, so that both checks have the same length operand.
    let narrow = to.bits <= 64 && from.bits <= 64 && len.bits <= 64;
    let [to, from, len] = [to, from, len].map(|entry| match l.narrow(entry) {
        Some(operand) if narrow => operand,
        _ => l.word(entry),
    });
    if len == Operand::ZERO {
        return;
    }
    let ty = if narrow { I64 } else { I256 };
    let to = l.b.check(MEMORY, ty, to, len);
    let from = l.b.check(MEMORY, ty, from, len);
    l.b.push(Inst::CopyWithin { to, from, len });
}
