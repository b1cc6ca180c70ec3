//! From bytes to the lowering: frequent instructions are read here, the others by the parser.
//!
//! # Invariants
//!
//! 1. The body was validated: what is read here is whole and well formed, so that reading it has no errors.
//! 2. What an opcode means is said by the rows of `numeric` and `memory`, whichever way it is read.

use std::sync::OnceLock;

use lockstep_ir::{Op, Type, Var};
use wasmparser::{BinaryReader, FrameKind, FrameStack, MemArg, MemArgTarget, Operator};

pub(in crate::wasm) use self::opcode::LOCAL_GET;
use super::{Lower, memory, numeric};
use crate::wasm::schedule::Class;

/// An instruction that is read here, by its first byte.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Frequent {
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

/// From here on, what a `memarg` begins with says more than an alignment (memory 64 and multiple memories).
const PLAIN_ALIGNMENTS: u8 = 0x20;

/// What each first byte is.
fn table() -> &'static [Frequent; 256] {
    static TABLE: OnceLock<[Frequent; 256]> = OnceLock::new();
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

/// A place in the body. What is rare gets a copy of it, so that it stays in registers.
#[derive(Clone, Copy)]
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// A number of several bytes: how many bits were given, the last byte, and where it ends.
struct Long {
    number: u64,
    bits: u32,
    last: u8,
    end: usize,
}

impl Cursor<'_> {
    #[inline(always)]
    fn byte(&mut self) -> u8 {
        let byte = self.bytes[self.at];
        self.at += 1;
        byte
    }

    /// A number without sign (Wasm 2.0, 5.2.2).
    #[inline(always)]
    fn unsigned(&mut self) -> u64 {
        let byte = self.byte();
        if byte < 0x80 {
            return u64::from(byte);
        }
        let Long { number, end, .. } = self.long(byte);
        self.at = end;
        number
    }

    /// A number with its sign.
    #[inline(always)]
    fn signed(&mut self) -> u64 {
        let byte = self.byte();
        if byte < 0x80 {
            // The number's sign is the second bit from the top.
            return i64::from((byte as i8) << 1 >> 1) as u64;
        }
        let Long { number, bits, last, end } = self.long(byte);
        self.at = end;
        if last & 0x40 != 0 && bits < u64::BITS { number | u64::MAX << bits } else { number }
    }

    /// The number whose first byte is `first`, which was read.
    #[inline(never)]
    fn long(mut self, first: u8) -> Long {
        let (mut number, mut bits, mut last) = (u64::from(first & 0x7f), 7, first);
        while last >= 0x80 {
            last = self.byte();
            number |= u64::from(last & 0x7f) << bits;
            bits += 7;
        }
        Long { number, bits, last, end: self.at }
    }

    #[inline(always)]
    fn fixed<const LEN: usize>(&mut self) -> [u8; LEN] {
        let bytes = self.bytes[self.at..self.at + LEN].try_into().expect("so many bytes");
        self.at += LEN;
        bytes
    }
}

