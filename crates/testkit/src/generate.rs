//! EVM programs from a seed, made so that most of them run long and reach odd places.
//!
//! The writer keeps a model of the stack height and gives each opcode operands of the kind it wants: offsets that
//! overlap, keys that collide, addresses that exist, words near powers of two. One statement in many ignores the model,
//! so that every failure is reached too.
//!
//! Kinds of statements: opcodes of every kind, jumps over statements, counted loops, and calls of internal functions, which
//! half of the programs have (`functions` says which kinds there are).
//!
//! Invariant: a program depends on its seed and fork alone, and loops are bounded by their counters or by gas.

mod functions;

use lockstep_base::{Address, Fork, U256};
use lockstep_guest::evm::{Opcode, rows};

use self::functions::{Functions, INPUT_LABEL};
use crate::{
    assemble::push,
    differential::{CONTRACT, Case},
    random::Random,
};

/// What an operand is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Word,
    /// Where in memory or in other bytes.
    Offset,
    Length,
    /// Of a slot.
    Key,
    Account,
    Gas,
    Value,
}

use Kind::{Account, Gas, Key, Length, Offset, Value, Word};

/// What opcodes want, top of the stack first; those that are not here take words.
#[rustfmt::skip]
const WANTS: &[(u8, &[Kind])] = &[
    (0x20, &[Offset, Length]),
    (0x31, &[Account]),
    (0x35, &[Offset]),
    (0x37, &[Offset, Offset, Length]),
    (0x39, &[Offset, Offset, Length]),
    (0x3b, &[Account]),
    (0x3c, &[Account, Offset, Offset, Length]),
    (0x3e, &[Offset, Offset, Length]),
    (0x3f, &[Account]),
    (0x51, &[Offset]),
    (0x52, &[Offset, Word]),
    (0x53, &[Offset, Word]),
    (0x54, &[Key]),
    (0x55, &[Key, Value]),
    (0x5c, &[Key]),
    (0x5d, &[Key, Value]),
    (0x5e, &[Offset, Offset, Length]),
    (0xa0, &[Offset, Length]),
    (0xa1, &[Offset, Length, Word]),
    (0xa2, &[Offset, Length, Word, Word]),
    (0xa3, &[Offset, Length, Word, Word, Word]),
    (0xa4, &[Offset, Length, Word, Word, Word, Word]),
    (0xf0, &[Value, Offset, Length]),
    (0xf1, &[Gas, Account, Value, Offset, Length, Offset, Length]),
    (0xf2, &[Gas, Account, Value, Offset, Length, Offset, Length]),
    (0xf3, &[Offset, Length]),
    (0xf4, &[Gas, Account, Offset, Length, Offset, Length]),
    (0xf5, &[Value, Offset, Length, Value]),
    (0xfa, &[Gas, Account, Offset, Length, Offset, Length]),
    (0xfd, &[Offset, Length]),
    (0xff, &[Account]),
];

const RETURNDATACOPY: u8 = 0x3e;
const POP: u8 = 0x50;
const JUMP: u8 = 0x56;
const JUMPI: u8 = 0x57;
const JUMPDEST: u8 = 0x5b;
const PUSH2: u8 = 0x61;
const DUP1: u8 = 0x80;
const SWAP1: u8 = 0x90;

/// Accounts with code beside the called one; the last delegates to the first (EIP-7702).
const OTHERS: u64 = 5;
/// The highest that the model lets the stack grow by itself.
const HEIGHT_MAX: usize = 40;

/// The case of `seed`: a contract, accounts it can call, a message.
pub fn case(seed: u64) -> Case {
    let mut random = Random::new(seed);
    let fork = match random.below(4) {
        0 => Fork::ALL[random.below(Fork::ALL.len() as u64) as usize],
        _ => Fork::LATEST,
    };
    let length = 8 + random.below(20);
    let (code, input_label) = program(&mut random, fork, length);
    let mut others: Vec<_> = (1..OTHERS)
        .map(|number| {
            let length = random.below(25);
            (other(number), program(&mut random, fork, length).0)
        })
        .collect();
    let mut delegation = vec![0xef, 0x01, 0x00];
    delegation.extend_from_slice(&other(1).0);
    others.push((other(OTHERS), delegation));
    let mut input: Vec<u8> = (0..random.below(100)).map(|_| random.next() as u8).collect();
    if let Some(label) = input_label {
        let at = usize::from(INPUT_LABEL);
        input.resize(input.len().max(at + 32), 0);
        input[at..at + 32].copy_from_slice(&U256::from(label).to_be_bytes::<32>());
    }
    let value = U256::from(random.below(3));
    let gas = match random.below(16) {
        0 => random.below(400_000),
        1 => random.below(30_000),
        _ => 1_000_000,
    };
    Case { fork, code, others, input, value, gas }
}

