//! Which floats may wait for their canonical NaN.
//!
//! Arithmetic yields the one canonical NaN (`ir::op::table`), the processor some NaN or other. A result of arithmetic is
//! made canonical where its bits become visible, not where it is made: a value is *pending* when it stands for
//! `canonical(bits)`. Constants that are no NaN may pass for pending, since it makes no difference to them, and so may
//! what was made canonical.
//!
//! Variables are followed from block to block:
//!
//! ```text
//! pending ──┐                     pending ──────> made canonical on the way, if somebody may read it ──┐
//! pending ──┴> pending            exact ───────────────────────────────────────────────────────────────┴> exact
//! ```
//!
//! # Invariants
//!
//! 1. Parameters, and what anything but arithmetic and constants defines, are exact: no bit of them may change.
//! 2. Code grows by no more than if each variable were made canonical where it is set, which is what happens where following
//!    them would take more.
//! 3. The work is linear in the function, by [`STATES_PER_INST`] and [`ROUNDS_MAX`].

use lockstep_base::Index;
use lockstep_ir::{
    Block, Func, Inst, Op, Operand, Shape, Source, Type, Value, Var,
    pass::{Live, order},
};

/// What bits of a float stand for; later ones say less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Nan {
    /// They are no NaN or the canonical one: both of what follows is true.
    None,
    /// The canonical NaN, if they are a NaN.
    Pending,
    /// Themselves.
    Exact,
}

/// Variables times blocks and what switches lead to, for each instruction at most; and these for small functions.
const STATES_PER_INST: usize = 32;
const STATES_ALWAYS: usize = 1 << 12;

/// How often all blocks are looked at, at most: loops that are nested less deep need less.
const ROUNDS_MAX: usize = 32;

/// What is known of a function's variables and values.
#[derive(Debug, Default)]
pub(crate) struct Nans {
    /// The variables that are floats, and for each variable its place among them.
    floats: Vec<Var>,
    places: Vec<usize>,
    /// For each block what they are where it begins, one after the other; nothing where variables are always exact.
    entry: Vec<Nan>,
    live: Option<Live>,
    /// What variables and values are where the translation is.
    vars: Vec<Nan>,
    values: Vec<Nan>,
    /// What variables were, while what changes is to be taken back.
    before: Option<Vec<(usize, Nan)>>,
}

/// Whether a result of `op` is pending.
fn is_arithmetic(op: Op) -> bool {
    match op.shape() {
        Shape::FloatBinary => op != Op::Fcopysign,
        Shape::FloatUnary => !matches!(op, Op::Fneg | Op::Fabs),
        Shape::FloatPromote | Shape::FloatDemote => true,
        _ => false,
    }
}

impl Nans {
    /// Looks at all of `func`.
    pub(crate) fn of(func: &Func) -> Self {
        let is_float = |(var, def): (Var, &lockstep_ir::VarDef)| def.ty.is_float().then_some(var);
        let floats: Vec<Var> = func.vars.iter().filter_map(is_float).collect();
        let mut nans =
            Self { floats, values: vec![Nan::Exact; func.values.len()], ..Self::default() };
        if nans.floats.is_empty() {
            return nans;
        }
        nans.places = vec![usize::MAX; func.vars.len()];
        for (place, var) in nans.floats.iter().enumerate() {
            nans.places[var.position()] = place;
        }
        nans.vars = vec![Nan::Exact; nans.floats.len()];
        let room = STATES_ALWAYS + STATES_PER_INST * func.insts.len();
        if nans.floats.len() * (func.blocks.len() + func.targets.len()) <= room {
            nans.live = Live::of(func);
        }
        if nans.live.is_none() || nans.flow(func).is_none() || nans.edges_cost_more(func) {
            nans.entry.clear();
            nans.vars.fill(Nan::Exact);
        }
        nans
    }

    /// Follows variables until what they are where blocks begin agrees with all that leads there; how often it went over all
    /// blocks, if it came to that.
    fn flow(&mut self, func: &Func) -> Option<usize> {
        self.entry = vec![Nan::None; self.floats.len() * func.blocks.len()];
        for (state, var) in self.entry.iter_mut().zip(&self.floats) {
            if var.position() < func.params as usize {
                *state = Nan::Exact;
            }
        }
        let order = order(func, Block(0));
        (1..=ROUNDS_MAX).find(|_| {
            let mut has_changed = false;
            for number in &order {
                let block = &func.blocks[*number];
                self.begin_block(*number);
                func.block_insts(block).iter().for_each(|inst| self.inst(func, inst));
                func.successors(block, |to| {
                    let from = to.position() * self.floats.len();
                    for (known, here) in self.entry[from..].iter_mut().zip(&self.vars) {
                        has_changed |= here > known;
                        *known = (*known).max(*here);
                    }
                });
            }
            !has_changed
        })
    }

