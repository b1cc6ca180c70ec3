//! What passes share: a visit to every operand of an instruction, and taking instructions out of a function.

use alloc::vec::Vec;

use lockstep_base::{Index, IndexVec};

use crate::{
    func::Func,
    inst::{Edge, Inst, Operand, Source, Terminator, Value},
};

/// Shows `f` every operand of `inst`, tokens included. Operands in lists are shown from `pool`.
pub(super) fn operands(inst: &mut Inst, pool: &mut [Operand], mut f: impl FnMut(&mut Operand)) {
    let token = |value: &mut Value, f: &mut dyn FnMut(&mut Operand)| {
        let mut operand = Operand::from(*value);
        f(&mut operand);
        if let Source::Value(changed) = operand.source() {
            *value = changed;
        }
    };
    match inst {
        Inst::Op { op, args, .. } => args[..op.shape().arity()].iter_mut().for_each(f),
        Inst::Copy { value, .. } | Inst::Set { value, .. } => f(value),
        Inst::ChargeBy { amount, .. } => f(amount),
        Inst::TrapIf { cond, .. } => f(cond),
        Inst::Check { addr, len, .. } => {
            f(addr);
            f(len);
        }
        Inst::Load { token: place, .. } => token(place, &mut f),
        Inst::Store { token: place, value, .. } => {
            token(place, &mut f);
            f(value);
        }
        Inst::LoadPadded { addr, .. } => f(addr),
        Inst::CopyPadded { token: place, from, len, .. } => {
            token(place, &mut f);
            f(from);
            f(len);
        }
        Inst::CopyWithin { to, from, len } => {
            token(to, &mut f);
            token(from, &mut f);
            f(len);
        }
        Inst::Call { args, .. } | Inst::CallHost { args, .. } => {
            pool[args.start as usize..][..args.len as usize].iter_mut().for_each(f);
        }
        Inst::Charge { .. }
        | Inst::GasLeft { .. }
        | Inst::MemorySize { .. }
        | Inst::WindowCheck { .. }
        | Inst::Step { .. } => {}
    }
}

/// Shows `f` every operand of `terminator`.
pub(super) fn terminator_operands(
    terminator: &mut Terminator,
    pool: &mut [Operand],
    mut f: impl FnMut(&mut Operand),
) {
    let edge = |edge: &mut Edge, f: &mut dyn FnMut(&mut Operand)| {
        if let Edge::EnterDyn { target, .. } = edge {
            f(target);
        }
    };
    match terminator {
        Terminator::Jump(only) => edge(only, &mut f),
        Terminator::Branch { cond, then, otherwise } => {
            f(cond);
            edge(then, &mut f);
            edge(otherwise, &mut f);
        }
        Terminator::Return { values } => {
            pool[values.start as usize..][..values.len as usize].iter_mut().for_each(f);
        }
        Terminator::Exit { token, len, .. } => {
            f(token);
            f(len);
        }
        Terminator::Trap(_) => {}
    }
}

/// The first result of `inst`, if it has any.
pub(super) const fn result(inst: &mut Inst) -> Option<&mut Value> {
    match inst {
        Inst::Op { result, .. }
        | Inst::Copy { result, .. }
        | Inst::GasLeft { result, .. }
        | Inst::Check { result, .. }
        | Inst::Load { result, .. }
        | Inst::LoadPadded { result, .. }
        | Inst::MemorySize { result, .. } => Some(result),
        Inst::Call { first, .. } | Inst::CallHost { first, .. } => Some(first),
        _ => None,
    }
}

/// Takes out the instructions whose position `keep` denies, none of which defines a value that is still used, and
/// numbers the remaining values anew.
pub(super) fn retain(func: &mut Func, keep: &[bool]) {
    let mut old = core::mem::take(&mut func.insts);
    let old_pcs = core::mem::take(&mut func.pcs);
    let old_types = core::mem::take(&mut func.values);
    let mut types = IndexVec::default();
    let mut renamed: Vec<Value> = alloc::vec![Value(0); old_types.len()];
    let first_of = firsts(&mut old, old_types.len() as u32);
    let mut blocks = core::mem::take(&mut func.blocks);
    for position in 0..blocks.len() {
        let block = &mut blocks[crate::Block::new(position)];
        let start = func.insts.len() as u32;
        for at in block.insts.clone() {
            let at = at as usize;
            if !keep[at] {
                continue;
            }
            let mut inst = old[at];
            operands(&mut inst, &mut func.operands, |operand| rename(operand, &renamed));
            let (from, to) = (first_of[at], first_of[at + 1]);
            for value in from..to {
                renamed[value as usize] = types.push(old_types[Value(value)]);
            }
            if let Some(result) = result(&mut inst) {
                *result = Value(types.len() as u32 - (to - from));
            }
            func.insts.push(inst);
            func.pcs.push(old_pcs[at]);
        }
        block.insts = start..func.insts.len() as u32;
        let pool = &mut func.operands;
        terminator_operands(&mut block.terminator, pool, |operand| rename(operand, &renamed));
    }
    func.blocks = blocks;
    func.values = types;
}

fn rename(operand: &mut Operand, renamed: &[Value]) {
    if let Source::Value(value) = operand.source() {
        *operand = renamed[value.position()].into();
    }
}

/// For each instruction, the first value defined by it or later; one more entry than instructions.
fn firsts(insts: &mut [Inst], values: u32) -> Vec<u32> {
    let mut firsts = alloc::vec![values; insts.len() + 1];
    // Results are numbered in order, so what an instruction defines ends where the next one's begin.
    for (at, inst) in insts.iter_mut().enumerate().rev() {
        firsts[at] = result(inst).map_or(firsts[at + 1], |first| first.0);
    }
    firsts
}
