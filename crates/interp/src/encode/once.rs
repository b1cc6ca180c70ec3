//! Blocks as they are written for their first runs: one pass, a place for each value, nothing planned.
//!
//! Most blocks that a message reaches it reaches once, and planning a block takes longer than running it some dozen times. So
//! what is reached first is written like this, a draft, and whoever comes often has it encoded as it should be.
//!
//! # Shape
//!
//! ```text
//! stub -> reached first: block, block it goes on to, ... | stubs of whatever they lead to      (this file)
//!      -> reached again: the same
//!      -> reached often: the chunk that links are led to                                       (`chunk`)
//! ```
//!
//! # Invariants
//!
//! 1. No place is used for a second value, so a value may be another name of one that was made before.
//! 2. Nothing leads into such a chunk but who is told of it: its own links go where blocks are published, else to stubs.
//! 3. A block that holds what one pass cannot write (a token that is used twice, a frame that grows too large) is refused,
//!    and encoded as usual.

use lockstep_ir::{
    Block, Body, Edge, Inst, Op, Operand, Order, Outlined, Room, Shape, Source, Terminator, Type,
    Value, Verified,
};

use super::{
    Encoder, Encoding, bank,
    operation::machine_type,
    plan::{self, for_operands, for_results, for_terminator_operands},
};
use crate::{
    code::{Code, CodeError, Function},
    handler::{
        linear::{self, Address, Given},
        moves::Move1,
        place::Form,
        value,
    },
};

/// Whether a block could be written; what was written of one that could not is of no use.
type Written = Result<bool, CodeError>;

/// Where an operand lies.
#[derive(Clone, Copy)]
enum Lying {
    /// At this offset of the frame.
    Slot(i16),
    Constant,
}

impl Lying {
    /// The offset; zero for a constant, whose field nobody looks at.
    const fn slot(self) -> i16 {
        match self {
            Self::Slot(offset) => offset,
            Self::Constant => 0,
        }
    }
}

impl Encoder {
    /// Writes `first` for its first runs, with what begins the function when `is_entry`, and the blocks that it goes on to without
    /// a choice. Nothing is published of it.
    pub(crate) fn once(
        &mut self,
        code: &Code,
        (function, outlined): (&Function, &Outlined),
        (first, is_entry): (Block, bool),
        room: &mut Room,
    ) -> Written {
        let own = (Some(function.id()), outlined.func());
        let mut encoding = Encoding::new(self, code, own, function.layout());
        if is_entry {
            encoding.begin();
        }
        let mut next = Some(first);
        while let Some(block) = next {
            let body = outlined.body(code.interface(), block, room).map_err(CodeError::Refused)?;
            next = match body.def().terminator {
                Terminator::Jump(Edge::Goto(next)) if function.begins(next) => Some(next),
                _ => None,
            };
            if !encoding.block_once(body, next)? {
                return Ok(false);
            }
        }
        if encoding.bound_frame().is_err() {
            return Ok(false);
        }
        self.lead_away(function);
        Ok(true)
    }
}

