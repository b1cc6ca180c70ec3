//! What functions become in Cranelift's IR, counted.

use cranelift_codegen::{
    ir::{self, UserFuncName},
    isa::TargetFrontendConfig,
};
use cranelift_frontend::FunctionBuilderContext;
use lockstep_ir::{FuncId, text::parse, verify_module};

use crate::{abi, target::Target, translate::translate};

/// The first function of the module that `text` is, translated; with guard pages or without. Nothing where no code is made.
pub(crate) fn translated(text: &str, is_guarded: bool) -> Option<ir::Function> {
    let module = parse(text).unwrap_or_else(|error| panic!("{error}"));
    let module = verify_module(module).unwrap_or_else(|error| panic!("{error}")).into_inner();
    let config: TargetFrontendConfig = Target::host()?.isa().frontend_config();
    let signature = &module.interface.signatures[FuncId(0)];
    let mut to = ir::Function::with_name_signature(UserFuncName::default(), abi::body(signature));
    let func = &module.funcs[FuncId(0)];
    let of = (signature, func, false);
    let room = &mut FunctionBuilderContext::new();
    translate((&mut to, room), (config, is_guarded, false), &module.interface, of)
        .unwrap_or_else(|error| panic!("{error:?}"));
    Some(to)
}

/// How often `opcode` stands in `func`.
pub(crate) fn count(func: &ir::Function, opcode: ir::Opcode) -> usize {
    let insts = func.layout.blocks().flat_map(|block| func.layout.block_insts(block));
    insts.filter(|inst| func.dfg.insts[*inst].opcode() == opcode).count()
}

#[test]
fn a_float_is_made_canonical_where_its_bits_are_seen_and_nowhere_else() {
    let text = "\
memory m0 = fixed 64
func @f(n: i32, c: f64) -> f64 {
    var x: f64
    var y: f64
b0:
    charge 1
    goto round
round:
    charge 1
    s = fmul.f64 x, x
    set x, s
    t = fadd.f64 s, c
    set y, t
    again = flt.f64 t, c
    branch again, goto round, goto next
next:
    charge 1
    a = check.i32 m0, n, 8
    l = load.f64.le a + 0
    set x, l
    d = fsub.f64 x, y
    store.f64.le a + 0, d
    return y
}
";
    // `x` is read from memory later, which is another `x`; what is stored and what is returned count.
    let Some(func) = translated(text, false) else { return };
    assert_eq!(count(&func, ir::Opcode::Bitcast), 2);
    assert_eq!(count(&func, ir::Opcode::F64const), 2 + 2);
    // Floats are compared where the guest does.
    assert_eq!(count(&func, ir::Opcode::Fcmp), 1);
}
