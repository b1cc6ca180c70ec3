//! Arithmetic, comparison and bitwise opcodes (Yellow Paper app. H.2, groups 0s and 10s).
//!
//! Operations whose operands provably fit 64 bits are done there, as long as the result does too.

use lockstep_base::{Fork, Int, U256};
use lockstep_ir::{
    Op, Operand,
    Type::{I8, I64, I256},
};

use super::{Entry, Lower};
use crate::evm::opcodes::Opcode;

macro_rules! wide {
    ($($name:ident = $op:ident;)*) => {$(
        pub(in crate::evm) fn $name(l: &mut Lower<'_, '_>, _row: &Opcode) {
            let a = l.pop_word();
            let b = l.pop_word();
            let result = l.b.op(Op::$op, I256, &[a, b]);
            l.push_word(result);
        }
    )*};
}

wide! { sub = Isub; sdiv = Sdiv; smod = Srem; }

/// An operation that stays in 64 bits when `bits` of the operands' bits says that the result fits.
fn bounded(l: &mut Lower<'_, '_>, op: Op, bits: fn(u32, u32) -> u32) {
    let (a, b) = (l.pop(), l.pop());
    let bits = bits(a.bits, b.bits);
    if bits <= 64 && a.bits <= 64 && b.bits <= 64 {
        let (ty, a, b) = l.pair(a, b);
        let result = l.b.op(op, ty, &[a, b]);
        return push_result(l, ty, result, bits);
    }
    let (a, b) = (l.word(a), l.word(b));
    let result = l.b.op(op, I256, &[a, b]);
    l.stack.push(Entry::bounded(result, bits));
}

fn push_result(l: &mut Lower<'_, '_>, ty: lockstep_ir::Type, result: Operand, bits: u32) {
    // A folded constant may have landed in the pool as one limb: make it a word again.
    match l.b.known(result, ty) {
        Some(number) => {
            let word = l.b.constant_word(U256::truncate(number));
            l.stack.push(Entry::bounded(word, bits));
        }
        None => l.push_narrow(result, bits),
    }
}

pub(in crate::evm) fn add(l: &mut Lower<'_, '_>, _row: &Opcode) {
    bounded(l, Op::Iadd, |a, b| (a.max(b) + 1).min(256));
}

pub(in crate::evm) fn mul(l: &mut Lower<'_, '_>, _row: &Opcode) {
    bounded(l, Op::Imul, |a, b| (a + b).min(256));
}

pub(in crate::evm) fn div(l: &mut Lower<'_, '_>, _row: &Opcode) {
    bounded(l, Op::Udiv, |a, _| a);
}

pub(in crate::evm) fn rem(l: &mut Lower<'_, '_>, _row: &Opcode) {
    bounded(l, Op::Urem, |a, b| a.min(b));
}

pub(in crate::evm) fn or(l: &mut Lower<'_, '_>, _row: &Opcode) {
    bounded(l, Op::Bor, |a, b| a.max(b));
}

pub(in crate::evm) fn xor(l: &mut Lower<'_, '_>, _row: &Opcode) {
    bounded(l, Op::Bxor, |a, b| a.max(b));
}

/// AND: one operand that fits 64 bits is enough.
pub(in crate::evm) fn and(l: &mut Lower<'_, '_>, _row: &Opcode) {
    let (a, b) = (l.pop(), l.pop());
    let (bits_a, bits_b) = (known_bits(l, a), known_bits(l, b));
    let bits = bits_a.min(bits_b);
    if bits <= 64 && !(a.operand.is_const() && b.operand.is_const()) {
        let (a, b) = (l.low_bits(a), l.low_bits(b));
        let result = l.b.op(Op::Band, I64, &[a, b]);
        return push_result(l, I64, result, bits);
    }
    let (a, b) = (l.word(a), l.word(b));
    let result = l.b.op(Op::Band, I256, &[a, b]);
    l.stack.push(Entry::bounded(result, bits));
}

/// Bits of `entry` that may be set, constants looked up.
fn known_bits(l: &Lower<'_, '_>, entry: Entry) -> u32 {
    match l.known(entry) {
        Some(number) => 256 - Int::leading_zeros(number),
        None => entry.bits,
    }
}

macro_rules! modular {
    ($($name:ident = $op:ident;)*) => {$(
        pub(in crate::evm) fn $name(l: &mut Lower<'_, '_>, _row: &Opcode) {
            let a = l.pop_word();
            let b = l.pop_word();
            let modulus = l.pop_word();
            let result = l.b.op(Op::$op, I256, &[a, b, modulus]);
            l.push_word(result);
        }
    )*};
}

modular! { addmod = Addmod; mulmod = Mulmod; }

