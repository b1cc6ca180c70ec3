//! What a function names of others, each once: their types, and bodies of its program.

use std::collections::BTreeMap;

use cranelift_codegen::{ir, isa::CallConv};
use cranelift_frontend::FunctionBuilder;
use lockstep_ir::{FuncId, Signature};

use crate::abi;

/// Who calls whom how, and types: parameters, results. Of a type the bits, and whether they are a float or a vector.
type Types = (u8, Vec<Part>, Vec<Part>);

type Part = (u32, bool, bool);

fn types(signature: &ir::Signature) -> Types {
    let part = |ty: ir::Type| (ty.bits(), ty.is_float(), ty.is_vector());
    let all = |types: &[ir::AbiParam]| types.iter().map(|ty| part(ty.value_type)).collect();
    let how = match signature.call_conv {
        CallConv::Tail => 0,
        CallConv::PreserveAll => 1,
        _ => 2,
    };
    (how, all(&signature.params), all(&signature.returns))
}

/// What was named so far.
#[derive(Default)]
pub(super) struct Imported {
    signatures: BTreeMap<Types, ir::SigRef>,
    bodies: BTreeMap<FuncId, ir::FuncRef>,
}

impl Imported {
    /// The number of `signature`.
    pub(super) fn signature(
        &mut self,
        b: &mut FunctionBuilder<'_>,
        signature: ir::Signature,
    ) -> ir::SigRef {
        let number = self.signatures.entry(types(&signature));
        *number.or_insert_with(|| b.import_signature(signature))
    }

    /// The body of `func`, whose types these are, wherever `rt` will say it is.
    pub(super) fn body(
        &mut self,
        b: &mut FunctionBuilder<'_>,
        func: FuncId,
        signature: &Signature,
    ) -> ir::FuncRef {
        if let Some(known) = self.bodies.get(&func) {
            return *known;
        }
        let signature = self.signature(b, abi::body(signature));
        let name = ir::UserExternalName::new(0, func.0);
        let name = ir::ExternalName::user(b.func.declare_imported_user_function(name));
        // All bodies of a program lie in one region, which a call reaches from anywhere in it.
        let data = ir::ExtFuncData { name, signature, colocated: true, patchable: false };
        let number = b.import_function(data);
        self.bodies.insert(func, number);
        number
    }
}
