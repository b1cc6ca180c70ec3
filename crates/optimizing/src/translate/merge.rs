//! Checks that one check makes for all: those of a memory that grows on touch, at known distances from each other.
//!
//! # Invariants
//!
//! 1. A check may ask for more than it says where the rest is asked for before anybody can tell: the price of growth
//!    depends on how far it goes alone, and whoever runs out of gas has nothing left (`Interface::traps_take_all`).
//! 2. An address that passed its check lies within 2^32 bytes, so what is added to it does not wrap around.

use std::collections::BTreeMap;

use lockstep_ir::{BlockDef, Func, Inst, Interface, Op, Operand, Source, Type, Value, Var};

use super::exists::grows_on_touch;

/// What is added to an address at most.
const DISTANCE_MAX: u64 = 1 << 31;

/// For checks by their place in the function, what becomes of them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Merged(BTreeMap<usize, u64>);

impl Merged {
    /// How many bytes the check at `at` asks for that says `len`: none where another asked for them.
    pub(super) fn len(&self, at: usize, len: u64) -> u64 {
        self.0.get(&at).copied().unwrap_or(len)
    }
}

/// Where an address lies: so far behind what a value was, or a variable before so many changes.
type Place = (Root, u64);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Root {
    Value(Value),
    Var(Var, u32),
}

/// A check that asks for others.
struct Group {
    /// The check, by its place in the function.
    at: usize,
    /// Where it begins, and where what is asked for ends, behind the root.
    start: u64,
    end: u64,
}

/// The checks of a block.
struct Checks<'f> {
    func: &'f Func,
    places: BTreeMap<Value, Place>,
    changes: BTreeMap<Var, u32>,
    groups: BTreeMap<Root, Group>,
    merged: BTreeMap<usize, u64>,
}

/// What becomes of the checks in `block`.
pub(super) fn merged(interface: &Interface, func: &Func, block: &BlockDef) -> Merged {
    if !interface.traps_take_all || !grows_on_touch(interface) {
        return Merged::default();
    }
    let (places, changes) = (BTreeMap::new(), BTreeMap::new());
    let (groups, merged) = (BTreeMap::new(), BTreeMap::new());
    let mut checks = Checks { func, places, changes, groups, merged };
    for at in block.insts.clone() {
        let at = at as usize;
        checks.inst(at, &func.insts[at]);
    }
    Merged(checks.merged)
}

impl Checks<'_> {
    fn inst(&mut self, at: usize, inst: &Inst) {
        match *inst {
            Inst::Op { op: Op::Iadd, to: Type::I256, args: [a, b, _], result, .. } => {
                let sum = self.sum(a, b).or_else(|| self.sum(b, a));
                self.places.extend(sum.map(|place| (result, place)));
            }
            Inst::Copy { value, result, .. } => {
                let place = self.place(value);
                self.places.extend(place.map(|place| (result, place)));
            }
            Inst::Set { var, .. } => *self.changes.entry(var).or_default() += 1,
            Inst::Check { memory, ty: Type::I256, addr, len, .. } if memory.0 == 0 => {
                self.check(at, addr, len);
            }
            Inst::Op { .. }
            | Inst::Charge { .. }
            | Inst::ChargeBy { .. }
            | Inst::Check { .. }
            | Inst::Load { .. }
            | Inst::Store { .. }
            | Inst::LoadPadded { .. }
            | Inst::CopyPadded { .. }
            | Inst::CopyWithin { .. } => {}
            // Others may look at the memory's length or the counter, or end otherwise.
            _ => self.groups.clear(),
        }
    }

    fn sum(&self, place: Operand, distance: Operand) -> Option<Place> {
        let distance = self.func.const_u64(distance, Type::I256)?;
        let (root, before) = self.place(place)?;
        let all = before.checked_add(distance).filter(|all| *all <= DISTANCE_MAX)?;
        Some((root, all))
    }

    fn place(&self, operand: Operand) -> Option<Place> {
        match operand.source() {
            Source::Value(value) => {
                Some(self.places.get(&value).copied().unwrap_or((Root::Value(value), 0)))
            }
            Source::Var(var) => {
                let changes = self.changes.get(&var).copied().unwrap_or_default();
                Some((Root::Var(var, changes), 0))
            }
            Source::Const(_) | Source::Imm(_) => None,
        }
    }

    fn check(&mut self, at: usize, addr: Operand, len: Operand) {
        let len =
            self.func.const_u64(len, Type::I256).filter(|len| (1..=DISTANCE_MAX).contains(len));
        let (Some((root, start)), Some(len)) = (self.place(addr), len) else { return };
        let end = start + len;
        let group = self.groups.entry(root).or_insert(Group { at, start, end });
        if group.at == at {
            return;
        }
        // What begins before the group's first check did not pass with it.
        if start >= group.start {
            group.end = group.end.max(end);
            self.merged.insert(group.at, group.end - group.start);
            self.merged.insert(at, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use lockstep_ir::text::parse;

    use super::*;

    #[test]
    fn one_check_asks_for_those_behind_it_until_somebody_looks() {
        let text = "\
traps take_all
memory m0 = on_touch 0 linear 3 divisor 512
func @f(p: i256) {
start:
    charge 1
    a = check.i256 m0, p, 32
    q = iadd.i256 p, 64
    b = check.i256 m0, q, 32
    r = iadd.i256 q, 1
    c = check.i256 m0, r, 1
    n = memory_size m0
    d = check.i256 m0, q, 32
    e = check.i256 m0, p, 32
    set p, 7
    f = check.i256 m0, p, 64
    return
}
";
        let module = parse(text).unwrap_or_else(|error| panic!("{error}"));
        let func = &module.funcs[lockstep_ir::FuncId(0)];
        let block = &func.blocks[lockstep_ir::Block(0)];
        let found = merged(&module.interface, func, block);
        // The first for all up to where the length is looked at; what lies before another check is on its own, and so is a changed variable.
        assert_eq!(found, Merged([(1, 96), (3, 0), (5, 0)].into()));
        // Where the counter is looked at after a trap, each asks for its own.
        let exact = Interface { traps_take_all: false, ..module.interface.clone() };
        assert_eq!(merged(&exact, func, block), Merged::default());
    }
}
