//! Programs: statements over a stack whose contents are tracked by kind, then an end.
//!
//! Invariants: `stack` is what the program will have on the stack at this point on every path that falls through;
//! nothing below `floor` is taken, so bodies of loops and branches leave the stack as they found it.

use lockstep::{Fork, U256};

use super::{
    Cast,
    operand::{self, Kind},
};
use crate::{
    program::{Inst, Program},
    random::Random,
};

/// How deep programs nest in programs (initialization code in contracts, code to deploy in that).
const PARTS_MAX_DEPTH: usize = 2;
/// Words on the stack that a program does not exceed, unless it means to.
const STACK_MAX: usize = 100;

pub(super) const POP: u8 = 0x50;
pub(super) const GAS: u8 = 0x5a;
pub(super) const CODECOPY: u8 = 0x39;
pub(super) const JUMP: u8 = 0x56;
pub(super) const JUMPI: u8 = 0x57;
const PUSH0: u8 = 0x5f;
const PUSH32: u8 = 0x7f;
const RETURN: u8 = 0xf3;
const REVERT: u8 = 0xfd;
const SELFDESTRUCT: u8 = 0xff;

/// A program in the making.
pub(super) struct Writer<'a, 'k> {
    pub(super) cast: &'a Cast<'k>,
    pub(super) random: &'a mut Random,
    pub(super) program: Program,
    /// Kinds of the words on the stack, top last.
    pub(super) stack: Vec<Kind>,
    pub(super) floor: usize,
    /// How deep this program lies in others.
    pub(super) depth: usize,
    pub(super) labels: usize,
    /// Subroutines that are called and not written yet.
    pub(super) subroutines: Vec<usize>,
}

/// A contract's code.
pub fn contract(cast: &Cast<'_>, random: &mut Random) -> Program {
    let len = random.between(20, 90);
    write(cast, random, 0, |writer| writer.body(len))
}

/// Initialization code; `depth` says how deep it lies in other code.
pub(super) fn initialization(cast: &Cast<'_>, random: &mut Random, depth: usize) -> Program {
    let len = random.between(0, 12);
    write(cast, random, depth, |writer| {
        (0..len).for_each(|_| writer.statement());
        writer.deploy();
    })
}

fn write(
    cast: &Cast<'_>,
    random: &mut Random,
    depth: usize,
    write: impl FnOnce(&mut Writer<'_, '_>),
) -> Program {
    let mut writer = Writer {
        cast,
        random,
        program: Program::default(),
        stack: Vec::new(),
        floor: 0,
        depth,
        labels: 0,
        subroutines: Vec::new(),
    };
    write(&mut writer);
    writer.program
}

impl Writer<'_, '_> {
    fn body(&mut self, len: u64) {
        (0..len).for_each(|_| self.statement());
        self.end();
        // Calls of subroutines stand in subroutines as well, but not without end.
        for _ in 0..6 {
            let Some(label) = self.subroutines.pop() else { return };
            self.subroutine(label);
        }
    }

    /// The code of a subroutine: entered with the way back on the stack.
    fn subroutine(&mut self, label: usize) {
        self.emit(Inst::Label(label));
        self.stack = vec![Kind::Word];
        self.floor = 1;
        let statements = self.random.between(1, 6);
        self.balanced(statements);
        self.op(JUMP);
    }

    /// `statements` that leave the stack as it is.
    pub(super) fn balanced(&mut self, statements: u64) {
        let (height, floor) = (self.stack.len(), self.floor);
        self.floor = height;
        (0..statements).for_each(|_| self.statement());
        while self.stack.len() > height {
            self.op(POP);
            self.stack.pop();
        }
        self.floor = floor;
    }

    pub(super) fn emit(&mut self, inst: Inst) {
        self.program.insts.push(inst);
    }

    pub(super) fn op(&mut self, byte: u8) {
        self.emit(Inst::Op(byte));
    }

    /// Pushes a number that no kind describes and that nothing will look for.
    pub(super) fn push(&mut self, number: u64) {
        self.emit(Inst::Push(U256::from(number)));
    }

    /// Pushes `word`: the short way, by PUSH0 where there is one, or with zeros before it.
    fn push_word(&mut self, word: U256) {
        match self.random.below(100) {
            0..50 if word.is_zero() && self.has(PUSH0) => self.op(PUSH0),
            0..3 => self.emit(Inst::Raw([&[PUSH32], &word.to_be_bytes::<32>()[..]].concat())),
            _ => self.emit(Inst::Push(word)),
        }
    }

    pub(super) fn new_label(&mut self) -> usize {
        self.labels += 1;
        self.labels - 1
    }

    /// Puts a word of `kind` on top: a copy of one that is there, or a new one.
    pub(super) fn operand(&mut self, kind: Kind) {
        let reach = self.stack.len().min(16);
        let found = (1..=reach).find(|back| self.stack[self.stack.len() - back] == kind);
        match found {
            Some(back) if self.random.chance(300) => self.op(0x7f + back as u8),
            _ if kind == Kind::Gas && self.random.chance(self.all_gas_per_mille()) => self.op(GAS),
            _ => {
                let word = operand::literal(kind, self.cast, self.random);
                self.push_word(word);
            }
        }
        self.stack.push(kind);
    }

