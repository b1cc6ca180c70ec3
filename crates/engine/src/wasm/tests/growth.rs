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
