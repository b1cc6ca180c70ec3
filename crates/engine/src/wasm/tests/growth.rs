//! A memory that grew in somebody else's hands: where it lies and how long it is are asked anew after every call.

use super::*;

/// Owns the memory, and grows it by a page that begins with its number.
const OWNER: &str = r#"(module (type $f (func (result i32)))
    (memory (export "memory") 1 40) (table (export "table") 2 funcref) (elem (i32.const 0) $grow)
    (func $grow (export "grow") (result i32) (local $old i32)
      (local.set $old (memory.grow (i32.const 1)))
      (i32.store (i32.mul (local.get $old) (i32.const 65536)) (local.get $old))
      (local.get $old)))"#;

/// Reads the page that a call made, before and after which the memory is looked at. `own` is a function of its own that
/// hands the call on as its last act.
fn borrower(call: &str, last: &str) -> Module {
    load(&format!(
        r#"(module (type $f (func (result i32)))
          (import "o" "memory" (memory 1 40)) (import "o" "table" (table 2 funcref))
          (import "o" "grow" (func $grow (type $f)))
          (func $own (type $f) {last})
          (func $read (param i32) (result i32) (i32.load (i32.mul (local.get 0) (i32.const 65536))))
          (func (export "run") (param $rounds i32) (result i32) (local $sum i32) (local $page i32)
            (i32.store (i32.const 0) (i32.const 1000))
            (loop $next
              (local.set $sum (i32.add (local.get $sum) (i32.load (i32.const 0))))
              (local.set $page {call})
              (local.set $sum (i32.add (local.get $sum)
                (i32.load (i32.mul (local.get $page) (i32.const 65536)))))
              (i32.store offset=65532 (i32.mul (local.get $page) (i32.const 65536)) (i32.const 1))
              (local.set $sum (i32.add (local.get $sum) (call $read (local.get $page))))
              (br_if $next (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
            (i32.add (local.get $sum) (i32.mul (i32.const 100000) (memory.size))))
          (func (export "beyond") (result i32)
            (drop (call $own)) (i32.load (i32.mul (memory.size) (i32.const 65536)))))"#
    ))
}

#[test]
fn what_another_instance_grew_is_there_after_every_kind_of_call() {
    const WAYS: [[&str; 2]; 5] = [
        ["(call $grow)", "(call $grow)"],
        ["(call $own)", "(return_call $grow)"],
        ["(call $own)", "(return_call_indirect (type $f) (i32.const 0))"],
        ["(call $own)", "(call_indirect (type $f) (i32.const 0))"],
        ["(call_indirect (type $f) (i32.const 0))", "(call $grow)"],
    ];
    const ROUNDS: u32 = 20;
    let owner = load(OWNER);
    for [call, last] in WAYS {
        let module = borrower(call, last);
        let mut first = None;
        for (way, mut all) in everywhere(()) {
            let made = all.instantiate(&owner, &[], &mut GAS.clone()).expect("an instance");
            let given = ["memory", "table", "grow"].map(|name| all.export(made, name).unwrap());
            let made = all.instantiate(&module, &given, &mut GAS.clone()).expect("an instance");
            let [run, beyond] = ["run", "beyond"].map(|name| match all.export(made, name) {
                Some(Extern::Func(func)) => func,
                _ => panic!("no {name}"),
            });
            let mut gas = GAS;
            let end = all.call(run, &[Value::I32(ROUNDS)], &mut gas).expect("well");
            let pages: u32 = (1..=ROUNDS).sum();
            let want = ROUNDS * 1000 + 2 * pages + 100_000 * (ROUNDS + 1);
            assert_eq!(end, CallEnd::Values(vec![Value::I32(want)]), "{call}, {last}, {way}");
            let end = all.call(beyond, &[], &mut gas).expect("well");
            assert_eq!(end, CallEnd::Trap(Trap::MemoryOutOfBounds), "{call}, {last}, {way}");
            assert_eq!(gas, *first.get_or_insert(gas), "gas: {call}, {last}, {way}");
        }
    }
}

/// Two names of one memory, of one global: what is written, or grown, by one of them is there by the other.
#[test]
fn what_is_imported_twice_is_one_thing() {
    let owner = load(
        r#"(module (memory (export "memory") 1 9) (global (export "global") (mut i64) (i64.const 1)))"#,
    );
    let module = load(
        r#"(module (import "" "" (memory $a 1 9)) (import "" "" (memory $b 1 9))
          (import "" "" (global $g (mut i64))) (import "" "" (global $h (mut i64)))
          (func $write (i64.store $a (i32.const 8) (i64.const 30)))
          (func (export "run") (param $rounds i32) (result i64) (local $sum i64)
            (loop $next
              (i64.store $a (i32.const 0) (i64.const 1))
              (i64.store $b (i32.const 0) (i64.add (i64.load $b (i32.const 0)) (i64.const 2)))
              (local.set $sum (i64.add (local.get $sum) (i64.load $a (i32.const 0))))
              (call $write)
              (local.set $sum (i64.add (local.get $sum) (i64.load $b (i32.const 8))))
              (global.set $g (i64.add (global.get $h) (i64.const 100)))
              (local.set $sum (i64.add (local.get $sum) (global.get $h)))
              (drop (memory.grow $a (i32.const 1)))
              (i64.store $b offset=65528 (i32.mul (i32.sub (memory.size $a) (i32.const 1)) (i32.const 65536))
                (i64.const 1000))
              (local.set $sum (i64.add (local.get $sum)
                (i64.load $a (i32.sub (i32.mul (memory.size $b) (i32.const 65536)) (i32.const 8)))))
              (memory.copy $a $b (i32.const 16) (i32.const 8) (i32.const 8))
              (local.set $sum (i64.add (local.get $sum) (i64.load $b (i32.const 16))))
              (br_if $next (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
            (local.get $sum)))"#,
    );
    for (way, mut all) in everywhere(()) {
        let made = all.instantiate(&owner, &[], &mut GAS.clone()).expect("an instance");
        let [memory, global] = ["memory", "global"].map(|name| all.export(made, name).unwrap());
        let given = [memory, memory, global, global];
        let made = all.instantiate(&module, &given, &mut GAS.clone()).expect("an instance");
        let Some(Extern::Func(run)) = all.export(made, "run") else { panic!("no export") };
        let end = all.call(run, &[Value::I32(3)], &mut GAS.clone()).expect("well");
        let want = 3 * (3 + 30 + 1000 + 30) + 101 + 201 + 301;
        assert_eq!(end, CallEnd::Values(vec![Value::I64(want)]), "{way}");
    }
}
