//! The opcode table: one row for each instruction of each dialect.
//!
//! # Invariants
//!
//! 1. In a dialect a byte has one row; where RFC 9669 tells instructions of one byte apart by their offset (`sdiv`,
//!    `movsx`) the row of offset zero comes first, and [`find`] knows the others.
//! 2. A row that is not in a dialect does not exist there: the verifier refuses it.
//!
//! Sources: RFC 9669 sections 4 and 5 and its appendix; for sBPF the behaviour of its reference engine by version
//! (SIMD-0166, -0173, -0174, -0178, -0189, -0377).

use lockstep_ir::{Op, Order, Type};

use super::{dialect::Dialect, insn::Insn};

/// What an instruction does to a register with another operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AluOp {
    /// Sum.
    Add,
    /// Difference.
    Sub,
    /// Product, low half.
    Mul,
    /// High half of the unsigned product.
    Umulh,
    /// High half of the signed product.
    Smulh,
    /// Unsigned quotient.
    Div,
    /// Signed quotient.
    Sdiv,
    /// Unsigned remainder.
    Mod,
    /// Signed remainder.
    Smod,
    /// Bitwise or.
    Or,
    /// Bitwise and.
    And,
    /// Bitwise exclusive or.
    Xor,
    /// Shift left.
    Lsh,
    /// Shift right, filled with zeros.
    Rsh,
    /// Shift right, filled with the sign.
    Arsh,
    /// The other operand.
    Mov,
    /// Bitwise or with the other operand shifted left by 32.
    Hor,
}

/// Bits an instruction works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Width {
    /// The low half.
    W32,
    /// All.
    W64,
}

impl Width {
    /// Number of bits.
    pub const fn bits(self) -> u32 {
        match self {
            Self::W32 => 32,
            Self::W64 => 64,
        }
    }

    /// The type in dMIR.
    pub const fn ty(self) -> Type {
        match self {
            Self::W32 => Type::I32,
            Self::W64 => Type::I64,
        }
    }
}

/// Where the second operand is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// In the instruction.
    Imm,
    /// In the source register.
    Reg,
}

/// Where a jump says how far it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// In the offset, 16 bits.
    Near,
    /// In the immediate, 32 bits.
    Far,
}

/// What an instruction is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `dst = dst op source`.
    Alu(AluOp, Width, Source),
    /// `dst = -dst`.
    Neg(Width),
    /// `dst = src`, its low bits sign-extended.
    Movsx(u8, Width),
    /// `dst` in a byte order, cut to as many bits as the immediate says.
    End(Order),
    /// `dst` with its low bytes swapped, cut likewise.
    Swap,
    /// `dst` = 64 bits out of two slots.
    LoadImm,
    /// `dst` = memory; sign-extended or not.
    Load(Type, bool),
    /// Memory = the operand.
    Store(Type, Source),
    /// Memory and a register, at once.
    Atomic(Width),
    /// Jumps when the comparison holds; `band` stands for "a bit is set in both".
    Branch(Op, Width, Source),
    /// Jumps.
    Goto(Reach),
    /// Calls a function of the program, or of the host.
    Call,
    /// Calls the function that a register names.
    CallReg,
    /// Returns.
    Exit,
}

/// A row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// The first byte of the instruction.
    pub byte: u8,
    /// Its name in assembly, without operands.
    pub name: &'static str,
    /// What it does.
    pub kind: Kind,
    /// The dialects that have it, a bit for each.
    dialects: u8,
}

impl Row {
    /// Whether `dialect` has it.
    pub const fn is_in(&self, dialect: Dialect) -> bool {
        self.dialects & dialect.bit() != 0
    }
}

const fn row(byte: u8, name: &'static str, kind: Kind, dialects: u8) -> Row {
    Row { byte, name, kind, dialects }
}

const RFC: u8 = Dialect::Rfc.bit();
const V2: u8 = Dialect::V2.bit();
const V3: u8 = Dialect::V3.bit();
const NOT_V2: u8 = RFC | Dialect::V0.bit() | Dialect::V1.bit() | V3;
const ALL: u8 = NOT_V2 | V2;

