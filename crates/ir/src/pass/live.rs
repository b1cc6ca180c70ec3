//! Which variables matter where: those that somebody may read before they are set.
//!
//! Invariant: the work is linear in the function, by [`WORDS_PER_INST`] and [`ROUNDS_MAX`]; beyond, nothing is known.

use alloc::{vec, vec::Vec};

use lockstep_base::Index;

use super::{
    order::order,
    rewrite::{operands, terminator_operands},
};
use crate::{
    func::Func,
    inst::{Block, Inst, Operand, Source, Var},
};

/// Words of bits for variables in blocks and in what switches lead to, for each instruction at most; and these for small
/// functions.
const WORDS_PER_INST: usize = 32;
const WORDS_ALWAYS: usize = 1 << 12;

/// How often all blocks are looked at, at most: loops that are nested less deep need less.
const ROUNDS_MAX: usize = 32;

/// Which variables matter where blocks begin.
#[derive(Debug)]
pub struct Live {
    uses: Vec<Uses>,
    /// For each block its place there, if anything leads to it.
    places: Vec<Option<usize>>,
}

impl Live {
    /// Looks at all of `func`; `None` where that would take too much.
    pub fn of(func: &Func) -> Option<Self> {
        Self::from(func, &order(func, Block(0))).map(|(live, _)| live)
    }

    /// Looks at `reached`, which lead nowhere else, in [`order`]; how many blocks were looked at for it, too.
    fn from(func: &Func, reached: &[Block]) -> Option<(Self, usize)> {
        let words = func.vars.len().div_ceil(64);
        let room = WORDS_ALWAYS + WORDS_PER_INST * func.insts.len();
        if words * (func.blocks.len() + func.targets.len()) > room {
            return None;
        }
        let mut places = vec![None; func.blocks.len()];
        for (place, block) in reached.iter().enumerate() {
            places[block.position()] = Some(place);
        }
        let mut pool = func.operands.clone();
        let of = |block: &Block| {
            let mut own = Uses { live: vec![0; words], set: vec![0; words] };
            own.read(func, *block, &mut pool, true);
            own
        };
        let mut live = Self { uses: reached.iter().map(of).collect(), places };
        let rounds = live.flow(func, reached)?;
        Some((live, rounds * reached.len()))
    }

    /// Carries what matters back over the edges, until nothing changes; how often it went over all blocks, if not too often.
    fn flow(&mut self, func: &Func, reached: &[Block]) -> Option<usize> {
        (1..=ROUNDS_MAX).find(|_| {
            let mut has_changed = false;
            for (place, block) in reached.iter().enumerate().rev() {
                func.successors(&func.blocks[*block], |to| {
                    let Some(to) = self.places[to.position()] else { return };
                    for word in 0..self.uses[place].live.len() {
                        let comes = self.uses[to].live[word] & !self.uses[place].set[word];
                        let live = &mut self.uses[place].live[word];
                        has_changed |= comes & !*live != 0;
                        *live |= comes;
                    }
                });
            }
            !has_changed
        })
    }

    /// Whether somebody may read `var` where `block` begins before it is set.
    pub fn is_live(&self, block: Block, var: Var) -> bool {
        self.places[block.position()].is_some_and(|place| self.uses[place].is_live(var))
    }
}

/// What a block does with variables, as bits.
#[derive(Debug)]
struct Uses {
    /// Read before it sets them; in the end, those that matter where it begins.
    live: Vec<u64>,
    set: Vec<u64>,
}