impl<'m> Lower<'m, '_> {
    /// Lowers the instructions in `bytes`, whose first byte is the module's byte `start`.
    pub(super) fn run(&mut self, bytes: &'m [u8], start: u32) -> wasmparser::Result<()> {
        let table = table();
        let mut cursor = Cursor { bytes, at: 0 };
        self.begin_function();
        while cursor.at < bytes.len() {
            // A module is shorter than 2^32 bytes.
            self.b.at_pc(start + cursor.at as u32);
            if self.is_observed && self.is_reachable {
                self.show_step();
            }
            let frequent = &table[usize::from(bytes[cursor.at])];
            let is_read = match self.is_reachable {
                true => self.frequent(frequent, &mut cursor),
                false => self.passed(frequent, &mut cursor),
            };
            if !is_read {
                cursor.at = self.read(cursor, start)?;
            } else if matches!(frequent, Frequent::Constant(_)) && self.is_plain() {
                self.operation_on_constant(table, &mut cursor, start);
            } else if matches!(frequent, Frequent::LocalGet) && self.is_plain() {
                self.more_locals(&mut cursor, start);
            }
        }
        self.finish();
        Ok(())
    }

    /// Whether instructions may be lowered one after the other, with nothing between them.
    #[inline(always)]
    fn is_plain(&self) -> bool {
        self.is_reachable && !self.is_observed
    }

    /// Lowers what most constants are for, where it is that: two ways to go on are guessed better than as many as opcodes.
    #[inline(always)]
    fn operation_on_constant(
        &mut self,
        table: &[Frequent; 256],
        cursor: &mut Cursor<'_>,
        start: u32,
    ) {
        let Some(next) = cursor.bytes.get(cursor.at) else { return };
        if let Frequent::Binary(op, ty, class) = table[usize::from(*next)] {
            self.b.at_pc(start + cursor.at as u32);
            cursor.at += 1;
            self.binary(op, ty, class);
        }
    }

    /// Lowers the locals that are pushed next.
    #[inline(always)]
    fn more_locals(&mut self, cursor: &mut Cursor<'_>, start: u32) {
        while cursor.bytes.get(cursor.at) == Some(&LOCAL_GET) {
            self.b.at_pc(start + cursor.at as u32);
            cursor.at += 1;
            self.local_get(cursor);
        }
    }

    /// Lowers `local.get`, whose opcode was read.
    #[inline(always)]
    fn local_get(&mut self, cursor: &mut Cursor<'_>) {
        let local = Var(cursor.unsigned() as u32);
        self.pay(Class::Local);
        self.push_local(local);
    }

    /// Lets the parser read the instruction at `cursor`; says where it ends.
    #[inline(never)]
    fn read(&mut self, cursor: Cursor<'_>, start: u32) -> wasmparser::Result<usize> {
        let rest = &cursor.bytes[cursor.at..];
        let position = u64::from(start) + cursor.at as u64;
        let mut reader = BinaryReader::new_features(rest, position, self.features);
        reader.visit_operator(self)?;
        Ok(cursor.at + reader.current_position())
    }

    /// Lowers a frequent instruction; false when it is none, and nothing was read.
    #[inline(always)]
    fn frequent(&mut self, frequent: &Frequent, cursor: &mut Cursor<'_>) -> bool {
        let begin = cursor.at;
        cursor.at += 1;
        match *frequent {
            Frequent::LocalGet => self.local_get(cursor),
            Frequent::LocalSet => {
                let local = Var(cursor.unsigned() as u32);
                self.pay(Class::Local);
                self.set_local(local);
            }
            Frequent::LocalTee => {
                let local = Var(cursor.unsigned() as u32);
                self.tee_local(local);
            }
            Frequent::Constant(ty) => {
                let bits = match ty {
                    Type::I32 => u64::from(cursor.signed() as u32),
                    Type::I64 => cursor.signed(),
                    Type::F32 => u64::from(u32::from_le_bytes(cursor.fixed())),
                    _ => u64::from_le_bytes(cursor.fixed()),
                };
                self.constant(bits, ty);
            }
            Frequent::Binary(op, ty, class) => self.binary(op, ty, class),
            Frequent::Numeric(row) => self.numeric(row),
            Frequent::Access(row) => {
                if cursor.bytes[cursor.at] >= PLAIN_ALIGNMENTS {
                    cursor.at = begin;
                    return false;
                }
                cursor.at += 1;
                let offset = cursor.unsigned();
                self.access(row, 0, offset);
            }
            Frequent::Branch => self.branch(cursor.unsigned() as u32),
            Frequent::BranchIf => self.branch_if(cursor.unsigned() as u32),
            Frequent::Call => self.call(cursor.unsigned() as u32),
            Frequent::Else => self.otherwise(),
            Frequent::End => self.end(),
            Frequent::No => {
                cursor.at = begin;
                return false;
            }
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

    fn tee_local(&mut self, local: Var) {
        self.pay(Class::Local);
        let is_constant = self.top_is_constant();
        let value = self.set_local(local);
        if is_constant {
            let ty = self.b.func().vars[local].ty;
            self.push(value, ty);
        } else {
            self.push_local(local);
        }
    }

    fn constant(&mut self, bits: u64, ty: Type) {
        self.pay(Class::Constant);
        let constant = self.b.constant(bits, ty);
        self.push(constant, ty);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Encodings with as many bytes as their type allows, and shorter ones.
    fn encodings() -> impl Iterator<Item = Vec<u8>> {
        let ends = [0x00, 0x01, 0x3f, 0x40, 0x41, 0x7f];
        let middles = [0x80, 0xff, 0xc0, 0xbf];
        (0..10).flat_map(move |more| {
            middles.into_iter().flat_map(move |middle| {
                ends.into_iter().map(move |end| {
                    let mut bytes = vec![middle; more];
                    bytes.push(end);
                    bytes
                })
            })
        })
    }

    #[test]
    fn numbers_are_what_the_parser_reads() {
        let mut read = 0;
        for bytes in encodings() {
            let parser = || BinaryReader::new(&bytes, 0);
            let cursor = || Cursor { bytes: &bytes, at: 0 };
            if let Ok(number) = parser().read_var_u32() {
                assert_eq!(cursor().unsigned(), u64::from(number), "{bytes:x?}");
                read += 1;
            }
            if let Ok(number) = parser().read_var_u64() {
                assert_eq!(cursor().unsigned(), number, "{bytes:x?}");
                read += 1;
            }
            if let Ok(number) = parser().read_var_i32() {
                assert_eq!(cursor().signed() as i32, number, "{bytes:x?}");
                read += 1;
            }
            if let Ok(number) = parser().read_var_i64() {
                assert_eq!(cursor().signed() as i64, number, "{bytes:x?}");
                read += 1;
            }
        }
        assert!(read > 400, "most encodings are numbers of some type: {read}");
    }

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
