//! Frames and the loop over instructions.

use alloc::{vec, vec::Vec};

use lockstep_base::{Index, Int, U512};

use super::{
    Callee, Env, Outcome, Range, Stop,
    code::{Body, Code, block_at},
};
use crate::{
    act::Act,
    inst::{
        Block, Edge, Head, Inst, List, MemoryId, Operand, Order, SigId, Source, TableId,
        Terminator, Value, Var,
    },
    op::meaning::{self, Bits},
    trap::Trap,
    types::Type,
};

/// A function in progress.
struct Frame<'a> {
    body: Body<'a>,
    vars: Vec<Bits>,
    values: Vec<Bits>,
    /// Which memory each token of the block belongs to.
    tokens: Vec<(Value, MemoryId)>,
    block: Block,
    /// The instruction that comes next.
    at: u32,
    /// How many slots of the window lie below the base.
    base: u64,
    /// Whether this is a twin: its window check has no twin of its own.
    is_twin: bool,
    /// Where the caller wants the first result.
    first: Value,
}

impl<'a> Frame<'a> {
    fn new(body: Body<'a>, args: &[Bits], base: u64, first: Value) -> Self {
        let mut vars = vec![[0; 8]; body.vars.len()];
        vars[..args.len()].copy_from_slice(args);
        let values = vec![[0; 8]; body.values.len()];
        let mut frame = Self {
            body,
            vars,
            values,
            tokens: Vec::new(),
            block: Block(0),
            at: 0,
            base,
            is_twin: false,
            first,
        };
        frame.go(Block(0));
        frame
    }

    fn go(&mut self, block: Block) {
        self.block = block;
        self.at = self.body.blocks[block].insts.start;
        self.tokens.clear();
    }

    fn memory_of(&self, token: Value) -> MemoryId {
        let found = self.tokens.iter().find(|(value, _)| *value == token);
        found.expect("the verifier found the token's check").1
    }
}

pub(super) struct Machine<'a, 'e> {
    code: Code<'a>,
    env: &'e mut dyn Env,
    /// The functions in progress; the last one runs.
    frames: Vec<Frame<'a>>,
    /// Depth units they take.
    depth: u64,
}

impl<'a, 'e> Machine<'a, 'e> {
    pub(super) fn new(code: Code<'a>, env: &'e mut dyn Env) -> Self {
        let depth = env.depth();
        Self { code, env, frames: Vec::new(), depth }
    }

    pub(super) fn run(mut self, entry: Body<'a>, args: &[Bits]) -> Outcome {
        if let Err(stop) = self.push(entry, args, 0, Value(0)) {
            return stop.into();
        }
        loop {
            match self.next() {
                Ok(None) => {}
                Ok(Some(outcome)) => return outcome,
                Err(stop) => return stop.into(),
            }
        }
    }

    fn push(&mut self, body: Body<'a>, args: &[Bits], base: u64, first: Value) -> Result<(), Stop> {
        self.depth += units(&body);
        if self.depth > self.code.interface().depth_limit.0 {
            return Err(Trap::DepthExceeded.into());
        }
        self.frames.push(Frame::new(body, args, base, first));
        Ok(())
    }