/// EXP: 10 gas for each byte of the exponent, 50 since EIP-160.
pub(in crate::evm) fn exp(l: &mut Lower<'_, '_>, _row: &Opcode) {
    let (base, exponent) = (l.pop(), l.pop());
    let per = if l.program.fork() >= Fork::SpuriousDragon { 50 } else { 10 };
    let exponent = l.word(exponent);
    let zeros = l.b.op(Op::Clz, I256, &[exponent]);
    let bits = l.b.op(Op::Isub, I256, &[Operand::imm(256), zeros]);
    l.charge_by(Entry::word(bits), per, 8);
    let base = l.word(base);
    let result = l.b.op(Op::Ipow, I256, &[base, exponent]);
    l.push_word(result);
}

/// SIGNEXTEND takes the byte's number first.
pub(in crate::evm) fn signextend(l: &mut Lower<'_, '_>, _row: &Opcode) {
    let index = l.pop_word();
    let word = l.pop_word();
    let result = l.b.op(Op::SextendByte, I256, &[word, index]);
    l.push_word(result);
}

/// BYTE takes the byte's number first.
pub(in crate::evm) fn byte(l: &mut Lower<'_, '_>, _row: &Opcode) {
    let index = l.pop_word();
    let word = l.pop_word();
    let result = l.b.op(Op::ByteBe, I256, &[word, index]);
    l.stack.push(Entry::bounded(result, 8));
}

macro_rules! compare {
    ($($name:ident = $op:ident;)*) => {$(
        pub(in crate::evm) fn $name(l: &mut Lower<'_, '_>, _row: &Opcode) {
            let (a, b) = (l.pop(), l.pop());
            let (ty, a, b) = l.pair(a, b);
            let result = l.b.op(Op::$op, ty, &[a, b]);
            l.push_bool(result);
        }
    )*};
}

compare! { lt = Iult; gt = Iugt; eq = Ieq; }

macro_rules! compare_signed {
    ($($name:ident = $op:ident;)*) => {$(
        pub(in crate::evm) fn $name(l: &mut Lower<'_, '_>, _row: &Opcode) {
            let a = l.pop_word();
            let b = l.pop_word();
            let result = l.b.op(Op::$op, I256, &[a, b]);
            l.push_bool(result);
        }
    )*};
}

compare_signed! { slt = Islt; sgt = Isgt; }

/// ISZERO: of a boolean it is only noted; who takes the word does it.
pub(in crate::evm) fn iszero(l: &mut Lower<'_, '_>, _row: &Opcode) {
    let entry = l.pop();
    if entry.ty == I8 && !entry.operand.is_const() {
        return l.stack.push(entry.negated());
    }
    let (ty, operand) = match l.narrow(entry) {
        Some(operand) => (I64, operand),
        None => (I256, entry.operand),
    };
    let result = l.b.op(Op::Ieq, ty, &[operand, Operand::ZERO]);
    l.push_bool(result);
}

pub(in crate::evm) fn not(l: &mut Lower<'_, '_>, _row: &Opcode) {
    let a = l.pop_word();
    let result = l.b.op(Op::Bnot, I256, &[a]);
    l.push_word(result);
}

pub(in crate::evm) fn clz(l: &mut Lower<'_, '_>, _row: &Opcode) {
    let a = l.pop_word();
    let result = l.b.op(Op::Clz, I256, &[a]);
    l.stack.push(Entry::bounded(result, 9));
}

/// SHL takes the count first.
pub(in crate::evm) fn shl(l: &mut Lower<'_, '_>, _row: &Opcode) {
    let (count, word) = (l.pop(), l.pop());
    let known = l.known(count).and_then(|count| u32::try_from(count).ok());
    let bits = known.map_or(256, |count| word.bits.saturating_add(count).min(256));
    if bits <= 64
        && !word.operand.is_const()
        && let (Some(count), Some(word)) = (l.narrow(count), l.narrow(word))
    {
        let result = l.b.op(Op::IshlFull, I64, &[word, count]);
        return l.push_narrow(result, bits);
    }
    let (count, word) = (l.word(count), l.word(word));
    let result = l.b.op(Op::IshlFull, I256, &[word, count]);
    l.stack.push(Entry::bounded(result, bits));
}

/// SHR takes the count first.
pub(in crate::evm) fn shr(l: &mut Lower<'_, '_>, _row: &Opcode) {
    let (count, word) = (l.pop(), l.pop());
    let known = l.known(count).and_then(|count| u32::try_from(count).ok());
    let bits = known.map_or(word.bits, |count| word.bits.saturating_sub(count));
    if word.bits <= 64
        && count.bits <= 64
        && !word.operand.is_const()
        && let (Some(count), Some(word)) = (l.narrow(count), l.narrow(word))
    {
        let result = l.b.op(Op::UshrFull, I64, &[word, count]);
        return l.push_narrow(result, bits);
    }
    let (count, word) = (l.word(count), l.word(word));
    let result = l.b.op(Op::UshrFull, I256, &[word, count]);
    l.stack.push(Entry::bounded(result, bits));
}

/// SAR takes the count first.
pub(in crate::evm) fn sar(l: &mut Lower<'_, '_>, _row: &Opcode) {
    let count = l.pop_word();
    let word = l.pop_word();
    let result = l.b.op(Op::SshrFull, I256, &[word, count]);
    l.push_word(result);
}
