//! The parser's value types in dMIR.

use lockstep_ir::Type;

pub(super) fn dmir(ty: wasmparser::ValType) -> Type {
    match ty {
        wasmparser::ValType::I32 => Type::I32,
        wasmparser::ValType::I64 => Type::I64,
        wasmparser::ValType::F32 => Type::F32,
        wasmparser::ValType::F64 => Type::F64,
        wasmparser::ValType::V128 => Type::V128,
        wasmparser::ValType::Ref(_) => Type::Ref,
    }
}

/// The types of a block that has one result and no name for its type.
pub(super) const fn single(ty: Type) -> &'static [Type] {
    match ty {
        Type::I32 => &[Type::I32],
        Type::I64 => &[Type::I64],
        Type::F32 => &[Type::F32],
        Type::F64 => &[Type::F64],
        Type::V128 => &[Type::V128],
        _ => &[Type::Ref],
    }
}