use AluOp::*;
use Kind::{
    Alu, Atomic, Branch, Call, CallReg, End, Exit, Goto, Load, LoadImm, Movsx, Neg, Store, Swap,
};
use Source::{Imm, Reg};
use Type::{I8, I16, I32, I64};
use Width::{W32, W64};

/// All rows.
#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    row(0x07, "add", Alu(Add, W64, Imm), ALL),
    row(0x0f, "add", Alu(Add, W64, Reg), ALL),
    row(0x17, "sub", Alu(Sub, W64, Imm), ALL),
    row(0x1f, "sub", Alu(Sub, W64, Reg), ALL),
    row(0x27, "mul", Alu(Mul, W64, Imm), NOT_V2),
    row(0x2f, "mul", Alu(Mul, W64, Reg), NOT_V2),
    row(0x37, "div", Alu(Div, W64, Imm), NOT_V2),
    row(0x3f, "div", Alu(Div, W64, Reg), NOT_V2),
    row(0x47, "or", Alu(Or, W64, Imm), ALL),
    row(0x4f, "or", Alu(Or, W64, Reg), ALL),
    row(0x57, "and", Alu(And, W64, Imm), ALL),
    row(0x5f, "and", Alu(And, W64, Reg), ALL),
    row(0x67, "lsh", Alu(Lsh, W64, Imm), ALL),
    row(0x6f, "lsh", Alu(Lsh, W64, Reg), ALL),
    row(0x77, "rsh", Alu(Rsh, W64, Imm), ALL),
    row(0x7f, "rsh", Alu(Rsh, W64, Reg), ALL),
    row(0x97, "mod", Alu(Mod, W64, Imm), NOT_V2),
    row(0x9f, "mod", Alu(Mod, W64, Reg), NOT_V2),
    row(0xa7, "xor", Alu(Xor, W64, Imm), ALL),
    row(0xaf, "xor", Alu(Xor, W64, Reg), ALL),
    row(0xb7, "mov", Alu(Mov, W64, Imm), ALL),
    row(0xbf, "mov", Alu(Mov, W64, Reg), ALL),
    row(0xc7, "arsh", Alu(Arsh, W64, Imm), ALL),
    row(0xcf, "arsh", Alu(Arsh, W64, Reg), ALL),
    row(0x37, "sdiv", Alu(Sdiv, W64, Imm), RFC),
    row(0x3f, "sdiv", Alu(Sdiv, W64, Reg), RFC),
    row(0x97, "smod", Alu(Smod, W64, Imm), RFC),
    row(0x9f, "smod", Alu(Smod, W64, Reg), RFC),
    row(0x87, "neg", Neg(W64), NOT_V2),
    row(0x04, "add32", Alu(Add, W32, Imm), ALL),
    row(0x0c, "add32", Alu(Add, W32, Reg), ALL),
    row(0x14, "sub32", Alu(Sub, W32, Imm), ALL),
    row(0x1c, "sub32", Alu(Sub, W32, Reg), ALL),
    row(0x24, "mul32", Alu(Mul, W32, Imm), NOT_V2),
    row(0x2c, "mul32", Alu(Mul, W32, Reg), NOT_V2),
    row(0x34, "div32", Alu(Div, W32, Imm), NOT_V2),
    row(0x3c, "div32", Alu(Div, W32, Reg), NOT_V2),
    row(0x44, "or32", Alu(Or, W32, Imm), ALL),
    row(0x4c, "or32", Alu(Or, W32, Reg), ALL),
    row(0x54, "and32", Alu(And, W32, Imm), ALL),
    row(0x5c, "and32", Alu(And, W32, Reg), ALL),
    row(0x64, "lsh32", Alu(Lsh, W32, Imm), ALL),
    row(0x6c, "lsh32", Alu(Lsh, W32, Reg), ALL),
    row(0x74, "rsh32", Alu(Rsh, W32, Imm), ALL),
    row(0x7c, "rsh32", Alu(Rsh, W32, Reg), ALL),
    row(0x94, "mod32", Alu(Mod, W32, Imm), NOT_V2),
    row(0x9c, "mod32", Alu(Mod, W32, Reg), NOT_V2),
    row(0xa4, "xor32", Alu(Xor, W32, Imm), ALL),
    row(0xac, "xor32", Alu(Xor, W32, Reg), ALL),
    row(0xb4, "mov32", Alu(Mov, W32, Imm), ALL),
    row(0xbc, "mov32", Alu(Mov, W32, Reg), ALL),
    row(0xc4, "arsh32", Alu(Arsh, W32, Imm), ALL),
    row(0xcc, "arsh32", Alu(Arsh, W32, Reg), ALL),
    row(0x34, "sdiv32", Alu(Sdiv, W32, Imm), RFC),
    row(0x3c, "sdiv32", Alu(Sdiv, W32, Reg), RFC),
    row(0x94, "smod32", Alu(Smod, W32, Imm), RFC),
    row(0x9c, "smod32", Alu(Smod, W32, Reg), RFC),
    row(0x84, "neg32", Neg(W32), NOT_V2),
    row(0xf7, "hor", Alu(Hor, W64, Imm), V2),
    row(0xbf, "movsx864", Movsx(8, W64), RFC),
    row(0xbf, "movsx1664", Movsx(16, W64), RFC),
    row(0xbf, "movsx3264", Movsx(32, W64), RFC),
    row(0xbc, "movsx832", Movsx(8, W32), RFC),
    row(0xbc, "movsx1632", Movsx(16, W32), RFC),
    row(0xd4, "le", End(Order::Little), NOT_V2),
    row(0xdc, "be", End(Order::Big), ALL),
    row(0xd7, "swap", Swap, RFC),
    row(0x18, "lddw", LoadImm, NOT_V2),
    row(0x71, "ldxb", Load(I8, false), NOT_V2),
    row(0x69, "ldxh", Load(I16, false), NOT_V2),
    row(0x61, "ldxw", Load(I32, false), NOT_V2),
    row(0x79, "ldxdw", Load(I64, false), NOT_V2),
    row(0x91, "ldxsb", Load(I8, true), RFC),
    row(0x89, "ldxsh", Load(I16, true), RFC),
    row(0x81, "ldxsw", Load(I32, true), RFC),
    row(0x72, "stb", Store(I8, Imm), NOT_V2),
    row(0x73, "stxb", Store(I8, Reg), NOT_V2),
    row(0x6a, "sth", Store(I16, Imm), NOT_V2),
    row(0x6b, "stxh", Store(I16, Reg), NOT_V2),
    row(0x62, "stw", Store(I32, Imm), NOT_V2),
    row(0x63, "stxw", Store(I32, Reg), NOT_V2),
    row(0x7a, "stdw", Store(I64, Imm), NOT_V2),
    row(0x7b, "stxdw", Store(I64, Reg), NOT_V2),
    row(0x2c, "ldxb", Load(I8, false), V2),
    row(0x27, "stb", Store(I8, Imm), V2),
    row(0x2f, "stxb", Store(I8, Reg), V2),
    row(0x3c, "ldxh", Load(I16, false), V2),
    row(0x37, "sth", Store(I16, Imm), V2),
    row(0x3f, "stxh", Store(I16, Reg), V2),
    row(0x8c, "ldxw", Load(I32, false), V2),
    row(0x87, "stw", Store(I32, Imm), V2),
    row(0x8f, "stxw", Store(I32, Reg), V2),
    row(0x9c, "ldxdw", Load(I64, false), V2),
    row(0x97, "stdw", Store(I64, Imm), V2),
    row(0x9f, "stxdw", Store(I64, Reg), V2),
    row(0xc3, "atomic32", Atomic(W32), RFC),
    row(0xdb, "atomic", Atomic(W64), RFC),
    row(0x86, "lmul32", Alu(Mul, W32, Imm), V2),
    row(0x8e, "lmul32", Alu(Mul, W32, Reg), V2),
    row(0x96, "lmul", Alu(Mul, W64, Imm), V2),
    row(0x9e, "lmul", Alu(Mul, W64, Reg), V2),
    row(0x36, "uhmul", Alu(Umulh, W64, Imm), V2),
    row(0x3e, "uhmul", Alu(Umulh, W64, Reg), V2),
    row(0xb6, "shmul", Alu(Smulh, W64, Imm), V2),
    row(0xbe, "shmul", Alu(Smulh, W64, Reg), V2),
    row(0x46, "udiv32", Alu(Div, W32, Imm), V2),
    row(0x4e, "udiv32", Alu(Div, W32, Reg), V2),
    row(0x56, "udiv", Alu(Div, W64, Imm), V2),
    row(0x5e, "udiv", Alu(Div, W64, Reg), V2),
    row(0x66, "urem32", Alu(Mod, W32, Imm), V2),
    row(0x6e, "urem32", Alu(Mod, W32, Reg), V2),
    row(0x76, "urem", Alu(Mod, W64, Imm), V2),
    row(0x7e, "urem", Alu(Mod, W64, Reg), V2),
    row(0xc6, "sdiv32", Alu(Sdiv, W32, Imm), V2),
    row(0xce, "sdiv32", Alu(Sdiv, W32, Reg), V2),
    row(0xd6, "sdiv", Alu(Sdiv, W64, Imm), V2),
    row(0xde, "sdiv", Alu(Sdiv, W64, Reg), V2),
    row(0xe6, "srem32", Alu(Smod, W32, Imm), V2),
    row(0xee, "srem32", Alu(Smod, W32, Reg), V2),
    row(0xf6, "srem", Alu(Smod, W64, Imm), V2),
    row(0xfe, "srem", Alu(Smod, W64, Reg), V2),
    row(0x15, "jeq", Branch(Op::Ieq, W64, Imm), ALL),
    row(0x1d, "jeq", Branch(Op::Ieq, W64, Reg), ALL),
    row(0x25, "jgt", Branch(Op::Iugt, W64, Imm), ALL),
    row(0x2d, "jgt", Branch(Op::Iugt, W64, Reg), ALL),
    row(0x35, "jge", Branch(Op::Iuge, W64, Imm), ALL),
    row(0x3d, "jge", Branch(Op::Iuge, W64, Reg), ALL),
    row(0xa5, "jlt", Branch(Op::Iult, W64, Imm), ALL),
    row(0xad, "jlt", Branch(Op::Iult, W64, Reg), ALL),
    row(0xb5, "jle", Branch(Op::Iule, W64, Imm), ALL),
    row(0xbd, "jle", Branch(Op::Iule, W64, Reg), ALL),
    row(0x45, "jset", Branch(Op::Band, W64, Imm), ALL),
    row(0x4d, "jset", Branch(Op::Band, W64, Reg), ALL),
    row(0x55, "jne", Branch(Op::Ine, W64, Imm), ALL),
    row(0x5d, "jne", Branch(Op::Ine, W64, Reg), ALL),
    row(0x65, "jsgt", Branch(Op::Isgt, W64, Imm), ALL),
    row(0x6d, "jsgt", Branch(Op::Isgt, W64, Reg), ALL),
    row(0x75, "jsge", Branch(Op::Isge, W64, Imm), ALL),
    row(0x7d, "jsge", Branch(Op::Isge, W64, Reg), ALL),
    row(0xc5, "jslt", Branch(Op::Islt, W64, Imm), ALL),
    row(0xcd, "jslt", Branch(Op::Islt, W64, Reg), ALL),
    row(0xd5, "jsle", Branch(Op::Isle, W64, Imm), ALL),
    row(0xdd, "jsle", Branch(Op::Isle, W64, Reg), ALL),
    row(0x16, "jeq32", Branch(Op::Ieq, W32, Imm), RFC | V3),
    row(0x1e, "jeq32", Branch(Op::Ieq, W32, Reg), RFC | V3),
    row(0x26, "jgt32", Branch(Op::Iugt, W32, Imm), RFC | V3),
    row(0x2e, "jgt32", Branch(Op::Iugt, W32, Reg), RFC | V3),
    row(0x36, "jge32", Branch(Op::Iuge, W32, Imm), RFC | V3),
    row(0x3e, "jge32", Branch(Op::Iuge, W32, Reg), RFC | V3),
    row(0xa6, "jlt32", Branch(Op::Iult, W32, Imm), RFC | V3),
    row(0xae, "jlt32", Branch(Op::Iult, W32, Reg), RFC | V3),
    row(0xb6, "jle32", Branch(Op::Iule, W32, Imm), RFC | V3),
    row(0xbe, "jle32", Branch(Op::Iule, W32, Reg), RFC | V3),
    row(0x46, "jset32", Branch(Op::Band, W32, Imm), RFC | V3),
    row(0x4e, "jset32", Branch(Op::Band, W32, Reg), RFC | V3),
    row(0x56, "jne32", Branch(Op::Ine, W32, Imm), RFC | V3),
    row(0x5e, "jne32", Branch(Op::Ine, W32, Reg), RFC | V3),
    row(0x66, "jsgt32", Branch(Op::Isgt, W32, Imm), RFC | V3),
    row(0x6e, "jsgt32", Branch(Op::Isgt, W32, Reg), RFC | V3),
    row(0x76, "jsge32", Branch(Op::Isge, W32, Imm), RFC | V3),
    row(0x7e, "jsge32", Branch(Op::Isge, W32, Reg), RFC | V3),
    row(0xc6, "jslt32", Branch(Op::Islt, W32, Imm), RFC | V3),
    row(0xce, "jslt32", Branch(Op::Islt, W32, Reg), RFC | V3),
    row(0xd6, "jsle32", Branch(Op::Isle, W32, Imm), RFC | V3),
    row(0xde, "jsle32", Branch(Op::Isle, W32, Reg), RFC | V3),
    row(0x05, "ja", Goto(Reach::Near), ALL),
    row(0x06, "ja32", Goto(Reach::Far), RFC),
    row(0x85, "call", Call, ALL),
    row(0x8d, "callx", CallReg, ALL),
    row(0x95, "exit", Exit, ALL),];

