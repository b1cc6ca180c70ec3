//! Values in slots: narrow integers and floats filled with zeros, wide ones over several.

use cranelift_codegen::ir::{self, Endianness, InstBuilder, MemFlagsData, types};
use cranelift_frontend::FunctionBuilder;
use lockstep_ir::Type;

use crate::abi::{WORD, parts};

/// How vectors and floats are seen as other types: lane 0 in the lowest bits.
pub(crate) const LITTLE: MemFlagsData = MemFlagsData::new().with_endianness(Endianness::Little);

/// Slots are ours and aligned to slots, vectors in them to no more.
const SLOTS: MemFlagsData = MemFlagsData::new().with_notrap();

/// Writes a value to slots at `offset` bytes from `base`.
pub(crate) fn store(
    b: &mut FunctionBuilder<'_>,
    flags: MemFlagsData,
    (ty, value): (Type, ir::Value),
    (base, offset): (ir::Value, i32),
) {
    let value = match ty {
        Type::I8 | Type::I16 | Type::I32 => b.ins().uextend(WORD, value),
        Type::F32 => {
            let bits = b.ins().bitcast(types::I32, LITTLE, value);
            b.ins().uextend(WORD, bits)
        }
        _ => value,
    };
    b.ins().store(flags, value, base, offset);
}

/// Writes values one after the other from slot `from` of `base` on; words that Cranelift does not have come in limbs.
pub(crate) fn store_all(
    b: &mut FunctionBuilder<'_>,
    types: &[Type],
    values: &[ir::Value],
    (base, from): (ir::Value, u32),
) {
    let (mut at, mut values) = (from, values.iter());
    for ty in types {
        let parts = parts(*ty).len();
        let (part, slots) = if parts == 1 { (*ty, ty.slots()) } else { (Type::I64, 1) };
        for value in values.by_ref().take(parts) {
            store(b, SLOTS, (part, *value), (base, at as i32 * 8));
            at += slots;
        }
    }
}

/// Reads values that stand one after the other from slot `from` of `base` on.
pub(crate) fn load_all(
    b: &mut FunctionBuilder<'_>,
    types: &[Type],
    (base, from): (ir::Value, u32),
) -> Vec<ir::Value> {
    let mut at = from;
    let mut values = Vec::new();
    for ty in types {
        load(b, *ty, (base, at), &mut values);
        at += ty.slots();
    }
    values
}

/// Reads a value from slot `at` of `base` on, into `values` with its parts.
pub(crate) fn load(
    b: &mut FunctionBuilder<'_>,
    ty: Type,
    (base, mut at): (ir::Value, u32),
    values: &mut Vec<ir::Value>,
) {
    let parts = parts(ty);
    let slots = ty.slots() / parts.len() as u32;
    for part in parts {
        values.push(b.ins().load(part, SLOTS, base, at as i32 * 8));
        at += slots;
    }
}
