//! The scan: once over declarations, blocks, instructions, terminators.

use alloc::vec::Vec;

use lockstep_base::Index;

use super::error::{VerifyError, VerifyErrorKind as Kind};
use crate::{
    act::Holding,
    func::{BlockDef, Func},
    inst::{
        Block, Edge, Inst, List, MemoryId, Operand, SigId, Source, TableId, Terminator, Value, Var,
    },
    module::{Growth, Interface, Signature},
    op::Shape,
    types::Type,
};

type Checked<T = ()> = Result<T, Kind>;

/// A `check` of the block at hand.
#[derive(Debug, Clone, Copy)]
struct Token {
    value: Value,
    memory: MemoryId,
    len: Operand,
    /// The length when it is a constant, bounded to 64 bits.
    known_len: Option<u64>,
    at: u32,
}

/// What the scan needs room for, kept from one function to the next.
#[derive(Debug, Default)]
pub struct Room {
    /// The checks of the block at hand, in the order of their values.
    tokens: Vec<Token>,
    /// Once a check's length is a variable: for each variable, one more than the instruction of the block that last set it.
    set_at: Vec<u32>,
    /// The variables for which `set_at` says something.
    set: Vec<Var>,
    /// Slots at and above the base that the block has set, as bits.
    written: Vec<u64>,
}

impl Room {
    /// Forgets what was of another block.
    fn clear(&mut self) {
        self.tokens.clear();
        self.written.clear();
        for var in self.set.drain(..) {
            self.set_at[var.position()] = 0;
        }
    }
}

struct Scan<'a> {
    interface: &'a Interface,
    func: &'a Func,
    room: &'a mut Room,
    /// The next value to be defined.
    next: u32,
    /// The first value of this block.
    first: u32,
    /// The instruction at hand.
    at: u32,
    /// Whether a check's length was a variable.
    watches: bool,
    /// What the block's window check covers: slots `-need .. grow`.
    need: u16,
    grow: u16,
    /// Whether a window check may still come.
    early: bool,
    /// Whether the block moved the base.
    moved: bool,
}

/// All of `func`.
pub(super) fn scan(interface: &Interface, func: &Func) -> Result<(), VerifyError> {
    let mut room = Room::default();
    let mut scan = Scan::new(interface, func, &mut room);
    scan.declarations().map_err(VerifyError::of_module)?;
    for (id, block) in func.blocks.iter() {
        scan.block(block).map_err(in_block(id))?;
    }
    if scan.next as usize != func.values.len() {
        return Err(VerifyError::of_module(Kind::Unborn(Value(scan.next))));
    }
    Ok(())
}

/// All of `func` but what its blocks hold.
pub(super) fn outline(interface: &Interface, func: &Func) -> Result<(), VerifyError> {
    let mut room = Room::default();
    Scan::new(interface, func, &mut room).declarations().map_err(VerifyError::of_module)
}

/// What block `id` of an outlined function holds, by itself.
pub(super) fn body(
    interface: &Interface,
    func: &Func,
    id: Block,
    room: &mut Room,
) -> Result<(), VerifyError> {
    let block = func.blocks.get(id).ok_or(VerifyError::of_module(Kind::NoBlock(id)))?;
    let mut scan = Scan::new(interface, func, room);
    // A call that returns nothing names the next value all the same.
    let named = |inst: &Inst| inst.clone().first_result_mut().map(|value| value.0);
    scan.next = func.block_insts(block).iter().find_map(named).unwrap_or(0);
    scan.block(block).map_err(in_block(id))
}

fn in_block(id: Block) -> impl Fn((Option<u32>, Kind)) -> VerifyError {
    move |(inst, kind)| VerifyError { func: None, block: Some(id), inst, kind }
}

impl<'a> Scan<'a> {
    fn new(interface: &'a Interface, func: &'a Func, room: &'a mut Room) -> Self {
        let (next, first, at) = (0, 0, 0);
        let (watches, need, grow, early, moved) = (false, 0, 0, true, false);
        Self { interface, func, room, next, first, at, watches, need, grow, early, moved }
    }
}

