//! How much of memory 0 exists where a block begins, whatever way led there.
//!
//! A memory never shrinks, and a check makes exist what it admits: so this is a minimum over the ways in, found by going
//! over the blocks until nothing changes, from the hope that everything exists.

use lockstep_base::Index;
use lockstep_ir::{Block, BlockDef, Func, Growth, Inst, Interface};

/// Bytes that exist where each block begins; nothing is known of programs whose memory 0 grows in another way.
pub(super) fn existing(interface: &Interface, func: &Func) -> Vec<u64> {
    if !grows_on_touch(interface) {
        return vec![0; func.blocks.len()];
    }
    let made: Vec<u64> = func.blocks.iter().map(|(_, block)| made_by(func, block)).collect();
    let mut known = vec![u64::MAX; func.blocks.len()];
    known[0] = 0;
    let mut has_changed = true;
    while has_changed {
        has_changed = false;
        for (id, block) in func.blocks.iter() {
            let after = known[id.position()].max(made[id.position()]);
            func.successors(block, |to: Block| {
                if after < known[to.position()] {
                    known[to.position()] = after;
                    has_changed = true;
                }
            });
        }
    }
    known
}

/// Whether memory 0 grows on touch.
pub(super) fn grows_on_touch(interface: &Interface) -> bool {
    let first = interface.memories.as_slice().first();
    first.is_some_and(|memory| matches!(memory.growth, Growth::OnTouch { .. }))
}

/// The end of the last known place that a block makes exist; all of a block runs before it goes on.
fn made_by(func: &Func, block: &BlockDef) -> u64 {
    let ends = func.block_insts(block).iter().filter_map(|inst| end_of(func, inst));
    ends.max().unwrap_or(0)
}

/// The end of what a check of memory 0 makes exist, where that is known.
fn end_of(func: &Func, inst: &Inst) -> Option<u64> {
    let Inst::Check { memory, ty, addr, len, .. } = *inst else { return None };
    let (addr, len) = (func.const_u64(addr, ty)?, func.const_u64(len, ty)?);
    (memory.0 == 0 && len > 0).then(|| addr.checked_add(len)).flatten()
}

#[cfg(test)]
mod tests {
    use lockstep_ir::text::parse;

    use super::*;

    #[test]
    fn what_exists_is_what_every_way_has_made() {
        let text = "\
memory m0 = on_touch 0 linear 3 divisor 512
func @f(a: i8) {
start:
    charge 1
    one = check.i64 m0, 0, 32
    branch a, goto left, goto right
left:
    charge 1
    two = check.i64 m0, 64, 32
    jump goto join
right:
    charge 1
    three = check.i64 m0, 32, 32
    jump goto join
join:
    charge 1
    four = check.i64 m0, 96, 32
    branch a, goto join, goto end
end:
    return
}
";
        let module = parse(text).unwrap_or_else(|error| panic!("{error}"));
        let func = &module.funcs[lockstep_ir::FuncId(0)];
        assert_eq!(existing(&module.interface, func), [0, 32, 32, 64, 128]);
    }
}