impl Encoding<'_> {
    fn block_once(&mut self, body: Verified<Body<'_>>, following: Option<Block>) -> Written {
        let block = body.def();
        self.e.plan.begin_once(block);
        self.e.starts.put(body.block, self.e.words.len());
        self.block = body.block;
        self.start(block, following);
        if !self.begins_with_charge(block) {
            self.charge_nothing();
        }
        for at in block.insts.clone() {
            if !self.e.plan.is_skipped(at) && !self.instruction_once(at)? {
                return Ok(false);
            }
        }
        let mut has_places = true;
        for_terminator_operands(self.func, &block.terminator, |operand| {
            has_places &= self.has_place(operand);
        });
        if !has_places {
            return Ok(false);
        }
        self.accs = Default::default();
        self.terminator(block)?;
        self.patch_extents()?;
        self.needed = self.needed.max(self.e.temps.next);
        Ok(true)
    }

    fn instruction_once(&mut self, at: u32) -> Written {
        match self.func.insts[at as usize] {
            Inst::Op { op, ty, to, args, result } if ty.slots() == 1 && to.slots() == 1 => {
                let is_done = match op.shape() {
                    Shape::Binary | Shape::Compare | Shape::FloatBinary | Shape::FloatCompare => {
                        self.binary_once((op, ty), [args[0], args[1]], result)?
                    }
                    Shape::Extend | Shape::Bitcast if op != Op::Sextend => {
                        self.name_once(args[0], result)?
                    }
                    _ => false,
                };
                if is_done { Ok(true) } else { self.as_usual_once(at) }
            }
            Inst::Set { var, value } if self.has_place(value) => {
                let to = self.home(var);
                self.move_to(to, value, self.func.vars[var].ty)?;
                self.release_scratch();
                Ok(true)
            }
            Inst::Charge { gas } => self.charge(gas).map(|()| true),
            Inst::Check { .. } if self.access_once(at)? => Ok(true),
            _ => self.as_usual_once(at),
        }
    }

    /// An instruction that is written as for a block that is planned, with a plan that knows nothing.
    #[inline(never)]
    fn as_usual_once(&mut self, at: u32) -> Written {
        let inst = &self.func.insts[at as usize];
        let mut has_places = true;
        for_operands(self.func, inst, |operand| has_places &= self.has_place(operand));
        if !has_places {
            return Ok(false);
        }
        let memory = match inst {
            Inst::Check { memory, .. } => memory.0,
            _ => 0,
        };
        for_results(self.interface, inst, |value| {
            self.e.plan.bear_once(value, plan::NOWHERE, memory)
        });
        self.accs = Default::default();
        self.instruction(at)?;
        self.release_scratch();
        Ok(true)
    }

    /// Whether an operand lies somewhere: a token that was written with its access does not.
    fn has_place(&self, operand: Operand) -> bool {
        self.lies(operand).is_some()
    }

    /// Where an operand lies, which may be one of a block that is not made so far.
    #[inline(always)]
    fn lies(&self, operand: Operand) -> Option<Lying> {
        match operand.source() {
            Source::Value(value) => self
                .e
                .plan
                .place_once(value)
                .filter(|place| *place != plan::NOWHERE)
                .map(Lying::Slot),
            Source::Var(var) => Some(Lying::Slot(self.home(var))),
            Source::Const(_) | Source::Imm(_) => Some(Lying::Constant),
        }
    }

    /// The place of a new result of one slot.
    #[inline(always)]
    fn define_once(&mut self, value: Value) -> Result<i16, CodeError> {
        let offset = super::place(&mut self.e.temps.next, 1)?;
        self.e.plan.bear_once(value, offset, 0);
        Ok(offset)
    }

    fn binary_once(&mut self, (op, ty): (Op, Type), args: [Operand; 2], result: Value) -> Written {
        let (Some(a), Some(b)) = (self.lies(args[0]), self.lies(args[1])) else {
            return Ok(false);
        };
        let (forms, constant) = match (a, b) {
            (Lying::Slot(_), Lying::Slot(_)) => ([Form::Slot; 2], None),
            (Lying::Slot(_), Lying::Constant) => ([Form::Slot, Form::Imm], Some(args[1])),
            (Lying::Constant, Lying::Slot(_)) => ([Form::Imm, Form::Slot], Some(args[0])),
            (Lying::Constant, Lying::Constant) => return Ok(false),
        };
        let handler = value::binary(op, machine_type(op, ty), forms[0], forms[1], false);
        let Some(handler) = handler else { return Ok(false) };
        let to = self.define_once(result)?;
        self.handler(handler);
        self.fields([to, a.slot(), b.slot(), 0]);
        if let Some(constant) = constant {
            self.imm(self.func.const_low(constant).unwrap_or_default());
        }
        Ok(true)
    }

    /// A result that is the same slot as its operand.
    fn name_once(&mut self, arg: Operand, result: Value) -> Written {
        match (self.lies(arg), arg.as_value()) {
            (Some(Lying::Slot(place)), Some(_)) => self.e.plan.bear_once(result, place, 0),
            // A variable may be set before the name is used.
            (Some(Lying::Slot(from)), None) => {
                let to = self.define_once(result)?;
                self.plain::<Move1>([to, from, 0, 0]);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// A check of memory 0 with the access of a machine word that comes next.
    fn access_once(&mut self, at: u32) -> Written {
        let Inst::Check { memory, ty: Type::I32, addr, len, result: token } =
            self.func.insts[at as usize]
        else {
            return Ok(false);
        };
        let (Some(Lying::Slot(index)), Some(end)) = (self.lies(addr), self.func.const_low(len))
        else {
            return Ok(false);
        };
        let rest = &self.func.insts[at as usize + 1..self.block_end as usize];
        let (access, narrowed) = match *rest {
            // Only to be stored: a store looks at the low bits.
            [Inst::Op { op: Op::Ireduce, ty, args, result, .. }, access, ..]
                if ty.slots() == 1
                    && matches!(access, Inst::Store { value, .. } if value == result.into()) =>
            {
                (access, Some((args[0], result)))
            }
            [access, ..] => (access, None),
            [] => return Ok(false),
        };
        let (ty, offset) = match access {
            Inst::Load { ty, order: Order::Little, token: used, offset, .. }
            | Inst::Store { ty, order: Order::Little, token: used, offset, .. }
                if used == token =>
            {
                (ty, offset)
            }
            _ => return Ok(false),
        };
        let reach = u64::from(offset) + u64::from(ty.size_bytes());
        if memory.0 != 0 || bank(ty).is_none() || end != reach || end > u64::from(u32::MAX) {
            return Ok(false);
        }
        let end = [end as u32, 0];
        let is_written = match access {
            Inst::Load { result, .. } => self.load_once((index, end), ty, [token, result])?,
            Inst::Store { value, .. } => {
                let value = narrowed.map_or(value, |(value, _)| value);
                self.store_once((index, end), ty, token, value)?
            }
            _ => false,
        };
        if is_written {
            self.e.plan.skip(at + 1);
            if let Some((_, result)) = narrowed {
                self.e.plan.bear_once(result, plan::NOWHERE, 0);
                self.e.plan.skip(at + 2);
            }
        }
        Ok(is_written)
    }

    fn load_once(
        &mut self,
        (index, end): (i16, [u32; 2]),
        ty: Type,
        [token, result]: [Value; 2],
    ) -> Written {
        let Some(handler) = linear::load(ty, None, Address::Slot, false) else { return Ok(false) };
        self.e.plan.bear_once(token, plan::NOWHERE, 0);
        let to = self.define_once(result)?;
        self.handler(handler);
        self.fields([to, index, 0, 0]);
        self.halves(end);
        Ok(true)
    }

    fn store_once(
        &mut self,
        (index, end): (i16, [u32; 2]),
        ty: Type,
        token: Value,
        value: Operand,
    ) -> Written {
        // Stored may be what was made before the check alone.
        let is_token = value == token.into();
        let Some(stored) = self.lies(value).filter(|_| !is_token) else { return Ok(false) };
        let given = match stored {
            Lying::Slot(_) => Given::Slot,
            Lying::Constant => Given::Known,
        };
        let Some(handler) = linear::store(ty, Address::Slot, given) else { return Ok(false) };
        self.e.plan.bear_once(token, plan::NOWHERE, 0);
        self.handler(handler);
        self.fields([stored.slot(), index, 0, 0]);
        self.halves(end);
        if given == Given::Known {
            self.imm(self.func.const_low(value).unwrap_or_default());
        }
        Ok(true)
    }
}
