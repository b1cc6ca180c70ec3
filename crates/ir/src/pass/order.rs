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
    let mut order = Vec::new();
    let mut is_seen = vec![false; func.blocks.len()];
    is_seen[first.position()] = true;
    let mut open = vec![(first, successors(func, first))];
    while let Some((block, ahead)) = open.last_mut() {
        match ahead.pop() {
            Some(to) if !core::mem::replace(&mut is_seen[to.position()], true) => {
                open.push((to, successors(func, to)));
            }
            Some(_) => {}
            None => {
                order.push(*block);
                open.pop();
            }
        }
    }
    order.reverse();
    order
}

/// Where `block` leads, the last first.
fn successors(func: &Func, block: Block) -> Vec<Block> {
    let mut all = Vec::new();
    func.successors(&func.blocks[block], |to| all.push(to));
    all
}
