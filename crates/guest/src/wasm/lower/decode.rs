//! From bytes to the lowering: frequent instructions are read here, the others by the parser.
//!
//! # Invariants
//!
//! 1. The body was validated: reading it has no errors.
//! 2. What an opcode means is said by the rows of `numeric` and `memory`, whichever way it is read.

use std::sync::OnceLock;

use lockstep_ir::{Op, Type};
use wasmparser::{BinaryReader, FrameKind, FrameStack, MemArg, MemArgTarget, Operator};

pub(in crate::wasm) use self::opcode::LOCAL_GET;
use super::{Lower, cursor::Cursor, memory, numeric};
use crate::wasm::schedule::Class;

/// An instruction that is read here, by its first byte.
#[derive(Clone, Copy)]
#[repr(u8)]
pub(super) enum Frequent {
    /// The parser reads it.
    No,
    Else,
    End,
    Branch,
    BranchIf,
    Call,
    LocalGet,
    LocalSet,
    LocalTee,
    Constant(Type),
    /// What most numeric instructions are.
    Binary(Op, Type, Class),
    Numeric(numeric::Row),
    Access(memory::Row),
}

/// Opcodes (Wasm 2.0, 5.4).
mod opcode {
    pub(super) const ELSE: u8 = 0x05;
    pub(super) const END: u8 = 0x0b;
    pub(super) const BR: u8 = 0x0c;
    pub(super) const BR_IF: u8 = 0x0d;
    pub(super) const CALL: u8 = 0x10;
    pub(in crate::wasm) const LOCAL_GET: u8 = 0x20;
    pub(super) const LOCAL_SET: u8 = 0x21;
    pub(super) const LOCAL_TEE: u8 = 0x22;
    pub(super) const CONST: [u8; 4] = [0x41, 0x42, 0x43, 0x44];
    /// The first load, and one more than the last store.
    pub(super) const ACCESSES: core::ops::Range<u8> = 0x28..0x3f;
    /// The same of what is an opcode and nothing else.
    pub(super) const NUMERIC: core::ops::Range<u8> = 0x45..0xc5;
    /// Conversions that saturate, after their prefix.
    pub(super) const PREFIX: u8 = 0xfc;
    pub(super) const SATURATING: core::ops::Range<u8> = 0..8;
}

/// What each first byte is.
pub(super) type Table = [Frequent; 256];

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table = [Frequent::No; 256];
        table[usize::from(opcode::ELSE)] = Frequent::Else;
        table[usize::from(opcode::END)] = Frequent::End;
        table[usize::from(opcode::BR)] = Frequent::Branch;
        table[usize::from(opcode::BR_IF)] = Frequent::BranchIf;
        table[usize::from(opcode::CALL)] = Frequent::Call;
        table[usize::from(LOCAL_GET)] = Frequent::LocalGet;
        table[usize::from(opcode::LOCAL_SET)] = Frequent::LocalSet;
        table[usize::from(opcode::LOCAL_TEE)] = Frequent::LocalTee;
        let types = [Type::I32, Type::I64, Type::F32, Type::F64];
        for (opcode, ty) in opcode::CONST.into_iter().zip(types) {
            table[usize::from(opcode)] = Frequent::Constant(ty);
        }
        for opcode in opcode::ACCESSES.chain(opcode::NUMERIC) {
            table[usize::from(opcode)] = row_of([opcode, 0]).unwrap_or(Frequent::No);
        }
        table
    })
}

/// The row of an instruction, with operands of zero, where it has any.
fn row_of(opcode: [u8; 2]) -> Option<Frequent> {
    let bytes = [opcode[0], opcode[1], 0];
    let operator = BinaryReader::new(&bytes, 0).peek_operator(&AnyFrame).ok()?;
    let access = memory::row(&operator).map(|(row, _)| Frequent::Access(row));
    access.or_else(|| numeric::row(&operator).map(|row| row.into()))
}

