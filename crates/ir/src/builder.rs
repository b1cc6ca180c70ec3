//! [`Builder`]: makes functions one block at a time, folding what is constant.
//!
//! # Invariants
//!
//! 1. Blocks are begun in order and ended before the next begins; the verifier checks everything else.
//! 2. `get` of a variable is free: an operand names it. A caller that sets a variable while it still holds
//!    operands naming it uses [`Builder::assign`], which copies just what would be lost.
//! 3. A pure operation on constants never reaches the function: its meaning is computed here; one with a constant
//!    operand becomes the simplest that means the same (`simplify`).

mod simplify;

use alloc::{vec, vec::Vec};

use lockstep_base::{Index, U256, U512};

use self::simplify::is_worth_a_look;
use crate::{
    act::Act,
    func::{BlockDef, Func, VarDef},
    inst::{
        Block, Edge, FuncId, GlobalId, Head, ImportId, Inst, List, MemoryId, Operand, Order, SigId,
        Source, TableId, Terminator, Value, Var,
    },
    op::{Op, meaning},
    types::Type,
};

const IMM_LIMIT: u64 = 1 << 30;

/// Writes into a function.
#[derive(Debug)]
pub struct Builder<'f> {
    func: &'f mut Func,
    first_inst: u32,
    head: Option<Head>,
    pc: u32,
}

impl<'f> Builder<'f> {
    /// A builder that appends to `func`.
    pub fn new(func: &'f mut Func) -> Self {
        let first_inst = func.insts.len() as u32;
        Self { func, first_inst, head: None, pc: 0 }
    }

    /// The function so far.
    pub fn func(&self) -> &Func {
        self.func
    }

    /// Declares a variable; parameters come first.
    pub fn var(&mut self, ty: Type, slot: Option<i16>) -> Var {
        self.func.vars.push(VarDef { ty, slot })
    }

    /// The next block begins a region at `head`.
    pub fn at_head(&mut self, head: Head) {
        self.head = Some(head);
    }

    /// What follows comes from the guest instruction at `pc`.
    #[inline]
    pub fn at_pc(&mut self, pc: u32) {
        self.pc = pc;
    }

    /// The guest instruction that what follows comes from.
    pub fn pc(&self) -> u32 {
        self.pc
    }

    /// How many instructions the current block has.
    pub fn len(&self) -> usize {
        self.func.insts.len() - self.first_inst as usize
    }

    /// Whether the current block has no instructions yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Ends the block.
    pub fn terminate(&mut self, terminator: Terminator) -> Block {
        let end = self.func.insts.len() as u32;
        let insts = self.first_inst..end;
        self.first_inst = end;
        self.func.blocks.push(BlockDef {
            insts,
            terminator,
            head: self.head.take(),
            terminator_pc: self.pc,
        })
    }

    /// Appends an instruction.
    #[inline]
    pub fn push(&mut self, inst: Inst) {
        self.func.insts.push(inst);
        self.func.pcs.push(self.pc);
    }

    /// Appends a `charge` of nothing, to be priced by [`Builder::set_charge`] when the span ends.
    pub fn open_charge(&mut self) -> usize {
        self.push(Inst::Charge { gas: 0 });
        self.func.insts.len() - 1
    }

    /// Prices the charge that `open_charge` appended at `position`.
    pub fn set_charge(&mut self, position: usize, gas: u32) {
        self.func.insts[position] = Inst::Charge { gas };
    }

    /// The instruction at `position` of the function, to be completed once more is known.
    pub fn inst_mut(&mut self, position: usize) -> &mut Inst {
        &mut self.func.insts[position]
    }

    /// Position in the function of the instruction that comes next.
    pub fn position(&self) -> usize {
        self.func.insts.len()
    }

    /// A value that is what `operand` is now.
    pub fn copy(&mut self, ty: Type, operand: Operand) -> Operand {
        let result = self.value(ty);
        self.push(Inst::Copy { ty, value: operand, result });
        result.into()
    }

    /// A new value of type `ty`.
    #[inline]
    pub fn value(&mut self, ty: Type) -> Value {
        self.func.values.push(ty)
    }

    /// A constant of at most 64 bits.
    #[inline]
    pub fn constant(&mut self, number: u64, ty: Type) -> Operand {
        if number < IMM_LIMIT { Operand::imm(number as u32) } else { self.large(number, ty) }
    }

    #[inline(never)]
    fn large(&mut self, number: u64, ty: Type) -> Operand {
        if ty.slots() == 1 {
            let first = self.func.limbs.len() as u32;
            self.func.limbs.push(number);
            return Operand::constant(first);
        }
        self.pool(&[number, 0, 0, 0, 0, 0, 0, 0], ty)
    }

    /// A constant of type i256.
    pub fn constant_word(&mut self, word: U256) -> Operand {
        let [a, b, c, d] = *word.as_limbs();
        self.constant_bits(&[a, b, c, d, 0, 0, 0, 0], Type::I256)
    }