    /// Whether more would be made canonical on edges than where variables are set.
    fn edges_cost_more(&mut self, func: &Func) -> bool {
        let (mut on_edges, mut sets) = (0, 0);
        for (number, block) in func.blocks.iter() {
            self.begin_block(number);
            for inst in func.block_insts(block) {
                self.inst(func, inst);
                sets += usize::from(matches!(inst, Inst::Set { var, .. } if self.is_float(*var)));
            }
            func.successors(block, |to| on_edges += self.waiting(to).count());
        }
        on_edges > sets
    }

    fn is_float(&self, var: Var) -> bool {
        self.places.get(var.position()).is_some_and(|place| *place != usize::MAX)
    }

    /// What follows is translated where `block` begins.
    pub(crate) fn begin_block(&mut self, block: Block) {
        let count = self.floats.len();
        if !self.entry.is_empty() {
            self.vars.copy_from_slice(&self.entry[block.position() * count..][..count]);
        }
    }

    /// The variables that are to be made canonical on the way from here to `to`.
    pub(crate) fn waiting(&self, to: Block) -> impl Iterator<Item = Var> {
        let there = self.entry.get(to.position() * self.floats.len()..).unwrap_or_default();
        let states = self.floats.iter().zip(self.vars.iter().zip(there));
        states.filter_map(move |(var, (here, there))| {
            let is_waiting = *here == Nan::Pending && *there == Nan::Exact;
            let is_live = || self.live.as_ref().is_some_and(|live| live.is_live(to, *var));
            (is_waiting && is_live()).then_some(*var)
        })
    }

    /// Whether what is set to variables is made canonical first.
    pub(crate) fn are_vars_exact(&self) -> bool {
        self.entry.is_empty()
    }

    /// Notes what `inst` defines, which is translated now.
    pub(crate) fn inst(&mut self, func: &Func, inst: &Inst) {
        match *inst {
            Inst::Op { op, ty, to, args, result } if to.is_float() => {
                self.values[result.position()] = match op {
                    _ if is_arithmetic(op) => Nan::Pending,
                    // When they differ, the pending one is made canonical first.
                    Op::Select => {
                        self.operand(func, args[1], ty).max(self.operand(func, args[2], ty))
                    }
                    Op::FcvtFromSint | Op::FcvtFromUint => Nan::None,
                    _ => Nan::Exact,
                };
            }
            Inst::Copy { ty, value, result } if ty.is_float() => {
                self.values[result.position()] = self.operand(func, value, ty);
            }
            Inst::Set { var, value } if self.is_float(var) && !self.are_vars_exact() => {
                let nan = self.operand(func, value, func.vars[var].ty);
                self.set(self.places[var.position()], nan);
            }
            _ => {}
        }
    }

    fn set(&mut self, place: usize, nan: Nan) {
        if let Some(before) = &mut self.before {
            before.push((place, self.vars[place]));
        }
        self.vars[place] = nan;
    }

    /// What `operand` of type `ty` is.
    pub(crate) fn operand(&self, func: &Func, operand: Operand, ty: Type) -> Nan {
        match operand.source() {
            Source::Value(value) => self.values[value.position()],
            Source::Var(var) => self.vars[self.places[var.position()]],
            Source::Const(_) | Source::Imm(_) => {
                let bits = func.const_limbs(operand, ty).map_or(u64::MAX, |limbs| limbs[0]);
                let is_nan = match ty {
                    Type::F32 => f32::from_bits(bits as u32).is_nan(),
                    _ => f64::from_bits(bits).is_nan(),
                };
                if is_nan { Nan::Exact } else { Nan::None }
            }
        }
    }

    /// What a value is.
    pub(crate) fn value(&self, value: Value) -> Nan {
        self.values[value.position()]
    }

    /// The value was made canonical, for all that follows.
    pub(crate) fn value_is_canonical(&mut self, value: Value) {
        self.values[value.position()] = Nan::None;
    }

    /// The variable was made canonical, for all that follows.
    pub(crate) fn var_is_canonical(&mut self, var: Var) {
        self.set(self.places[var.position()], Nan::None);
    }

