//! Machine code: what is compiled, what runs below it, and that it may be left from anywhere.

use lockstep_rt::native::{NativeProgram, NativeStatistics};

use super::*;

fn call(module: &Module, tier: Tier, args: &[Value], gas: &mut u64) -> CallEnd {
    let mut all = instances(tier);
    let instance = all.instantiate(module, &[], &mut GAS.clone()).expect("an instance");
    let Some(Extern::Func(func)) = all.export(instance, "run") else { panic!("no export") };
    all.call(func, args, gas).expect("the machine is well")
}

/// Functions compiled, and functions that run in the tier below; nothing at all where there is no machine code.
fn counts(module: &Module) -> Option<(u64, u64)> {
    let NativeStatistics { compiled, below, .. } = module.native_statistics();
    if !NativeProgram::EXISTS {
        println!("no machine code for this processor: SKIPPED");
    }
    NativeProgram::EXISTS.then_some((compiled, below))
}

#[test]
fn only_what_is_called_is_compiled() {
    let idle = "(func (result i32) (i32.const 1))".repeat(1000);
    let text = format!(
        "(module {idle} (func $called (result i32) (i32.const 5))
          (func (export \"run\") (result i32) (call $called)))"
    );
    let module = load(&text);
    call(&module, Tier::Interpreter, &[], &mut GAS.clone());
    assert_eq!(module.native_statistics(), NativeStatistics::default());
    for _ in 0..2 {
        let end = call(&module, Tier::Optimizing, &[], &mut GAS.clone());
        assert_eq!(end, CallEnd::Values(vec![Value::I32(5)]));
    }
    assert!(counts(&module).is_none_or(|counts| counts == (2, 0)), "{:?}", counts(&module));
}

/// A trap a thousand frames deep, ten thousand times: the next call finds everything as it was.
#[test]
fn machine_code_is_left_from_any_depth() {
    let module = load(
        "(module (func $down (param i32) (result i32)
            (if (i32.eqz (local.get 0)) (then unreachable))
            (i32.add (i32.const 1) (call $down (i32.sub (local.get 0) (i32.const 1)))))
          (func (export \"run\") (param i32) (result i32)
            (if (result i32) (local.get 0) (then (call $down (local.get 0))) (else (i32.const 7)))))",
    );
    let mut all = instances(Tier::Optimizing);
    let instance = all.instantiate(&module, &[], &mut GAS.clone()).expect("an instance");
    let Some(Extern::Func(func)) = all.export(instance, "run") else { panic!("no export") };
    let mut left = GAS;
    let trap = call(&module, Tier::Interpreter, &[Value::I32(1000)], &mut left);
    assert_eq!(trap, CallEnd::Trap(Trap::Unreachable));
    for _ in 0..10_000 {
        let mut gas = GAS;
        let end = all.call(func, &[Value::I32(1000)], &mut gas).expect("the machine is well");
        assert_eq!((&end, gas), (&trap, left));
    }
    let end = all.call(func, &[Value::I32(0)], &mut GAS.clone()).expect("the machine is well");
    assert_eq!(end, CallEnd::Values(vec![Value::I32(7)]));
}

/// A function of more instructions than the tier compiles, between two that it does.
#[test]
fn what_exceeds_the_caps_runs_below() {
    let long = "(local.set 0 (i64.mul (i64.add (local.get 0) (local.get 1)) (local.get 0)))"
        .repeat(lockstep_optimizing::INSTS_MAX / 2);
    let text = format!(
        "(module (memory 1)
          (func $long (param i64 i64) (result i64 i64) {long}
            (i64.store (i32.const 8) (local.get 0)) (call $leaf) (local.get 0))
          (func $leaf (result i64) (i64.load (i32.const 8)))
          (func (export \"run\") (param i64) (result i64 i64)
            (call $long (local.get 0) (i64.const 3))))"
    );
    let module = load(&text);
    let ends = Tier::ALL.iter().map(|tier| {
        let mut gas = GAS;
        (call(&module, *tier, &[Value::I64(11)], &mut gas), gas)
    });
    let ends: Vec<_> = ends.collect();
    assert!(ends.iter().all(|end| *end == ends[0]), "{ends:?}");
    assert!(counts(&module).is_none_or(|counts| counts == (1, 1)), "{:?}", counts(&module));
}

/// Loops within loops, each with a variable that all of them carry: the number of what branches carry is the square of theirs.
#[test]
fn what_carries_too_much_runs_below() {
    let text = |depth: usize| {
        let (mut locals, mut begins, mut ends) = (String::new(), String::new(), String::new());
        for at in 0..depth {
            locals += &format!("(local $f{at} f64)");
            begins += &format!(
                "(loop $l{at} (local.set $f{at} (f64.add (local.get $f{at}) (f64.const 1)))"
            );
            let at = depth - 1 - at;
            ends += &format!("(br_if $l{at} (f64.lt (local.get $f{at}) (f64.const 2))))");
        }
        format!(
            "(module (func (export \"run\") (result f64) {locals} {begins} {ends} (local.get $f0)))"
        )
    };
    for (depth, below) in [(64, 0), (192, 1)] {
        let module = load(&text(depth));
        let mut gas = GAS;
        let end = call(&module, Tier::Optimizing, &[], &mut gas);
        let mut gas_below = GAS;
        assert_eq!(end, call(&module, Tier::Interpreter, &[], &mut gas_below), "{depth}");
        assert_eq!(gas, gas_below, "{depth}");
        let wanted = (1 - below, below);
        assert!(counts(&module).is_none_or(|counts| counts == wanted), "{:?}", counts(&module));
    }
}

/// A NaN that goes around a loop, through a choice and a call, is the canonical one where its bits are looked at; one
/// that was never calculated with keeps its own.
#[test]
fn nans_are_canonical_where_they_are_seen() {
    let end = run(
        "(module (memory 1)
          (func $id (param f64) (result f64) (local.get 0))
          (func (export \"run\") (result i64 i64 i64 i64 i64)
            (local $sum f64) (local $mixed f64) (local $count i32)
            (loop $next
              (local.set $sum (f64.add (local.get $sum) (f64.div (f64.const 0) (f64.const -0))))
              (local.set $mixed (select (local.get $sum) (f64.load (i32.const 0)) (local.get $count)))
              (br_if $next (i32.lt_u
                (local.tee $count (i32.add (local.get $count) (i32.const 1))) (i32.const 3))))
            (i64.store (i32.const 16) (i64.const 0xfff4000000000001))
            (f64.store (i32.const 8) (local.get $sum))
            (i64.load (i32.const 8))
            (i64.reinterpret_f64 (local.get $mixed))
            (i64.reinterpret_f64 (f64.neg (local.get $sum)))
            (i64.reinterpret_f64 (call $id (f64.sqrt (f64.const -1))))
            (i64.reinterpret_f64 (f64.neg (f64.load (i32.const 16))))))",
    );
    const NAN: u64 = 0x7ff8_0000_0000_0000;
    let want = [NAN, NAN, NAN | 1 << 63, NAN, 0x7ff4_0000_0000_0001];
    assert_eq!(end, CallEnd::Values(want.map(Value::I64).to_vec()));
}
