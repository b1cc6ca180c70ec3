//! What passes leave, as text; that it still verifies; that it still means the same.

use alloc::string::String;

use super::*;
use crate::{
    Module,
    text::{parse, print, runs},
    verify::verify_module,
};

fn passed(text: &str, pass: fn(&mut crate::Func)) -> String {
    let module = parse(text).unwrap_or_else(|error| panic!("{error}"));
    let mut module = verify_module(module).unwrap_or_else(|error| panic!("{error}")).into_inner();
    apply(&mut module, pass);
    let module = verify_module(module).unwrap_or_else(|error| panic!("{error}"));
    for run in runs(text, &module).unwrap_or_else(|error| panic!("{error}")) {
        assert_eq!(run.evaluate(&module).0, Some(run.want));
    }
    print(&module)
}

fn apply(module: &mut Module, pass: fn(&mut crate::Func)) {
    for id in 0..module.funcs.len() as u32 {
        pass(&mut module.funcs[crate::FuncId(id)]);
    }
}

#[test]
fn constants_fold_and_known_branches_go_one_way() {
    let text = "\
func @f(a: i64) -> i64 {
b:
 one = copy.i64 1
 two = iadd.i64 one, 1
 no = ieq.i64 two, 3
 trap_if no, unreachable
 charge 2
 zero = udiv_checked.i64 two, 0
 sum = iadd.i64 a, two
 set a, 9
 branch no, goto b, goto c
c:
 return a
}
; run: @f(1) == trap divide_by_zero
";
    let want = "\
func @f(x0: i64) -> i64 {
b0:
    charge 2
    v0 = udiv_checked.i64 2, 0
    v1 = iadd.i64 x0, 2
    set x0, 9
    goto b1
b1:
    return x0
}
";
    assert_eq!(passed(text, fold), want);
}

#[test]
fn a_copy_of_a_variable_stays_because_the_variable_may_change() {
    let text = "\
func @f(a: i64) -> i64 {
b:
 old = copy.i64 a
 set a, 5
 same = copy.i64 old
 return same
}
; run: @f(7) == 7
";
    let want = "\
func @f(x0: i64) -> i64 {
b0:
    v0 = copy.i64 x0
    set x0, 5
    return v0
}
";
    assert_eq!(passed(text, fold), want);
}

#[test]
fn dead_code_goes_and_what_can_be_noticed_stays() {
    let text = "\
memory m0 = on_touch 0 linear 3 divisor 512
import @two(i64) -> i64, i64
func @f(a: i64) -> i64 {
 var unread: i64
b:
 x = iadd.i64 a, 1
 y = imul.i64 x, x
 d = udiv_checked.i64 a, a
 t = check.i64 m0, a, 32
 l = load.i64.le t + 0
 p, q = call_host @two(a)
 set unread, y
 r = isub.i64 q, 1
 g = gas_left prepaid 3
 return r
}
";
    let want = "\
memory m0 = on_touch 0 linear 3 divisor 512
import @two(i64) -> i64, i64
func @f(x0: i64) -> i64 {
    var x1: i64
b0:
    v0 = udiv_checked.i64 x0, x0
    v1 = check.i64 m0, x0, 32
    v2, v3 = call_host @two(x0)
    v4 = isub.i64 v3, 1
    return v4
}
";
    assert_eq!(passed(text, remove_dead), want);
}