/// The row of an instruction in a dialect.
pub(super) fn find(dialect: Dialect, insn: &Insn) -> Option<&'static Row> {
    let row = by_byte(dialect, insn.opcode)?;
    if dialect != Dialect::Rfc || insn.offset == 0 {
        return Some(row);
    }
    // RFC 9669 4.1: the offset of these is part of the opcode.
    let other = match row.kind {
        Alu(Div, width, source) if insn.offset == 1 => Alu(Sdiv, width, source),
        Alu(Mod, width, source) if insn.offset == 1 => Alu(Smod, width, source),
        Alu(Mov, width, Reg) => Movsx(u8::try_from(insn.offset).ok()?, width),
        _ => return Some(row),
    };
    ROWS.iter().find(|row| row.kind == other && row.byte == insn.opcode && row.is_in(dialect))
}

/// The first row of a byte in a dialect.
fn by_byte(dialect: Dialect, byte: u8) -> Option<&'static Row> {
    static INDEX: std::sync::OnceLock<[[u8; 256]; 5]> = std::sync::OnceLock::new();
    let index = INDEX.get_or_init(|| {
        let mut index = [[u8::MAX; 256]; 5];
        for (at, row) in ROWS.iter().enumerate().rev() {
            for dialect in Dialect::ALL {
                if row.is_in(dialect) {
                    index[dialect as usize][row.byte as usize] = at as u8;
                }
            }
        }
        index
    });
    ROWS.get(index[dialect as usize][byte as usize] as usize)
}

const _: () = assert!(ROWS.len() < u8::MAX as usize, "rows are numbered by bytes");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_has_one_meaning_in_a_dialect() {
        for dialect in Dialect::ALL {
            for byte in 0..=u8::MAX {
                let rows: Vec<_> =
                    ROWS.iter().filter(|row| row.byte == byte && row.is_in(dialect)).collect();
                let by_offset = |row: &&&Row| {
                    dialect == Dialect::Rfc && matches!(row.kind, Movsx(..) | Alu(Sdiv | Smod, ..))
                };
                assert!(rows.len() - rows.iter().filter(by_offset).count() <= 1, "{byte:#x}");
                assert!(rows.first().is_none_or(|row| !by_offset(&row)), "{byte:#x}");
            }
        }
    }

    #[test]
    fn dialects_have_as_many_instructions_as_their_references() {
        let count = |dialect| ROWS.iter().filter(|row| row.is_in(dialect)).count();
        assert_eq!(Dialect::ALL.map(count), [133, 91, 91, 100, 113]);
    }
}
