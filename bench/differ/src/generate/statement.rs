//! Statements: what one step of a program does.

use super::{
    code::{CODECOPY, JUMP, JUMPI, POP, Writer},
    operand::Kind::{self, *},
};
use crate::program::Inst;
use lockstep::evm::{OPCODES, Opcode};

/// Words that the stack holds (Yellow Paper 9.1).
const STACK_LIMIT: usize = 1024;
const DUP1: u8 = 0x80;
const SWAP1: u8 = 0x90;
const MSTORE: u8 = 0x52;
const RETURNDATASIZE: u8 = 0x3d;
const RETURNDATACOPY: u8 = 0x3e;

/// A row: weight, opcode, kinds of its operands (the top first), kind of its result.
type Row = (u64, (u8, &'static [Kind], Option<Kind>));

#[rustfmt::skip]
const ROWS: &[Row] = &[
    // Arithmetic and logic
    (20, (0x01, &[Word, Word], Some(Word))), (20, (0x02, &[Word, Word], Some(Word))),
    (20, (0x03, &[Word, Word], Some(Word))), (30, (0x04, &[Word, Word], Some(Word))),
    (30, (0x05, &[Word, Word], Some(Word))), (30, (0x06, &[Word, Word], Some(Word))),
    (30, (0x07, &[Word, Word], Some(Word))), (30, (0x08, &[Word, Word, Word], Some(Word))),
    (30, (0x09, &[Word, Word, Word], Some(Word))), (15, (0x0a, &[Word, Small], Some(Word))),
    (20, (0x0b, &[Small, Word], Some(Word))), (10, (0x10, &[Word, Word], Some(Stored))),
    (10, (0x11, &[Word, Word], Some(Stored))), (10, (0x12, &[Word, Word], Some(Stored))),
    (10, (0x13, &[Word, Word], Some(Stored))), (10, (0x14, &[Word, Word], Some(Stored))),
    (15, (0x15, &[Word], Some(Stored))), (10, (0x16, &[Word, Word], Some(Word))),
    (10, (0x17, &[Word, Word], Some(Word))), (10, (0x18, &[Word, Word], Some(Word))),
    (10, (0x19, &[Word], Some(Word))), (15, (0x1a, &[Small, Word], Some(Small))),
    (15, (0x1b, &[Small, Word], Some(Word))), (15, (0x1c, &[Small, Word], Some(Word))),
    (20, (0x1d, &[Small, Word], Some(Word))), (15, (0x1e, &[Word], Some(Small))),
    // Memory, data, code
    (20, (0x20, &[Offset, Length], Some(Word))), (15, (0x35, &[Offset], Some(Word))),
    (12, (0x37, &[Offset, Offset, Length], None)), (12, (CODECOPY, &[Offset, Offset, Length], None)),
    (30, (0x51, &[Offset], Some(Word))), (40, (MSTORE, &[Offset, Word], None)),
    (15, (0x53, &[Offset, Word], None)), (15, (0x5e, &[Offset, Offset, Length], None)),
    (10, (0x59, &[], Some(Word))), (1, (RETURNDATACOPY, &[Offset, Offset, Length], None)),
    // Environment
    (6, (0x30, &[], Some(Address))), (6, (0x32, &[], Some(Address))), (6, (0x33, &[], Some(Address))),
    (6, (0x34, &[], Some(Coins))), (6, (0x36, &[], Some(Length))), (6, (0x38, &[], Some(Length))),
    (6, (0x3a, &[], Some(Word))), (8, (RETURNDATASIZE, &[], Some(Length))),
    (6, (0x41, &[], Some(Address))), (6, (0x42, &[], Some(Word))), (6, (0x43, &[], Some(BlockNumber))),
    (6, (0x44, &[], Some(Word))), (6, (0x45, &[], Some(Word))), (6, (0x46, &[], Some(Word))),
    (6, (0x47, &[], Some(Coins))), (6, (0x48, &[], Some(Word))), (6, (0x49, &[Stored], Some(Word))),
    (6, (0x4a, &[], Some(Word))), (6, (0x58, &[], Some(Word))), (10, (0x5a, &[], Some(Gas))),
    // Other accounts and blocks
    (10, (0x31, &[Address], Some(Word))), (10, (0x3b, &[Address], Some(Length))),
    (10, (0x3c, &[Address, Offset, Offset, Length], None)), (10, (0x3f, &[Address], Some(Word))),
    (10, (0x40, &[BlockNumber], Some(Word))),
    // Storage and logs
    (30, (0x54, &[Slot], Some(Stored))), (60, (0x55, &[Slot, Stored], None)),
    (15, (0x5c, &[Slot], Some(Stored))), (20, (0x5d, &[Slot, Stored], None)),
    (5, (0xa0, &[Offset, Length], None)), (5, (0xa1, &[Offset, Length, Word], None)),
    (3, (0xa2, &[Offset, Length, Word, Word], None)), (3, (0xa3, &[Offset, Length, Word, Word, Word], None)),
    (3, (0xa4, &[Offset, Length, Word, Word, Word, Word], None)),
    // Calls
    (50, (0xf1, &[Gas, Address, Coins, Offset, Length, Offset, Length], Some(Stored))),
    (25, (0xf2, &[Gas, Address, Coins, Offset, Length, Offset, Length], Some(Stored))),
    (25, (0xf4, &[Gas, Address, Offset, Length, Offset, Length], Some(Stored))),
    (20, (0xfa, &[Gas, Address, Offset, Length, Offset, Length], Some(Stored))),
];

/// Inputs of precompiled contracts that are worth more than random bytes: address, words.
const PREPARED: &[(u64, &[u64])] = &[
    // BN254: (1, 2) + (1, 2), and (1, 2) times 3 (EIP-196).
    (6, &[1, 2, 1, 2]),
    (7, &[1, 2, 3]),
    (8, &[]),
    (8, &[0, 0, 0, 0, 0, 0]),
    // Lengths of base, exponent and modulus, then their bytes in one word (EIP-198).
    (5, &[1, 1, 1, u64::MAX]),
    (5, &[0, 0, 32]),
    (5, &[8, 32, 8, u64::MAX, u64::MAX, u64::MAX]),
    (5, &[1, 0, 33, 5, 7, 9]),
    (1, &[1, 27, 1, 1]),
    (11, &[0, 0, 0, 0, 0, 0, 0, 0]),
];

impl Writer<'_, '_> {
    /// Does one thing.
    pub(super) fn statement(&mut self) {
        match self.random.below(1000) {
            0..130 => self.shuffle(),
            130..150 => self.branch(),
            150..165 => self.count(),
            165..180 => self.call_subroutine(),
            180..190 => self.computed_jump(),
            190..225 => self.create(),
            225..240 => self.prepared_call(),
            240..255 => self.copy_return_data(),
            255..265 => self.store_thrice(),
            265..267 => self.disaster(),
            _ => self.row(),
        }
    }

    fn row(&mut self) {
        let (byte, kinds, result) = self.random.weighted(ROWS);
        // What the rules do not define ends a run, so it is rare.
        if self.has(byte) || self.random.chance(2) {
            self.apply(byte, kinds, result);
        }
    }

    /// PUSH, DUP, SWAP, POP.
    fn shuffle(&mut self) {
        let free = self.stack.len() - self.floor;
        match self.random.below(4) {
            0 if free > 0 => {
                self.op(POP);
                self.stack.pop();
            }
            1 if free > 0 => {
                let back = self.random.between(1, free.min(16) as u64);
                self.op(DUP1 + back as u8 - 1);
                self.stack.push(self.stack[self.stack.len() - back as usize]);
            }
            2 if free > 1 => {
                let back = self.random.between(1, (free - 1).min(16) as u64) as usize;
                self.op(SWAP1 + back as u8 - 1);
                let top = self.stack.len() - 1;
                self.stack.swap(top, top - back);
            }
            _ => self.operand(Word),
        }
    }

    /// Skips a few statements, or not.
    fn branch(&mut self) {
        let label = self.new_label();
        self.operand(Stored);
        self.emit(Inst::PushLabel(label));
        self.op(JUMPI);
        self.stack.pop();
        let statements = self.random.between(1, 4);
        self.balanced(statements);
        self.emit(Inst::Label(label));
    }

    /// Repeats a few statements.
    fn count(&mut self) {
        let label = self.new_label();
        let rounds = self.random.between(1, 6);
        self.push(rounds);
        self.stack.push(Word);
        self.emit(Inst::Label(label));
        let statements = self.random.between(1, 4);
        self.balanced(statements);
        self.push(1);
        [SWAP1, 0x03, DUP1].into_iter().for_each(|byte| self.op(byte));
        self.emit(Inst::PushLabel(label));
        self.op(JUMPI);
        self.op(POP);
        self.stack.pop();
    }

    fn call_subroutine(&mut self) {
        let back = self.new_label();
        let target = match self.subroutines.last() {
            Some(label) if self.random.chance(500) => *label,
            _ if self.subroutines.len() >= 3 => return,
            _ => {
                let label = self.new_label();
                self.subroutines.push(label);
                label
            }
        };
        self.emit(Inst::PushLabel(back));
        self.emit(Inst::PushLabel(target));
        self.op(JUMP);
        self.emit(Inst::Label(back));
    }

    /// A jump whose target no constant says.
    fn computed_jump(&mut self) {
        let (label, mask) = (self.new_label(), self.random.below(1 << 16));
        self.emit(Inst::PushLabel(label));
        for _ in 0..2 {
            self.push(mask);
            self.op(0x18);
        }
        self.op(JUMP);
        self.emit(Inst::Label(label));
    }

    /// Creates a contract, sometimes twice at one place, and sometimes calls it.
    fn create(&mut self) {
        let Some(part) = self.part() else { return };
        let has_salt = self.has(0xf5) && self.random.chance(500);
        let salt = self.random.below(2);
        for _ in 0..self.random.weighted(&[(70, 1), (30, 2)]) {
            self.copy_part(part);
            if has_salt {
                self.push(salt);
            }
            self.emit(Inst::PartLen(part));
            self.push(0);
            self.operand(Coins);
            self.op(if has_salt { 0xf5 } else { 0xf0 });
            self.stack.pop();
            self.stack.push(Address);
            if self.random.chance(500) {
                // CALL(gas, the new one, 0, 0, 0, 0, 0)
                (0..5).for_each(|_| self.push(0));
                self.op(DUP1 + 5);
                self.operand(Gas);
                self.op(0xf1);
                self.stack.pop();
                self.stack.push(Stored);
            }
        }
    }

    /// Calls a precompiled contract with an input that means something.
    fn prepared_call(&mut self) {
        let (address, words) = self.random.pick(PREPARED);
        for (i, word) in words.iter().enumerate() {
            self.push(*word);
            self.push(32 * i as u64);
            self.op(MSTORE);
        }
        let (out_len, out) = (self.random.below(70), self.random.below(100));
        let len = 32 * words.len() as u64;
        for word in [out_len, out, len, 0, 0, address, 200_000] {
            self.push(word);
        }
        self.op(0xf1);
        self.stack.push(Stored);
    }

    /// All of the return data, which never fails.
    fn copy_return_data(&mut self) {
        if !self.has(RETURNDATACOPY) {
            return;
        }
        self.op(RETURNDATASIZE);
        self.push(0);
        self.operand(Offset);
        self.op(RETURNDATACOPY);
        self.stack.pop();
    }

    /// Writes one slot three times (EIP-2200).
    fn store_thrice(&mut self) {
        let slot = self.random.below(3);
        for _ in 0..3 {
            self.operand(Stored);
            self.push(slot);
            self.op(0x55);
            self.stack.pop();
        }
    }

    /// What ends most runs.
    fn disaster(&mut self) {
        match self.random.below(8) {
            0 => {
                let byte = self.random.bits() as u8;
                self.op(byte);
            }
            1..4 => self.lack_operands(),
            4..6 => self.fill_stack(),
            6 => self.apply(JUMP, &[Offset], None),
            _ => {
                // Fills the stack in a loop.
                let label = self.new_label();
                self.emit(Inst::Label(label));
                self.op(0x58);
                self.emit(Inst::PushLabel(label));
                self.op(JUMP);
            }
        }
    }

    /// An opcode with fewer words on the stack than it takes.
    fn lack_operands(&mut self) {
        let row = self.any_opcode(|row| row.pops > 0);
        (0..self.stack.len()).for_each(|_| self.op(POP));
        (1..row.pops).for_each(|_| self.push(0));
        self.op(row.byte);
        self.refill();
    }

    /// An opcode that leaves more words than it takes, on a full stack.
    fn fill_stack(&mut self) {
        let row = self.any_opcode(|row| row.pushes > row.pops);
        (self.stack.len()..STACK_LIMIT).for_each(|_| self.op(0x58));
        self.op(row.byte);
        (self.stack.len()..STACK_LIMIT).for_each(|_| self.op(POP));
    }

    /// Says that the stack is as it was, which nobody will see: the run has ended.
    fn refill(&mut self) {
        (0..self.stack.len()).for_each(|_| self.push(0));
    }

    fn any_opcode(&mut self, fits: fn(&Opcode) -> bool) -> &'static Opcode {
        let fork = self.cast.fork;
        let rows: Vec<&Opcode> =
            OPCODES.iter().filter(|row| fits(row) && row.price(fork).is_some()).collect();
        self.random.pick(&rows)
    }
}
