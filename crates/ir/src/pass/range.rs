//! [`Ranges`]: the least and the most that words may be, followed from block to block.
//!
//! ```text
//! i = 0 ──> head: i in 0..=5000 ── i < 5000 ──> body: i in 0..=4999 ── i = i + 1 ──> head
//! ```
//!
//! # Invariants
//!
//! 1. What is said of a variable where a block begins holds whatever way led there: every edge to the block was followed with
//!    what its own block and its condition say, and nothing changed any more.
//! 2. Where control may come from elsewhere (the function's parameters, heads) nothing is known. Slots of the window and
//!    variables of other types are not followed: they hold whatever their type holds.
//! 3. Bounds that keep changing go up in steps where control goes back, and blocks are gone over [`PASSES_MAX`] times: where
//!    that is not enough, nothing is known of the function.
//! 4. Nothing is said before it holds: of what an instruction asks for, it is known behind it.

mod assume;
mod number;
#[cfg(test)]
mod tests;
mod transfer;
mod walk;

use alloc::{vec, vec::Vec};

use lockstep_base::Index;

pub use self::number::Range;
use self::walk::Walk;
use crate::{
    func::{BlockDef, Func},
    inst::{Block, Edge, Inst, Terminator, Value, Var},
    module::Interface,
    types::Type,
};

/// Followed variables times blocks and edges out of switches, at most.
const STATES_MAX: usize = 1 << 18;

/// How often blocks are gone over, at most.
const PASSES_MAX: usize = 24;

/// How often a block is gone over before its bounds go up in steps.
const EXACT_MAX: u8 = 2;

/// What became of a block so far.
#[derive(Debug, Clone, Copy, Default)]
struct Progress {
    /// Whether control may come to it.
    is_reached: bool,
    /// Whether it is to be gone over, again.
    is_due: bool,
    /// How often it was.
    visits: u8,
}

/// What words of a function may be, on a way through its blocks.
///
/// After [`Ranges::begin_block`] the instructions of the block are shown to [`Ranges::inst`] in their order.
#[derive(Debug, Default)]
pub struct Ranges {
    count: usize,
    /// For each block, what followed variables hold where it begins; empty where nothing is known.
    entry: Vec<Range>,
    progress: Vec<Progress>,
    walk: Walk,
}

impl Ranges {
    /// Looks at all of `func`.
    pub fn of(interface: &Interface, func: &Func) -> Self {
        let mut count = 0;
        let mut places = vec![None; func.vars.len()];
        for (var, def) in func.vars.iter() {
            if def.ty == Type::I256 && def.slot.is_none() {
                places[var.position()] = Some(count);
                count += 1;
            }
        }
        if count == 0 {
            return Self::default();
        }
        // Behind the variables, the lengths of memories.
        let lengths = count;
        let count = count as usize + interface.memories.len();
        let walk = Walk::new(func, (places, lengths), count);
        let mut ranges = Self { count, walk, ..Self::default() };
        let states = count * (func.blocks.len() + func.targets.len());
        if func.blocks.is_empty() || states > STATES_MAX || !ranges.flow(interface, func) {
            ranges.entry.clear();
        }
        ranges
    }

    /// Follows variables until nothing changes; whether it came to that.
    fn flow(&mut self, interface: &Interface, func: &Func) -> bool {
        let blocks = func.blocks.len();
        self.entry = vec![Range::ALL; self.count * blocks];
        self.progress = vec![Progress::default(); blocks];
        for (number, block) in func.blocks.iter() {
            if number.position() == 0 || block.head.is_some() {
                self.progress[number.position()] =
                    Progress { is_reached: true, is_due: true, visits: 0 };
            }
        }
        if func.blocks.as_slice()[0].head.is_none() {
            self.begin_function(func);
        }
        for _ in 0..PASSES_MAX {
            let mut was_due = false;
            for (number, block) in func.blocks.iter() {
                let progress = &mut self.progress[number.position()];
                if core::mem::take(&mut progress.is_due) {
                    progress.visits += 1;
                    was_due = true;
                    self.block(interface, func, (number, block));
                }
            }
            if !was_due {
                return true;
            }
        }
        !self.progress.iter().any(|progress| progress.is_due)
    }

    /// Parameters and lengths of memories may be anything, other variables are zero.
    fn begin_function(&mut self, func: &Func) {
        for (var, _) in func.vars.iter().skip(func.params as usize) {
            if let Some(place) = self.walk.places[var.position()] {
                self.entry[place as usize] = Range::ZERO;
            }
        }
    }

    /// Goes over a block, and says to those that it leads to what they get from here.
    fn block(&mut self, interface: &Interface, func: &Func, (number, block): (Block, &BlockDef)) {
        self.begin_block(number);
        for inst in func.block_insts(block) {
            self.inst(interface, func, inst);
        }
        if let Terminator::Branch { cond, then, otherwise } = block.terminator
            && !cond.is_const()
        {
            for (edge, is_true) in [(then, true), (otherwise, false)] {
                if let Edge::Goto(to) = edge {
                    self.walk.assume(func, cond, is_true);
                    self.arrive(func, (number, to));
                }
            }
            return;
        }
        self.walk.limits.clear();
        func.successors(block, |to| self.arrive(func, (number, to)));
    }

    /// Control comes to `to` with what variables hold here, as far as the condition of the edge lets it.
    fn arrive(&mut self, func: &Func, (from, to): (Block, Block)) {
        let Self { walk, progress, .. } = self;
        if func.blocks[to].head.is_some() || walk.is_impossible(func) {
            return;
        }
        let progress = &mut progress[to.position()];
        let is_first = !core::mem::replace(&mut progress.is_reached, true);
        progress.is_due |= is_first;
        // What goes around goes back somewhere.
        let is_rising = progress.visits > EXACT_MAX && from >= to;
        let known = &mut self.entry[to.position() * self.count..][..self.count];
        for (known, name) in known.iter_mut().zip(&walk.names) {
            let here = walk.limited(func, *name);
            let next = match is_first {
                true => here,
                false if is_rising => known.or_wider(here),
                false => known.or(here),
            };
            progress.is_due |= next != *known;
            *known = next;
        }
    }

    /// What follows is a way through `block`.
    pub fn begin_block(&mut self, block: Block) {
        let at = block.position();
        if !self.entry.is_empty() && self.progress[at].is_reached {
            self.walk.begin.copy_from_slice(&self.entry[at * self.count..][..self.count]);
        } else {
            self.walk.begin.fill(Range::ALL);
        }
        self.walk.restart();
    }

    /// Goes on over `inst`.
    pub fn inst(&mut self, interface: &Interface, func: &Func, inst: &Inst) {
        if self.count == 0 {
            return;
        }
        self.walk.inst((interface, func), inst);
    }

    /// What a value may be that was defined on the way.
    pub fn value(&self, func: &Func, value: Value) -> Range {
        if self.count == 0 {
            return Range::of(func.values[value]);
        }
        self.walk.value(func, value)
    }

    /// What a variable may be here.
    pub fn var(&self, func: &Func, var: Var) -> Range {
        if self.count == 0 {
            return Range::of(func.vars[var].ty);
        }
        self.walk.range(func, var.into(), func.vars[var].ty)
    }
}
