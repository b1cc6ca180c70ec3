//! The adaptive tier: whichever functions have machine code, and whenever they get it, nobody can tell.

use lockstep_ir::FuncId;
use lockstep_rt::native::NativeProgram;

use super::*;
use crate::{heat::Heat, wasm::Pool};

/// Calls each function of its table with numbers that count down: recursion in both ways, calls in place, a memory that
/// grows, results in every kind of register and more than there are registers, a division that may trap.
const MODULE: &str = r#"(module
  (type $one (func (param i64) (result i64)))
  (memory 1 8)
  (table funcref (elem $even $odd $grow $many $divide))
  (func $even (type $one)
    (if (result i64) (i64.eqz (local.get 0)) (then (i64.const 1))
      (else (call $odd (i64.sub (local.get 0) (i64.const 1))))))
  (func $odd (type $one)
    (if (result i64) (i64.eqz (local.get 0)) (then (i64.const 0))
      (else (i64.add (i64.const 2) (call $even (i64.sub (local.get 0) (i64.const 1)))))))
  (func $grow (type $one)
    (drop (memory.grow (i32.const 1)))
    (i64.store (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 8)) (local.get 0))
    (return_call $divide (i64.add (i64.const 1) (i64.load (i32.const 65528)))))
  (func $mixed (param f32 i64 v128 f64) (result f32 v128 f64 i64 i64 i64 i64 i64 i64 i32)
    local.get 0 (i64x2.add (local.get 2) (local.get 2)) local.get 3
    local.get 1 local.get 1 i64.const 3 local.get 1 i64.const 5 local.get 1
    (i32.wrap_i64 (local.get 1)))
  (func $many (type $one)
    (call $mixed (f32.convert_i64_u (local.get 0)) (local.get 0) (i64x2.splat (local.get 0)) (f64.const 2.5))
    i64.extend_i32_u i64.add i64.add i64.add i64.add i64.add i64.add
    local.set 0 i64.trunc_f64_u local.set 0 (i64x2.extract_lane 1) local.set 0
    i64.trunc_f32_u local.get 0 i64.add)
  (func $divide (type $one) (i64.div_u (i64.const 1000) (local.get 0)))
  (func (export "run") (param i64) (result i64) (local i64 i32)
    (loop $again
      (local.set 1 (i64.add (local.get 1)
        (call_indirect (type $one) (local.get 0) (i32.rem_u (local.get 2) (i32.const 5)))))
      (local.set 2 (i32.add (local.get 2) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get 2) (i32.const 12))))
    (local.get 1)))"#;

const FUNCS: u32 = 7;

/// How a call of `run` ends, and the gas it leaves.
fn call(all: &mut Instances<()>, module: &Module, arg: u64, gas: u64) -> (CallEnd, u64) {
    let instance = all.instantiate(module, &[], &mut GAS.clone()).expect("an instance");
    let Some(Extern::Func(func)) = all.export(instance, "run") else { panic!("no export") };
    let mut left = gas;
    let end = all.call(func, &[Value::I64(arg)], &mut left).expect("the machine is well");
    (end, left)
}

/// What is called, with what gas: plain; traps in a callee; out of gas at many places; deeper than calls may nest.
fn cases() -> Vec<(u64, u64)> {
    let mut cases = vec![(3, GAS), (40, GAS), (0, GAS), (1 << 40, GAS)];
    cases.extend((0..400).step_by(7).map(|gas| (5, gas)));
    cases
}

#[test]
fn any_functions_may_have_machine_code() {
    if !NativeProgram::EXISTS {
        println!("no machine code for this processor: SKIPPED");
        return;
    }
    let module = load(MODULE);
    let mut all = instances(Tier::Interpreter);
    let expected: Vec<_> =
        cases().iter().map(|(arg, gas)| call(&mut all, &module, *arg, *gas)).collect();
    assert_eq!(expected[3].0, CallEnd::Trap(Trap::DepthExceeded));
    assert_eq!(expected[2].0, CallEnd::Trap(Trap::DivideByZero));
    let never = Pool::default().with_heat(Heat::of(u64::MAX));
    for subset in 0..1_u32 << FUNCS {
        let module = load(MODULE);
        let warm = module.0.compiled.warm(false).expect("machine code");
        for func in (0..FUNCS).filter(|func| subset & 1 << func != 0) {
            warm.compile(FuncId(func));
        }
        let options = Options { tier: Tier::Adaptive };
        let mut all = Instances::in_pool(&never, (), options).expect("room");
        for ((arg, gas), expected) in cases().into_iter().zip(&expected) {
            let found = call(&mut all, &module, arg, gas);
            assert_eq!(&found, expected, "functions {subset:#b}, run({arg}) with {gas}");
        }
        let native = module.native_statistics();
        assert_eq!(native.compiled, u64::from(subset.count_ones()), "nothing else is compiled");
        assert_eq!(native.climbed > 0, subset != 0, "{subset:#b}: {native:?}");
    }
}

