//! Gas that ends anywhere: every way of running stops at the same place, and whoever tries again with enough goes on from there
//! alike.

use super::*;

/// Bulk instructions of every kind, growth, calls of every kind, branches of every kind.
const MODULE: &str = r#"(module (type $f (func (result i64)))
    (memory (export "memory") 1 3) (table $t 8 64 funcref)
    (data $d "some bytes of a segment") (elem $e func $f $f $f)
    (global $g (export "global") (mut i64) (i64.const 0))
    (func $f (type $f)
      (global.set $g (i64.add (global.get $g) (i64.const 1))) (global.get $g))
    (func $last (type $f) (return_call $f))
    (func $last_indirect (type $f) (return_call_indirect (type $f) (i32.const 1)))
    (func $branches (param i32) (result i64) (local $sum i64)
      (loop $next
        (block $two (block $one (block $zero
          (br_table $zero $one $two (i32.rem_u (local.get 0) (i32.const 4))))
          (local.set $sum (i64.add (local.get $sum) (call $f))) (br $two))
          (local.set $sum (i64.mul (local.get $sum) (i64.const 3))))
        (if (i32.and (local.get 0) (i32.const 1))
          (then (i64.store (i32.const 900) (local.get $sum)))
          (else (local.set $sum (select (local.get $sum) (i64.const 9) (local.get 0)))))
        (br_if $next (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
      (local.get $sum))
    (func (export "run") (result i64)
      (memory.fill (i32.const 16) (i32.const 7) (i32.const 1300))
      (memory.copy (i32.const 400) (i32.const 10) (i32.const 700))
      (memory.init $d (i32.const 700) (i32.const 0) (i32.const 20))
      (table.init $e (i32.const 0) (i32.const 0) (i32.const 3))
      (table.fill (i32.const 3) (ref.func $f) (i32.const 5))
      (table.copy (i32.const 2) (i32.const 0) (i32.const 6))
      (drop (table.grow (ref.func $f) (i32.const 20)))
      (i64.add (call $last) (i64.add (call $last_indirect)
        (i64.add (call $branches (i32.const 6)) (call_indirect (type $f) (i32.const 2))))))
    (func (export "grow") (result i64)
      (drop (memory.grow (i32.const 1)))
      (memory.fill (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 640)) (i32.const 1) (i32.const 640))
      (i64.extend_i32_u (memory.size))))"#;

/// How a call ended, what it left of its gas, and what the instance holds then.
type Seen = (CallEnd, u64, Vec<u8>, Value);

fn call(all: &mut Instances<()>, made: Instance, name: &str, mut gas: u64) -> Seen {
    let Some(Extern::Func(func)) = all.export(made, name) else { panic!("no {name}") };
    let end = all.call(func, &[], &mut gas).expect("the machine is well");
    let Some(Extern::Memory(memory)) = all.export(made, "memory") else { panic!("no memory") };
    let Some(Extern::Global(global)) = all.export(made, "global") else { panic!("no global") };
    let mut bytes = all.memory_read(memory);
    // Pages that nothing is written to between their ends.
    bytes.retain(|byte| *byte != 0);
    (end, gas, bytes, all.global_get(global))
}

/// With every amount of gas up to enough: it runs out, and the same instance is called again with plenty.
fn check(name: &str, gas: impl Iterator<Item = u64>) {
    let module = load(MODULE);
    let mut ways = everywhere(());
    for gas in gas {
        let seen = ways.iter_mut().map(|(way, all)| {
            let made = all.instantiate(&module, &[], &mut GAS.clone()).expect("an instance");
            let short = call(all, made, name, gas);
            assert!(short.1 <= gas, "{way} makes gas of {gas}");
            let again = call(all, made, name, GAS);
            assert!(matches!(again.0, CallEnd::Values(_)), "{way}, after {gas}: {:?}", again.0);
            (way, short, again)
        });
        let seen: Vec<_> = seen.collect();
        for (way, short, again) in &seen {
            assert_eq!(short, &seen[0].1, "{name} with {gas}, {way}");
            assert_eq!(again, &seen[0].2, "{name} again after {gas}, {way}");
        }
    }
}

/// The gas that a call takes when there is plenty.
fn price(name: &str) -> u64 {
    let (module, mut all) = (load(MODULE), instances(Tier::Evaluator));
    let made = all.instantiate(&module, &[], &mut GAS.clone()).expect("an instance");
    let (end, left, ..) = call(&mut all, made, name, GAS);
    assert!(matches!(end, CallEnd::Values(_)), "{end:?}");
    GAS - left
}

#[test]
fn gas_may_end_at_any_place_and_the_call_be_tried_again() {
    let enough = price("run");
    assert!((150..1000).contains(&enough), "{enough}: each amount is tried");
    check("run", 0..=enough);
    // A page costs more than all else, and which amount inside its price is no matter.
    let enough = price("grow");
    check("grow", (0..8).chain(1020..1035).chain(enough - 3..=enough));
}

/// The least and the most that a counter holds: what is left is what was given without what was used.
#[test]
fn the_counter_holds_what_64_bits_hold() {
    let module =
        load("(module (func (export \"run\") (result i64) (i64.add (i64.const 1) (i64.const 2))))");
    for (way, mut all) in everywhere(()) {
        let made = all.instantiate(&module, &[], &mut 0).expect("an instance costs nothing here");
        let Some(Extern::Func(func)) = all.export(made, "run") else { panic!("no export") };
        for gas in [0, 1, 2, 3, 4, u64::from(u32::MAX), 1 << 62, i64::MAX as u64, 1 << 63, u64::MAX]
        {
            let mut left = gas;
            let end = all.call(func, &[], &mut left).expect("the machine is well");
            let is_short = gas < 3;
            let want = match is_short {
                true => CallEnd::Trap(Trap::OutOfGas),
                false => CallEnd::Values(vec![Value::I64(3)]),
            };
            assert_eq!(end, want, "{gas}, {way}");
            assert!(if is_short { left <= gas } else { left == gas - 3 }, "{left} of {gas}, {way}");
        }
    }
}

/// Whatever goes back and around pays.
#[test]
fn an_endless_loop_ends_by_every_branch() {
    const LOOPS: [&str; 8] = [
        "(loop $on (br $on))",
        "(loop $on (br_if $on (i32.const 1)))",
        "(loop $on (br_if $on (local.get 0)))",
        "(loop $on (br_table $on $on (local.get 0)))",
        "(loop $on (if (local.get 0) (then (br $on)) (else (br $on))))",
        "(loop $on (block $out (br_if $out (i32.eqz (local.get 0))) (br $on)))",
        "(return_call $run (local.get 0))",
        "(return_call_indirect (type $t) (local.get 0) (i32.const 0))",
    ];
    for body in LOOPS {
        let module = load(&format!(
            "(module (type $t (func (param i32))) (table funcref (elem $run))
              (func $run (export \"run\") (type $t) {body}))"
        ));
        let mut lefts = Vec::new();
        for (way, mut all) in everywhere(()) {
            let made = all.instantiate(&module, &[], &mut 0).expect("an instance");
            let Some(Extern::Func(func)) = all.export(made, "run") else { panic!("no export") };
            for gas in [0, 1, 50_000] {
                let mut left = gas;
                let end = all.call(func, &[Value::I32(1)], &mut left).expect("well");
                assert_eq!(end, CallEnd::Trap(Trap::OutOfGas), "{body}, {way}");
                lefts.push(left);
            }
        }
        assert!(lefts.chunks(3).all(|way| *way == lefts[..3]), "{body}: {lefts:?}");
    }
}

/// What is no code costs nothing and changes nothing, wherever it stands.
#[test]
fn sections_that_are_no_code_change_neither_results_nor_gas() {
    let plain = wat::parse_str(MODULE).expect("the test is well-formed");
    let custom = |name: &str, content: &[u8]| {
        let mut section = vec![0, (1 + name.len() + content.len()) as u8, name.len() as u8];
        section.extend(name.as_bytes());
        section.extend(content);
        section
    };
    let sections: Vec<u8> = [
        custom("producers", b"\x01\x08language\x01\x04Rust\x0483.0"),
        custom("name", b"\x00\x02\x01m"),
        custom(".debug_info", &[0xff; 60]),
        custom("linking", b"\x02"),
        custom("target_features", b"\x01+\x04simd"),
        custom("", b""),
    ]
    .concat();
    // Where the sections of the module begin: behind the head, and behind each of them.
    let mut places = vec![8];
    while let Some(at) = places.last().copied().filter(|at| *at < plain.len()) {
        let (mut len, mut shift, mut next) = (0, 0, at + 1);
        loop {
            let byte = plain[next];
            (len, shift, next) = (len | usize::from(byte & 0x7f) << shift, shift + 7, next + 1);
            if byte < 0x80 {
                break;
            }
        }
        places.push(next + len);
    }
    assert!(places.len() > 8, "sections of every kind: {places:?}");
    let mut all = instances(Tier::Interpreter);
    let mut seen = |bytes: &[u8]| {
        let module = Module::load(bytes, &Config::default()).expect("the module is valid");
        let made = all.instantiate(&module, &[], &mut GAS.clone()).expect("an instance");
        [
            call(&mut all, made, "run", 100),
            call(&mut all, made, "run", GAS),
            call(&mut all, made, "grow", GAS),
        ]
    };
    let want = seen(&plain);
    for place in places {
        let with = [&plain[..place], &sections, &plain[place..]].concat();
        assert_eq!(seen(&with), want, "sections at {place}");
    }
}
