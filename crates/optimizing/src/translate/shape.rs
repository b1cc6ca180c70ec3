//! What a function looks like as a whole: asked once, before its first instruction is translated.

use lockstep_base::Index;
use lockstep_ir::{Block, BlockDef, Func, Inst, Type};

/// For each block, the last that goes back there, if one does.
fn last_backs(func: &Func) -> Vec<Option<usize>> {
    let mut until = vec![None; func.blocks.len()];
    for (number, block) in func.blocks.iter() {
        func.successors(block, |to| {
            if to.position() <= number.position() {
                until[to.position()] = Some(number.position());
            }
        });
    }
    until
}

/// How many loops lie within one another at most, where a loop is from a block that control goes back to, to the last that goes
/// there.
pub(crate) fn nesting(func: &Func) -> usize {
    let until = last_backs(func);
    let (mut ends, mut depth, mut most) = (vec![0; until.len()], 0_usize, 0);
    for (number, last) in until.into_iter().enumerate() {
        if let Some(last) = last {
            ends[last] += 1;
            depth += 1;
            most = most.max(depth);
        }
        depth -= ends[number];
    }
    most
}

/// For each block, whether it calls no function and stands between another and one that goes back there, or is such a one:
/// most loops stand together.
pub(super) fn loops_without_calls(func: &Func) -> Vec<bool> {
    let until = last_backs(func);
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

#[cfg(test)]
mod tests {
    use lockstep_ir::text::parse;

    use super::*;

    #[test]
    fn loops_within_loops_are_counted_and_those_behind_one_another_are_not() {
        let text = "\
func @f(p: i64) {
start:
    goto a
a:
    goto b
b:
    c = ieq.i64 p, 1
    branch c, goto b, goto d
d:
    e = ieq.i64 p, 2
    branch e, goto a, goto g
g:
    h = ieq.i64 p, 3
    branch h, goto g, goto end
end:
    return
}
";
        let module = parse(text).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(nesting(&module.funcs[lockstep_ir::FuncId(0)]), 2);
    }
}
