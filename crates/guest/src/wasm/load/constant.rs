//! Constant expressions.

use wasmparser::Operator;

use super::{Read, limit, malformed};
use crate::wasm::{
    error::{LoadError, LoadErrorKind},
    limits,
    segment::{ConstExpr, ConstOp},
};

/// Reads an expression that was validated; `count` is how many instructions all of them have so far.
pub(super) fn constant(expr: &wasmparser::ConstExpr<'_>, count: &mut u64) -> Read<ConstExpr> {
    // Nearly all have one.
    let mut ops = Vec::with_capacity(1);
    let mut reader = expr.get_operators_reader();
    loop {
        let (operator, offset) = reader.read_with_offset().map_err(malformed)?;
        if matches!(operator, Operator::End) {
            return Ok(ConstExpr(ops));
        }
        *count += 1;
        limit(offset, "instructions of constant expressions", limits::CONST_OPS_MAX, *count)?;
        let Some(op) = const_op(&operator) else {
            let kind = LoadErrorKind::Unsupported("gc");
            return Err(LoadError { offset: offset as usize, kind }.into());
        };
        ops.push(op);
    }
}

fn const_op(operator: &Operator<'_>) -> Option<ConstOp> {
    Some(match *operator {
        Operator::I32Const { value } => ConstOp::I32(value as u32),
        Operator::I64Const { value } => ConstOp::I64(value as u64),
        Operator::F32Const { value } => ConstOp::F32(value.bits()),
        Operator::F64Const { value } => ConstOp::F64(value.bits()),
        Operator::V128Const { value } => ConstOp::V128(u128::from_le_bytes(*value.bytes())),
        Operator::GlobalGet { global_index } => ConstOp::Global(global_index),
        Operator::RefNull { .. } => ConstOp::RefNull,
        Operator::RefFunc { function_index } => ConstOp::RefFunc(function_index),
        Operator::I32Add => ConstOp::I32Add,
        Operator::I32Sub => ConstOp::I32Sub,
        Operator::I32Mul => ConstOp::I32Mul,
        Operator::I64Add => ConstOp::I64Add,
        Operator::I64Sub => ConstOp::I64Sub,
        Operator::I64Mul => ConstOp::I64Mul,
        _ => return None,
    })
}
