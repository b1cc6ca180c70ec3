//! What conditions say of the numbers they look at.

use lockstep_base::{Index, U256};

use super::{
    number::Range,
    transfer::is_positive,
    walk::{Fact, Name, Walk, constant},
};
use crate::{
    func::Func,
    inst::{Operand, Value},
    op::Op,
    types::Type,
};

/// How many conditions deep one is taken apart.
const DEPTH: u32 = 4;

/// A number that is compared.
#[derive(Clone, Copy)]
struct Side(Name, Range);

/// One number is below another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Order {
    /// Which operand is the lower one.
    lower: usize,
    /// Whether they differ.
    is_strict: bool,
    is_signed: bool,
}

/// What a comparison says when it is true, where it is one of order.
fn order(op: Op) -> Option<Order> {
    let (lower, is_strict, is_signed) = match op {
        Op::Iult => (0, true, false),
        Op::Iule => (0, false, false),
        Op::Iugt => (1, true, false),
        Op::Iuge => (1, false, false),
        Op::Islt => (0, true, true),
        Op::Isle => (0, false, true),
        Op::Isgt => (1, true, true),
        Op::Isge => (1, false, true),
        _ => return None,
    };
    Some(Order { lower, is_strict, is_signed })
}

impl Order {
    /// The same, or its opposite: what is not below is above.
    const fn when(self, is_true: bool) -> Self {
        if is_true {
            return self;
        }
        Self { lower: 1 - self.lower, is_strict: !self.is_strict, ..self }
    }
}

impl Walk {
    /// Finds what follows where `cond` is not zero, or where it is: [`Walk::limits`].
    pub(super) fn assume(&mut self, func: &Func, cond: Operand, is_true: bool) {
        self.limits.clear();
        self.assume_named(func, self.name(cond), is_true, DEPTH);
    }

    fn assume_named(&mut self, func: &Func, name: Name, is_true: bool, depth: u32) {
        let truth = if is_true { Range { least: 1, ..Range::ALL } } else { Range::ZERO };
        self.limits.push((name, truth));
        let (Name::Value(value), Some(depth)) = (name, depth.checked_sub(1)) else { return };
        let Some(fact) = self.fact(value) else { return };
        match fact.op {
            Op::Band if is_true => {
                fact.names.into_iter().for_each(|name| self.assume_named(func, name, true, depth));
            }
            Op::Bor if !is_true => {
                fact.names.into_iter().for_each(|name| self.assume_named(func, name, false, depth));
            }
            Op::Ieq | Op::Ine => {
                self.assume_same(func, &fact, is_true == (fact.op == Op::Ieq), depth)
            }
            op => {
                let Some(order) = order(op) else { return };
                self.assume_order(func, &fact, order.when(is_true));
            }
        }
    }

    /// What defined a value, if it is kept.
    fn fact(&self, value: Value) -> Option<Fact> {
        let at = self.facts.binary_search_by_key(&value.position(), |fact| fact.value.position());
        at.ok().map(|at| self.facts[at])
    }

    fn sides(&self, func: &Func, fact: &Fact) -> [Side; 2] {
        core::array::from_fn(|at| {
            let (name, operand) = (fact.names[at], fact.args[at]);
            // Variables may hold something else by now: their names do not.
            let range = match operand.is_const() {
                true => constant(func, operand, fact.ty),
                false => self.named(func, name),
            };
            Side(name, range.and(Range::of(fact.ty)))
        })
    }

    fn assume_same(&mut self, func: &Func, fact: &Fact, is_same: bool, depth: u32) {
        let [a, b] = self.sides(func, fact);
        for (side, other) in [(a, b), (b, a)] {
            if other.1 == Range::ZERO {
                self.assume_named(func, side.0, !is_same, depth);
            } else if is_same {
                self.limits.push((side.0, other.1));
            } else if other.1.known().is_some_and(|number| U256::from(number) == side.1.most) {
                // Not the most that it can be.
                let most = side.1.most.saturating_sub(U256::ONE);
                self.limits.push((side.0, Range { most, ..Range::ALL }));
            }
        }
    }

    fn assume_order(&mut self, func: &Func, fact: &Fact, order: Order) {
        let sides = self.sides(func, fact);
        let are_positive = sides.iter().all(|side| is_positive(side.1, fact.ty));
        if order.is_signed && !are_positive {
            return;
        }
        let (lower, upper) = (sides[order.lower], sides[1 - order.lower]);
        let by = u64::from(order.is_strict);
        let Some(most) = upper.1.most.checked_sub(U256::from(by)) else { return };
        self.limits.push((lower.0, Range { least: 0, most }));
        let least = lower.1.least.saturating_add(by);
        self.limits.push((upper.0, Range { least, ..Range::ALL }));
    }

    /// Whether a comparison of these numbers is true, where that is known.
    pub(super) fn decided(
        &self,
        op: Op,
        ty: Type,
        names: [Name; 2],
        ranges: [Range; 3],
    ) -> Option<bool> {
        let [a, b, _] = ranges;
        if matches!(op, Op::Ieq | Op::Ine) {
            let is_apart = a.and(b).is_empty();
            return is_apart.then_some(op == Op::Ine);
        }
        let order = order(op)?;
        if order.is_signed && !(is_positive(a, ty) && is_positive(b, ty)) {
            return None;
        }
        [true, false].into_iter().find(|is_true| {
            let Order { lower, is_strict, .. } = order.when(*is_true);
            let (low, high) = (ranges[lower], ranges[1 - lower]);
            let least = U256::from(high.least);
            match is_strict {
                true => low.most < least,
                false => low.most <= least || self.is_at_least(names[1 - lower], names[lower]),
            }
        })
    }

    /// Whether `a` is known to be no less than `b`: the same, a true sum of it, or what it is a true difference of.
    fn is_at_least(&self, a: Name, b: Name) -> bool {
        let made = |name: Name| match name {
            Name::Value(value) => self.fact(value).filter(|fact| fact.is_exact),
            _ => None,
        };
        if a == Name::Any || b == Name::Any {
            return false;
        }
        a == b
            || made(a).is_some_and(|fact| fact.op == Op::Iadd && fact.names.contains(&b))
            || made(b).is_some_and(|fact| fact.op == Op::Isub && fact.names[0] == a)
    }
}
