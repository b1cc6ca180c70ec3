//! Texts that parse, texts that do not, and the identity of printing and parsing.

use alloc::{format, string::ToString, vec};

use proptest::prelude::*;

use super::*;
use crate::verify::verify_module;

const EVERYTHING: &str = "\
memory m0 = on_touch 0 linear 3 divisor 512
memory m1 = read_only 64
memory m2 = explicit 65536 max 131072
window i256 1024
traps take_all
import @eth.sload(i256) -> i256
import @eth.two() -> i64, i64
func @all(x0: i256, x1: i64) -> i64, i256 {
    var x2: i256 slot -1
    var x3: i256 slot 0
    var x4: f64
b0 head h0:
    window_check need 1, grow 2
    at 3
    charge 7
    v0 = iadd.i256 x0, 0x10000000000000000
    v1 = uextend.i64.i256 x1
    v2 = copy.i256 v1
    set x3, v2
    charge_by.i256 v2, per 3, unit 32
    v3 = gas_left prepaid 10
    v4 = ieq.i256 v2, 5
    trap_if v4, out_of_gas
    v5 = check.i256 m0, v2, 64
    v6 = load.i256.be v5 + 32
    store.i8.le v5 + 63, 255
    v7 = load_padded.i256 m1, x0
    v8 = check.i64 m0, x1, x1
    copy_padded v8, m1, v7, x1
    v9 = check.i256 m0, 0, 0xffffffffff
    copy_within v9, v9, 0xffffffffff
    v10 = memory_size m2
    v11, v12 = call_host @eth.two()
    v13 = call_host @eth.sload(v0)
    show.i256 v13
    show.i8 255
    step prepaid 3, height -1
    at 9
    branch v4, enter h0 shift 1, goto b1
b1:
    v14, v15 = call @all(x0, 0)
    v16 = select.f64 1, x4, 0x7ff8000000000000
    set x4, v16
    return v14, v15
b2:
    v17 = check.i64 m0, x1, 40000
    revert v17, 40000
b3:
    exit
b4:
    jump trap invalid_jump
b5 head h5:
    enter_dyn x0 shift 0
b6:
    trap unreachable
b7:
    v18 = check.i64 m0, 0, 0
    exit v18, 0
b8:
    put_slots x1, x0, 12
    put_slots 3
    move_base x1
    enter h0 shift 0
}
func @none() {
b0:
    call @none()
    return
}
";

const PROMISE: &str = "\n; run: @none(-1, 0x2) with gas 5, m1 0x00 == revert 0x01, gas 3\n";

#[test]
fn everything_prints_as_it_was_written() {
    let module = parse(EVERYTHING).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(print(&module), EVERYTHING);
    let verified = verify_module(module).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(verified.funcs.len(), 2);
}

#[test]
fn names_are_free_and_constants_may_be_negative() {
    let text = "func @f(a: i8) -> i8 {\nentry:\n sum = iadd.i8 a, -1\n return sum\n}\n";
    let module = parse(text).unwrap_or_else(|error| panic!("{error}"));
    let want = "func @f(x0: i8) -> i8 {\nb0:\n    v0 = iadd.i8 x0, 255\n    return v0\n}\n";
    assert_eq!(print(&module), want);
}

#[test]
fn errors_say_where_and_what() {
    let cases = [
        ("func @f() {\nb:\n  retrun\n}\n", "3:3: expected an instruction, found retrun"),
        ("func @f() {\nb:\n  return 1\n}\n", "3:10: expected 0, found 1"),
        ("func @f() {\n", "2:1: expected }, found the end of the text"),
        ("func @f() {\nb:\n}\n", "3:1: expected a terminator, found `}`"),
        ("func @f(a: i7) {\n}\n", "1:12: expected a type, found i7"),
        ("func @f(a: i8, a: i8) {\n}\n", "1:16: a is named twice"),
        ("func @f() {\nb:\n  goto c\n}\n", "3:8: no block is named c"),
        ("func @f() -> i8 {\nb:\n  return 256\n}\n", "3:10: 256 does not fit i8"),
        ("func @f() -> i8 {\nb:\n  return -129\n}\n", "3:10: -129 does not fit i8"),
        ("window i256 70000\n", "1:13: 70000 does not fit a limit"),
        (
            "memory m0 = huge 1\n",
            "1:13: expected read_only, fixed, explicit or on_touch, found huge",
        ),
        ("%\n", "1:1: unexpected character '%'"),
        ("func @f() {\nb:\n  call @g()\n  return\n}\n", "3:8: no function is named g"),
    ];
    for (text, want) in cases {
        let error = parse(text).map(|_| ()).expect_err(text);
        assert_eq!(error.to_string(), want, "{text}");
    }
}

