//! What a function looks like as a whole: asked once, before its first instruction is translated.

use lockstep_base::Index;
use lockstep_ir::{Block, BlockDef, Func, Inst, Type};

/// For each block, whether it calls no function and stands between another and one that goes back there, or is such a one:
/// most loops stand together.
pub(super) fn loops_without_calls(func: &Func) -> Vec<bool> {
    let mut until = vec![None; func.blocks.len()];
    for (number, block) in func.blocks.iter() {
        func.successors(block, |to| {
            if to.position() <= number.position() {
                until[to.position()] = Some(number.position());
            }
        });
    }
    let mut end = None;
    let is_call = |inst: &Inst| {
        matches!(inst, Inst::Call { .. } | Inst::CallIndirect { .. } | Inst::CallHost { .. })
    };
    let in_loop = |(number, block): (Block, &BlockDef)| {
        end = end.max(until[number.position()]);
        end >= Some(number.position()) && !func.block_insts(block).iter().any(is_call)
    };
    func.blocks.iter().map(in_loop).collect()
}

/// Whether registers of vectors may hold something.
pub(super) fn has_vectors(func: &Func) -> bool {
    let is_vector = |ty: &Type| ty.is_float() || *ty == Type::V128;
    func.vars.iter().any(|(_, var)| is_vector(&var.ty))
        || func.values.iter().any(|(_, ty)| is_vector(ty))
        || func.results.iter().any(is_vector)
}
