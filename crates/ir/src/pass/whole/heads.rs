//! Which heads look like functions: several places jump to them, one at least as compilers call: with a label that it has just
//! put on the stack, or with a label right behind it.

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

/// A jump to a head, from the end of a fragment that goes nowhere else.
struct Jump {
    to: Head,
    /// Whether the fragment left a label on the stack.
    calls: bool,
    /// What stands right behind it.
    behind: u32,
}

/// The heads that several places go to, and one calls: it put a label on the stack, or a label stands right behind it that
/// somebody puts there.
pub(super) fn functions(parts: &mut Parts<'_>) -> BTreeSet<Head> {
    let (jumps, returns) = jumps(parts);
    let mut heads = BTreeMap::new();
    for Jump { to, calls, behind } in jumps {
        let (jumps, is_called) = heads.entry(to).or_insert((0, false));
        *jumps += 1;
        *is_called |= calls || returns.contains(&behind);
    }
    let is_function = |(_, (jumps, is_called)): &(Head, (u32, bool))| *is_called && *jumps > 1;
    heads.into_iter().filter(is_function).map(|(head, _)| head).collect()
}

/// All jumps that constants lead to, and the labels that are left on the stack.
fn jumps(parts: &mut Parts<'_>) -> (Vec<Jump>, BTreeSet<u32>) {
    let targets = parts.targets;
    let (mut jumps, mut returns) = (Vec::new(), BTreeSet::new());
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
        returns.extend(pushed.iter().map(|(_, label)| *label));
        if let [Edge::Enter { head: to, shift }] = edges[..] {
            let calls = pushed.iter().any(|(slot, label)| *slot < shift && *label != to.0);
            let behind = func.blocks[Block(0)].terminator_pc + 1;
            jumps.push(Jump { to, calls, behind });
        }
    }
    (jumps, returns)
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