impl From<numeric::Row> for Frequent {
    fn from(row: numeric::Row) -> Self {
        match row {
            numeric::Row::Binary(op, ty, class) => Self::Binary(op, ty, class),
            row => Self::Numeric(row),
        }
    }
}

/// What an instruction that has a row takes and yields, by its types in dMIR.
#[derive(Clone, Copy)]
pub(in crate::wasm) enum Taking {
    /// One number and another one.
    One(Type, Type),
    /// Two of one type and another one.
    Two(Type, Type),
    /// What a load reads in memory, and what it yields.
    Load(Type, Type),
    /// What a store writes in memory, and what it takes.
    Store(Type, Type),
}

/// What the instruction of this opcode takes and yields, when it has one byte and a row.
pub(in crate::wasm) fn taking(opcode: u8) -> Option<Taking> {
    let is_plain = opcode::ACCESSES.contains(&opcode) || opcode::NUMERIC.contains(&opcode);
    taken(is_plain.then(|| row_of([opcode, 0]))??)
}

/// The same of the conversion that `second` names after the prefix of those that saturate.
pub(in crate::wasm) fn taking_saturated(second: u8) -> Option<Taking> {
    let is_plain = opcode::SATURATING.contains(&second);
    taken(is_plain.then(|| row_of([opcode::PREFIX, second]))??)
}

fn taken(row: Frequent) -> Option<Taking> {
    match row {
        Frequent::Binary(_, ty, _) => Some(Taking::Two(ty, ty)),
        Frequent::Numeric(row) => Some(row.taking()),
        Frequent::Access(row) => Some(row.taking()),
        _ => None,
    }
}

/// What the parser asks for where the validator has looked.
struct AnyFrame;

impl FrameStack for AnyFrame {
    fn current_frame(&self) -> Option<FrameKind> {
        Some(FrameKind::Block)
    }
}

impl FrameStack for Lower<'_, '_> {
    fn current_frame(&self) -> Option<FrameKind> {
        AnyFrame.current_frame()
    }
}

