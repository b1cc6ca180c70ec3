//! Which heads look like functions: several places jump to them, one at least with a label that it has just put on the
//! stack.

use alloc::{
    collections::{BTreeMap, BTreeSet},
    vec,
    vec::Vec,
};

use super::parts::{Parts, Targets};
use crate::{
    func::Func,
    inst::{Block, Edge, Head, Inst, Terminator},
};

/// The heads that several places go to, and one calls.
pub(super) fn functions(parts: &mut Parts<'_>) -> BTreeSet<Head> {
    let targets = parts.targets;
    let mut jumps = BTreeMap::new();
    let mut heads = vec![targets.guest.entry()];
    let mut seen = BTreeSet::new();
    while let Some(head) = heads.pop() {
        if !seen.insert(head) {
            continue;
        }
        let part = parts.at(head, None);
        let func = &parts[part];
        let pushed = labels(targets, func);
        let edges = edges(func);
        for edge in &edges {
            if let Edge::Enter { head, .. } = edge {
                heads.push(*head);
            }
        }
        heads.extend(pushed.iter().map(|(_, label)| Head(*label)));
        if let [Edge::Enter { head, shift }] = edges[..] {
            let calls = pushed.iter().any(|(slot, label)| *slot < shift && *label != head.0);
            let (jumps, is_called) = jumps.entry(head).or_insert((0, false));
            *jumps += 1;
            *is_called |= calls;
        }
    }
    let is_function = |(_, (jumps, is_called)): &(Head, (u32, bool))| *is_called && *jumps > 1;
    jumps.into_iter().filter(is_function).map(|(head, _)| head).collect()
}

/// The slots that `func` sets to labels, and those.
fn labels(targets: Targets<'_>, func: &Func) -> Vec<(i16, u32)> {
    let label = |inst: &Inst| match *inst {
        Inst::Set { var, value } => Some((func.vars[var].slot?, targets.label(func, value)?)),
        _ => None,
    };
    func.insts.iter().filter_map(label).collect()
}

/// The edges of a fragment of one block.
pub(super) fn edges(func: &Func) -> Vec<Edge> {
    match func.blocks[Block(0)].terminator {
        Terminator::Jump(edge) => vec![edge],
        Terminator::Branch { then, otherwise, .. } => vec![then, otherwise],
        _ => Vec::new(),
    }
}