#[test]
fn functions_may_get_machine_code_at_any_time() {
    let module = load(MODULE);
    let mut all = instances(Tier::Interpreter);
    let expected: Vec<_> =
        cases().iter().map(|(arg, gas)| call(&mut all, &module, *arg, *gas)).collect();
    for heat in [0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 100] {
        let (module, pool) = (load(MODULE), Pool::default().with_heat(Heat::of(heat).awaited()));
        let options = Options { tier: Tier::Adaptive };
        let mut all = Instances::in_pool(&pool, (), options).expect("room");
        for ((arg, gas), expected) in cases().into_iter().zip(&expected) {
            let found = call(&mut all, &module, arg, gas);
            assert_eq!(&found, expected, "heat {heat}, run({arg}) with {gas}");
        }
        assert_eq!(pool.compiled() > 0, NativeProgram::EXISTS, "heat {heat}");
        let heads = module.native_statistics().heads;
        assert!(heads <= 1, "one loop");
        assert!(pool.compiled() <= u64::from(FUNCS) + heads, "each is compiled once");
    }
}

/// A frame switches where its function has machine code from the loop on, and no other does.
#[test]
fn a_frame_switches_at_the_head_of_its_loop() {
    if !NativeProgram::EXISTS {
        println!("no machine code for this processor: SKIPPED");
        return;
    }
    let text = "(module (func (export \"run\") (param i64) (result i64) (local i64)
        (loop $again
          (local.set 1 (i64.add (local.get 1) (i64.mul (local.get 0) (local.get 0))))
          (br_if $again (i64.ne (i64.const 0) (local.tee 0 (i64.sub (local.get 0) (i64.const 1))))))
        (local.get 1)))";
    // So hot that nothing is compiled but what we ask for; slices are as long as they get.
    let never = Pool::default().with_heat(Heat::of(u64::MAX));
    let turns = 100_000;
    let expected = call(&mut instances(Tier::Interpreter), &load(text), turns, GAS);
    for (block, switches) in [(1, 1), (0, 0), (7, 0)] {
        let module = load(text);
        let warm = module.0.compiled.warm(false).expect("machine code");
        warm.compile_onward((FuncId(0), lockstep_ir::Block(block)));
        let options = Options { tier: Tier::Adaptive };
        let mut all = Instances::in_pool(&never, (), options).expect("room");
        assert_eq!(call(&mut all, &module, turns, GAS), expected, "block {block}");
        let native = module.native_statistics();
        assert_eq!((native.switched, native.compiled), (switches, 0), "block {block}: {native:?}");
        assert_eq!(native.heads, u64::from(block != 7), "block {block}: {native:?}");
    }
}

/// The loop is hot while it runs, and its callee goes on as machine code where it is called next.
#[test]
fn a_function_gets_machine_code_while_its_caller_runs() {
    let module = load(
        "(module (func $square (param i64) (result i64) (i64.mul (local.get 0) (local.get 0)))
          (func (export \"run\") (param i64) (result i64) (local i64)
            (loop $again
              (local.set 1 (i64.add (local.get 1) (call $square (local.get 0))))
              (br_if $again (i64.ne (i64.const 0) (local.tee 0 (i64.sub (local.get 0) (i64.const 1))))))
            (local.get 1)))",
    );
    let pool = Pool::default().with_heat(Heat::of(10));
    let mut all = Instances::in_pool(&pool, (), Options { tier: Tier::Adaptive }).expect("room");
    let sum = |n: u64| n * (n + 1) * (2 * n + 1) / 6;
    for _ in 0..10_000 {
        let (end, _) = call(&mut all, &module, 100_000, GAS);
        assert_eq!(end, CallEnd::Values(vec![Value::I64(sum(100_000))]));
        if pool.compiled() >= 2 || !NativeProgram::EXISTS {
            return;
        }
    }
    panic!("never compiled: {:?}", module.native_statistics());
}
