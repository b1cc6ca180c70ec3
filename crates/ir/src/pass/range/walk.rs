//! The way through a block: what each value is, and which number each variable holds.
//!
//! # Invariants
//!
//! 1. Two operands of one [`Name`] are the same number, whatever their types.
//! 2. What is said of a name holds wherever control is, once it is said.

use alloc::vec::Vec;

use lockstep_base::{Index, U256};

use super::{
    number::Range,
    transfer::{is_ranged, transfer},
};
use crate::{
    func::Func,
    inst::{Inst, Operand, Source, Value, Var},
    module::{Growth, Interface, MEMORY_BYTES_MAX},
    op::{Op, Shape},
    types::Type,
};

/// Which number it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    /// What the value is.
    Value(Value),
    /// What a variable held where the block began, or what the length of a memory is that never changes, by its place among
    /// those that are followed.
    Begin(u32),
    /// A constant, an i256.
    Const(Operand),
    /// Nobody asks.
    Any,
}

/// An operation that others are understood by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fact {
    pub(super) value: Value,
    pub(super) op: Op,
    pub(super) ty: Type,
    pub(super) args: [Operand; 2],
    pub(super) names: [Name; 2],
    /// Whether the result is the true sum or difference.
    pub(super) is_exact: bool,
}

/// What is known on the way.
#[derive(Debug, Default)]
pub(super) struct Walk {
    /// For each variable its place among those that are followed.
    pub(super) places: Vec<Option<u32>>,
    /// Where the places of memories' lengths begin, one for each memory.
    pub(super) lengths: u32,
    /// What followed variables held where the block began.
    pub(super) begin: Vec<Range>,
    /// What they hold.
    pub(super) names: Vec<Name>,
    values: Vec<(Range, Name)>,
    /// Those of the block, by their values.
    pub(super) facts: Vec<Fact>,
    /// What a condition says, while it is asked.
    pub(super) limits: Vec<(Name, Range)>,
}

impl Walk {
    pub(super) fn new(
        func: &Func,
        (places, lengths): (Vec<Option<u32>>, u32),
        count: usize,
    ) -> Self {
        Self {
            places,
            lengths,
            begin: alloc::vec![Range::ALL; count],
            names: alloc::vec![Name::Any; count],
            values: alloc::vec![(Range::ALL, Name::Any); func.values.len()],
            ..Self::default()
        }
    }

    /// A block begins, where variables hold what `begin` says.
    pub(super) fn restart(&mut self) {
        self.facts.clear();
        for (place, name) in self.names.iter_mut().enumerate() {
            *name = Name::Begin(place as u32);
        }
    }

    /// What a number may be.
    pub(super) fn named(&self, func: &Func, name: Name) -> Range {
        match name {
            Name::Value(value) => self.values[value.position()].0,
            Name::Begin(place) => self.begin[place as usize],
            Name::Const(operand) => constant(func, operand, Type::I256),
            Name::Any => Range::ALL,
        }
    }

    /// The same where the condition is what it was assumed to be.
    pub(super) fn limited(&self, func: &Func, name: Name) -> Range {
        let limits =
            self.limits.iter().filter(|(limited, _)| *limited == name && name != Name::Any);
        limits.fold(self.named(func, name), |range, (_, limit)| range.and(*limit))
    }

    /// Whether the condition is never what it was assumed to be.
    pub(super) fn is_impossible(&self, func: &Func) -> bool {
        self.limits
            .iter()
            .any(|(name, _)| *name != Name::Any && self.limited(func, *name).is_empty())
    }

    /// What an operand of type `ty` may be.
    pub(super) fn range(&self, func: &Func, operand: Operand, ty: Type) -> Range {
        if operand.is_const() {
            return constant(func, operand, ty);
        }
        self.named(func, self.name(operand)).and(Range::of(ty))
    }

    /// What a value may be that was defined on the way.
    pub(super) fn value(&self, func: &Func, value: Value) -> Range {
        self.range(func, value.into(), func.values[value])
    }

    /// The name of an operand that is no constant.
    pub(super) fn name(&self, operand: Operand) -> Name {
        match operand.source() {
            Source::Value(value) => self.values[value.position()].1,
            Source::Var(var) => self.held(var),
            Source::Const(_) | Source::Imm(_) => Name::Any,
        }
    }

    fn held(&self, var: Var) -> Name {
        self.places[var.position()].map_or(Name::Any, |place| self.names[place as usize])
    }

