//! What each opcode is to the quick scan, derived from the rows of the lowering where it has one.

use std::sync::OnceLock;

use lockstep_ir::Type;

use crate::wasm::{
    lower::{LOCAL_GET, Taking, taking, taking_saturated},
    types::ValType,
};

/// An instruction, by its first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The validator is asked.
    Unknown,
    LocalGet,
    LocalSet,
    LocalTee,
    ConstI32,
    ConstI64,
    ConstF32,
    ConstF64,
    Unary {
        from: ValType,
        to: ValType,
    },
    Binary {
        from: ValType,
        to: ValType,
    },
    /// Of memory 0, aligned to at most so many bytes, as a power of two.
    Load {
        align: u8,
        to: ValType,
    },
    Store {
        align: u8,
        from: ValType,
    },
    Nop,
    Drop,
    Select,
    GlobalGet,
    GlobalSet,
    MemorySize,
    MemoryGrow,
    /// The second byte says more.
    Prefixed,
    MemoryCopy,
    MemoryFill,
    Unreachable,
    Block,
    Loop,
    If,
    Else,
    End,
    Branch,
    BranchIf,
    BranchTable,
    Return,
    Call,
    CallIndirect,
}

/// Opcodes that have no row in the lowering (Wasm 2.0, 5.4).
const KINDS: &[(u8, Kind)] = &[
    (0x00, Kind::Unreachable),
    (0x01, Kind::Nop),
    (0x02, Kind::Block),
    (0x03, Kind::Loop),
    (0x04, Kind::If),
    (0x05, Kind::Else),
    (0x0b, Kind::End),
    (0x0c, Kind::Branch),
    (0x0d, Kind::BranchIf),
    (0x0e, Kind::BranchTable),
    (0x0f, Kind::Return),
    (0x10, Kind::Call),
    (0x11, Kind::CallIndirect),
    (0x1a, Kind::Drop),
    (0x1b, Kind::Select),
    (LOCAL_GET, Kind::LocalGet),
    (0x21, Kind::LocalSet),
    (0x22, Kind::LocalTee),
    (0x23, Kind::GlobalGet),
    (0x24, Kind::GlobalSet),
    (0x3f, Kind::MemorySize),
    (0x40, Kind::MemoryGrow),
    (0x41, Kind::ConstI32),
    (0x42, Kind::ConstI64),
    (0x43, Kind::ConstF32),
    (0x44, Kind::ConstF64),
    (PREFIX, Kind::Prefixed),
];

/// What begins instructions of two bytes, and the last of those.
const PREFIX: u8 = 0xfc;
const MEMORY_COPY: u8 = 0x0a;
const MEMORY_FILL: u8 = 0x0b;

/// What each first byte is.
pub(super) fn table() -> &'static [Kind; 256] {
    static TABLE: OnceLock<[Kind; 256]> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table: [Kind; 256] =
            core::array::from_fn(|opcode| taking(opcode as u8).map_or(Kind::Unknown, kind));
        for (opcode, kind) in KINDS {
            table[usize::from(*opcode)] = *kind;
        }
        table
    })
}

/// What the second byte after the prefix is.
pub(super) fn prefixed(second: u8) -> Kind {
    static TABLE: OnceLock<[Kind; 256]> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        let mut table: [Kind; 256] = core::array::from_fn(|second| {
            taking_saturated(second as u8).map_or(Kind::Unknown, kind)
        });
        table[usize::from(MEMORY_COPY)] = Kind::MemoryCopy;
        table[usize::from(MEMORY_FILL)] = Kind::MemoryFill;
        table
    });
    table[usize::from(second)]
}

fn kind(taking: Taking) -> Kind {
    match taking {
        Taking::One(from, to) => Kind::Unary { from: number(from), to: number(to) },
        Taking::Two(from, to) => Kind::Binary { from: number(from), to: number(to) },
        Taking::Load(ty, to) => Kind::Load { align: align(ty), to: number(to) },
        Taking::Store(ty, from) => Kind::Store { align: align(ty), from: number(from) },
    }
}

fn number(ty: Type) -> ValType {
    match ty {
        Type::I32 => ValType::I32,
        Type::I64 => ValType::I64,
        Type::F32 => ValType::F32,
        Type::F64 => ValType::F64,
        _ => unreachable!("operands of plain instructions are numbers"),
    }
}

fn align(ty: Type) -> u8 {
    ty.size_bytes().trailing_zeros() as u8
}

/// The number or vector that the byte stands for (Wasm 2.0, 5.3).
pub(super) const fn number_type(byte: u8) -> Option<ValType> {
    Some(match byte {
        0x7f => ValType::I32,
        0x7e => ValType::I64,
        0x7d => ValType::F32,
        0x7c => ValType::F64,
        0x7b => ValType::V128,
        _ => return None,
    })
}
