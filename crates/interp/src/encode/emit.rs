//! Instructions that are not operations of the table: charges, globals, memory; and moves.

use lockstep_ir::{Inst, Operand, Type};

use super::Encoding;
use crate::{
    code::CodeError,
    dispatch::{Handler, Run, handler},
    handler::{
        flow::{Charge, Enter, GasLeft, Show, Step, TrapIf},
        instance::{GlobalGet, GlobalGet2, GlobalSet, GlobalSet2, Perform},
        memory::{
            ChargeBy, CopyPadded, CopyWithin, Eight, Load, LoadPadded, LoadPaddedAny, MemorySize,
            Narrow, Store, Two, Wide,
        },
        moves::{Const1, Const4, Const4Small, Extend1To4, Move1, Move2, Move4},
    },
};

impl Encoding<'_> {
    /// Writes the instruction at `at`.
    pub(super) fn instruction(&mut self, at: u32) -> Result<(), CodeError> {
        match self.func.insts[at as usize] {
            Inst::Op { op, ty, to, args, result } => self.operation((op, ty, to), args, result, at),
            Inst::Copy { ty, value, result } => {
                let to = self.define(result)?;
                self.move_to(to, value, ty)
            }
            Inst::Set { var, value } => {
                let to = self.home(var);
                self.overwrite(var);
                self.move_to(to, value, self.func.vars[var].ty)
            }
            Inst::Charge { gas } => self.charge(gas),
            Inst::ChargeBy { ty, amount, per, unit } => self.charge_by(ty, amount, per, unit),
            Inst::GasLeft { prepaid, result } => {
                let to = self.define(result)?;
                self.plain::<GasLeft>([to, 0, 0, 0]);
                self.imm(u64::from(prepaid));
                Ok(())
            }
            Inst::TrapIf { cond, trap } => {
                let cond = self.slot(cond, Type::I8)?;
                self.plain::<TrapIf>([cond, 0, 0, 0]);
                self.imm(trap as u64);
                Ok(())
            }
            Inst::Check { .. } => self.check(at),
            Inst::Load { ty, order, token, offset, result } => {
                let token_at = self.slot(token.into(), Type::I64)?;
                let to = self.define(result)?;
                self.access::<Load>([to, token_at], token, (ty, order, offset))
            }
            Inst::Store { ty, order, token, offset, value } => {
                let token_at = self.slot(token.into(), Type::I64)?;
                let from = self.slot(value, ty)?;
                self.access::<Store>([from, token_at], token, (ty, order, offset))
            }
            Inst::LoadPadded { memory, ty, addr, result } => {
                let addr = self.slot(addr, Type::I256)?;
                let to = self.define(result)?;
                let fields = [to, addr, memory.0 as i16, ty.size_bytes() as i16];
                match ty {
                    Type::I256 => self.plain::<LoadPadded>(fields),
                    _ => self.plain::<LoadPaddedAny>(fields),
                }
                Ok(())
            }
            Inst::CopyPadded { token, memory, from, len } => {
                let to = self.slot(token.into(), Type::I64)?;
                let from = self.slot(from, Type::I256)?;
                let len = self.slot(len, Type::I64)?;
                let memories = [self.e.plan.memory_of(token), memory.0];
                self.plain::<CopyPadded>([to, from, len, both(memories)]);
                Ok(())
            }
            Inst::CopyWithin { to, from, len } => {
                let memories = [self.e.plan.memory_of(to), self.e.plan.memory_of(from)];
                let to = self.slot(to.into(), Type::I64)?;
                let from = self.slot(from.into(), Type::I64)?;
                let len = self.slot(len, Type::I64)?;
                self.plain::<CopyWithin>([to, from, len, both(memories)]);
                Ok(())
            }
            Inst::MemorySize { memory, result } => {
                let to = self.define(result)?;
                self.plain::<MemorySize>([to, memory.0 as i16, 0, 0]);
                Ok(())
            }
            Inst::WindowCheck { need, grow } => self.window_check(at, need, grow),
            Inst::PutSlots { .. } | Inst::MoveBase { .. } => {
                Err(CodeError::Unsupported("a base that is not where edges move it"))
            }
            Inst::Call { func, args, first } => self.call(at, func, args, first),
            Inst::CallHost { import, args, first } => self.call_host(import, args, first),
            Inst::CallIndirect { table, sig, args, first } => {
                self.call_indirect(at, (table, sig), args, first)
            }
            Inst::GlobalGet { global, result } => {
                let to = self.define(result)?;
                match self.interface.globals[global].ty.slots() {
                    1 => self.plain::<GlobalGet>([to, 0, 0, 0]),
                    2 => self.plain::<GlobalGet2>([to, 0, 0, 0]),
                    _ => return Err(CodeError::Unsupported("a global of more than two slots")),
                }
                self.imm(u64::from(global.0));
                Ok(())
            }
            Inst::GlobalSet { global, value } => {
                let ty = self.interface.globals[global].ty;
                let from = self.slot(value, ty)?;
                match ty.slots() {
                    1 => self.plain::<GlobalSet>([from, 0, 0, 0]),
                    2 => self.plain::<GlobalSet2>([from, 0, 0, 0]),
                    _ => return Err(CodeError::Unsupported("a global of more than two slots")),
                }
                self.imm(u64::from(global.0));
                Ok(())
            }
            Inst::Act { act, on, args, first } => {
                let mut fields = [0; 4];
                for (k, ty) in act.params().iter().enumerate() {
                    fields[k + 1] = self.slot(self.func.list(args)[k], *ty)?;
                }
                if !act.results().is_empty() {
                    fields[0] = self.define(first)?;
                }
                self.plain::<Perform>(fields);
                self.halves([act as u32, 0]);
                self.halves(on);
                Ok(())
            }
            Inst::Show { ty, value } => {
                let from = self.slot(value, ty)?;
                self.plain::<Show>([from, 0, 0, 0]);
                self.imm(ty as u64);
                Ok(())
            }
            Inst::Step { prepaid, height } => {
                let slots = self.interface.window.map_or(0, |window| window.ty.slots() as i16);
                self.plain::<Step>([height * slots, 0, 0, 0]);
                self.halves([self.func.pcs[at as usize], prepaid]);
                Ok(())
            }
        }
    }

    /// A handler and its operand word.
    pub(super) fn plain<R: Run>(&mut self, fields: [i16; 4]) {
        self.handler(handler::<R>);
        self.fields(fields);
    }

    pub(super) fn charge(&mut self, gas: u32) -> Result<(), CodeError> {
        let is_first = self.e.starts.last() == self.e.words.len();
        if gas > 0 || is_first && self.interface.window.is_none() {
            self.handler(handler::<Charge>);
            self.imm(u64::from(gas));
        }
        Ok(())
    }

    fn charge_by(
        &mut self,
        ty: Type,
        amount: Operand,
        per: u32,
        unit: u32,
    ) -> Result<(), CodeError> {
        let amount = self.slot(amount, ty)?;
        let handlers = [
            handler::<ChargeBy<Narrow>> as Handler,
            handler::<ChargeBy<Two>>,
            handler::<ChargeBy<Wide>>,
            handler::<ChargeBy<Eight>>,
        ];
        self.handler(by_width(ty, handlers));
        self.fields([amount, 0, 0, 0]);
        self.halves([per, 0]);
        self.imm(u64::from(unit));
        Ok(())
    }

    /// The window check of a region, with the charge that follows it.
    fn window_check(&mut self, at: u32, need: u16, grow: u16) -> Result<(), CodeError> {
        let Some(window) = self.interface.window else {
            return Err(CodeError::Unsupported("a window check without a window"));
        };
        let slot_bytes = window.ty.slots() * 8;
        let gas = match self.func.insts.get(at as usize + 1) {
            Some(Inst::Charge { gas }) => {
                self.e.plan.skip(at + 1);
                *gas
            }
            _ => 0,
        };
        // Heights from `need` to `limit - grow` fit; when there is none, no height does.
        let room = i32::from(window.limit) - i32::from(grow) - i32::from(need);
        let (need, span) = match u32::try_from(room) {
            Ok(room) => (u32::from(need) * slot_bytes, room * slot_bytes),
            Err(_) => (u32::MAX, 0),
        };
        self.handler(handler::<Enter>);
        self.halves([need, span]);
        self.imm(u64::from(gas));
        self.imm(self.head.map_or(0, |head| u64::from(head.0)));
        Ok(())
    }

    /// Writes `operand` to the slots at `to`.
    pub(super) fn move_to(&mut self, to: i16, operand: Operand, ty: Type) -> Result<(), CodeError> {
        if operand.is_const() {
            self.constant(to, operand, ty);
            return Ok(());
        }
        let from = self.slot(operand, ty)?;
        if from == to {
            return Ok(());
        }
        match ty.slots() {
            4 => self.plain::<Move4>([to, from, 0, 0]),
            slots => {
                for slot in 0..slots as i16 {
                    self.move_one(to + slot, from + slot);
                }
            }
        }
        Ok(())
    }

    /// Moves one slot, with the move before it when that is of one slot too.
    fn move_one(&mut self, to: i16, from: i16) {
        let end = self.e.words.len();
        if let Some([first_to, first_from]) =
            self.moved.take_if(|moved| moved.0 + 2 == end).map(|moved| moved.1)
            && first_to != from
        {
            self.e.words.truncate(end - 2);
            return self.plain::<Move2>([first_to, first_from, to, from]);
        }
        self.moved = Some((end, [to, from]));
        self.plain::<Move1>([to, from, 0, 0]);
    }

    /// Widens one slot to four.
    pub(super) fn extend(&mut self, to: i16, from: i16) {
        self.plain::<Extend1To4>([to, from, 0, 0]);
    }

    /// Writes a constant to the slots at `to`.
    pub(super) fn constant(&mut self, to: i16, operand: Operand, ty: Type) {
        let slots = ty.slots() as usize;
        if slots == 1 {
            self.plain::<Const1>([to, 0, 0, 0]);
            return self.imm(self.func.const_low(operand).unwrap_or_default());
        }
        let limbs = self.func.const_limbs(operand, ty).unwrap_or_default();
        if slots == 4 && limbs[1..4] == [0; 3] {
            self.plain::<Const4Small>([to, 0, 0, 0]);
            self.imm(limbs[0]);
        } else if slots == 4 {
            self.plain::<Const4>([to, 0, 0, 0]);
            limbs[..4].iter().for_each(|limb| self.imm(*limb));
        } else {
            for (slot, limb) in limbs[..slots].iter().enumerate() {
                self.plain::<Const1>([to + slot as i16, 0, 0, 0]);
                self.imm(*limb);
            }
        }
    }
}

/// The memory written and the memory read, in one field.
fn both([to, from]: [u32; 2]) -> i16 {
    const { assert!(lockstep_ir::MEMORIES_MAX <= 1 << 7) };
    (to << 8 | from) as i16
}

/// The choice for numbers of one, two, four and eight slots.
pub(super) fn by_width<T: Copy>(ty: Type, choices: [T; 4]) -> T {
    choices[ty.slots().ilog2() as usize]
}
