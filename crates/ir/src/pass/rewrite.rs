//! What passes share: a visit to every operand of an instruction, and taking instructions out of a function.

use alloc::vec::Vec;

use lockstep_base::{Index, IndexVec};

use crate::{
    func::Func,
    inst::{Inst, Operand, Source, Terminator, Value},
};

/// Shows `f` every operand of `inst`, tokens included. Operands in lists are shown from `pool`.
pub(super) fn operands(inst: &mut Inst, pool: &mut [Operand], mut f: impl FnMut(&mut Operand)) {
    let list = inst.operands_mut(&mut f);
    pool[list.start as usize..][..list.len as usize].iter_mut().for_each(f);
}

/// Shows `f` every operand of `terminator`, likewise.
pub(super) fn terminator_operands(
    terminator: &mut Terminator,
    pool: &mut [Operand],
    mut f: impl FnMut(&mut Operand),
) {
    let list = terminator.operands_mut(&mut f);
    pool[list.start as usize..][..list.len as usize].iter_mut().for_each(f);
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
            if let Some(result) = inst.first_result_mut() {
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

pub(super) fn rename(operand: &mut Operand, renamed: &[Value]) {
    if let Source::Value(value) = operand.source() {
        *operand = renamed[value.position()].into();
    }
}

/// For each instruction, the first value defined by it or later; one more entry than instructions.
pub(super) fn firsts(insts: &mut [Inst], values: u32) -> Vec<u32> {
    let mut firsts = alloc::vec![values; insts.len() + 1];
    // Results are numbered in order, so what an instruction defines ends where the next one's begin.
    for (at, inst) in insts.iter_mut().enumerate().rev() {
        firsts[at] = inst.first_result_mut().map_or(firsts[at + 1], |first| first.0);
    }
    firsts
}
