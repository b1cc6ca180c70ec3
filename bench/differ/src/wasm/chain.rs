//! Long functions of well-typed nonsense: hundreds of instructions whose operands are what earlier ones made, in locals, on
//! the stack and in globals, in straight lines, loops and branches. What lives where is the tiers' business; here much lives.

use std::collections::BTreeSet;

use lockstep::wasm::ValType;
use wasm_encoder::{BlockType, Function, Instruction, MemArg, MemArgTarget};

use super::{
    rows,
    script::{self, Call, Case},
    single::{self, MEMORIES, Parts, TYPES, constant, encoded, global_of},
};
use crate::random::Random;

/// Functions of a module; each may call those before it.
const FUNCTIONS: u32 = 4;
/// Calls of each.
const CALLS: usize = 12;
/// Locals of each type.
const LOCALS: u32 = 4;
/// Operands that lie on the stack between statements, at most.
const HEIGHT_MAX: usize = 24;
/// Blocks inside one another, at most.
const NESTING_MAX: u32 = 4;
/// Times that a loop begins again, at most: few, since loops lie in loops.
const TURNS_MAX: u64 = 3;
/// Calls in a function, outside of loops: a tree of them stays small.
const CALLS_MAX: u32 = 3;
/// Mask of an address: the lower half of a memory, so that few accesses trap.
const ADDRESS_MASK: u64 = 0x7fff;

/// The module of `seed`, and the numbers of its statements.
pub fn case(seed: u64) -> (Case, Vec<u64>) {
    without(seed, &BTreeSet::new())
}

/// The module of `seed` without these statements: the others are made as ever, and what remains is as valid.
pub fn without(seed: u64, omitted: &BTreeSet<u64>) -> (Case, Vec<u64>) {
    let mut random = Random::new(seed);
    let (mut parts, mut numbers) = (Parts::default(), Vec::new());
    for number in 0..FUNCTIONS {
        let params: Vec<ValType> = (0..random.below(5)).map(|_| random.pick(&TYPES)).collect();
        let result = random.pick(&TYPES);
        let len = random.pick(&[5, 25, 100, 300]);
        let own = Random::new(random.bits());
        let mut chain = Chain::new(own, &params, &parts.signatures, omitted);
        chain.all(len, result);
        numbers.append(&mut chain.numbers);
        let (body, export) = (chain.body, format!("chain{number}"));
        parts.add(&export, (&params, Some(result)), &body);
        for _ in 0..CALLS {
            let args = params.iter().map(|ty| script::value(&mut random, *ty)).collect();
            parts.calls.push(Call { export: export.clone(), args });
        }
    }
    let bytes = parts.finish(&mut random);
    (Case { name: "chain".to_owned(), bytes, calls: Some(parts.calls) }, numbers)
}

/// A function on the way.
struct Chain<'r> {
    random: Random,
    omitted: &'r BTreeSet<u64>,
    /// Statements so far: each is made from numbers of its own, which its number begins.
    numbers: Vec<u64>,
    body: Function,
    /// Types of the locals.
    locals: Vec<ValType>,
    /// Types of the operands on the stack, and how many of them belong to outer blocks.
    stack: Vec<ValType>,
    base: usize,
    nesting: u32,
    /// Locals that count turns, one for each depth; nothing else writes them.
    counters: u32,
    callees: &'r [(Vec<ValType>, Option<ValType>)],
    calls: u32,
}

impl<'r> Chain<'r> {
    fn new(
        random: Random,
        params: &[ValType],
        callees: &'r [(Vec<ValType>, Option<ValType>)],
        omitted: &'r BTreeSet<u64>,
    ) -> Self {
        let mut locals = params.to_vec();
        let mut runs: Vec<(u32, wasm_encoder::ValType)> = Vec::new();
        for ty in TYPES {
            runs.push((LOCALS, encoded(ty)));
            locals.extend(std::iter::repeat_n(ty, LOCALS as usize));
        }
        let counters = locals.len() as u32;
        runs.push((NESTING_MAX, encoded(ValType::I32)));
        let body = Function::new(runs);
        Self {
            random,
            omitted,
            numbers: Vec::new(),
            body,
            locals,
            stack: Vec::new(),
            base: 0,
            nesting: 0,
            counters,
            callees,
            calls: 0,
        }
    }

    fn all(&mut self, len: u64, result: ValType) {
        self.statements(len);
        self.operand(result, 2);
        // What is left below is dropped by the return.
        self.body.instruction(&Instruction::Return);
        self.body.instruction(&Instruction::End);
    }

    fn put(&mut self, instruction: &Instruction<'_>) {
        self.body.instruction(instruction);
    }

    /// So many statements, which leave no fewer operands than there were.
    fn statements(&mut self, len: u64) {
        for _ in 0..len {
            let number = self.random.bits();
            self.numbers.push(number);
            if !self.omitted.contains(&number) {
                let after = std::mem::replace(&mut self.random, Random::new(number));
                self.statement(len / 16);
                self.random = after;
            }
        }
    }

    /// A statement, with so many of its own if it is a block.
    fn statement(&mut self, len: u64) {
        let ty = self.random.pick(&TYPES);
        match self.random.below(20) {
            0 if self.nesting < NESTING_MAX => self.repeat(len),
            1 | 2 if self.nesting < NESTING_MAX => self.branch(len),
            3 => self.call(),
            4..=9 if self.stack.len() < HEIGHT_MAX => {
                self.operand(ty, 3);
                self.stack.push(ty);
            }
            10..=12 if self.stack.len() > self.base => self.pop(),
            13 => self.row(None, 2),
            14 => {
                self.operand(ty, 2);
                self.put(&Instruction::GlobalSet(global_of(ty)));
            }
            _ => {
                self.operand(ty, 3);
                let local = self.local(ty);
                self.put(&Instruction::LocalSet(local));
            }
        }
    }