    /// Goes over an instruction: what it defines is known, and what holds behind it.
    pub(super) fn inst(&mut self, (interface, func): (&Interface, &Func), inst: &Inst) {
        match *inst {
            Inst::Op { op, ty, to, args, result } => self.op(func, op, (ty, to), args, result),
            Inst::Copy { ty, value, result } => {
                let range = self.range(func, value, ty);
                let name = self.name(value);
                self.define(result, range, name);
            }
            Inst::Set { var, value } => {
                if let Some(place) = self.places[var.position()] {
                    let is_const = value.is_const();
                    self.names[place as usize] =
                        if is_const { Name::Const(value) } else { self.name(value) };
                }
            }
            Inst::TrapIf { cond, .. } => {
                self.assume(func, cond, false);
                for at in 0..self.limits.len() {
                    let (name, range) = self.limits[at];
                    self.limit(name, range);
                }
            }
            Inst::Check { memory, ty, addr, len, result } => {
                self.define(result, Range::of(Type::I64), Name::Any);
                let growth = interface.memories[memory].growth;
                let is_some = func.const_u64(len, ty).is_some_and(|len| len > 0);
                if is_some && matches!(growth, Growth::OnTouch { .. }) {
                    self.limit(self.name(addr), Range::up_to(MEMORY_BYTES_MAX));
                }
            }
            Inst::MemorySize { memory, result } => {
                let growth = interface.memories[memory].growth;
                let is_fixed = matches!(growth, Growth::ReadOnly | Growth::Fixed);
                let name = if is_fixed { Name::Begin(self.lengths + memory.0) } else { Name::Any };
                self.define(result, Range::of(Type::I64), name);
                self.limit(name, Range::of(Type::I64));
            }
            _ => {
                let (first, count) = inst.results(interface);
                for value in (first.0..first.0 + count).map(Value) {
                    self.define(value, Range::of(func.values[value]), Name::Any);
                }
            }
        }
    }

    fn define(&mut self, value: Value, range: Range, name: Name) {
        let name = if name == Name::Any { Name::Value(value) } else { name };
        self.values[value.position()] = (range, name);
    }

    fn op(
        &mut self,
        func: &Func,
        op: Op,
        (ty, to): (Type, Type),
        args: [Operand; 3],
        result: Value,
    ) {
        let shape = op.shape();
        let mut ranges = [Range::ALL; 3];
        for (position, arg) in args.iter().enumerate().take(shape.arity()) {
            ranges[position] = self.range(func, *arg, shape.operand(position, ty));
        }
        if !is_ranged(ty) || !is_ranged(to) {
            return self.define(result, transfer(op, (ty, to), ranges), Name::Any);
        }
        let names = [self.name(args[0]), self.name(args[1])];
        let range = match self.decided(op, ty, names, ranges) {
            Some(is_so) => Range::exactly(U256::from(u8::from(is_so))),
            None => transfer(op, (ty, to), ranges),
        };
        let is_same = match op {
            Op::Uextend => true,
            Op::Ireduce => ranges[0].most <= Range::of(to).most,
            _ => false,
        };
        self.define(result, range, if is_same { names[0] } else { Name::Any });
        let is_exact = match op {
            Op::Iadd => range.most < Range::of(to).most,
            Op::Isub => U256::from(ranges[0].least) >= ranges[1].most,
            _ => false,
        };
        if op == Op::Iadd && !is_exact {
            self.values[result.position()].0 =
                less(ty, [args[0], args[1]], [ranges[0], ranges[1]]).unwrap_or(range);
        }
        if is_exact || shape == Shape::Compare || matches!(op, Op::Band | Op::Bor) {
            let args = [args[0], args[1]];
            self.facts.push(Fact { value: result, op, ty, args, names, is_exact });
        }
    }

    /// The number lies in `range` too.
    fn limit(&mut self, name: Name, range: Range) {
        let known = match name {
            Name::Value(value) => &mut self.values[value.position()].0,
            Name::Begin(place) => &mut self.begin[place as usize],
            Name::Const(_) | Name::Any => return,
        };
        *known = known.and(range);
    }
}

/// What a sum is that may wrap around, with a constant: the other number less what the constant lacks.
fn less(ty: Type, args: [Operand; 2], [a, b]: [Range; 2]) -> Option<Range> {
    let (other, known) = match args.map(Operand::is_const) {
        [false, true] => (a, b),
        [true, false] => (b, a),
        _ => return None,
    };
    let lacks = Range::of(ty).most.checked_sub(known.most)?.checked_add(U256::ONE)?;
    Some(transfer(Op::Isub, (ty, ty), [other, Range::exactly(lacks), Range::ALL]))
}

/// The range of a constant of type `ty`.
pub(super) fn constant(func: &Func, operand: Operand, ty: Type) -> Range {
    match func.const_limbs(operand, ty) {
        Some([a, b, c, d, 0, 0, 0, 0]) => Range::exactly(U256::from_limbs([a, b, c, d])),
        _ => Range::ALL,
    }
}
