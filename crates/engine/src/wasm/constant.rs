//! Constant expressions (Wasm 2.0, 3.3.7, with extended constants).

use lockstep_guest::wasm::{ConstExpr, ConstOp};

/// The slots of what `expr` yields; `global` and `func` say what it may name.
///
/// # Panics
///
/// When the expression is not valid, which no loaded module's is.
pub(super) fn evaluate(
    expr: &ConstExpr,
    global: impl Fn(u32) -> [u64; 2],
    func: impl Fn(u32) -> u64,
) -> [u64; 2] {
    // Most have one instruction, and need no stack.
    let mut stack: Vec<[u64; 2]> = Vec::new();
    let (last, before) = expr.0.split_last().expect("a constant expression yields a value");
    let value = |op: &ConstOp, stack: &mut Vec<[u64; 2]>| match *op {
        ConstOp::I32(bits) | ConstOp::F32(bits) => [u64::from(bits), 0],
        ConstOp::I64(bits) | ConstOp::F64(bits) => [bits, 0],
        ConstOp::V128(bits) => [bits as u64, (bits >> 64) as u64],
        ConstOp::Global(index) => global(index),
        ConstOp::RefNull => [0, 0],
        ConstOp::RefFunc(index) => [func(index), 0],
        ConstOp::I32Add => narrow(binary(stack, u64::wrapping_add)),
        ConstOp::I32Sub => narrow(binary(stack, u64::wrapping_sub)),
        ConstOp::I32Mul => narrow(binary(stack, u64::wrapping_mul)),
        ConstOp::I64Add => [binary(stack, u64::wrapping_add), 0],
        ConstOp::I64Sub => [binary(stack, u64::wrapping_sub), 0],
        ConstOp::I64Mul => [binary(stack, u64::wrapping_mul), 0],
    };
    for op in before {
        let operand = value(op, &mut stack);
        stack.push(operand);
    }
    value(last, &mut stack)
}

fn binary(stack: &mut Vec<[u64; 2]>, op: fn(u64, u64) -> u64) -> u64 {
    let mut take = || stack.pop().expect("a valid expression has its operands")[0];
    let (b, a) = (take(), take());
    op(a, b)
}

fn narrow(bits: u64) -> [u64; 2] {
    [u64::from(bits as u32), 0]
}
