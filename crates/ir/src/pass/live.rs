//! Which variables matter where: those that somebody may read before they are set.

use alloc::{vec, vec::Vec};

use lockstep_base::Index;

use super::rewrite::{operands, terminator_operands};
use crate::{
    func::Func,
    inst::{Block, Inst, Operand, Source, Var},
};

/// Bits that blocks and variables may take together; beyond, every variable that is read matters.
const BITS_MAX: usize = 1 << 26;

/// Which variables matter where blocks begin.
#[derive(Debug)]
pub struct Live(Vec<Uses>);

impl Live {
    /// Looks at all of `func`; `None` where that would take too much room.
    pub fn of(func: &Func) -> Option<Self> {
        let words = func.vars.len().div_ceil(64);
        if words * 64 * func.blocks.len() > BITS_MAX {
            return None;
        }
        let all: Vec<Block> = func.blocks.iter().map(|(block, _)| block).collect();
        let places: Vec<Option<usize>> = (0..all.len()).map(Some).collect();
        Some(Self(uses_of(func, &all, &places)))
    }

    /// Whether somebody may read `var` where `block` begins before it is set.
    pub fn is_live(&self, block: Block, var: Var) -> bool {
        self.0[block.position()].is_live(var)
    }
}

/// What a block does with variables, as bits.
#[derive(Debug)]
struct Uses {
    /// Read before it sets them; in the end, those that matter where it begins.
    live: Vec<u64>,
    set: Vec<u64>,
}

/// The variables that matter where `block` begins, in their order; it leads to `reached` and nowhere else.
pub(super) fn live_at(func: &Func, block: Block, reached: &[Block]) -> Vec<Var> {
    let words = func.vars.len().div_ceil(64);
    let live = if words * 64 * reached.len() > BITS_MAX {
        let mut pool = func.operands.clone();
        let mut all = Uses { live: vec![0; words], set: vec![0; words] };
        reached.iter().for_each(|block| all.read(func, *block, &mut pool, false));
        all
    } else {
        let mut places = vec![None; func.blocks.len()];
        for (place, block) in reached.iter().enumerate() {
            places[block.position()] = Some(place);
        }
        let mut uses = uses_of(func, reached, &places);
        let place = places[block.position()].expect("a block leads to itself");
        uses.swap_remove(place)
    };
    func.vars.iter().map(|(var, _)| var).filter(|var| live.is_live(*var)).collect()
}

/// What the blocks `reached`, which stand at `places`, do with variables, and what matters where they begin.
fn uses_of(func: &Func, reached: &[Block], places: &[Option<usize>]) -> Vec<Uses> {
    let words = func.vars.len().div_ceil(64);
    let mut pool = func.operands.clone();
    let of = |block: &Block| {
        let mut own = Uses { live: vec![0; words], set: vec![0; words] };
        own.read(func, *block, &mut pool, true);
        own
    };
    let mut uses: Vec<_> = reached.iter().map(of).collect();
    flow(func, reached, places, &mut uses);
    uses
}

/// Carries what matters back over the edges, until nothing changes: last blocks first, as most edges go on.
fn flow(func: &Func, reached: &[Block], places: &[Option<usize>], uses: &mut [Uses]) {
    let mut has_changed = true;
    while has_changed {
        has_changed = false;
        for (place, block) in reached.iter().enumerate().rev() {
            func.successors(&func.blocks[*block], |to| {
                let Some(to) = places[to.position()] else { return };
                for word in 0..uses[place].live.len() {
                    let live =
                        uses[place].live[word] | uses[to].live[word] & !uses[place].set[word];
                    has_changed |= live != uses[place].live[word];
                    uses[place].live[word] = live;
                }
            });
        }
    }
}

impl Uses {
    fn is_live(&self, var: Var) -> bool {
        self.live[var.position() / 64] >> (var.position() % 64) & 1 == 1
    }

    /// Adds what `block` reads; with `sets`, only where it has not set it before.
    fn read(&mut self, func: &Func, block: Block, pool: &mut [Operand], sets: bool) {
        let block = &func.blocks[block];
        for inst in func.block_insts(block) {
            operands(&mut inst.clone(), pool, |operand| self.operand(*operand));
            if let Inst::Set { var, .. } = *inst
                && sets
            {
                self.set[var.position() / 64] |= 1 << (var.position() % 64);
            }
        }
        terminator_operands(&mut block.terminator.clone(), pool, |operand| self.operand(*operand));
    }

    fn operand(&mut self, operand: Operand) {
        if let Source::Var(var) = operand.source() {
            let (word, bit) = (var.position() / 64, 1 << (var.position() % 64));
            self.live[word] |= bit & !self.set[word];
        }
    }
}
