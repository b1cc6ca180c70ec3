//! Deep functions: told how many slots lie below their own, and left all together where one has no room.
//!
//! ```text
//! f(slots below, [where it returns to], arguments) -> (status, results)
//! status: 0, or where the tier below goes on: one more than the head, and in the lower 16 bits the slots in use there
//! ```
//!
//! # Invariants
//!
//! 1. A deep function leaves where it begins and nowhere else: its arguments are all that it has to put where the tier
//!    below looks for them.
//! 2. Each caller puts there what lies above its own lowest slot and below the callee's arguments. What is in its lowest slot
//!    its own caller puts there, which knows where it returns to; if that is elsewhere by then, it is told, and puts
//!    both there itself.

use alloc::{vec, vec::Vec};

use super::{
    body::Call,
    write::{Stub, Writer},
};
use crate::{
    func::VarDef,
    inst::{Block, Edge, Inst, Operand, Terminator, Value, Var},
    op::Op,
    types::Type,
};

/// Where the head stands in a status.
const HEAD_SHIFT: u32 = 16;

/// The slots in use in a status.
const SLOTS_MASK: u32 = (1 << HEAD_SHIFT) - 1;

/// Variables that are no slots.
#[derive(Default)]
pub(super) struct Deep {
    /// How many slots lie below the function's beginning.
    base: Option<Var>,
    /// Where it returns to.
    label: Option<Var>,
    /// The status of the last call.
    status: Option<Var>,
}

impl Writer<'_, '_> {
    fn number_variable(&mut self) -> Var {
        self.out.vars.push(VarDef { ty: Type::I64, slot: None })
    }

    fn op(&mut self, op: Op, (ty, to): (Type, Type), args: [Operand; 2]) -> Operand {
        let result = self.out.values.push(to);
        let [first, second] = args;
        self.push(Inst::Op { op, ty, to, args: [first, second, Operand::ZERO], result }, 0);
        result.into()
    }

    fn number_op(&mut self, op: Op, first: Operand, second: u32) -> Operand {
        self.op(op, (Type::I64, Type::I64), [first, Operand::imm(second)])
    }

    /// The number of the slot that is `slot` above the function's beginning.
    fn slot_number(&mut self, slot: i16) -> Operand {
        let away = u32::from(slot.unsigned_abs());
        match self.deep.base {
            None => Operand::imm(away),
            Some(base) if slot < 0 => self.number_op(Op::Isub, base.into(), away),
            Some(base) => self.number_op(Op::Iadd, base.into(), away),
        }
    }

    /// The parameters before arguments.
    pub(super) fn declare_deep(&mut self) {
        self.deep.base = Some(self.number_variable());
        if self.body.takes_label {
            self.deep.label = Some(self.number_variable());
        }
    }

    /// The first block: whether there is room.
    pub(super) fn begin_deep(&mut self) {
        let start = self.out.insts.len() as u32;
        if let Some(label) = self.deep.label {
            let value =
                self.op(Op::Uextend, (Type::I64, self.bodies.ty), [label.into(), Operand::ZERO]);
            let var = self.variable(-self.body.params);
            self.push(Inst::Set { var, value }, 0);
        }
        let base = self.deep.base.map_or(Operand::ZERO, Operand::from);
        let room = Operand::imm(self.bodies.deep_base_max(self.body));
        let cond = self.op(Op::Iugt, (Type::I64, Type::I8), [base, room]);
        let then = self.stub_edge(Stub::NoRoom);
        let otherwise = Edge::Goto(Block(1));
        self.block(start, Terminator::Branch { cond, then, otherwise });
    }

    /// What a deep callee is told before its arguments.
    pub(super) fn args_before(&mut self, call: &Call) -> Vec<Operand> {
        let callee = &self.bodies.bodies[call.func];
        if !callee.is_deep {
            return Vec::new();
        }
        let mut args = vec![self.slot_number(call.height)];
        args.extend(callee.takes_label.then(|| Operand::imm(call.label)));
        args
    }

    /// Goes on as `then` says unless what was called had to leave.
    pub(super) fn unless_left(&mut self, status: Value, call: usize, then: Edge) -> Terminator {
        let var = match self.deep.status {
            Some(var) => var,
            None => {
                let var = self.number_variable();
                *self.deep.status.insert(var)
            }
        };
        self.push(Inst::Set { var, value: status.into() }, 0);
        let types = (Type::I64, Type::I8);
        let cond = self.op(Op::Ine, types, [status.into(), Operand::ZERO]);
        let left = self.stub_edge(Stub::Unwind(call));
        Terminator::Branch { cond, then: left, otherwise: then }
    }

    /// Puts arguments where the tier below looks for them, and says where it goes on.
    pub(super) fn no_room(&mut self) -> Terminator {
        self.put_slots(0, None);
        let base = self.deep.base.map_or(Operand::ZERO, Operand::from);
        let head = self.number_op(Op::Ishl, Operand::imm(self.body.head.0 + 1), HEAD_SHIFT);
        let status = self.op(Op::Bor, (Type::I64, Type::I64), [head, base]);
        self.return_left(status)
    }

    /// Puts what is in use below the callee's arguments where the tier below looks for it, and returns too, or leaves.
    pub(super) fn unwind(&mut self, call: &Call) -> Terminator {
        let callee = &self.bodies.bodies[call.func];
        let label = (!callee.takes_label).then(|| Operand::imm(call.label));
        self.put_slots(call.height - callee.params, label);
        let status = self.deep.status.map_or(Operand::ZERO, Operand::from);
        if self.body.is_deep {
            return self.return_left(status);
        }
        let to = self.number_op(Op::Band, status, SLOTS_MASK);
        let head = self.number_op(Op::Ushr, status, HEAD_SHIFT);
        let head = self.number_op(Op::Isub, head, 1);
        let target = self.op(Op::Uextend, (Type::I64, self.bodies.ty), [head, Operand::ZERO]);
        self.push(Inst::MoveBase { to }, 0);
        Terminator::Jump(Edge::EnterDyn { target, shift: 0 })
    }

    /// Puts the function's slots below `end`, and what comes behind them, where the tier below looks for them.
    fn put_slots(&mut self, end: i16, last: Option<Operand>) {
        // Of what is in the lowest slot the caller knows, unless we were told.
        let first = -self.body.params + i16::from(self.body.is_deep && !self.body.takes_label);
        let slots = (first..end).map(|slot| Operand::from(self.variable(slot)));
        let mut values: Vec<_> = slots.collect();
        values.extend(last);
        if !values.is_empty() {
            let at = self.slot_number(first);
            let values = self.list(&values);
            self.push(Inst::PutSlots { at, values }, 0);
        }
    }

    fn return_left(&mut self, status: Operand) -> Terminator {
        let mut values = vec![Operand::ZERO; usize::from(self.body.results()) + 1];
        values[0] = status;
        Terminator::Return { values: self.list(&values) }
    }
}
