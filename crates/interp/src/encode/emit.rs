//! Instructions that are not operations of the table: charges, memory, calls.

use alloc::vec::Vec;

use lockstep_ir::{
    FuncId, ImportId, Inst, List, Op, Operand, Order, SigId, Source, TableId, Type, Value,
};

use super::{Encoding, FRAME_WITH_WINDOW, bank, place};
use crate::{
    code::{CodeError, Word},
    dispatch::{Handler, Run, handler},
    handler::{
        flow::{Charge, Enter, GasLeft, Show, Step, TrapIf},
        host::{
            Begin, Call, CallHost, CallHostDeep, CallIndirect, FRAME_HEADER, Few, Many, Take,
            TakeCharging, TakeResults,
        },
        instance::{GlobalGet, GlobalGet2, GlobalSet, GlobalSet2, Perform},
        linear::{self, Address, Given},
        memory::{
            ChargeBy, Check, CopyPadded, CopyWithin, Eight, Known, Load, LoadPadded, LoadPaddedAny,
            LoadWord, MemorySize, Narrow, Store, StoreByte, StoreWord, Two, Wide,
        },
        value::{Const1, Const4, Const4Small, Extend1To4, Move1, Move2, Move4},
    },
};

/// The handler of a family for so many slots.
macro_rules! by_slots {
    ($family:ident, $slots:expr) => {
        match $slots {
            0 => handler::<$family<Few<0>>> as Handler,
            1 => handler::<$family<Few<1>>>,
            2 => handler::<$family<Few<2>>>,
            3 => handler::<$family<Few<3>>>,
            4 => handler::<$family<Few<4>>>,
            5 => handler::<$family<Few<5>>>,
            6 => handler::<$family<Few<6>>>,
            _ => handler::<$family<Many>>,
        }
    };
}

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

    fn charge(&mut self, gas: u32) -> Result<(), CodeError> {
        let is_first = self.e.block_starts.last() == Some(&self.e.words.len());
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

    /// A check; with the load or store of a whole word or byte that follows it, one instruction.
    fn check(&mut self, at: u32) -> Result<(), CodeError> {
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
                let constant = self.func.const_limbs(self.e.plan.resolve(value), ty);
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
                if let Some(limbs) = constant {
                    self.imm(limbs[0]);
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
        let len = self.func.const_limbs(len, Type::I64).map_or(u64::MAX, |limbs| limbs[0]);
        if let Some(limbs) = self.func.const_limbs(self.e.plan.resolve(addr), Type::I64) {
            // What does not fit 64 bits is out of reach.
            return Ok((Address::Known, [0; 2], Word { imm: limbs[0].saturating_add(len) }));
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
        let constant = |operand| self.func.const_limbs(self.e.plan.resolve(operand), Type::I32);
        let (mut args, add) = match (constant(args[0]), constant(args[1])) {
            (_, Some(limbs)) => ([args[0], Operand::ZERO], Some(limbs[0] as u32)),
            (Some(limbs), None) => ([args[1], Operand::ZERO], Some(limbs[0] as u32)),
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

    fn access<R: Run>(
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

    fn call_host(&mut self, import: ImportId, args: List, first: Value) -> Result<(), CodeError> {
        let interface = self.interface;
        let signature = &interface.imports[import].signature;
        let mut offsets = Vec::with_capacity(signature.params.len() + signature.results.len());
        for (position, ty) in signature.params.iter().enumerate() {
            let operand = self.func.list(args)[position];
            offsets.push(self.slot(operand, *ty)?);
        }
        for position in 0..signature.results.len() {
            offsets.push(self.define(Value(first.0 + position as u32))?);
        }
        let words = offsets.len().div_ceil(4);
        offsets.resize(words * 4, 0);
        match interface.window {
            Some(_) => self.handler(handler::<CallHost>),
            None => self.handler(handler::<CallHostDeep>),
        }
        self.extents.push((self.e.words.len(), 1));
        self.fields([import.0 as i16, 0, words as i16, 0]);
        for word in offsets.as_chunks().0 {
            self.fields(*word);
        }
        Ok(())
    }

    /// How many slots of arguments there are, and their moves to where the callee's parameters lie when its results have `results` slots.
    pub(super) fn argument_moves(
        &mut self,
        args: List,
        (params, results): (&[Type], &[Type]),
    ) -> Result<(usize, Vec<[i16; 4]>), CodeError> {
        if self.interface.window.is_some() {
            return Err(CodeError::Unsupported(FRAME_WITH_WINDOW));
        }
        let mut to = i32::from(FRAME_HEADER);
        for ty in results {
            place(&mut to, ty.slots())?;
        }
        let mut moves = Vec::with_capacity(params.len());
        for (position, ty) in params.iter().enumerate() {
            let operand = self.func.list(args)[position];
            let from = self.slot(operand, *ty)?;
            let to = place(&mut to, ty.slots())?;
            moves.extend((0..ty.slots() as i16).map(|slot| [from + slot, to + slot]));
        }
        self.needed = self.needed.max(to);
        Ok((moves.len(), two_a_word(&moves)))
    }

    fn call(&mut self, at: u32, func: FuncId, args: List, first: Value) -> Result<(), CodeError> {
        let interface = self.interface;
        let signature = &interface.signatures[func];
        let (slots, moves) = self.argument_moves(args, (&signature.params, &signature.results))?;
        self.accs = Default::default();
        self.handler(by_slots!(Call, slots));
        self.extents.push((self.e.words.len(), 0));
        self.fields([0, moves.len() as i16, 0, 0]);
        // The first call fills in the link.
        self.imm(0);
        self.imm(u64::from(func.0));
        moves.iter().for_each(|word| self.fields(*word));
        self.take_results(at, first, &signature.results)
    }

    fn call_indirect(
        &mut self,
        at: u32,
        (table, sig): (TableId, SigId),
        args: List,
        first: Value,
    ) -> Result<(), CodeError> {
        let interface = self.interface;
        let signature = &interface.types[sig];
        let index = self.func.list(args)[signature.params.len()];
        let index = self.slot(index, Type::I64)?;
        let (slots, moves) = self.argument_moves(args, (&signature.params, &signature.results))?;
        self.accs = Default::default();
        self.handler(by_slots!(CallIndirect, slots));
        self.extents.push((self.e.words.len(), 0));
        self.fields([0, moves.len() as i16, index, 0]);
        self.halves([table.0, sig.0]);
        self.imm(0);
        moves.iter().for_each(|word| self.fields(*word));
        self.take_results(at, first, &signature.results)
    }

    /// Takes results of the call at `at` from where a callee left them.
    fn take_results(&mut self, at: u32, first: Value, results: &[Type]) -> Result<(), CodeError> {
        match results {
            [] => Ok(()),
            [ty] if bank(*ty).is_some() => self.take_result(at, first, ty.is_float()),
            _ => self.take_many(first, results),
        }
    }

    /// Takes the one result from the accumulator of its kind.
    fn take_result(&mut self, at: u32, value: Value, is_float: bool) -> Result<(), CodeError> {
        let only_acc = self.goes_on_in_acc(value, at);
        let to = self.define_acc(value, only_acc)?;
        if only_acc {
            return Ok(());
        }
        let next = self.e.plan.next(at);
        let is_charged = next < self.block_end
            && matches!(self.func.insts[next as usize], Inst::Charge { gas } if gas > 0);
        self.handler(match (is_float, is_charged) {
            (false, false) => handler::<Take<u64>>,
            (false, true) => handler::<TakeCharging<u64>>,
            (true, false) => handler::<Take<f64>>,
            (true, true) => handler::<TakeCharging<f64>>,
        });
        self.fields([to, 0, 0, 0]);
        Ok(())
    }

    fn take_many(&mut self, first: Value, results: &[Type]) -> Result<(), CodeError> {
        let mut from = FRAME_HEADER;
        let mut moves = Vec::with_capacity(results.len());
        for (position, ty) in results.iter().enumerate() {
            let to = self.define(Value(first.0 + position as u32))?;
            moves.extend((0..ty.slots() as i16).map(|slot| [from + slot, to + slot]));
            from += ty.slots() as i16;
        }
        let moves = two_a_word(&moves);
        self.handler(handler::<TakeResults>);
        self.extents.push((self.e.words.len(), 0));
        self.fields([0, moves.len() as i16, 0, 0]);
        moves.iter().for_each(|word| self.fields(*word));
        Ok(())
    }

    /// Counts the frame, and zeroes the variables that are not parameters. The charge of the first block follows.
    pub(super) fn begin(&mut self) {
        let first = self.func.params as usize;
        let start = self.e.plan.homes.get(first).copied().unwrap_or_default();
        let slots: u32 = self.func.vars.as_slice()[first..].iter().map(|var| var.ty.slots()).sum();
        self.handler(by_slots!(Begin, slots));
        self.fields([start, slots as i16, 0, 0]);
        self.imm(self.units() << 16);
        self.imm(self.interface.depth_limit.0.saturating_mul(1 << 16) | 0xffff);
    }

    /// Depth units of a frame of this function.
    pub(super) fn units(&self) -> u64 {
        1 + u64::from(self.func.units)
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
        let limbs = self.func.const_limbs(operand, ty).unwrap_or_default();
        let slots = ty.slots() as usize;
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

/// Moves of one slot each as words of code; an odd last one is made twice.
fn two_a_word(moves: &[[i16; 2]]) -> Vec<[i16; 4]> {
    let word = |pair: &[[i16; 2]]| {
        let ([from, to], [next_from, next_to]) = (pair[0], pair[pair.len() - 1]);
        [from, to, next_from, next_to]
    };
    moves.chunks(2).map(word).collect()
}

/// The memory written and the memory read, in one field.
fn both([to, from]: [u32; 2]) -> i16 {
    const { assert!(lockstep_ir::MEMORIES_MAX <= 1 << 7) };
    (to << 8 | from) as i16
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

/// The choice for numbers of one, two, four and eight slots.
fn by_width<T: Copy>(ty: Type, choices: [T; 4]) -> T {
    choices[ty.slots().ilog2() as usize]
}