    /// How often a callee gets all there is: what it loses then is nearly everything, and before EIP-150 it is a failure.
    fn all_gas_per_mille(&self) -> u64 {
        if self.cast.fork < Fork::Tangerine { 5 } else { 80 }
    }

    /// Emits `byte`, which takes `kinds` (the top first) and leaves `result`.
    pub(super) fn apply(&mut self, byte: u8, kinds: &[Kind], result: Option<Kind>) {
        for kind in kinds.iter().rev() {
            self.operand(*kind);
        }
        self.op(byte);
        self.stack.truncate(self.stack.len() - kinds.len());
        self.stack.extend(result);
        if self.stack.len() > STACK_MAX {
            self.op(POP);
            self.stack.pop();
        }
    }

    /// Whether the rules define `byte`.
    pub(super) fn has(&self, byte: u8) -> bool {
        let row = lockstep::evm::OPCODES.iter().find(|row| row.byte == byte);
        row.is_some_and(|row| row.price(self.cast.fork).is_some())
    }

    /// Adds a part, if this program may have one.
    pub(super) fn part(&mut self) -> Option<usize> {
        if self.depth >= PARTS_MAX_DEPTH || self.program.parts.len() >= 2 {
            return None;
        }
        let part = initialization(self.cast, self.random, self.depth + 1);
        self.program.parts.push(part);
        Some(self.program.parts.len() - 1)
    }

    /// How a contract's run ends.
    fn end(&mut self) {
        let can_revert = self.cast.fork >= Fork::Byzantium;
        match self.random.below(100) {
            0..40 => self.apply(RETURN, &[Kind::Offset, Kind::Length], None),
            40..60 => self.op(0x00),
            60..75 if can_revert => self.apply(REVERT, &[Kind::Offset, Kind::Length], None),
            75..83 => self.apply(SELFDESTRUCT, &[Kind::Address], None),
            83..85 => self.op(0xfe),
            85..86 => self.apply(JUMP, &[Kind::Offset], None),
            86..87 => (0..1025).for_each(|_| self.op(0x58)),
            87..88 => (0..=self.stack.len()).for_each(|_| self.op(POP)),
            88..89 => {
                let byte = self.random.bits() as u8;
                self.op(byte);
            }
            // A PUSH whose immediate goes on behind the code's end, if nothing follows.
            89..91 => return self.emit(Inst::Raw(vec![PUSH32, 1])),
            // Falls off the end, or into the first part or subroutine.
            _ => {}
        }
        if self.random.chance(900) {
            self.op(0x00);
        }
    }

    /// How initialization code ends: mostly by returning code.
    fn deploy(&mut self) {
        match self.random.below(100) {
            0..60 => {
                let (part, cast) = (self.program.parts.len(), self.cast);
                let code = match self.depth < PARTS_MAX_DEPTH {
                    true => write(cast, self.random, self.depth + 1, |writer| writer.body(8)),
                    false => self.tiny(),
                };
                self.program.parts.push(code);
                self.copy_part(part);
                self.emit(Inst::PartLen(part));
                self.push(0);
                self.op(RETURN);
            }
            // Any bytes of memory, among them code that begins with 0xef (EIP-3541) or that is too long (EIP-170).
            60..68 => self.apply(RETURN, &[Kind::Offset, Kind::Length], None),
            68..71 => {
                let byte = self.random.pick(&[0xef, 0xfe, 0x60]);
                self.push(byte);
                self.push(0);
                self.op(0x53);
                let len = self.random.pick(&[1, 2, 0x5fff, 0x6000, 0x6001]);
                self.push(len);
                self.push(0);
                self.op(RETURN);
            }
            71..80 => self.op(0x00),
            80..90 => self.apply(REVERT, &[Kind::Offset, Kind::Length], None),
            90..96 => self.apply(SELFDESTRUCT, &[Kind::Address], None),
            _ => self.op(0xfe),
        }
    }

    /// Copies a part to the start of memory.
    pub(super) fn copy_part(&mut self, part: usize) {
        self.emit(Inst::PartLen(part));
        self.emit(Inst::PartOffset(part));
        self.push(0);
        self.op(CODECOPY);
    }

    /// A few bytes that do one thing.
    fn tiny(&mut self) -> Program {
        let address = operand::literal(Kind::Address, self.cast, self.random);
        let insts = match self.random.below(4) {
            0 => vec![Inst::Push(address), Inst::Op(SELFDESTRUCT)],
            1 => vec![Inst::Op(0x33), Inst::Op(SELFDESTRUCT)],
            2 => vec![Inst::Push(U256::from(1)), Inst::Push(U256::from(1)), Inst::Op(0x55)],
            _ => vec![Inst::Op(0x00)],
        };
        Program { insts, parts: Vec::new() }
    }
}