/// The variables that matter where `block` begins, in their order; it leads to `reached`, in [`order`], and nowhere else.
pub(super) fn live_at(func: &Func, block: Block, reached: &[Block]) -> Vec<Var> {
    let vars = func.vars.iter().map(|(var, _)| var);
    if let Some((live, _)) = Live::from(func, reached) {
        return vars.filter(|var| live.is_live(block, *var)).collect();
    }
    // All that is read anywhere.
    let words = func.vars.len().div_ceil(64);
    let mut pool = func.operands.clone();
    let mut all = Uses { live: vec![0; words], set: vec![0; words] };
    reached.iter().for_each(|block| all.read(func, *block, &mut pool, false));
    vars.filter(|var| all.is_live(*var)).collect()
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

#[cfg(test)]
mod tests {
    use alloc::{format, string::String};
    use core::fmt::Write;

    use super::*;
    use crate::{inst::FuncId, text::parse};

    fn func(text: &str) -> Func {
        parse(text).unwrap_or_else(|error| panic!("{error}\n{text}")).funcs[FuncId(0)].clone()
    }

    /// Blocks that each set a variable that the one after next reads: `at` says where a block stands in the function, so
    /// that each way of standing is the same program.
    fn chain(blocks: usize, is_backward: bool) -> Func {
        let mut text = String::from(
            "func @f(a: i32) -> i32 {\n    var x: i32\n    var y: i32\nb0:\n    charge 1\n    jump goto c0\n",
        );
        let mut all: Vec<String> = (0..blocks)
            .map(|number| {
                let next = if number + 1 < blocks { format!("c{}", number + 1) } else { "end".into() };
                let (read, set) = if number % 2 == 0 { ("x", "y") } else { ("y", "x") };
                format!(
                    "c{number}:\n    v{number} = iadd.i32 {read}, a\n    set {set}, v{number}\n    jump goto {next}\n"
                )
            })
            .collect();
        if is_backward {
            all.reverse();
        }
        text += &all.concat();
        text += "end:\n    return x\n}\n";
        func(&text)
    }

    /// Loops inside one another that end where they begin; behind all of them a variable is read.
    fn nest(depth: usize) -> Func {
        let mut text = String::from(
            "func @f(a: i8) -> i32 {\n    var x: i32\nb0:\n    charge 1\n    jump goto h0\n",
        );
        for number in 0..depth {
            let inside =
                if number + 1 < depth { format!("h{}", number + 1) } else { "inner".into() };
            let outside = if number > 0 { format!("l{}", number - 1) } else { "end".into() };
            write!(text, "h{number}:\n    charge 1\n    branch a, goto {inside}, goto {outside}\n")
                .expect("room");
        }
        write!(text, "inner:\n    charge 1\n    jump goto l{}\n", depth - 1).expect("room");
        for number in (0..depth).rev() {
            write!(text, "l{number}:\n    charge 1\n    jump goto h{number}\n").expect("room");
        }
        func(&(text + "end:\n    return x\n}\n"))
    }

    #[test]
    fn chains_take_two_rounds_whichever_way_they_stand() {
        for is_backward in [false, true] {
            for blocks in [200, 400, 800, 1600, 3200] {
                let func = chain(blocks, is_backward);
                let (live, visits) =
                    Live::from(&func, &order(&func, Block(0))).expect("little work");
                assert!(visits <= 2 * func.blocks.len(), "{blocks}, {is_backward}: {visits}");
                // The parameter matters from the first to the last of the chain, and at its end no more.
                let matters: Vec<_> =
                    func.blocks.iter().map(|(block, _)| live.is_live(block, Var(0))).collect();
                assert_eq!(matters.iter().filter(|is| **is).count(), blocks + 1);
                assert!(!matters[blocks + 1]);
            }
        }
    }

    #[test]
    fn loops_inside_loops_take_a_round_each_until_nothing_is_known() {
        for depth in [2, 8, 24, 40, 80, 160] {
            let func = nest(depth);
            match Live::from(&func, &order(&func, Block(0))) {
                Some((live, visits)) => {
                    assert!(visits <= (depth + 2) * func.blocks.len(), "{depth}: {visits}");
                    assert!(live.is_live(Block::new(depth + 1), Var(1)), "it is read in the end");
                }
                None => assert!(depth >= ROUNDS_MAX, "nothing is known of {depth} loops"),
            }
        }
        assert!(Live::of(&nest(ROUNDS_MAX + 1)).is_none());
    }

    #[test]
    fn where_variables_and_blocks_are_too_many_nothing_is_known() {
        for (vars, is_known) in [(100, true), (1000, true), (60_000, false)] {
            let mut func = chain(2000, false);
            let def = func.vars[Var(1)];
            (0..vars).for_each(|_| _ = func.vars.push(def));
            let live = Live::of(&func);
            assert_eq!(live.is_some(), is_known, "{vars}");
            // What is asked for at a block is no less then.
            let all: Vec<Block> = func.blocks.iter().map(|(block, _)| block).collect();
            assert!(live_at(&func, Block(2), &all).starts_with(&[Var(0)]));
        }
    }
}