    /// A constant from its limbs.
    pub fn constant_bits(&mut self, bits: &meaning::Bits, ty: Type) -> Operand {
        if bits[0] < IMM_LIMIT && bits[1..].iter().all(|limb| *limb == 0) {
            return Operand::imm(bits[0] as u32);
        }
        self.pool(bits, ty)
    }

    fn pool(&mut self, bits: &meaning::Bits, ty: Type) -> Operand {
        let first = self.func.limbs.len() as u32;
        self.func.limbs.extend_from_slice(&bits[..ty.slots() as usize]);
        Operand::constant(first)
    }

    /// The number a constant operand of type `ty` stands for.
    pub fn known(&self, operand: Operand, ty: Type) -> Option<U512> {
        self.func.const_limbs(operand, ty).map(U512::from_limbs)
    }

    /// `op` at type `ty`, whose shape alone decides the result type.
    ///
    /// # Panics
    ///
    /// When `op` is a conversion; see [`Builder::convert`]. When there are none or more than three operands.
    #[inline(never)]
    pub fn op(&mut self, op: Op, ty: Type, args: &[Operand]) -> Operand {
        let to = op.shape().result(ty).expect("conversions name their result type");
        match *args {
            [a] => self.op_to(op, ty, to, [a]),
            [a, b] => self.op_to(op, ty, to, [a, b]),
            [a, b, c] => self.op_to(op, ty, to, [a, b, c]),
            _ => panic!("an operation has one to three operands"),
        }
    }

    /// `op` of two operands of type `ty`, with a result of type `to`.
    #[inline(always)]
    pub fn binary(&mut self, op: Op, ty: Type, to: Type, args: [Operand; 2]) -> Operand {
        self.op_to(op, ty, to, args)
    }

    /// `op` of `arg`, of type `ty`, with a result of type `to`: a conversion or any other of one operand.
    #[inline(never)]
    pub fn convert(&mut self, op: Op, ty: Type, to: Type, arg: Operand) -> Operand {
        self.op_to(op, ty, to, [arg])
    }

    #[inline(always)]
    fn op_to<const N: usize>(&mut self, op: Op, ty: Type, to: Type, args: [Operand; N]) -> Operand {
        if is_worth_a_look(op, &args)
            && let Some(simpler) = self.without(op, ty, to, &args)
        {
            return simpler;
        }
        let args = core::array::from_fn(|k| if k < N { args[k] } else { Operand::ZERO });
        let result = self.value(to);
        self.push(Inst::Op { op, ty, to, args, result });
        result.into()
    }

    /// What `op` with a constant operand comes to without doing it, if it can be said now.
    #[inline(never)]
    fn without(&mut self, op: Op, ty: Type, to: Type, args: &[Operand]) -> Option<Operand> {
        if args.iter().all(|arg| arg.is_const())
            && let Some(folded) = self.fold(op, ty, to, args)
        {
            return Some(folded);
        }
        let [a, b] = *args else { return None };
        self.simplify(op, ty, a, b)
    }

    /// The result of a pure operation on constants.
    fn fold(&mut self, op: Op, ty: Type, to: Type, args: &[Operand]) -> Option<Operand> {
        if op == Op::Uextend && ty.slots() == 1 {
            let number = self.func.const_low(args[0])?;
            return Some(self.constant(number, to));
        }
        let mut bits = [[0; 8]; 3];
        for (position, arg) in args.iter().enumerate() {
            let ty = op.shape().operand(position, ty);
            bits[position] = self.func.const_limbs(*arg, ty)?;
        }
        let result = meaning::evaluate(op, ty, to, [&bits[0], &bits[1], &bits[2]]).ok()?;
        Some(self.constant_bits(&result, to))
    }

    /// A token for `len` bytes at `addr`, both of type `ty`.
    #[inline]
    pub fn check(&mut self, memory: MemoryId, ty: Type, addr: Operand, len: Operand) -> Value {
        let result = self.value(Type::I64);
        self.push(Inst::Check { memory, ty, addr, len, result });
        result
    }

    /// The `ty` at `token + offset`.
    #[inline]
    pub fn load(&mut self, ty: Type, order: Order, token: Value, offset: u32) -> Operand {
        let result = self.value(ty);
        self.push(Inst::Load { ty, order, token, offset, result });
        result.into()
    }

    /// Values of these types, one after the other; the first of them.
    fn results(&mut self, types: &[Type]) -> Value {
        let first = Value(self.func.values.len() as u32);
        for ty in types {
            self.value(*ty);
        }
        first
    }

    /// Calls an import; the results are consecutive values from the one returned.
    pub fn call_host(&mut self, import: ImportId, args: &[Operand], results: &[Type]) -> Value {
        let (first, args) = (self.results(results), self.list(args));
        self.push(Inst::CallHost { import, args, first });
        first
    }