impl Scan<'_> {
    fn declarations(&self) -> Checked {
        let func = self.func;
        if func.blocks.is_empty() {
            return Err(Kind::Empty);
        }
        if func.params as usize > func.vars.len() {
            return Err(Kind::NoVariable(Var(func.params - 1)));
        }
        let mut end = 0;
        for (_, block) in func.blocks.iter() {
            if block.insts.start != end || block.insts.end < end {
                return Err(Kind::Blocks);
            }
            end = block.insts.end;
        }
        if end as usize != func.insts.len() || func.pcs.len() != func.insts.len() {
            return Err(Kind::Blocks);
        }
        self.slots()?;
        self.heads()
    }

    /// Window variables have the window's type and a slot of their own.
    fn slots(&self) -> Checked {
        let mut taken: Vec<u64> = Vec::new();
        for (var, def) in self.func.vars.iter() {
            let Some(slot) = def.slot else { continue };
            let window = self.interface.window.ok_or(Kind::NoWindow)?;
            if def.ty != window.ty {
                return Err(Kind::Type { want: window.ty, got: def.ty });
            }
            if var.0 < self.func.params {
                return Err(Kind::SlotParameter);
            }
            let place = i32::from(slot) + i32::from(window.limit);
            if place < 0 || place >= 2 * i32::from(window.limit) {
                return Err(Kind::Slot(slot));
            }
            if !insert(&mut taken, place as usize) {
                return Err(Kind::Slot(slot));
            }
        }
        Ok(())
    }

    fn heads(&self) -> Checked {
        if self.func.blocks.len() == 1 {
            return Ok(());
        }
        let mut heads: Vec<_> =
            self.func.blocks.iter().filter_map(|(_, block)| block.head).collect();
        heads.sort_unstable();
        match heads.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(Kind::DoubleHead(pair[0])),
            None => Ok(()),
        }
    }

    fn block(&mut self, block: &BlockDef) -> Result<(), (Option<u32>, Kind)> {
        self.first = self.next;
        self.room.clear();
        self.watches = false;
        (self.need, self.grow, self.early, self.moved) = (0, 0, true, false);
        let func = self.func;
        for (at, inst) in block.insts.clone().zip(func.block_insts(block)) {
            self.at = at;
            self.inst(inst).map_err(|kind| (Some(at), kind))?;
        }
        self.at = block.insts.end;
        self.terminator(&block.terminator).map_err(|kind| (None, kind))
    }

    fn inst(&mut self, inst: &Inst) -> Checked {
        if self.early {
            if let Inst::WindowCheck { need, grow } = *inst {
                return self.window_check(need, grow);
            }
            self.early = matches!(inst, Inst::Step { .. });
        }
        match *inst {
            Inst::WindowCheck { need, grow } => self.window_check(need, grow),
            Inst::Op { op, ty, to, ref args, result } => {
                let shape = op.shape();
                if shape == Shape::Binary && ty == to && ty.is_int() && args[2] == Operand::ZERO {
                    self.operand(args[0], ty)?;
                    self.operand(args[1], ty)?;
                    return self.define(result, ty);
                }
                if !shape.admits(ty, to) {
                    return Err(Kind::NoOperation { op, ty, to });
                }
                for (position, arg) in args.iter().enumerate() {
                    if position < shape.arity() {
                        self.operand(*arg, shape.operand(position, ty))?;
                    } else if *arg != Operand::ZERO {
                        return Err(Kind::SpareOperand);
                    }
                }
                self.define(result, to)
            }
            Inst::Copy { ty, value, result } => {
                self.operand(value, ty)?;
                self.define(result, ty)
            }
            Inst::Set { var, value } => self.set(var, value),
            Inst::Charge { .. } => Ok(()),
            Inst::ChargeBy { ty, amount, unit, .. } => {
                if unit == 0 {
                    return Err(Kind::ZeroUnit);
                }
                self.integer(ty)?;
                self.operand(amount, ty)
            }
            Inst::GasLeft { result, .. } => self.define(result, Type::I64),
            Inst::TrapIf { cond, .. } => self.operand(cond, Type::I8),
            Inst::PutSlots { at, values } => {
                let window = self.interface.window.ok_or(Kind::NoWindow)?;
                self.operand(at, Type::I64)?;
                let func = self.func;
                let start = values.start as usize;
                let values = func.operands.get(start..start + values.len as usize);
                let mut values = values.ok_or(Kind::NoList)?.iter();
                values.try_for_each(|value| self.operand(*value, window.ty))
            }
            Inst::MoveBase { to } => {
                self.interface.window.ok_or(Kind::NoWindow)?;
                self.operand(to, Type::I64)?;
                (self.need, self.grow, self.moved) = (0, 0, true);
                Ok(())
            }
            Inst::Call { func, args, first } => {
                let signature = self.interface.signatures.get(func);
                self.call(signature.ok_or(Kind::NoCallee(func.0))?, args, first)
            }
            Inst::CallHost { import, args, first } => {
                let import_def = self.interface.imports.get(import);
                self.call(&import_def.ok_or(Kind::NoCallee(import.0))?.signature, args, first)
            }
            Inst::CallIndirect { table, sig, args, first } => {
                self.table(table)?;
                let (params, results) = self.indirect(sig)?;
                self.call_types(&params, &results, args, first)
            }
            Inst::GlobalGet { global, result } => {
                let def = self.interface.globals.get(global).ok_or(Kind::NoHolding(global.0))?;
                self.define(result, def.ty)
            }
            Inst::GlobalSet { global, value } => {
                let def = self.interface.globals.get(global).ok_or(Kind::NoHolding(global.0))?;
                if !def.is_mutable {
                    return Err(Kind::ConstantGlobal(global));
                }
                self.operand(value, def.ty)
            }
            Inst::Act { act, on, args, first } => {
                for (position, number) in on.into_iter().enumerate() {
                    match act.holdings().get(position) {
                        Some(holding) => self.holding(*holding, number)?,
                        None if number == 0 => {}
                        None => return Err(Kind::SpareOperand),
                    }
                }
                self.call_types(act.params(), act.results(), args, first)
            }
            Inst::Show { ty, value } => self.operand(value, ty),
            Inst::Step { height, .. } => {
                if height != 0 && self.interface.window.is_none() {
                    return Err(Kind::NoWindow);
                }
                Ok(())
            }
            Inst::Check { memory, ty, addr, len, result } => {
                self.integer(ty)?;
                self.memory(memory)?;
                self.operand(addr, ty)?;
                self.operand(len, ty)?;
                self.define(result, Type::I64)?;
                self.remember(memory, ty, len, result);
                Ok(())
            }
            Inst::Load { ty, token, offset, result, .. } => {
                self.access(token, ty, offset)?;
                self.define(result, ty)
            }
            Inst::Store { ty, token, offset, value, .. } => {
                let memory = self.access(token, ty, offset)?;
                self.writable(memory)?;
                self.operand(value, ty)
            }
            ref other => self.copying_inst(other),
        }
    }

    fn copying_inst(&mut self, inst: &Inst) -> Checked {
        match *inst {
            Inst::LoadPadded { memory, ty, addr, result } => {
                self.integer(ty)?;
                self.memory(memory)?;
                self.operand(addr, Type::I256)?;
                self.define(result, ty)
            }
            Inst::CopyPadded { token, memory, from, len } => {
                let to = self.whole(token, len)?;
                self.writable(to)?;
                self.memory(memory)?;
                self.operand(from, Type::I256)
            }
            Inst::CopyWithin { to, from, len } => {
                let written = self.whole(to, len)?;
                self.writable(written)?;
                self.whole(from, len).map(|_| ())
            }
            Inst::MemorySize { memory, result } => {
                self.memory(memory)?;
                self.define(result, Type::I64)
            }
            _ => unreachable!("inst handles the rest"),
        }
    }

    fn terminator(&mut self, terminator: &Terminator) -> Checked {
        let enters =
            matches!(terminator, Terminator::Jump(Edge::Enter { .. } | Edge::EnterDyn { .. }));
        if self.moved && !enters {
            return Err(Kind::MovedBase);
        }
        match *terminator {
            Terminator::Jump(edge) => self.edge(edge),
            Terminator::Branch { cond, then, otherwise } => {
                self.operand(cond, Type::I8)?;
                self.edge(then)?;
                self.edge(otherwise)
            }
            Terminator::Return { values } => self.list(values, &self.func.results),
            Terminator::Switch { on, targets } => {
                self.operand(on, Type::I32)?;
                let start = targets.start as usize;
                let func = self.func;
                let blocks = func.targets.get(start..start + targets.len as usize);
                let blocks = blocks.filter(|blocks| !blocks.is_empty()).ok_or(Kind::NoList)?;
                blocks.iter().try_for_each(|block| self.has_block(*block))
            }
            Terminator::ReturnCall { func, args } => {
                let signature =
                    self.interface.signatures.get(func).ok_or(Kind::NoCallee(func.0))?;
                self.same_results(&signature.results)?;
                self.list(args, &signature.params)
            }
            Terminator::ReturnCallIndirect { table, sig, args } => {
                self.table(table)?;
                let (params, results) = self.indirect(sig)?;
                self.same_results(&results)?;
                self.list(args, &params)
            }
            Terminator::Exit { token, len, .. } => match token.source() {
                Source::Value(token) => self.whole(token, len).map(|_| ()),
                _ if token == Operand::ZERO && len == Operand::ZERO => Ok(()),
                _ => Err(Kind::NoToken),
            },
            Terminator::Trap(_) => Ok(()),
        }
    }

    fn edge(&mut self, edge: Edge) -> Checked {
        match edge {
            Edge::Goto(block) => self.has_block(block),
            Edge::Enter { shift, .. } => self.shift(shift),
            Edge::EnterDyn { target, shift } => {
                self.operand(target, Type::I256)?;
                self.shift(shift)
            }
            Edge::Trap(_) => Ok(()),
        }
    }

    fn has_block(&self, block: Block) -> Checked {
        if block.position() < self.func.blocks.len() { Ok(()) } else { Err(Kind::NoBlock(block)) }
    }

    /// The base moves only inside what the block checked, and over slots that it set.
    fn shift(&self, shift: i16) -> Checked {
        if shift == 0 {
            return Ok(());
        }
        if i32::from(shift) < -i32::from(self.need) || i32::from(shift) > i32::from(self.grow) {
            return Err(Kind::OutsideWindow(shift));
        }
        match (0..shift).find(|slot| !contains(&self.room.written, *slot as usize)) {
            Some(slot) => Err(Kind::StaleSlot(slot)),
            None => Ok(()),
        }
    }

    fn window_check(&mut self, need: u16, grow: u16) -> Checked {
        if self.interface.window.is_none() {
            return Err(Kind::NoWindow);
        }
        if !self.early {
            return Err(Kind::LateWindowCheck);
        }
        (self.need, self.grow, self.early) = (need, grow, false);
        Ok(())
    }

    /// A slot is covered by the block's window check, which has come.
    fn covered(&mut self, slot: i16) -> Checked {
        let below = i32::from(slot) < -i32::from(self.need);
        if below || i32::from(slot) >= i32::from(self.grow) {
            return Err(Kind::OutsideWindow(slot));
        }
        Ok(())
    }

    fn set(&mut self, var: Var, value: Operand) -> Checked {
        let def = *self.func.vars.get(var).ok_or(Kind::NoVariable(var))?;
        self.operand(value, def.ty)?;
        if let Some(slot) = def.slot {
            self.covered(slot)?;
            if slot >= 0 {
                insert(&mut self.room.written, slot as usize);
            }
        }
        if self.watches {
            self.room.set_at[var.position()] = self.at + 1;
            self.room.set.push(var);
        }
        Ok(())
    }

    #[inline(always)]
    fn operand(&mut self, operand: Operand, want: Type) -> Checked {
        if self.is_plainly(operand, want) { Ok(()) } else { self.other_operand(operand, want) }
    }

    /// Whether the operand is of the usual kind, and right.
    #[inline(always)]
    fn is_plainly(&self, operand: Operand, want: Type) -> bool {
        // Values come first by far, and a table of four ways is guessed worse than they are.
        if let Some(value) = operand.as_value() {
            return value.0 >= self.first && value.0 < self.next && self.func.values[value] == want;
        }
        match operand.source() {
            Source::Var(var) => {
                self.func.vars.get(var).is_some_and(|def| def.ty == want && def.slot.is_none())
            }
            Source::Imm(number) => fits(u64::from(number), want).is_ok(),
            Source::Value(_) | Source::Const(_) => false,
        }
    }

    #[inline(never)]
    fn other_operand(&mut self, operand: Operand, want: Type) -> Checked {
        let got = match operand.source() {
            Source::Value(value) => {
                if value.0 < self.first || value.0 >= self.next {
                    return Err(Kind::Undefined(value));
                }
                self.func.values[value]
            }
            Source::Var(var) => {
                let def = *self.func.vars.get(var).ok_or(Kind::NoVariable(var))?;
                if let Some(slot) = def.slot {
                    self.covered(slot)?;
                    if slot >= 0 && !contains(&self.room.written, slot as usize) {
                        return Err(Kind::StaleSlot(slot));
                    }
                }
                def.ty
            }
            Source::Const(first) => {
                let end = (first as usize).saturating_add(want.slots() as usize);
                let limbs = self.func.limbs.get(first as usize..end);
                return fits(limbs.ok_or(Kind::NoConstant(first))?[0], want);
            }
            Source::Imm(number) => return fits(u64::from(number), want),
        };
        if got == want { Ok(()) } else { Err(Kind::Type { want, got }) }
    }

    #[inline]
    fn define(&mut self, result: Value, ty: Type) -> Checked {
        if result.0 != self.next {
            return Err(Kind::Order { want: Value(self.next), got: result });
        }
        let got = *self.func.values.get(result).ok_or(Kind::Undefined(result))?;
        if got != ty {
            return Err(Kind::Type { want: ty, got });
        }
        self.next += 1;
        Ok(())
    }

    fn call(&mut self, signature: &Signature, args: List, first: Value) -> Checked {
        self.call_types(&signature.params, &signature.results, args, first)
    }

    /// The types of an indirect call, whose last argument is the index.
    fn indirect(&self, sig: SigId) -> Checked<(Vec<Type>, Vec<Type>)> {
        let signature = self.interface.types.get(sig).ok_or(Kind::NoHolding(sig.0))?;
        let mut params = signature.params.clone();
        params.push(Type::I64);
        Ok((params, signature.results.clone()))
    }

    fn same_results(&self, results: &[Type]) -> Checked {
        if results == self.func.results { Ok(()) } else { Err(Kind::OtherResults) }
    }

    fn table(&self, table: TableId) -> Checked {
        self.interface.tables.get(table).map(|_| ()).ok_or(Kind::NoHolding(table.0))
    }

    fn holding(&self, holding: Holding, number: u32) -> Checked {
        let interface = self.interface;
        let count = match holding {
            Holding::Memory => {
                self.memory(MemoryId(number))?;
                return self.writable(MemoryId(number));
            }
            Holding::Table => interface.tables.len(),
            Holding::Data => interface.data_segments as usize,
            Holding::Elem => interface.elem_segments as usize,
            Holding::Func => interface.imports.len() + interface.signatures.len(),
        };
        if (number as usize) < count { Ok(()) } else { Err(Kind::NoHolding(number)) }
    }

    fn call_types(
        &mut self,
        params: &[Type],
        results: &[Type],
        args: List,
        first: Value,
    ) -> Checked {
        self.list(args, params)?;
        if first.0 != self.next {
            return Err(Kind::Order { want: Value(self.next), got: first });
        }
        for (position, ty) in results.iter().enumerate() {
            // More results than 2^32 values cannot have been declared.
            self.define(Value(first.0.wrapping_add(position as u32)), *ty)?;
        }
        Ok(())
    }

    fn list(&mut self, list: List, types: &[Type]) -> Checked {
        let func = self.func;
        let start = list.start as usize;
        let operands = func.operands.get(start..start + list.len as usize).ok_or(Kind::NoList)?;
        if operands.len() != types.len() {
            return Err(Kind::Count { want: types.len(), got: operands.len() });
        }
        for (operand, ty) in operands.iter().zip(types) {
            self.operand(*operand, *ty)?;
        }
        Ok(())
    }

    fn integer(&self, ty: Type) -> Checked {
        if ty.is_int() { Ok(()) } else { Err(Kind::NotAllowed(ty)) }
    }

    fn memory(&self, memory: MemoryId) -> Checked {
        self.interface.memories.get(memory).map(|_| ()).ok_or(Kind::NoMemory(memory))
    }

    fn writable(&self, memory: MemoryId) -> Checked {
        match self.interface.memories[memory].growth {
            Growth::ReadOnly => Err(Kind::ReadOnly(memory)),
            _ => Ok(()),
        }
    }

    fn remember(&mut self, memory: MemoryId, ty: Type, len: Operand, value: Value) {
        let known_len = match ty.slots() {
            1 => self.func.const_low(len),
            _ => self.func.const_limbs(len, ty).map(|limbs| {
                if limbs[1..].iter().all(|limb| *limb == 0) { limbs[0] } else { u64::MAX }
            }),
        };
        if matches!(len.source(), Source::Var(_)) && !self.watches {
            self.watches = true;
            let vars = self.func.vars.len().max(self.room.set_at.len());
            self.room.set_at.resize(vars, 0);
        }
        self.room.tokens.push(Token { value, memory, len, known_len, at: self.at });
    }

    fn token(&self, value: Value) -> Checked<&Token> {
        // Most accesses are of the check before.
        if let Some(last) = self.room.tokens.last().filter(|token| token.value == value) {
            return Ok(last);
        }
        let found = self.room.tokens.binary_search_by_key(&value, |token| token.value);
        found.map(|position| &self.room.tokens[position]).map_err(|_| Kind::NoToken)
    }

    /// An access of `ty` at `offset` lies inside the token's check; returns its memory.
    fn access(&self, token: Value, ty: Type, offset: u32) -> Checked<MemoryId> {
        if ty == Type::Ref {
            return Err(Kind::NotAllowed(ty));
        }
        let token = self.token(token)?;
        let end = u64::from(offset) + u64::from(ty.size_bytes());
        match token.known_len {
            Some(len) if end <= len => Ok(token.memory),
            _ => Err(Kind::OutsideCheck),
        }
    }

    /// `len` is the length of the token's check, and still what it was; returns its memory.
    fn whole(&self, token: Value, len: Operand) -> Checked<MemoryId> {
        let token = self.token(token)?;
        let changed = match len.source() {
            Source::Var(var) => {
                self.room.set_at.get(var.position()).is_some_and(|at| *at > token.at)
            }
            _ => false,
        };
        if token.len != len || changed {
            return Err(Kind::OtherLength);
        }
        Ok(token.memory)
    }
}

/// A constant whose lowest limb is `low` fits `ty`.
#[inline]
fn fits(low: u64, ty: Type) -> Checked {
    if ty.bits() < 64 && low >> ty.bits() != 0 {
        return Err(Kind::ConstantWidth(ty));
    }
    Ok(())
}

/// Adds `number` to a set of bits; false when it was there.
fn insert(set: &mut Vec<u64>, number: usize) -> bool {
    let (word, bit) = (number / 64, 1 << (number % 64));
    if set.len() <= word {
        set.resize(word + 1, 0);
    }
    let is_new = set[word] & bit == 0;
    set[word] |= bit;
    is_new
}

fn contains(set: &[u64], number: usize) -> bool {
    set.get(number / 64).is_some_and(|word| word >> (number % 64) & 1 == 1)
}
