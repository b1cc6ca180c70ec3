//! Stack, control flow and halting opcodes (Yellow Paper app. H.2, groups 50s to 90s and f0s).

use lockstep_base::U256;
use lockstep_ir::{Edge, Head, Inst, Op, Operand, Terminator, Trap, Type};

use super::{Entry, Lower};
use crate::evm::opcodes::Opcode;

/// PUSHn: bytes past the end of the code are zero.
pub(in crate::evm) fn push(l: &mut Lower<'_, '_>, row: &Opcode) {
    let len = usize::from(row.immediate);
    let start = l.pc as usize + 1;
    let code = l.program.code();
    let present = code.get(start..).unwrap_or_default();
    let present = &present[..present.len().min(len)];
    let mut bytes = [0; 32];
    bytes[32 - len..][..present.len()].copy_from_slice(present);
    let word = U256::from_be_bytes(bytes);
    let operand = l.b.constant_word(word);
    let bits = 256 - lockstep_base::Int::leading_zeros(word);
    l.stack.push(Entry::bounded(operand, bits));
}

pub(in crate::evm) fn pop(l: &mut Lower<'_, '_>, _row: &Opcode) {
    l.pop();
}

pub(in crate::evm) fn dup(l: &mut Lower<'_, '_>, row: &Opcode) {
    l.stack.dup(&mut l.b, i16::from(row.pops));
}

pub(in crate::evm) fn swap(l: &mut Lower<'_, '_>, row: &Opcode) {
    l.stack.swap(&mut l.b, i16::from(row.pops) - 1);
}

pub(in crate::evm) fn pc(l: &mut Lower<'_, '_>, _row: &Opcode) {
    let operand = l.b.constant(u64::from(l.pc), Type::I256);
    l.push_word(operand);
}

/// GAS: what is left after this instruction; the rest of the span was charged in advance.
pub(in crate::evm) fn gas(l: &mut Lower<'_, '_>, _row: &Opcode) {
    let result = l.b.value(Type::I64);
    l.gas_reads.push((l.b.position(), l.span_gas));
    l.b.push(Inst::GasLeft { prepaid: 0, result });
    l.push_narrow(result.into(), 64);
}

pub(in crate::evm) fn jumpdest(_l: &mut Lower<'_, '_>, _row: &Opcode) {}

pub(in crate::evm) fn stop(l: &mut Lower<'_, '_>, _row: &Opcode) {
    l.leave(Terminator::Exit { revert: false, token: Operand::ZERO, len: Operand::ZERO });
}

pub(in crate::evm) fn invalid(l: &mut Lower<'_, '_>, _row: &Opcode) {
    l.leave(Terminator::Trap(Trap::Unreachable));
}

fn exit(l: &mut Lower<'_, '_>, revert: bool) {
    let (offset, len) = (l.pop(), l.pop());
    let range = l.range(offset, len);
    l.leave(Terminator::Exit { revert, token: range.token, len: range.len });
}

pub(in crate::evm) fn ret(l: &mut Lower<'_, '_>, _row: &Opcode) {
    exit(l, false);
}

pub(in crate::evm) fn revert(l: &mut Lower<'_, '_>, _row: &Opcode) {
    exit(l, true);
}

/// The edge that a jump to `target` takes once the stack is home.
fn edge(l: &Lower<'_, '_>, target: Entry, operand: Operand) -> Edge {
    let shift = l.stack.height();
    match l.known(target) {
        None => Edge::EnterDyn { target: operand, shift },
        Some(pc) => match u32::try_from(pc).ok().filter(|pc| l.is_jumpdest(*pc)) {
            Some(pc) => Edge::Enter { head: Head(pc), shift },
            None => Edge::Trap(Trap::InvalidJump),
        },
    }
}

pub(in crate::evm) fn jump(l: &mut Lower<'_, '_>, _row: &Opcode) {
    let target = l.pop();
    let mut operand = l.word(target);
    l.stack_home(&mut [&mut operand]);
    let edge = edge(l, target, operand);
    l.leave(Terminator::Jump(edge));
}

pub(in crate::evm) fn jumpi(l: &mut Lower<'_, '_>, _row: &Opcode) {
    let (target, cond) = (l.pop(), l.pop());
    let (mut cond, negated) = condition(l, cond);
    let mut operand = l.word(target);
    l.stack_home(&mut [&mut operand, &mut cond]);
    let taken = edge(l, target, operand);
    let fallthrough = Edge::Enter { head: Head(l.next_pc), shift: l.stack.height() };
    let (then, otherwise) = if negated { (fallthrough, taken) } else { (taken, fallthrough) };
    l.leave(Terminator::Branch { cond, then, otherwise });
}

/// `cond` as a boolean, and whether the branch is taken when it is zero.
fn condition(l: &mut Lower<'_, '_>, cond: Entry) -> (Operand, bool) {
    if cond.operand.is_const() {
        let taken = l.known(cond).is_some_and(|number| !number.is_zero());
        return (Operand::imm(u32::from(taken)), false);
    }
    if cond.ty != Type::I8 {
        let operand = l.b.op(Op::Ine, cond.ty, &[cond.operand, Operand::ZERO]);
        return (operand, false);
    }
    (cond.operand, cond.is_negated)
}
