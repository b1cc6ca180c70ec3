//! Blocks in an order in which what leads to one comes before it, where it can.

use alloc::{vec, vec::Vec};

use lockstep_base::Index;

use crate::{func::Func, inst::Block};

/// The blocks that `first` leads to, itself too: each behind all that lead to it but for edges that go back (reverse
/// postorder).
///
/// What is carried along edges from block to block in this order, or against edges in the opposite one, comes everywhere in
/// as many rounds as loops are nested, and two more; in the order in which blocks stand it may take as many as there are
/// blocks.
pub fn order(func: &Func, first: Block) -> Vec<Block> {
    let ahead = |block: usize| {
        let mut ahead = Vec::new();
        func.successors(&func.blocks[Block::new(block)], |to| ahead.push(to.position()));
        ahead
    };
    let order = reverse_postorder(func.blocks.len(), first.position(), ahead);
    order.into_iter().map(Block::new).collect()
}

/// The same of any graph of so many nodes: those that `first` leads to, where each leads to what `ahead` says, the last of
/// which is gone to first.
pub(super) fn reverse_postorder(
    count: usize,
    first: usize,
    ahead: impl Fn(usize) -> Vec<usize>,
) -> Vec<usize> {
    let mut order = Vec::with_capacity(count);
    let mut is_seen = vec![false; count];
    is_seen[first] = true;
    let mut open = vec![(first, ahead(first))];
    while let Some((node, left)) = open.last_mut() {
        match left.pop() {
            Some(to) if !core::mem::replace(&mut is_seen[to], true) => open.push((to, ahead(to))),
            Some(_) => {}
            None => {
                order.push(*node);
                open.pop();
            }
        }
    }
    order.reverse();
    order
}