    fn frame(&mut self) -> &mut Frame<'a> {
        self.frames.last_mut().expect("a program that runs has a frame")
    }

    /// Runs one instruction or terminator.
    fn next(&mut self) -> Result<Option<Outcome>, Stop> {
        let frame = self.frame();
        let block = &frame.body.blocks[frame.block];
        if frame.at == block.insts.start {
            self.env.interrupt()?;
        }
        let frame = self.frame();
        let block = &frame.body.blocks[frame.block];
        if frame.at == block.insts.end {
            let terminator = block.terminator;
            return self.terminator(terminator);
        }
        let inst = frame.body.insts[frame.at as usize];
        let pc = frame.body.pcs[frame.at as usize];
        frame.at += 1;
        self.inst(inst, pc).map(|()| None)
    }

    fn read(&self, operand: Operand, ty: Type) -> Bits {
        let frame = self.frames.last().expect("a program that runs has a frame");
        match operand.source() {
            Source::Value(value) => frame.values[value.position()],
            Source::Var(var) => match frame.body.vars[var].slot {
                Some(slot) => self.env.slot(place(frame.base, slot)),
                None => frame.vars[var.position()],
            },
            Source::Const(_) | Source::Imm(_) => {
                frame.body.const_limbs(operand, ty).expect("the verifier found the constant")
            }
        }
    }

    fn read_number(&self, operand: Operand, ty: Type) -> U512 {
        U512::from_limbs(self.read(operand, ty))
    }

    fn write(&mut self, value: Value, bits: Bits) {
        self.frame().values[value.position()] = bits;
    }

    fn set(&mut self, var: Var, bits: Bits) {
        let frame = self.frame();
        match frame.body.vars[var].slot {
            Some(slot) => {
                let place = place(frame.base, slot);
                self.env.set_slot(place, &bits);
            }
            None => frame.vars[var.position()] = bits,
        }
    }

    fn inst(&mut self, inst: Inst, pc: u32) -> Result<(), Stop> {
        match inst {
            Inst::Op { op, ty, to, args, result } => {
                let shape = op.shape();
                let mut bits = [[0; 8]; 3];
                for (position, arg) in args.iter().enumerate().take(shape.arity()) {
                    bits[position] = self.read(*arg, shape.operand(position, ty));
                }
                let bits = meaning::evaluate(op, ty, to, [&bits[0], &bits[1], &bits[2]])?;
                self.write(result, bits);
            }
            Inst::Copy { ty, value, result } => {
                let bits = self.read(value, ty);
                self.write(result, bits);
            }
            Inst::Set { var, value } => {
                let ty = self.frame().body.vars[var].ty;
                let bits = self.read(value, ty);
                self.set(var, bits);
            }
            Inst::Charge { gas } => self.env.charge(u64::from(gas))?,
            Inst::ChargeBy { ty, amount, per, unit } => {
                let amount = self.read_number(amount, ty);
                self.env.charge(price(amount, per, unit)?)?;
            }
            Inst::GasLeft { prepaid, result } => {
                let gas = self.env.gas().wrapping_add(u64::from(prepaid));
                self.write(result, low(gas));
            }
            Inst::TrapIf { cond, trap } => {
                if self.read(cond, Type::I8)[0] != 0 {
                    return Err(trap.into());
                }
            }
            Inst::WindowCheck { need, grow } => self.window_check(need, grow)?,
            Inst::PutSlots { at, values } => self.put_slots(at, values)?,
            Inst::MoveBase { to } => {
                let [to, ..] = self.read(to, Type::I64);
                if to > self.env.window_limit() {
                    return Err(Trap::StackOverflow.into());
                }
                self.frame().base = to;
            }
            Inst::Call { func, args, first } => self.call(func, args, first)?,
            Inst::CallIndirect { table, sig, args, first } => {
                let args = self.indirect_args(sig, args);
                self.call_indirect((table, sig), args, first)?;
            }
            Inst::GlobalGet { global, result } => {
                let bits = self.env.global(global);
                self.write(result, bits);
            }
            Inst::GlobalSet { global, value } => {
                let ty = self.code.interface().globals[global].ty;
                let bits = self.read(value, ty);
                self.env.set_global(global, &bits);
            }
            Inst::Act { act, on, args, first } => self.act(act, on, args, first)?,
            Inst::CallHost { import, args, first } => self.call_host(import, args, first)?,
            Inst::Show { ty, value } => {
                let bits = self.read(value, ty);
                self.env.show(ty, &bits);
            }
            Inst::Step { prepaid, height } => {
                let gas = self.env.gas().wrapping_add(u64::from(prepaid));
                let slots = self.frame().base.saturating_add_signed(i64::from(height));
                self.env.step(pc, gas, slots);
            }
            _ => self.memory_inst(inst)?,
        }
        Ok(())
    }

    fn memory_inst(&mut self, inst: Inst) -> Result<(), Stop> {
        match inst {
            Inst::Check { memory, ty, addr, len, result } => {
                let (addr, len) = (self.read_number(addr, ty), self.read_number(len, ty));
                if !len.is_zero() {
                    let end = addr.checked_add(len).and_then(|end| end.to_u64());
                    self.env.touch(memory, end)?;
                }
                self.write(result, low(addr.low_u64()));
                self.frame().tokens.push((result, memory));
            }
            Inst::Load { ty, order, token, offset, result } => {
                let (memory, addr) = self.place_of(token, offset);
                let mut bytes = [0; 64];
                let bytes = &mut bytes[..ty.size_bytes() as usize];
                self.env.load(memory, addr, bytes);
                self.write(result, from_bytes(bytes, order));
            }
            Inst::Store { ty, order, token, offset, value } => {
                let (memory, addr) = self.place_of(token, offset);
                let mut bytes = [0; 64];
                let bytes = &mut bytes[..ty.size_bytes() as usize];
                to_bytes(&self.read(value, ty), order, bytes);
                self.env.store(memory, addr, bytes);
            }
            Inst::LoadPadded { memory, ty, addr, result } => {
                let addr = self.read_number(addr, Type::I256);
                let bytes = self.padded(memory, addr, u64::from(ty.size_bytes()));
                self.write(result, from_bytes(&bytes, Order::Big));
            }
            Inst::CopyPadded { token, memory, from, len } => {
                let from = self.read_number(from, Type::I256);
                let len = self.len_of(len);
                let bytes = self.padded(memory, from, len);
                self.store_all(token, &bytes);
            }
            Inst::CopyWithin { to, from, len } => {
                let len = self.len_of(len);
                let (memory, addr) = self.place_of(from, 0);
                let bytes = self.padded(memory, U512::from(addr), len);
                self.store_all(to, &bytes);
            }
            Inst::MemorySize { memory, result } => {
                let len = self.env.memory_len(memory);
                self.write(result, low(len));
            }
            _ => unreachable!("inst handles the rest"),
        }
        Ok(())
    }

    /// The memory and address that `token + offset` names.
    fn place_of(&mut self, token: Value, offset: u32) -> (MemoryId, u64) {
        let frame = self.frame();
        let addr = frame.values[token.position()][0];
        // A check of a length of zero admits any address; nothing is then read or written there.
        (frame.memory_of(token), addr.wrapping_add(u64::from(offset)))
    }

    /// A length that a check has admitted.
    fn len_of(&self, len: Operand) -> u64 {
        // Any integer type is read alike: limbs beyond it are zero, and the check admitted less than 2^64 bytes.
        self.read(len, Type::I64)[0]
    }

    fn store_all(&mut self, token: Value, bytes: &[u8]) {
        if !bytes.is_empty() {
            let (memory, addr) = self.place_of(token, 0);
            self.env.store(memory, addr, bytes);
        }
    }

    /// `len` bytes at `from`, zeros past the end of the memory.
    fn padded(&self, memory: MemoryId, from: U512, len: u64) -> Vec<u8> {
        let mut bytes = vec![0; len as usize];
        let present = match from.to_u64() {
            Some(from) => self.env.memory_len(memory).saturating_sub(from).min(len),
            None => 0,
        };
        if present > 0 {
            self.env.load(memory, from.low_u64(), &mut bytes[..present as usize]);
        }
        bytes
    }

    fn put_slots(&mut self, at: Operand, values: List) -> Result<(), Stop> {
        let [at, ..] = self.read(at, Type::I64);
        let ty = self.code.interface().window.map_or(Type::I256, |window| window.ty);
        let values = self.read_list(values, &vec![ty; values.len as usize]);
        if at.saturating_add(values.len() as u64) > self.env.window_limit() {
            return Err(Trap::StackOverflow.into());
        }
        for (slot, bits) in (at..).zip(&values) {
            self.env.set_slot(slot, bits);
        }
        Ok(())
    }

    fn window_check(&mut self, need: u16, grow: u16) -> Result<(), Stop> {
        let limit = self.env.window_limit();
        let frame = self.frame();
        let base = frame.base;
        let trap = if base < u64::from(need) {
            Trap::StackUnderflow
        } else if limit.saturating_sub(base) < u64::from(grow) {
            Trap::StackOverflow
        } else {
            return Ok(());
        };
        let head = frame.body.blocks[frame.block].head.filter(|_| !frame.is_twin);
        let height = u16::try_from(base).ok();
        let (Some(head), Some(height)) = (head, height) else { return Err(trap.into()) };
        let Some(twin) = self.code.twin(head, height) else { return Err(trap.into()) };
        let first = self.frame().first;
        *self.frame() = Frame { is_twin: true, ..Frame::new(twin, &[], base, first) };
        Ok(())
    }

    fn call(&mut self, func: crate::FuncId, args: List, first: Value) -> Result<(), Stop> {
        let types = self.code.interface().signatures[func].params.clone();
        let args = self.read_list(args, &types);
        self.call_own(func, &args, first)
    }

    fn call_own(&mut self, func: crate::FuncId, args: &[Bits], first: Value) -> Result<(), Stop> {
        let body = self.code.func(func);
        let base = self.frame().base;
        self.push(body, args, base, first)
    }

    /// The arguments of an indirect call, the index last.
    fn indirect_args(&self, sig: SigId, args: List) -> Vec<Bits> {
        let mut types = self.code.interface().types[sig].params.clone();
        types.push(Type::I64);
        self.read_list(args, &types)
    }

    fn call_indirect(
        &mut self,
        (table, sig): (TableId, SigId),
        mut args: Vec<Bits>,
        first: Value,
    ) -> Result<(), Stop> {
        let [index, ..] = args.pop().expect("an indirect call has an index");
        match self.env.callee(table, sig, index)? {
            Callee::Own(func) => self.call_own(func, &args, first),
            Callee::Foreign(reference) => {
                let results = self.call_foreign(reference, sig, &args)?;
                self.write_all(first, &results);
                Ok(())
            }
        }
    }

    fn call_foreign(
        &mut self,
        reference: u64,
        sig: SigId,
        args: &[Bits],
    ) -> Result<Vec<Bits>, Stop> {
        let mut results = vec![[0; 8]; self.code.interface().types[sig].results.len()];
        self.env.set_depth(self.depth);
        self.env.call_foreign((reference, sig), args, &mut results)?;
        Ok(results)
    }

    /// Puts the function in the place of the one that runs.
    fn replace(&mut self, func: crate::FuncId, args: &[Bits]) -> Result<(), Stop> {
        let body = self.code.func(func);
        let ended = self.frames.pop().expect("a program that runs has a frame");
        self.depth -= units(&ended.body);
        self.push(body, args, ended.base, ended.first)
    }

    fn act(&mut self, act: Act, on: [u32; 2], args: List, first: Value) -> Result<(), Stop> {
        let mut numbers = [0; 3];
        for (number, bits) in numbers.iter_mut().zip(self.read_list(args, act.params())) {
            *number = bits[0];
        }
        let result = self.env.act(act, on, numbers)?;
        if !act.results().is_empty() {
            self.write(first, low(result));
        }
        Ok(())
    }

    fn returns(&mut self, results: Vec<Bits>) -> Option<Outcome> {
        let ended = self.frames.pop().expect("a program that runs has a frame");
        self.depth -= units(&ended.body);
        if self.frames.is_empty() {
            return Some(Outcome::Returned(results));
        }
        self.write_all(ended.first, &results);
        None
    }

    fn call_host(&mut self, import: crate::ImportId, args: List, first: Value) -> Result<(), Stop> {
        let signature = &self.code.interface().imports[import].signature;
        let (params, results) = (signature.params.clone(), signature.results.len());
        let args = self.read_list(args, &params);
        let mut results = vec![[0; 8]; results];
        self.env.set_depth(self.depth);
        self.env.call_host(import, &args, &mut results)?;
        self.write_all(first, &results);
        Ok(())
    }

    fn read_list(&self, list: List, types: &[Type]) -> Vec<Bits> {
        let frame = self.frames.last().expect("a program that runs has a frame");
        let operands = frame.body.list(list);
        operands.iter().zip(types).map(|(operand, ty)| self.read(*operand, *ty)).collect()
    }

    fn write_all(&mut self, first: Value, results: &[Bits]) {
        for (position, bits) in results.iter().enumerate() {
            self.write(Value(first.0 + position as u32), *bits);
        }
    }

    fn terminator(&mut self, terminator: Terminator) -> Result<Option<Outcome>, Stop> {
        match terminator {
            Terminator::Jump(edge) => self.edge(edge)?,
            Terminator::Branch { cond, then, otherwise } => {
                let taken = self.read(cond, Type::I8)[0] != 0;
                self.edge(if taken { then } else { otherwise })?;
            }
            Terminator::Return { values } => {
                let types = self.frame().body.results.clone();
                let results = self.read_list(values, &types);
                return Ok(self.returns(results));
            }
            Terminator::Switch { on, targets } => {
                let on = self.read(on, Type::I32)[0] as usize;
                let frame = self.frame();
                let targets = frame.body.target_list(targets);
                let target = targets[on.min(targets.len() - 1)];
                frame.go(target);
            }
            Terminator::ReturnCall { func, args } => {
                let types = self.code.interface().signatures[func].params.clone();
                let args = self.read_list(args, &types);
                self.replace(func, &args)?;
            }
            Terminator::ReturnCallIndirect { table, sig, args } => {
                let mut args = self.indirect_args(sig, args);
                let [index, ..] = args.pop().expect("an indirect call has an index");
                match self.env.callee(table, sig, index)? {
                    Callee::Own(func) => self.replace(func, &args)?,
                    Callee::Foreign(reference) => {
                        let results = self.call_foreign(reference, sig, &args)?;
                        return Ok(self.returns(results));
                    }
                }
            }
            Terminator::Exit { revert, token, len } => {
                let output = match token.source() {
                    Source::Value(token) => {
                        let (memory, offset) = self.place_of(token, 0);
                        Some(Range { memory, offset, len: self.len_of(len) })
                    }
                    _ => None,
                };
                let output = output.filter(|range| range.len > 0);
                return Ok(Some(Outcome::Exited { revert, output }));
            }
            Terminator::Trap(trap) => return Err(trap.into()),
        }
        Ok(None)
    }

    fn edge(&mut self, edge: Edge) -> Result<(), Stop> {
        match edge {
            Edge::Goto(block) => self.frame().go(block),
            Edge::Enter { head, shift } => self.enter(head, shift),
            Edge::EnterDyn { target, shift } => {
                let target = self.read_number(target, Type::I256);
                let number = u32::try_from(target).ok();
                let body = &self.frames.last().expect("a program that runs has a frame").body;
                match number.filter(|number| self.code.is_jump_target(body, *number)) {
                    Some(number) => self.enter(Head(number), shift),
                    None => return Err(Trap::InvalidJump.into()),
                }
            }
            Edge::Trap(trap) => return Err(trap.into()),
        }
        Ok(())
    }

    fn enter(&mut self, head: Head, shift: i16) {
        let frame = self.frame();
        frame.base = place(frame.base, shift);
        match block_at(&frame.body, head) {
            Some(block) if !frame.is_twin => frame.go(block),
            _ => {
                let (base, first) = (frame.base, frame.first);
                let body = self.code.fragment(head);
                let mut next = Frame::new(body, &[], base, first);
                let block = block_at(&next.body, head).expect("a fragment holds its head");
                next.go(block);
                *self.frame() = next;
            }
        }
    }
}

