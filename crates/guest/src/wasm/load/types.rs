//! The parser's types as ours. Validation has refused every other type before.

use std::sync::Arc;

use crate::wasm::{
    error::{LoadError, LoadErrorKind},
    types::{FuncType, GlobalType, MemoryType, TableType, ValType},
};

pub(super) type Typed<T> = Result<T, LoadError>;

/// A type that only a proposal has which is not offered.
fn foreign<T>(offset: u64) -> Typed<T> {
    let kind = LoadErrorKind::Unsupported("typed function references");
    Err(LoadError { offset: offset as usize, kind })
}

pub(super) fn val_type(ty: wasmparser::ValType, offset: u64) -> Typed<ValType> {
    Ok(match ty {
        wasmparser::ValType::I32 => ValType::I32,
        wasmparser::ValType::I64 => ValType::I64,
        wasmparser::ValType::F32 => ValType::F32,
        wasmparser::ValType::F64 => ValType::F64,
        wasmparser::ValType::V128 => ValType::V128,
        wasmparser::ValType::Ref(ty) => return ref_type(ty, offset),
    })
}

pub(super) fn ref_type(ty: wasmparser::RefType, offset: u64) -> Typed<ValType> {
    match ty {
        wasmparser::RefType::FUNCREF => Ok(ValType::FuncRef),
        wasmparser::RefType::EXTERNREF => Ok(ValType::ExternRef),
        _ => foreign(offset),
    }
}

pub(super) fn func_type(ty: &wasmparser::FuncType, offset: u64) -> Typed<FuncType> {
    let all = |types: &[wasmparser::ValType]| match types {
        [] => Ok(Arc::default()),
        types => types.iter().map(|ty| val_type(*ty, offset)).collect::<Typed<Arc<[ValType]>>>(),
    };
    Ok(FuncType { params: all(ty.params())?, results: all(ty.results())? })
}

pub(super) fn table_type(ty: &wasmparser::TableType, offset: u64) -> Typed<TableType> {
    let element = ref_type(ty.element_type, offset)?;
    Ok(TableType { element, is_64: ty.table64, min: ty.initial, max: ty.maximum })
}

pub(super) fn memory_type(ty: &wasmparser::MemoryType) -> MemoryType {
    MemoryType { is_64: ty.memory64, min_pages: ty.initial, max_pages: ty.maximum }
}

pub(super) fn global_type(ty: &wasmparser::GlobalType, offset: u64) -> Typed<GlobalType> {
    Ok(GlobalType { ty: val_type(ty.content_type, offset)?, is_mutable: ty.mutable })
}