/// The address of another account.
fn other(number: u64) -> Address {
    Address::from_low_u64(0xa000 + number)
}

/// A program of about `length` statements, and the label that it wants in its input.
fn program(random: &mut Random, fork: Fork, length: u64) -> (Vec<u8>, Option<u16>) {
    let rows = rows(fork).map(|(row, _)| row).collect();
    let functions = Functions::default();
    let mut writer = Writer { random, rows, code: Vec::new(), height: 0, functions };
    let mut length = length;
    if writer.random.one_in(2) {
        writer.plan_functions();
        // Functions are as long as what is left out for them.
        length /= 2;
        for _ in 0..writer.random.below(4) {
            writer.statement(2);
        }
        writer.call_from_outside(2);
    }
    for _ in 0..length {
        writer.statement(2);
    }
    writer.finish();
    writer.write_functions();
    (writer.code, writer.functions.input_label)
}

struct Writer<'r> {
    random: &'r mut Random,
    rows: Vec<&'static Opcode>,
    code: Vec<u8>,
    /// The stack's height where the model says control is.
    height: usize,
    functions: Functions,
}

impl Writer<'_> {
    /// One statement; loops and branches nest at most `depth` deep.
    fn statement(&mut self, depth: u32) {
        match self.random.below(40) {
            0..=2 if depth > 0 => self.skip(depth),
            3..=4 if depth > 0 => self.repeat(depth),
            5..=8 if self.height > 0 => self.duplicate(),
            9..=11 if self.height > 1 => self.exchange(),
            12 if self.height > 0 => self.plain(POP, 1, 0),
            13 if self.height > 0 && self.random.one_in(8) => {
                // So high that all of what lies deep is within reach.
                (0..16).for_each(|_| self.duplicate());
            }
            13..=14 => self.push_kind(Word),
            15 if self.random.one_in(40) => self.reckless(),
            16..=17 if self.has_functions() && !self.functions.is_inside => {
                self.call_from_outside(depth);
            }
            _ => self.opcode(),
        }
        while self.height > HEIGHT_MAX {
            self.plain(POP, 1, 0);
        }
    }

    /// An opcode with operands of the kinds it wants.
    fn opcode(&mut self) {
        let row = loop {
            let row = *self.random.pick(&self.rows);
            // Functions run often: few of them call others or ask for other accounts.
            let is_dear = matches!(row.byte, 0x31 | 0x3b | 0x3c | 0x3f | 0xf0..=0xff);
            if is_dear && self.functions.is_inside && !self.random.one_in(6) {
                continue;
            }
            // Control and stack opcodes have statements of their own; halts come last.
            if !matches!(row.byte, 0x00 | JUMP | JUMPI | 0x5f..=0x9f | 0xf3 | 0xfd..=0xff) {
                break row;
            }
        };
        self.operate(row);
    }

    fn operate(&mut self, row: &Opcode) {
        if row.byte == RETURNDATACOPY && !self.random.one_in(10) {
            // All that came back: RETURNDATASIZE, where from, where to.
            self.plain(0x3d, 0, 1);
            push(&mut self.code, U256::ZERO);
            self.height += 1;
            self.push_kind(Offset);
            return self.plain(RETURNDATACOPY, 3, 0);
        }
        let wants = WANTS.iter().find(|(byte, _)| *byte == row.byte).map(|(_, wants)| *wants);
        let pops = usize::from(row.pops);
        let reuses = wants.is_none() && self.height >= pops && !self.random.one_in(3);
        if !reuses {
            for position in (0..pops).rev() {
                let kind = wants.and_then(|wants| wants.get(position)).copied().unwrap_or(Word);
                self.push_kind(kind);
            }
        }
        self.plain(row.byte, pops, usize::from(row.pushes));
    }

    fn plain(&mut self, byte: u8, pops: usize, pushes: usize) {
        self.code.push(byte);
        self.height = self.height.saturating_sub(pops) + pushes;
    }

    fn push_kind(&mut self, kind: Kind) {
        let number = match kind {
            Word => self.random.word(),
            Offset => self.place(300),
            Length => self.place(90),
            Key => U256::from(self.random.below(6)),
            Value => match self.random.below(3) {
                0 => self.random.word(),
                _ => U256::from(self.random.below(3)),
            },
            Account => self.account(),
            Gas => match self.random.below(8) {
                0 => self.random.word(),
                1 | 2 => U256::from(self.random.below(3000)),
                _ => U256::from(100_000),
            },
        };
        // What lies on the stack is seldom where something is, or enough.
        let rarity = if matches!(kind, Word | Key | Value) { 10 } else { 100 };
        if self.height > 0 && self.random.one_in(rarity) {
            return self.duplicate();
        }
        push(&mut self.code, number);
        self.height += 1;
    }

    /// A small number, now and then one that is out of reach.
    fn place(&mut self, end: u64) -> U256 {
        match self.random.below(250) {
            0 => self.random.word(),
            1..=30 => U256::ZERO,
            _ => U256::from(self.random.below(end)),
        }
    }

    fn account(&mut self) -> U256 {
        match self.random.below(10) {
            // Precompiled contracts and their neighbours.
            0 | 1 => U256::from(self.random.below(19)),
            2 => CONTRACT.into_word(),
            3 => self.random.word(),
            _ => other(1 + self.random.below(OTHERS)).into_word(),
        }
    }

    fn duplicate(&mut self) {
        let depth = self.random.below(self.height.min(16) as u64) as u8;
        self.plain(DUP1 + depth, 0, 1);
    }

    fn exchange(&mut self) {
        let distance = self.random.below((self.height - 1).min(16) as u64) as u8;
        self.plain(SWAP1 + distance, 0, 0);
    }

    /// Any byte, whatever the stack holds.
    fn reckless(&mut self) {
        let byte = self.random.next() as u8;
        let row = self.rows.iter().find(|row| row.byte == byte);
        let (pops, pushes) = row.map_or((0, 0), |row| (row.pops, row.pushes));
        self.plain(byte, usize::from(pops), usize::from(pushes));
    }

    /// A jump over some statements, taken or not; its target known to a translator or not.
    fn skip(&mut self, depth: u32) {
        let is_conditional = !self.random.one_in(3);
        if is_conditional {
            match self.height > 0 && self.random.one_in(2) {
                true => self.duplicate(),
                false => self.push_kind(Word),
            }
            if self.random.one_in(2) {
                // ISZERO, or LT with whatever there is.
                let byte = *self.random.pick(&[0x15, 0x10]);
                self.operate_byte(byte);
            }
        }
        let label = self.push_label();
        if self.random.one_in(4) {
            self.through_memory();
        }
        match is_conditional {
            true => self.plain(JUMPI, 2, 0),
            false => self.plain(JUMP, 1, 0),
        }
        let height = self.height;
        for _ in 0..self.random.below(4) {
            self.statement(depth - 1);
        }
        self.level(height);
        self.land(label);
    }

    fn operate_byte(&mut self, byte: u8) {
        if let Some(row) = self.rows.iter().find(|row| row.byte == byte).copied() {
            self.operate(row);
        }
    }

    /// A counted loop.
    fn repeat(&mut self, depth: u32) {
        let turns = if self.functions.is_inside { 3 } else { 10 * u64::from(depth) };
        push(&mut self.code, U256::from(1 + self.random.below(turns)));
        self.height += 1;
        let start = self.code.len() as u16;
        self.code.push(JUMPDEST);
        let height = self.height;
        for _ in 0..self.random.below(5) {
            self.statement(depth - 1);
        }
        self.level(height);
        self.turn(start);
    }

    /// Brings the stack to `height`.
    fn level(&mut self, height: usize) {
        while self.height > height {
            self.plain(POP, 1, 0);
        }
        while self.height < height {
            self.push_kind(Word);
        }
    }

    /// Pushes a place that [`Writer::land`] decides; returns where it is written.
    fn push_label(&mut self) -> usize {
        self.code.extend([PUSH2, 0, 0]);
        self.height += 1;
        self.code.len() - 2
    }

    fn land(&mut self, label: usize) {
        let place = self.code.len() as u16;
        self.code[label..label + 2].copy_from_slice(&place.to_be_bytes());
        self.code.push(JUMPDEST);
    }

    /// The end: mostly the memory as output, so that it is compared.
    fn finish(&mut self) {
        match self.random.below(12) {
            0 => self.operate_byte(0xff),
            1 => self.operate_byte(0xfd),
            2 => self.code.push(0x00),
            3 => {}
            4 => self.code.push(0xfe),
            5 => self.operate_byte(0xf3),
            _ => {
                // Every word of the stack into memory, then 512 bytes out.
                for slot in 0..self.height.min(12) {
                    push(&mut self.code, U256::from(32 * slot as u64));
                    self.code.push(0x52);
                }
                self.code.extend([0x61, 2, 0, 0x60, 0, 0xf3]);
            }
        }
    }
}