    fn local(&mut self, ty: ValType) -> u32 {
        let all: Vec<u32> =
            (0..self.locals.len() as u32).filter(|n| self.locals[*n as usize] == ty).collect();
        self.random.pick(&all)
    }

    /// The highest operand goes to a local, which operands below may be.
    fn pop(&mut self) {
        let Some(ty) = self.stack.pop() else { return };
        let local = self.local(ty);
        match self.random.below(4) {
            0 => self.put(&Instruction::Drop),
            1 => {
                self.put(&Instruction::LocalTee(local));
                self.put(&Instruction::GlobalSet(global_of(ty)));
            }
            _ => self.put(&Instruction::LocalSet(local)),
        }
    }

    /// Pushes something of a type, from at most so many instructions above one another.
    fn operand(&mut self, ty: ValType, depth: u32) {
        let local = self.local(ty);
        match self.random.below(10) {
            0 => {
                let value = script::value(&mut self.random, ty);
                self.put(&constant(value));
            }
            1 => self.put(&Instruction::GlobalGet(global_of(ty))),
            2 if depth > 0 => {
                self.operand(ty, depth - 1);
                self.put(&Instruction::LocalTee(local));
            }
            3..=6 if depth > 0 => self.row(Some(ty), depth - 1),
            _ => self.put(&Instruction::LocalGet(local)),
        }
    }

    /// An instruction with this result, and its operands. Those that trap often are left to others.
    fn row(&mut self, result: Option<ValType>, depth: u32) {
        let row = loop {
            let row = rows::row(self.random.below(rows::count()));
            let is_trapping = row.name.starts_with("Memory")
                || row.name == "DataDrop"
                || row.name.contains("Div") && !row.name.contains('x')
                || row.name.contains("Rem")
                || row.name.contains("Trunc")
                    && row.name.starts_with('I')
                    && !row.name.contains("Sat");
            if row.result == result && (!is_trapping || self.random.chance(5)) {
                break row;
            }
        };
        let memory = self.random.weighted(&[(6, 0), (1, 1), (1, 2)]);
        if row.access_bytes > 0 {
            self.address(MEMORIES[memory as usize], depth);
        }
        for ty in row.params {
            self.operand(*ty, depth);
        }
        let target = MemArgTarget::Memory(memory);
        let offset = self.random.pick(&[0, 0, 4, 0x7000]);
        let memarg = MemArg { offset, align: 0, target, ordering: None };
        let instruction = (row.make)(&mut self.random, memarg);
        self.put(&instruction);
        single::halve(&mut self.body, row.half);
    }

    fn address(&mut self, is_64: bool, depth: u32) {
        if is_64 {
            self.operand(ValType::I64, depth);
            self.put(&Instruction::I64Const(ADDRESS_MASK as i64));
            self.put(&Instruction::I64And);
        } else {
            self.operand(ValType::I32, depth);
            self.put(&Instruction::I32Const(ADDRESS_MASK as i32));
            self.put(&Instruction::I32And);
        }
    }

    /// What lies inside a block leaves the stack as it was, but may use what lies there through locals alone.
    fn inside(&mut self, len: u64) {
        let outer = std::mem::replace(&mut self.base, self.stack.len());
        self.nesting += 1;
        self.statements(len.max(2));
        while self.stack.len() > self.base {
            self.pop();
        }
        self.nesting -= 1;
        self.base = outer;
    }

    fn repeat(&mut self, len: u64) {
        let counter = self.counters + self.nesting;
        let turns = self.random.below(TURNS_MAX) as i32;
        self.put(&Instruction::I32Const(turns));
        self.put(&Instruction::LocalSet(counter));
        self.put(&Instruction::Loop(BlockType::Empty));
        self.inside(len);
        self.put(&Instruction::LocalGet(counter));
        self.put(&Instruction::I32Const(1));
        self.put(&Instruction::I32Sub);
        self.put(&Instruction::LocalTee(counter));
        self.put(&Instruction::I32Const(0));
        self.put(&Instruction::I32GtS);
        self.put(&Instruction::BrIf(0));
        self.put(&Instruction::End);
    }

    /// Arms that yield a value, some left early.
    fn branch(&mut self, len: u64) {
        let ty = self.random.pick(&TYPES);
        let is_block = self.random.chance(400);
        let block = BlockType::Result(encoded(ty));
        if is_block {
            self.put(&Instruction::Block(block));
        } else {
            self.operand(ValType::I32, 2);
            self.put(&Instruction::If(block));
        }
        self.inside(len);
        self.operand(ty, 2);
        if is_block {
            self.operand(ValType::I32, 2);
            self.put(&Instruction::BrIf(0));
            self.put(&Instruction::Drop);
        } else {
            self.put(&Instruction::Else);
        }
        self.inside(len / 2);
        self.operand(ty, 2);
        self.put(&Instruction::End);
        self.stack.push(ty);
    }

    fn call(&mut self) {
        if self.callees.is_empty() || self.nesting > 0 || self.calls == CALLS_MAX {
            return;
        }
        self.calls += 1;
        let callee = self.random.below(self.callees.len() as u64);
        let (params, result) = &self.callees[callee as usize];
        for ty in params {
            self.operand(*ty, 1);
        }
        self.put(&Instruction::Call(callee as u32));
        self.stack.extend(*result);
    }
}
