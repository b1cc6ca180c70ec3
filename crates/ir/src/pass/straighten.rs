//! Blocks that follow each other and nothing else become one, and so do their charges.
//!
//! ```text
//! a: charge 3 ... goto b      b, which nobody else goes to: charge 8 ...      a: charge 11 ... ...
//! ```
//!
//! # Invariants
//!
//! 1. A charge is made with one before it where all between only computes, reads and writes: nothing there looks at the
//!    counter, and whoever has too little in the end has nothing either way (`Interface::traps_take_all`).
//! 2. The first block stays the first. Blocks that begin a region, or with a check of the window, stay blocks.

use alloc::vec::Vec;

use lockstep_base::Index;

use super::rewrite::{firsts, operands, rename, terminator_operands};
use crate::{
    func::{BlockDef, Func},
    inst::{Block, Edge, Inst, Terminator, Value},
    module::{Growth, Interface},
};

/// Joins the blocks of a function of such a program.
pub fn straighten(interface: &Interface, func: &mut Func) {
    let chains = Chains::of(func);
    let mut old = core::mem::take(func);
    let firsts = firsts(&mut old.insts, old.values.len() as u32);
    let mut straight = Straight {
        interface,
        renamed: alloc::vec![Value(0); old.values.len()],
        firsts,
        old,
        out: Func::default(),
        charge: None,
    };
    let mut places = alloc::vec![Block(0); chains.next.len()];
    for (number, chain) in chains.starts.iter().enumerate() {
        let mut at = Some(*chain);
        while let Some(block) = at {
            places[block.position()] = Block::new(number);
            at = chains.next[block.position()];
        }
        straight.chain(&chains, *chain);
    }
    *func = straight.finish();
    let place = |edge: &mut Edge| {
        if let Edge::Goto(to) = edge {
            *to = places[to.position()];
        }
    };
    for position in 0..func.blocks.len() {
        match &mut func.blocks[Block::new(position)].terminator {
            Terminator::Jump(only) => place(only),
            Terminator::Branch { then, otherwise, .. } => {
                place(then);
                place(otherwise);
            }
            _ => {}
        }
    }
    func.targets.iter_mut().for_each(|to| *to = places[to.position()]);
}

/// Whether a block is to stay one: it begins a region, or with what asks for room, which only the first instruction may.
fn begins(func: &Func, block: &BlockDef) -> bool {
    let first = func.block_insts(block).first();
    block.head.is_some() || matches!(first, Some(Inst::WindowCheck { .. }))
}

/// Which blocks follow which.
struct Chains {
    /// For each block, the one that joins it.
    next: Vec<Option<Block>>,
    /// The first blocks of chains.
    starts: Vec<Block>,
}

impl Chains {
    fn of(func: &Func) -> Self {
        let edges = func.edges_to_blocks();
        let mut next = alloc::vec![None; func.blocks.len()];
        let mut follows = alloc::vec![false; func.blocks.len()];
        for (number, block) in func.blocks.iter() {
            // Blocks come before those that they go to, where they can: what goes back may be a circle that nobody enters.
            if let Terminator::Jump(Edge::Goto(to)) = block.terminator
                && edges[to.position()] == 1
                && to > number
                && !begins(func, &func.blocks[to])
            {
                next[number.position()] = Some(to);
                follows[to.position()] = true;
            }
        }
        let is_start = |(number, _): &(Block, &BlockDef)| !follows[number.position()];
        let starts = func.blocks.iter().filter(is_start).map(|(number, _)| number).collect();
        Self { next, starts }
    }
}

struct Straight<'i> {
    interface: &'i Interface,
    old: Func,
    out: Func,
    /// For old instructions the first value they define, and for old values the new ones.
    firsts: Vec<u32>,
    renamed: Vec<Value>,
    /// The charge that a later one may be made with.
    charge: Option<usize>,
}

impl Straight<'_> {
    /// Writes the chain that begins with `first` as a block.
    fn chain(&mut self, chains: &Chains, first: Block) {
        let start = self.out.insts.len() as u32;
        let (mut at, mut last) = (Some(first), first);
        self.charge = None;
        while let Some(block) = at {
            for inst in self.old.blocks[block].insts.clone() {
                self.inst(inst as usize);
            }
            (last, at) = (block, chains.next[block.position()]);
        }
        let head = self.old.blocks[first].head;
        let BlockDef { mut terminator, terminator_pc, .. } = self.old.blocks[last];
        let renamed = &self.renamed;
        let pool = &mut self.old.operands;
        terminator_operands(&mut terminator, pool, |operand| rename(operand, renamed));
        let insts = start..self.out.insts.len() as u32;
        self.out.blocks.push(BlockDef { insts, terminator, head, terminator_pc });
    }

    fn inst(&mut self, at: usize) {
        let mut inst = self.old.insts[at];
        if let Inst::Charge { gas } = inst {
            if self.joins_charge(gas) {
                return;
            }
            self.charge = Some(self.out.insts.len());
        } else if !self.is_blind(&inst) {
            self.charge = None;
        }
        let renamed = &self.renamed;
        operands(&mut inst, &mut self.old.operands, |operand| rename(operand, renamed));
        let (from, to) = (self.firsts[at], self.firsts[at + 1]);
        if let Some(result) = inst.first_result_mut() {
            *result = Value::new(self.out.values.len());
        }
        for value in from..to {
            let ty = self.old.values[Value(value)];
            self.renamed[value as usize] = self.out.values.push(ty);
        }
        self.out.insts.push(inst);
        self.out.pcs.push(self.old.pcs[at]);
    }

    /// Makes a charge with one before, if it can be.
    fn joins_charge(&mut self, gas: u32) -> bool {
        let before = self.charge.map(|at| &mut self.out.insts[at]);
        let Some(Inst::Charge { gas: before }) = before else { return false };
        // What a comparison holds as it is.
        let both = before.checked_add(gas).filter(|both| i32::try_from(*both).is_ok());
        if let Some(both) = both {
            *before = both;
        }
        both.is_some()
    }

    /// Whether an instruction neither looks at the counter nor ends but for want of gas.
    fn is_blind(&self, inst: &Inst) -> bool {
        if !self.interface.traps_take_all {
            return false;
        }
        match *inst {
            Inst::Op { op, .. } => !op.is_checked(),
            Inst::Check { memory, .. } => {
                matches!(self.interface.memories[memory].growth, Growth::OnTouch { .. })
            }
            Inst::Copy { .. }
            | Inst::Set { .. }
            | Inst::ChargeBy { .. }
            | Inst::Load { .. }
            | Inst::LoadPadded { .. }
            | Inst::Store { .. }
            | Inst::CopyPadded { .. }
            | Inst::CopyWithin { .. }
            | Inst::MemorySize { .. } => true,
            _ => false,
        }
    }

    fn finish(self) -> Func {
        let Func { blocks, insts, pcs, values, .. } = self.out;
        Func { blocks, insts, pcs, values, ..self.old }
    }
}