impl<'m> Lower<'m, '_> {
    /// Lowers the instructions in `bytes`, whose first byte is the module's byte `start`.
    pub(super) fn run(&mut self, bytes: &'m [u8], start: u32) -> wasmparser::Result<()> {
        let table = table();
        let mut cursor = Cursor { bytes, at: 0, start };
        self.begin_function();
        while cursor.at < bytes.len() {
            self.b.at_pc(cursor.pc());
            if self.is_observed && self.is_reachable {
                self.show_step();
            }
            let frequent = &table[usize::from(bytes[cursor.at])];
            let is_read = match self.is_reachable {
                true => self.frequent(table, frequent, &mut cursor),
                false => self.passed(frequent, &mut cursor),
            };
            if !is_read {
                cursor.at = self.read(cursor)?;
            }
        }
        self.finish();
        Ok(())
    }

    /// Lets the parser read the instruction at `cursor`; says where it ends.
    #[inline(never)]
    fn read(&mut self, cursor: Cursor<'_>) -> wasmparser::Result<usize> {
        let rest = &cursor.bytes[cursor.at..];
        let mut reader = BinaryReader::new_features(rest, u64::from(cursor.pc()), self.features);
        reader.visit_operator(self)?;
        Ok(cursor.at + reader.current_position())
    }

    /// Lowers a frequent instruction, and those that go on with what it yields; false when it is none, and nothing was read.
    #[inline(always)]
    fn frequent(&mut self, table: &Table, frequent: &Frequent, cursor: &mut Cursor<'_>) -> bool {
        match *frequent {
            Frequent::LocalGet => {
                let local = self.local_get(cursor);
                self.expression_from(table, local, cursor);
                return true;
            }
            Frequent::Constant(ty) => {
                let constant = self.constant(ty, cursor);
                self.expression_from(table, constant, cursor);
                return true;
            }
            Frequent::Access(_) if !cursor.is_plain_access() => return false,
            Frequent::Binary(..)
            | Frequent::Access(_)
            | Frequent::LocalSet
            | Frequent::LocalTee => {
                let highest = self.pop_waiting();
                self.expression(table, highest, cursor);
                return true;
            }
            Frequent::No => return false,
            _ => cursor.at += 1,
        }
        match *frequent {
            Frequent::Numeric(row) => self.numeric(row),
            Frequent::Branch => self.branch(cursor.unsigned() as u32),
            Frequent::BranchIf => self.branch_if(cursor.unsigned() as u32),
            Frequent::Call => self.call(cursor.unsigned() as u32),
            Frequent::Else => self.otherwise(),
            _ => self.end(),
        }
        true
    }

    /// Reads past a frequent instruction that control cannot reach; false when it is none, and nothing was read.
    #[inline(always)]
    fn passed(&mut self, frequent: &Frequent, cursor: &mut Cursor<'_>) -> bool {
        match *frequent {
            Frequent::Else if self.skipped == 0 => self.otherwise(),
            Frequent::Else | Frequent::Binary(..) | Frequent::Numeric(_) => {}
            Frequent::End if self.skipped > 0 => self.skipped -= 1,
            Frequent::End => self.end(),
            _ => return false,
        }
        cursor.at += 1;
        true
    }

    /// Lowers an instruction that the parser has read.
    #[inline(never)]
    pub(super) fn rare(&mut self, operator: &Operator<'_>) {
        if !self.is_reachable {
            return self.unreachable_operator(operator);
        }
        let done = self.row(operator)
            || self.control(operator)
            || self.calls(operator)
            || self.memories(operator)
            || self.tables(operator)
            || self.vectors(operator)
            || self.wide(operator);
        assert!(done, "the validator admits no other instruction: {operator:?}");
    }

    /// Lowers what has a row; false when it has none.
    fn row(&mut self, operator: &Operator<'_>) -> bool {
        if let Some(row) = numeric::row(operator) {
            self.numeric(row);
            return true;
        }
        let Some((row, MemArg { target: MemArgTarget::Memory(memory), offset, .. })) =
            memory::row(operator)
        else {
            return false;
        };
        self.access(row, memory, offset);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frequent_opcodes_are_those_that_the_parser_says() {
        // What comes after is the first half of longer opcodes.
        for (opcode, frequent) in (0..0xfb).zip(table()) {
            let bytes = [opcode, 0, 0, 0, 0, 0, 0, 0, 0, 0];
            let Ok(operator) = BinaryReader::new(&bytes, 0).peek_operator(&AnyFrame) else {
                continue;
            };
            let agrees = match *frequent {
                Frequent::No => {
                    numeric::row(&operator).is_none() && memory::row(&operator).is_none()
                }
                Frequent::Else => matches!(operator, Operator::Else),
                Frequent::End => matches!(operator, Operator::End),
                Frequent::Branch => matches!(operator, Operator::Br { .. }),
                Frequent::BranchIf => matches!(operator, Operator::BrIf { .. }),
                Frequent::Call => matches!(operator, Operator::Call { .. }),
                Frequent::LocalGet => matches!(operator, Operator::LocalGet { .. }),
                Frequent::LocalSet => matches!(operator, Operator::LocalSet { .. }),
                Frequent::LocalTee => matches!(operator, Operator::LocalTee { .. }),
                Frequent::Constant(Type::I32) => matches!(operator, Operator::I32Const { .. }),
                Frequent::Constant(Type::I64) => matches!(operator, Operator::I64Const { .. }),
                Frequent::Constant(Type::F32) => matches!(operator, Operator::F32Const { .. }),
                Frequent::Constant(_) => matches!(operator, Operator::F64Const { .. }),
                Frequent::Binary(..) | Frequent::Numeric(_) => numeric::row(&operator).is_some(),
                Frequent::Access(_) => memory::row(&operator).is_some(),
            };
            assert!(agrees, "{opcode:#x} is {operator:?}");
        }
    }
}
