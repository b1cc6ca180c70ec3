//! Checks with the accesses that are written together with them.

use lockstep_ir::{Inst, Op, Operand, Order, Source, Type, Value};

use super::{Encoding, emit::by_width};
use crate::{
    code::{CodeError, Word},
    dispatch::{Handler, Run, handler},
    handler::{
        linear::{self, Address, Given},
        memory::{Check, Eight, Known, LoadWord, Narrow, StoreByte, StoreWord, Two, Wide},
    },
};

impl Encoding<'_> {
    /// A check; with the load or store of a whole word or byte that follows it, one instruction.
    pub(super) fn check(&mut self, at: u32) -> Result<(), CodeError> {
        let Inst::Check { memory, ty, addr, len, result } = self.func.insts[at as usize] else {
            return Ok(());
        };
        if memory.0 == 0
            && self.e.plan.uses(result) == 1
            && (self.linear_access(at, addr, len)? || self.word_access(at, ty, addr, len)?)
        {
            return Ok(());
        }
        let addr = self.slot(addr, ty)?;
        let len = self.slot(len, ty)?;
        let token = self.define(result)?;
        let handlers = [
            handler::<Check<Narrow>> as Handler,
            handler::<Check<Two>>,
            handler::<Check<Wide>>,
            handler::<Check<Eight>>,
        ];
        self.handler(by_width(ty, handlers));
        self.fields([token, addr, len, memory.0 as i16]);
        Ok(())
    }

    /// Writes the access that `linear` finds together with the check at `at`, and with the sign extension that alone
    /// uses what is loaded.
    fn linear_access(&mut self, at: u32, addr: Operand, len: Operand) -> Result<bool, CodeError> {
        let Some(access) = self.e.plan.linear(self.func, at) else { return Ok(false) };
        let (address, places, ends) = self.address(at, addr, len)?;
        match self.func.insts[access as usize] {
            Inst::Load { ty, result, .. } => {
                if self.write_load_op(at, access, (address, places, ends))? {
                    self.e.plan.skip(access);
                    return Ok(true);
                }
                let widened = self.widening(access + 1, result);
                let (result, last) = match widened {
                    Some((value, _)) => (value, access + 1),
                    None => (result, access),
                };
                let only_acc = self.goes_on_in_acc(result, last);
                let handler = linear::load(ty, widened.map(|(_, to)| to), address, only_acc);
                let handler = handler.ok_or(CodeError::Unsupported("a load of a word"))?;
                let to = self.define_acc(result, only_acc)?;
                if widened.is_some() {
                    self.e.plan.skip(access + 1);
                }
                self.handler(handler);
                self.fields([to, places[0], places[1], 0]);
                self.e.words.push(ends);
            }
            Inst::Store { ty, value, .. } => {
                let constant = self.func.const_low(self.e.plan.resolve(value));
                let is_free = ty.is_float() || !address.takes_acc();
                let stored = match constant {
                    Some(_) => Given::Known,
                    None if is_free && self.in_acc(value, ty) => Given::Acc,
                    None => Given::Slot,
                };
                let handler = linear::store(ty, address, stored);
                let handler = handler.ok_or(CodeError::Unsupported("a store of a word"))?;
                let from = if stored == Given::Slot { self.slot(value, ty)? } else { 0 };
                self.handler(handler);
                self.fields([from, places[0], places[1], 0]);
                self.e.words.push(ends);
                if let Some(low) = constant {
                    self.imm(low);
                }
            }
            _ => return Ok(false),
        }
        self.e.plan.skip(access);
        Ok(true)
    }

    /// How the address of the check at `at` is given, the places of its parts, and the word of its end.
    fn address(
        &mut self,
        at: u32,
        addr: Operand,
        len: Operand,
    ) -> Result<(Address, [i16; 2], Word), CodeError> {
        let len = self.func.const_low(len).unwrap_or(u64::MAX);
        if let Some(low) = self.func.const_low(self.e.plan.resolve(addr)) {
            // What does not fit 64 bits is out of reach.
            return Ok((Address::Known, [0; 2], Word { imm: low.saturating_add(len) }));
        }
        let Some(end) = self.e.plan.index(self.func, at) else {
            return Ok((Address::Wide, [self.slot(addr, Type::I64)?, 0], Word { imm: len }));
        };
        let Some(args) = self.e.plan.sum(self.func, addr) else {
            let is_in_acc = self.in_acc(addr, Type::I32);
            let address = if is_in_acc { Address::Acc } else { Address::Slot };
            let place = if is_in_acc { 0 } else { self.slot(addr, Type::I32)? };
            return Ok((address, [place, 0], Word { halves: [end, 0] }));
        };
        let constant = |operand| self.func.const_low(self.e.plan.resolve(operand));
        let (mut args, add) = match (constant(args[0]), constant(args[1])) {
            (_, Some(low)) => ([args[0], Operand::ZERO], Some(low as u32)),
            (Some(low), None) => ([args[1], Operand::ZERO], Some(low as u32)),
            (None, None) => (args, None),
        };
        if add.is_none() && self.in_acc(args[0], Type::I32) {
            args.swap(0, 1);
        }
        let (address, places) = match (add, self.in_acc(args[0], Type::I32)) {
            (Some(_), true) => (Address::AccPlus, [0; 2]),
            (Some(_), false) => (Address::SlotPlus, [self.slot(args[0], Type::I32)?, 0]),
            (None, _) if self.in_acc(args[1], Type::I32) => {
                (Address::SlotAcc, [self.slot(args[0], Type::I32)?, 0])
            }
            (None, _) => {
                let places = [self.slot(args[0], Type::I32)?, self.slot(args[1], Type::I32)?];
                (Address::SlotSlot, places)
            }
        };
        Ok((address, places, Word { halves: [end, add.unwrap_or(0)] }))
    }

    /// The sign extension at `at` when it alone uses `loaded` and a load does it: its result and type.
    pub(super) fn widening(&self, at: u32, loaded: Value) -> Option<(Value, Type)> {
        match self.func.insts.get(at as usize)? {
            Inst::Op { op: Op::Sextend, ty, to, args, result }
                if args[0] == loaded.into()
                    && self.e.plan.uses(loaded) == 1
                    && linear::load(*ty, Some(*to), Address::Slot, false).is_some() =>
            {
                Some((*result, *to))
            }
            _ => None,
        }
    }

    /// Writes the access at `at + 1` together with the check at `at`, if the machine has an instruction for both.
    fn word_access(
        &mut self,
        at: u32,
        ty: Type,
        addr: Operand,
        len: Operand,
    ) -> Result<bool, CodeError> {
        let Inst::Check { result, .. } = self.func.insts[at as usize] else { return Ok(false) };
        let address = match self.e.plan.resolve(addr).source() {
            Source::Imm(_) | Source::Const(_) => AddressForm::Known,
            _ => match ty.slots() {
                1 => AddressForm::Narrow,
                4 => AddressForm::Wide,
                _ => return Ok(false),
            },
        };
        let (handlers, slot) = match (self.func.insts.get(at as usize + 1), len.source()) {
            (
                Some(Inst::Load {
                    ty: Type::I256,
                    order: Order::Big,
                    token,
                    offset: 0,
                    result: to,
                }),
                Source::Imm(32),
            ) if *token == result => {
                let addr = self.address_slot(address, addr, ty)?;
                (LOAD_WORD, [self.define(*to)?, addr])
            }
            (
                Some(Inst::Store { ty: Type::I256, order: Order::Big, token, offset: 0, value }),
                Source::Imm(32),
            ) if *token == result => {
                let value = self.slot(*value, Type::I256)?;
                (STORE_WORD, [value, self.address_slot(address, addr, ty)?])
            }
            (Some(Inst::Store { ty: Type::I8, token, offset: 0, value, .. }), Source::Imm(1))
                if *token == result =>
            {
                let value = self.slot(*value, Type::I8)?;
                (STORE_BYTE, [value, self.address_slot(address, addr, ty)?])
            }
            _ => return Ok(false),
        };
        self.handler(handlers[address as usize]);
        self.fields([slot[0], slot[1], 0, 0]);
        if address == AddressForm::Known {
            let limbs = self.func.const_limbs(addr, ty).unwrap_or([u64::MAX; 8]);
            let fits = limbs[1..].iter().all(|limb| *limb == 0);
            self.imm(if fits { limbs[0] } else { u64::MAX });
        }
        self.e.plan.skip(at + 1);
        Ok(true)
    }

    fn address_slot(
        &mut self,
        form: AddressForm,
        addr: Operand,
        ty: Type,
    ) -> Result<i16, CodeError> {
        if form == AddressForm::Known { Ok(0) } else { self.slot(addr, ty) }
    }

    pub(super) fn access<R: Run>(
        &mut self,
        slots: [i16; 2],
        token: Value,
        (ty, order, offset): (Type, Order, u32),
    ) -> Result<(), CodeError> {
        let memory = self.e.plan.memory_of(token) as i16;
        self.plain::<R>([slots[0], slots[1], memory, ty.size_bytes() as i16]);
        self.halves([offset, u32::from(order == Order::Big)]);
        Ok(())
    }
}

/// How the address of a word access is given; the order of the handler tables below.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AddressForm {
    Narrow = 0,
    Wide = 1,
    Known = 2,
}

const LOAD_WORD: [Handler; 3] =
    [handler::<LoadWord<Narrow>>, handler::<LoadWord<Wide>>, handler::<LoadWord<Known>>];
const STORE_WORD: [Handler; 3] =
    [handler::<StoreWord<Narrow>>, handler::<StoreWord<Wide>>, handler::<StoreWord<Known>>];
const STORE_BYTE: [Handler; 3] =
    [handler::<StoreByte<Narrow>>, handler::<StoreByte<Wide>>, handler::<StoreByte<Known>>];