    /// Calls a function of the module; the results are consecutive values from the one returned.
    pub fn call(&mut self, func: FuncId, args: &[Operand], results: &[Type]) -> Value {
        let (first, args) = (self.results(results), self.list(args));
        self.push(Inst::Call { func, args, first });
        first
    }

    /// Calls through a table; the last of `args` is the index, an i64.
    pub fn call_indirect(
        &mut self,
        (table, sig): (TableId, SigId),
        args: &[Operand],
        results: &[Type],
    ) -> Value {
        let (first, args) = (self.results(results), self.list(args));
        self.push(Inst::CallIndirect { table, sig, args, first });
        first
    }

    /// What `global`, of type `ty`, holds.
    pub fn global_get(&mut self, global: GlobalId, ty: Type) -> Operand {
        let result = self.value(ty);
        self.push(Inst::GlobalGet { global, result });
        result.into()
    }

    /// An act on what `on` names; its result, if it has one.
    pub fn act(&mut self, act: Act, on: [u32; 2], args: &[Operand]) -> Option<Operand> {
        let (first, args) = (self.results(act.results()), self.list(args));
        self.push(Inst::Act { act, on, args, first });
        (!act.results().is_empty()).then_some(first.into())
    }

    /// Blocks that a `switch` goes to, in the pool.
    pub fn target_list(&mut self, blocks: &[Block]) -> List {
        let start = self.func.targets.len() as u32;
        self.func.targets.extend_from_slice(blocks);
        List { start, len: blocks.len() as u32 }
    }

    /// Makes every edge that names a block go to the one that `place` has for it. A front end that meets its targets
    /// before it has begun them numbers them as it likes, and places them when all are there.
    pub fn place_blocks(&mut self, place: impl Fn(Block) -> Block) {
        let moved = |edge: &mut Edge| {
            if let Edge::Goto(block) = edge {
                *block = place(*block);
            }
        };
        for block in self.func.blocks.as_mut_slice() {
            match &mut block.terminator {
                Terminator::Jump(edge) => moved(edge),
                Terminator::Branch { then, otherwise, .. } => {
                    moved(then);
                    moved(otherwise);
                }
                _ => {}
            }
        }
        for block in &mut self.func.targets {
            *block = place(*block);
        }
    }

    /// Says how many depth units a frame takes beyond the one that every frame takes.
    pub fn set_units(&mut self, units: u32) {
        self.func.units = units;
    }

    /// A list of operands in the pool.
    pub fn list(&mut self, operands: &[Operand]) -> List {
        let start = self.func.operands.len() as u32;
        self.func.operands.extend_from_slice(operands);
        List { start, len: operands.len() as u32 }
    }

    /// Sets all variables at once: every right side is read before any left side changes.
    ///
    /// `moves` is consumed; a copy is made only to break a cycle. Linear in the moves.
    ///
    /// # Panics
    ///
    /// When a variable is set twice.
    pub fn assign(&mut self, moves: &mut Vec<(Var, Operand)>) {
        moves.retain(|(var, value)| value.source() != Source::Var(*var));
        // For each variable, how many moves still read it, and which move sets it.
        let mut readers = vec![0_u32; self.func.vars.len()];
        let mut setter = vec![usize::MAX; self.func.vars.len()];
        for (position, (var, value)) in moves.iter().enumerate() {
            assert!(setter[var.position()] == usize::MAX, "a variable is set once");
            setter[var.position()] = position;
            if let Source::Var(read) = value.source() {
                readers[read.position()] += 1;
            }
        }
        let mut done = vec![false; moves.len()];
        for start in 0..moves.len() {
            let mut next = start;
            // What remains after all free moves are made is cycles: each is opened by one copy.
            while next != usize::MAX && !done[next] && readers[moves[next].0.position()] == 0 {
                next = self.assign_one(moves[next], &mut done[next], &mut readers, &setter);
            }
        }
        for start in 0..moves.len() {
            if done[start] {
                continue;
            }
            let first = moves[start].0;
            let kept = self.copy(self.func.vars[first].ty, first.into());
            for (position, (_, value)) in moves.iter_mut().enumerate() {
                if !done[position] && value.source() == Source::Var(first) {
                    *value = kept;
                }
            }
            readers[first.position()] = 0;
            let mut next = start;
            while next != usize::MAX && !done[next] && readers[moves[next].0.position()] == 0 {
                next = self.assign_one(moves[next], &mut done[next], &mut readers, &setter);
            }
        }
        moves.clear();
    }

    /// Makes one move; returns the move that sets the variable it read, if nobody reads that any more.
    fn assign_one(
        &mut self,
        (var, value): (Var, Operand),
        done: &mut bool,
        readers: &mut [u32],
        setter: &[usize],
    ) -> usize {
        self.push(Inst::Set { var, value });
        *done = true;
        let Source::Var(read) = value.source() else { return usize::MAX };
        readers[read.position()] -= 1;
        if readers[read.position()] == 0 { setter[read.position()] } else { usize::MAX }
    }
}