/// Depth units that a frame of `body` takes.
fn units(body: &Body<'_>) -> u64 {
    1 + u64::from(body.units)
}

/// Slot `slot` of a base, counted from the window's low end.
fn place(base: u64, slot: i16) -> u64 {
    base.checked_add_signed(i64::from(slot)).expect("the window check covers the slot")
}

/// `per * ceil(amount / unit)`.
fn price(amount: U512, per: u32, unit: u32) -> Result<u64, Trap> {
    let (units, rest) = Int::div_rem(amount, U512::from(unit)).expect("the verifier saw the unit");
    let units = if rest.is_zero() { units } else { Int::add(units, U512::from(1)) };
    let (price, over) = units.mul_wide(U512::from(per));
    if over.is_zero() { price.to_u64().ok_or(Trap::OutOfGas) } else { Err(Trap::OutOfGas) }
}

const fn low(limb: u64) -> Bits {
    [limb, 0, 0, 0, 0, 0, 0, 0]
}

fn from_bytes(bytes: &[u8], order: Order) -> Bits {
    let mut bits = [0; 8];
    for (position, byte) in bytes.iter().enumerate() {
        let weight = match order {
            Order::Little => position,
            Order::Big => bytes.len() - 1 - position,
        };
        bits[weight / 8] |= u64::from(*byte) << (8 * (weight % 8));
    }
    bits
}

fn to_bytes(bits: &Bits, order: Order, bytes: &mut [u8]) {
    let len = bytes.len();
    for (position, byte) in bytes.iter_mut().enumerate() {
        let weight = match order {
            Order::Little => position,
            Order::Big => len - 1 - position,
        };
        *byte = (bits[weight / 8] >> (8 * (weight % 8))) as u8;
    }
}