#[test]
fn runs_say_what_a_file_promises() {
    let text = "\
memory m0 = on_touch 0 linear 3 divisor 512
func @two(a: i8) -> i8, i16 {
b:
  return a, 7
}
; run: @two(-1) == (255, 7), gas 0
;run: @two(1) with gas 4, m0 0x00ff == trap out_of_gas
; run: @two(1) == exit 0x0102
; runs: not one
";
    let module = parse(text).unwrap_or_else(|error| panic!("{error}"));
    let found = runs(text, &module).unwrap_or_else(|error| panic!("{error}"));
    let low = |limb| [limb, 0, 0, 0, 0, 0, 0, 0];
    assert_eq!(found.len(), 3);
    assert_eq!(found[0].want, Want::Values(vec![low(255), low(7)]));
    assert_eq!((found[0].gas, found[0].gas_used), (RUN_GAS, Some(0)));
    assert_eq!((found[1].gas, &found[1].want), (4, &Want::Trap(crate::Trap::OutOfGas)));
    assert_eq!(found[1].memories, [(crate::MemoryId(0), vec![0, 255])]);
    assert_eq!(found[2].want, Want::Exit { revert: false, output: vec![1, 2] });
    let error = runs("; run: @three() == 1\n", &module).expect_err("no such function");
    assert_eq!(error.to_string(), "1:8: no function is named three");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Pieces of real programs in any order, with anything between, never make the parser or verifier panic.
    #[test]
    fn no_input_panics(cuts in prop::collection::vec((0..EVERYTHING.len(), 0..40usize), 0..40), noise in ".{0,8}", promised in 0..PROMISE.len()) {
        let mut text = alloc::string::String::new();
        for (start, len) in cuts {
            text.push_str(&EVERYTHING[start..(start + len).min(EVERYTHING.len())]);
        }
        text.push_str(&noise);
        text.push_str(&PROMISE[..promised]);
        if let Ok(module) = parse(&text) {
            drop(runs(&text, &module));
            drop(verify_module(module));
        }
    }

    /// One character changed in a whole program: it parses or says where not, and what parses prints to itself.
    #[test]
    fn a_changed_character_is_an_error_or_another_program(at in 0..EVERYTHING.len(), c in "[ -~\n]") {
        let text = format!("{}{c}{}", &EVERYTHING[..at], &EVERYTHING[at + 1..]);
        if let Ok(module) = parse(&text) && let Ok(module) = verify_module(module) {
            let printed = print(&module);
            let again = parse(&printed).unwrap_or_else(|error| panic!("{error}\n{printed}"));
            prop_assert_eq!(print(&again), printed);
        }
    }
}

/// A function of one block whose operations are drawn from the table at types they exist at.
fn generated(choices: &[(usize, usize, usize, u64)]) -> crate::Module {
    use crate::{Builder, Func, Module, Op, Operand, Signature, Terminator, Type};
    let mut func = Func::default();
    let mut builder = Builder::new(&mut func);
    let vars = Type::ALL.map(|ty| builder.var(ty, None));
    let mut made: alloc::vec::Vec<(Operand, Type)> = vec![];
    for (row, types, pick, number) in choices.iter().copied() {
        let op = Op::ALL[row % Op::ALL.len()];
        let pairs = Type::ALL.map(|ty| Type::ALL.map(|to| (ty, to)));
        let admitted = pairs.as_flattened().iter().filter(|(ty, to)| op.shape().admits(*ty, *to));
        let admitted: alloc::vec::Vec<_> = admitted.collect();
        let (ty, to) = *admitted[types % admitted.len()];
        let args: alloc::vec::Vec<Operand> = (0..op.shape().arity())
            .map(|position| {
                let ty = op.shape().operand(position, ty);
                let fitting = made.iter().filter(|(_, made)| *made == ty);
                let fitting: alloc::vec::Vec<_> = fitting.collect();
                match (pick + position) % 3 {
                    0 if !fitting.is_empty() => fitting[pick % fitting.len()].0,
                    1 => builder.constant(number & (u64::MAX >> (64 - ty.bits().min(64))), ty),
                    _ => vars[ty as usize].into(),
                }
            })
            .collect();
        let result = match op.shape().result(ty) {
            Some(_) => builder.op(op, ty, &args),
            None => builder.convert(op, ty, to, args[0]),
        };
        if !result.is_const() {
            made.push((result, to));
        }
    }
    let values = builder.list(&[]);
    builder.terminate(Terminator::Return { values });
    let mut module = Module::default();
    module.interface.signatures.push(Signature::default());
    module.funcs.push(func);
    module.names.push("generated".into());
    module
}

proptest! {
    #[test]
    fn generated_functions_print_and_parse_to_themselves(
        choices in prop::collection::vec(any::<(usize, usize, usize, u64)>(), 0..60)
    ) {
        let module = verify_module(generated(&choices)).unwrap_or_else(|error| panic!("{error}"));
        let printed = print(&module);
        let again = parse(&printed).unwrap_or_else(|error| panic!("{error}\n{printed}"));
        prop_assert_eq!(print(&again), printed);
        let (again, module) = (&again.funcs[crate::FuncId(0)], &module.funcs[crate::FuncId(0)]);
        prop_assert_eq!(again.insts.len(), module.insts.len());
        prop_assert_eq!(&again.values, &module.values);
        // Constants that folding made and nobody uses are not printed, so pools and only pools may differ.
        if again.limbs.len() == module.limbs.len() {
            prop_assert_eq!(again, module);
        }
    }
}