    /// What becomes of variables from here on is taken back later.
    pub(crate) fn try_out(&mut self) {
        self.before = Some(Vec::new());
    }

    /// Takes it back.
    pub(crate) fn take_back(&mut self) {
        for (place, nan) in self.before.take().into_iter().flatten().rev() {
            self.vars[place] = nan;
        }
    }
}

#[cfg(test)]
mod tests {
    use lockstep_ir::{FuncId, text::parse};

    use super::*;

    fn entry_and_waiting(text: &str) -> (Vec<Nan>, Vec<(u32, u32, u32)>) {
        let module = parse(text).unwrap_or_else(|error| panic!("{error}"));
        let func = &module.funcs[FuncId(0)];
        let mut nans = Nans::of(func);
        let mut all = Vec::new();
        for (from, block) in func.blocks.iter() {
            nans.begin_block(from);
            func.block_insts(block).iter().for_each(|inst| nans.inst(func, inst));
            func.successors(block, |to| {
                all.extend(nans.waiting(to).map(|var| (from.0, to.0, var.0)));
            });
        }
        (nans.entry, all)
    }

    #[test]
    fn what_comes_both_ways_is_made_canonical_on_the_one_way_if_it_is_read() {
        let text = "\
func @f(c: i8, p: f64) -> f64 {
    var x: f64
    var y: f64
b0:
    set x, p
    branch c, goto compute, goto join
compute:
    s = fadd.f64 p, p
    set x, s
    set y, s
    goto join
join:
    set p, y
    branch c, goto join, goto end
end:
    return x
}
";
        use Nan::{Exact, None, Pending};
        let want = [[Exact, None, None], [Exact, Exact, None], [Exact, Exact, Pending]];
        let (entry, waiting) = entry_and_waiting(text);
        assert_eq!(entry[..9], want.concat());
        // Nobody reads the parameter again, and `y` is arithmetic's wherever it comes from.
        assert_eq!(waiting, [(1, 2, 2)]);
    }

    #[test]
    fn where_more_edges_than_sets_would_need_it_variables_are_exact() {
        let text = "\
func @f(c: i32, p: f64) -> f64 {
    var x: f64
b0:
    is = ine.i32 c, 0
    branch is, goto compute, goto other
compute:
    s = fadd.f64 p, p
    set x, s
    switch c, one, two, three
other:
    set x, p
    switch c, one, two, three
one:
    return x
two:
    return x
three:
    return x
}
";
        assert_eq!(entry_and_waiting(text), (vec![], vec![]));
        let fewer = text.replace("one, two, three", "one, two");
        let (entry, waiting) = entry_and_waiting(&fewer);
        assert_eq!(entry.len(), 2 * 6);
        assert_eq!(waiting.len(), 2);
    }

    /// Blocks that add to variables in turn, in the order of the function or against it.
    fn chain(blocks: usize, is_backward: bool) -> Func {
        let mut all: Vec<String> = (0..blocks)
            .map(|number| {
                let next = if number + 1 < blocks { format!("c{}", number + 1) } else { "end".into() };
                let (read, set) = if number % 2 == 0 { ("x", "y") } else { ("y", "x") };
                format!(
                    "c{number}:\n    v{number} = fadd.f64 {read}, p\n    set {set}, v{number}\n    jump goto {next}\n"
                )
            })
            .collect();
        if is_backward {
            all.reverse();
        }
        let text = format!(
            "func @f(p: f64) -> f64 {{\n    var x: f64\n    var y: f64\nb0:\n    set x, p\n    jump goto c0\n{}end:\n    return x\n}}\n",
            all.concat()
        );
        parse(&text).unwrap_or_else(|error| panic!("{error}")).funcs[FuncId(0)].clone()
    }

    #[test]
    fn chains_take_two_rounds_whichever_way_they_stand() {
        for is_backward in [false, true] {
            for blocks in [200, 400, 800, 1600, 3200] {
                let func = chain(blocks, is_backward);
                let mut nans = Nans::of(&func);
                assert!(!nans.are_vars_exact(), "what {blocks} blocks set is followed");
                let end = 3 * (blocks + 1);
                assert_eq!(nans.entry[end..], [Nan::Exact, Nan::Pending, Nan::Pending]);
                assert_eq!(nans.flow(&func), Some(2), "{blocks}, {is_backward}");
            }
        }
    }
}
