//! Recursion without an end: the same trap at the same depth in every tier, and little of the thread's own stack.

use lockstep::{
    Tier, Trap,
    wasm::{CallEnd, Extern, Value},
};

use super::run::{GAS, TIERS, alone, call, hot, in_a_small_thread, instances, load};

/// Recursion by calls, by calls through a table, of two functions, with locals and operands, and through a tail call.
const RECURSIONS: [&str; 5] = [
    "(func $f (export \"f\") (call $count) (call $f))",
    "(table funcref (elem $f))
      (func $f (export \"f\") (call $count) (call_indirect (i32.const 0)))",
    "(func $f (export \"f\") (call $count) (call $g)) (func $g (call $count) (call $f))",
    "(func $f (export \"f\") (local i64 i64 v128 f32) (call $count)
      (i32.const 1) (i32.const 2) (call $f) (drop) (drop))",
    "(func $f (export \"f\") (call $count) (call $g)) (func $g (return_call $f))",
];

const COUNT: &str = "(global $n (export \"n\") (mut i64) (i64.const 0))
    (func $count (global.set $n (i64.add (global.get $n) (i64.const 1))))";

fn depth_of(text: String, tier: Tier) -> (CallEnd, u64, Value) {
    in_a_small_thread(move || {
        let (mut all, module) = (instances(&hot(), tier), load(&text));
        let made = all.instantiate(&module, &[], &mut GAS.clone()).expect("an instance");
        let mut gas = GAS;
        let end = call(&mut all, made, "f", &[], &mut gas);
        let Some(Extern::Global(n)) = all.export(made, "n") else { panic!("no global") };
        (end, gas, all.global_get(n))
    })
}

#[test]
fn recursion_ends_at_one_depth_in_every_tier() {
    let _alone = alone();
    for recursion in RECURSIONS {
        let text = format!("(module {COUNT} {recursion})");
        let ends = TIERS.map(|tier| depth_of(text.clone(), tier));
        assert!(ends.iter().all(|end| *end == ends[0]), "{recursion}: {ends:?}");
        let [one, ..] = ends;
        assert_eq!(one.0, CallEnd::Trap(Trap::DepthExceeded), "{recursion}");
        let Value::I64(depth) = one.2 else { panic!("an i64") };
        assert!((1000..=1 << 17).contains(&depth), "{recursion}: {depth}");
    }
}

/// Two instances that call each other: each call is an activation of its own, on the native stack.
#[test]
fn instances_that_call_each_other_end_at_one_depth() {
    let _alone = alone();
    let ends = TIERS.map(|tier| {
        in_a_small_thread(move || {
            let mut all = instances(&hot(), tier);
            let table = load("(module (table (export \"t\") 2 funcref))");
            let table = all.instantiate(&table, &[], &mut GAS.clone()).expect("an instance");
            let table = all.export(table, "t").expect("an export");
            let player = |own: u32| {
                load(&format!(
                    "(module (import \"\" \"t\" (table 2 funcref)) {COUNT}
                      (elem (i32.const {own}) $f)
                      (func $f (export \"f\") (call $count) (call_indirect (i32.const {}))))",
                    1 - own
                ))
            };
            let both = [0, 1].map(|own| {
                let module = player(own);
                all.instantiate(&module, &[table], &mut GAS.clone()).expect("an instance")
            });
            let mut gas = GAS;
            let end = call(&mut all, both[0], "f", &[], &mut gas);
            let counts = both.map(|made| match all.export(made, "n") {
                Some(Extern::Global(n)) => all.global_get(n),
                _ => panic!("no global"),
            });
            (end, gas, counts)
        })
    });
    assert!(ends.iter().all(|end| *end == ends[0]), "{ends:?}");
    assert_eq!(ends[0].0, CallEnd::Trap(Trap::DepthExceeded));
}
