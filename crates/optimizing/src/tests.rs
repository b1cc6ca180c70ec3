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

#[test]
fn loads_make_wider_and_stores_make_narrower_what_they_carry() {
    let text = "\
memory m0 = fixed 64
func @f(n: i32) -> i64 {
b0:
    a = check.i32 m0, n, 16
    x = load.i32.le a + 0
    wide = uextend.i32.i64 x
    y = load.i8.le a + 4
    signed = sextend.i8.i32 y
    z = load.i16.be a + 6
    big = uextend.i16.i64 z
    square = imul.i64 wide, wide
    low = ireduce.i64.i32 square
    store.i32.le a + 8, low
    byte = ireduce.i32.i8 signed
    store.i8.le a + 12, byte
    store.i8.le a + 13, y
    sum = iadd.i64 square, big
    return sum
}
";
    let Some(func) = translated(text, false) else { return };
    use ir::Opcode::{Imul, Istore8, Istore32, Sload8, Store, Uextend, Uload32};
    // What the other byte order has is made wider after it was turned round; the address is wider than its type.
    // The stores are those of the counter, by which it leaves.
    let counts = [Uload32, Sload8, Uextend, Imul, Istore32, Istore8, Store];
    assert_eq!(counts.map(|opcode| count(&func, opcode)), [1, 1, 2, 1, 1, 2, 2]);
}

#[test]
fn the_counter_of_a_loop_is_one_value() {
    let text = "\
func @f(n: i32) {
b0:
    charge 3
    goto round
round:
    charge 2
    less = isub.i32 n, 1
    set n, less
    is_odd = band.i32 n, 1
    odd = ine.i32 is_odd, 0
    branch odd, goto round, goto again
again:
    charge 5
    more = ine.i32 n, 0
    branch more, goto round, goto end
end:
    charge 7
    return
}
";
    // Once for each block of the loop, and neither before nor behind it; where the loop calls, the counter is the callee's.
    let Some(func) = translated(text, false) else { return };
    assert_eq!(count(&func, ir::Opcode::Isplit), 2);
    let calling = text.replace("    charge 5\n", "    charge 5\n    call @f(n)\n");
    let Some(func) = translated(&calling, false) else { return };
    assert_eq!(count(&func, ir::Opcode::Isplit), 1);
}

#[test]
fn bytes_are_moved_by_one_call_and_paid_for_by_few_instructions() {
    let text = "\
memory m0 = explicit 65536 max 131072
func @f(to: i32, len: i32) {
b0:
    charge 1
    t = uextend.i32.i64 to
    n = uextend.i32.i64 len
    charge_by.i64 n, per 1, unit 64
    act memory_copy 0 0(t, 8, n)
    charge_by.i64 188, per 1, unit 64
    act memory_fill 0(t, 7, 188)
    return
}
";
    let Some(func) = translated(text, false) else { return };
    use ir::Opcode::{StackAddr, UaddOverflow, Udiv, Umulhi, Urem};
    assert_eq!(
        [StackAddr, UaddOverflow, Umulhi, Urem, Udiv].map(|op| count(&func, op)),
        [0, 0, 0, 0, 1]
    );
    // Those that move, and two by which it leaves, for each of three traps.
    assert_eq!(count(&func, ir::Opcode::CallIndirect), 2 + 2 * 3);
}

#[test]
fn the_length_of_a_table_is_read_where_it_may_grow() {
    let text = "\
table t0 = 2 max 3
type s0()
func @f(index: i64) {
b0:
    charge 1
    call_indirect t0, s0(index)
    call_indirect t0, s0(index)
    return
}
";
    let Some(grows) = translated(text, false) else { return };
    let Some(stays) = translated(&text.replace("max 3", "max 2"), false) else { return };
    let loads = |func| count(func, ir::Opcode::Load);
    assert_eq!(loads(&grows), loads(&stays) + 2);
}

/// A loop that counts to a word of at most `most`, with Solidity's check of the sum.
fn counting(most: &str) -> String {
    format!(
        "\
func @f(n: i256) -> i256 {{
    var i: i256
    var sum: i256
    var end: i256
b0:
    charge 1
    e = band.i256 n, {most}
    set end, e
    jump goto head
head:
    charge 10
    more = iult.i256 i, end
    branch more, goto body, goto done
body:
    charge 20
    next = iadd.i256 i, 1
    wraps = iugt.i256 i, next
    branch wraps, goto panic, goto on
on:
    charge 20
    s = bxor.i256 sum, i
    set sum, s
    further = iadd.i256 i, 1
    set i, further
    jump goto head
panic:
    trap unreachable
done:
    return sum
}}
"
    )
}

#[test]
fn a_counter_that_fits_a_limb_is_one() {
    use ir::Opcode::{Iadd, Icmp, Iconcat, Isplit, UaddOverflow};
    let counts = |digits: usize| {
        let func = translated(&counting(&format!("0x{}", "f".repeat(digits))), false)?;
        Some([Iadd, Icmp, Iconcat, Isplit, UaddOverflow].map(|opcode| count(&func, opcode)))
    };
    let Some(one) = counts(16) else { return };
    // Depth units and four charges; two sums; one comparison, for sums that do not wrap around are not compared. The counter of
    // gas takes halves together, which words do not.
    assert_eq!(one, [5 + 2, 5 + 1, 3, 3, 0]);
    let [two, four] = [counts(32), counts(64)].map(|counts| counts.expect("the same host"));
    assert_eq!([two[0], two[1]], [one[0], one[1]]);
    assert!(two[3] == one[3] + 2 && four[3] == one[3] + 4, "{two:?} {four:?}");
    assert!(four[1] > two[1] + 6, "{two:?} {four:?}");
}

#[test]
fn limbs_that_nobody_can_set_are_not_carried_around_a_loop() {
    let params = |digits: usize| {
        let func = translated(&counting(&format!("0x{}", "f".repeat(digits))), false)?;
        let blocks = func.layout.blocks().skip(1);
        Some(blocks.map(|block| func.dfg.num_block_params(block)).max().unwrap_or(0))
    };
    let Some(one) = params(16) else { return };
    // The counter of gas, the index and the sum.
    assert_eq!(one, 3);
    assert_eq!(params(32), Some(5));
    assert_eq!(params(64), Some(9));
}