/// What is live at the head becomes parameters, what is not begins at zero, and what the head does not lead to is gone.
#[test]
fn a_function_goes_on_at_one_of_its_blocks() {
    let text = "\
func @f(a: i64, b: f64) -> i64, f64 {
 var dead: i64
 var sum: i64
 var half: i32
b0:
 charge 7
 w = iadd.i64 a, 1
 set sum, w
 branch 1, goto b1, goto b3
b1:
 charge 2
 set dead, sum
 v = iadd.i64 dead, sum
 set sum, v
 n = isub.i64 a, 1
 set a, n
 more = ine.i64 a, 0
 branch more, goto b2, goto b4
b2:
 set half, 5
 switch half, b1, b4, b2
b3:
 trap unreachable
b4:
 x = copy.f64 b
 return sum, x
}
";
    let module = parse(text).unwrap_or_else(|error| panic!("{error}"));
    let module = verify_module(module).unwrap_or_else(|error| panic!("{error}"));
    let func = &module.funcs[crate::FuncId(0)];
    let mut out = crate::Func::default();
    let vars = onward(func, crate::Block(1), &mut out).expect("it has the block");
    assert_eq!(vars, [crate::Var(0), crate::Var(1), crate::Var(3)]);
    let homes: alloc::vec::Vec<u32> = func.homes().collect();
    assert_eq!(homes, [2, 3, 4, 5, 6]);
    let mut rest = Module { names: module.names.clone(), ..Module::default() };
    let params = out.vars.as_slice()[..3].iter().map(|var| var.ty).collect();
    let results = out.results.clone();
    rest.interface.signatures.push(crate::Signature { params, results });
    rest.funcs.push(out);
    let rest = verify_module(rest).unwrap_or_else(|error| panic!("{error}"));
    let want = "\
func @f(x0: i64, x1: f64, x2: i64) -> i64, f64 {
    var x3: i64
    var x4: i32
b0:
    goto b1
b1:
    charge 2
    set x3, x2
    v0 = iadd.i64 x3, x2
    set x2, v0
    v1 = isub.i64 x0, 1
    set x0, v1
    v2 = ine.i64 x0, 0
    branch v2, goto b2, goto b3
b2:
    set x4, 5
    switch x4, b1, b3, b2
b3:
    v3 = copy.f64 x1
    return x2, v3
}
";
    assert_eq!(print(&rest), want);
    assert!(onward(func, crate::Block(9), &mut crate::Func::default()).is_none());
}

/// What `straighten` makes of a module whose runs mean the same before and after.
fn straightened(text: &str) -> String {
    let module = parse(text).unwrap_or_else(|error| panic!("{error}"));
    let mut module = verify_module(module).unwrap_or_else(|error| panic!("{error}")).into_inner();
    for _ in 0..2 {
        let verified = verify_module(module).unwrap_or_else(|error| panic!("{error}"));
        for run in runs(text, &verified).unwrap_or_else(|error| panic!("{error}")) {
            assert_eq!(run.evaluate(&verified).0, Some(run.want));
        }
        module = verified.into_inner();
        let interface = module.interface.clone();
        straighten(&interface, &mut module.funcs[crate::FuncId(0)]);
    }
    print(&module)
}

/// Blocks that nobody else goes to join those before them, in a program of such a kind.
fn chained(kind: &str) -> String {
    let text = "\
func @f(a: i64) -> i64 {
b:
 charge 2
 one = iadd.i64 a, 1
 set a, one
 goto d
c:
 charge 4
 return a
d:
 charge 3
 two = imul.i64 a, 2
 set a, two
 odd = ieq.i64 a, 8
 trap_if odd, unreachable
 charge 7
 done = ieq.i64 a, 10
 branch done, goto c, goto e
e:
 charge 1
 goto c
}
; run: @f(4) == 10, gas 16
; run: @f(3) == trap unreachable
; run: @f(1) == 4, gas 17
";
    straightened(&[kind, text].concat())
}

#[test]
fn blocks_that_only_follow_join_and_so_do_charges_where_traps_take_all() {
    let joined = "\
traps take_all
func @f(x0: i64) -> i64 {
b0:
    charge 5
    v0 = iadd.i64 x0, 1
    set x0, v0
    v1 = imul.i64 x0, 2
    set x0, v1
    v2 = ieq.i64 x0, 8
    trap_if v2, unreachable
    charge 7
    v3 = ieq.i64 x0, 10
    branch v3, goto b1, goto b2
b1:
    charge 4
    return x0
b2:
    charge 1
    goto b1
}
";
    assert_eq!(chained("traps take_all\n"), joined);
    let alone = joined.replace("traps take_all\n", "").replace("    charge 5\n", "    charge 2\n");
    let alone = alone.replace("    v1 = imul", "    charge 3\n    v1 = imul");
    assert_eq!(chained(""), alone);
}
