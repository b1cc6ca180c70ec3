//! Types and signatures as machine code has them.
//!
//! ```text
//! body(gas, depth units left, parameters...) -> (gas, results...)      the context in a register of its own
//! body(gas, depth units left, area, parameters...) -> (gas, area)      where results are too many for registers
//! ```
//!
//! The area comes back so that a caller reads it by an address that comes with the return (`translate::call`).

use cranelift_codegen::{
    ir::{self, AbiParam, types},
    isa::CallConv,
};
use lockstep_ir::{Signature, Type};
use lockstep_rt::native::{NoCode, OPERANDS_MAX};

/// Results of a body before those of the function: the counter.
pub(crate) const RESULTS_BEFORE: usize = 1;

/// Results that registers hold beside the counter.
const RESULTS_IN_REGISTERS_MAX: u32 = 7;

/// Pointers and the counter.
pub(crate) const WORD: ir::Type = types::I64;

/// The type in Cranelift.
pub(crate) fn clif_type(ty: Type) -> Result<ir::Type, NoCode> {
    Ok(match ty {
        Type::I8 => types::I8,
        Type::I16 => types::I16,
        Type::I32 => types::I32,
        Type::I64 | Type::Ref => types::I64,
        Type::I128 => types::I128,
        Type::F32 => types::F32,
        Type::F64 => types::F64,
        Type::V128 => types::I8X16,
        Type::I256 | Type::I512 => return Err(NoCode("words of more than 128 bits")),
    })
}

/// The types of Cranelift that hold a type: limbs, for words that it does not have.
pub(crate) fn parts(ty: Type) -> Vec<ir::Type> {
    clif_type(ty).map_or_else(|_| vec![WORD; ty.slots() as usize], |ty| vec![ty])
}

/// The type of a part of such a value, and how many parts it has.
pub(crate) fn part(ty: Type) -> (Type, usize) {
    match parts(ty).len() {
        1 => (ty, 1),
        count => (Type::I64, count),
    }
}

/// Whether a body leaves its results in an area that its caller names, in slots as a frame has them.
pub(crate) fn has_area(signature: &Signature) -> bool {
    let registers = |ty: &Type| if *ty == Type::V128 { 1 } else { ty.slots() };
    signature.results.iter().map(registers).sum::<u32>() > RESULTS_IN_REGISTERS_MAX
}

/// Parameters of a body before those of the function.
pub(crate) fn params_before(signature: &Signature) -> usize {
    2 + usize::from(has_area(signature))
}

/// The signature of a body.
pub(crate) fn body(signature: &Signature) -> ir::Signature {
    let mut clif = ir::Signature::new(CallConv::Tail);
    let all = |types: &[Type]| types.iter().flat_map(|ty| parts(*ty)).map(AbiParam::new).collect();
    let (params, results): (Vec<_>, Vec<_>) = (all(&signature.params), all(&signature.results));
    clif.params.extend(vec![AbiParam::new(WORD); params_before(signature)]);
    clif.returns.extend([AbiParam::new(WORD); RESULTS_BEFORE]);
    clif.params.extend(params);
    match has_area(signature) {
        true => clif.returns.push(AbiParam::new(WORD)),
        false => clif.returns.extend(results),
    }
    clif
}

/// The signature of a function in C.
pub(crate) fn c_function(params: &[ir::Type], result: Option<ir::Type>) -> ir::Signature {
    let mut clif = ir::Signature::new(CallConv::SystemV);
    clif.params.extend(params.iter().map(|ty| AbiParam::new(*ty)));
    clif.returns.extend(result.map(AbiParam::new));
    clif
}

/// The signature of a helper that keeps registers: numbers, and no result, which would have to be in one.
pub(crate) fn kept(params: usize) -> ir::Signature {
    let mut clif = ir::Signature::new(CallConv::PreserveAll);
    clif.params.extend(vec![AbiParam::new(WORD); params]);
    clif
}

/// Slots of all `types`.
pub(crate) fn slots(types: &[Type]) -> u32 {
    types.iter().map(|ty| ty.slots()).sum()
}

/// How far apart the operands of a call stand that leaves machine code, in slots.
pub(crate) fn stride(signature: &Signature) -> Result<i16, NoCode> {
    let types = || signature.params.iter().chain(&signature.results);
    if types().count() > OPERANDS_MAX {
        return Err(NoCode("more operands than a call that leaves machine code may have"));
    }
    // One, two, four or eight, as types have.
    Ok(types().map(|ty| ty.slots() as i16).max().unwrap_or(1))
}
