//! Many instances, one after the other: nothing is left behind.

use lockstep::{
    Tier,
    wasm::{CallEnd, Pool, Value},
};

use super::run::{GAS, alone, call, instances, load, process_status};

/// Mappings that threads of the harness may make meanwhile: their stacks, guards and heaps. A leak would be thousands.
const OTHERS_MAPPINGS: usize = 32;

/// Mappings of this process.
fn mappings() -> Option<usize> {
    Some(std::fs::read_to_string("/proc/self/maps").ok()?.lines().count())
}

fn check(cycles: u32) {
    let pool = Pool::default();
    let module = load(
        r#"(module (memory 3 100) (global $g (mut i64) (i64.const 0)) (table 10 funcref)
          (data (i32.const 70000) "some bytes") (data "passive") (elem (i32.const 1) $run)
          (func $run (export "run") (param i32) (result i32)
            (drop (memory.grow (i32.and (local.get 0) (i32.const 31))))
            (memory.fill (i32.const 100000) (i32.const 0xff) (i32.const 20000))
            (i32.load8_u (i32.const 99999))))"#,
    );
    let cycle = |number: u32| {
        let mut all = instances(&pool, Tier::Interpreter);
        let made = all.instantiate(&module, &[], &mut GAS.clone()).expect("an instance");
        let end = call(&mut all, made, "run", &[Value::I32(number)], &mut GAS.clone());
        assert_eq!(end, CallEnd::Values(vec![Value::I32(0)]));
    };
    (0..100).for_each(cycle);
    let before = (mappings(), process_status("VmRSS"), crate::ALLOCATED.allocated());
    (0..cycles).for_each(cycle);
    let after = (mappings(), process_status("VmRSS"), crate::ALLOCATED.allocated());
    println!(
        "{cycles} cycles: {before:?}, then {after:?} (mappings, KiB resident, bytes allocated)"
    );
    // The harness allocates for itself meanwhile.
    assert!(after.2 <= before.2 + 16_384, "{} bytes, then {}", before.2, after.2);
    if let (Some(mappings), Some(later)) = (before.0, after.0) {
        assert!(later <= mappings + OTHERS_MAPPINGS, "{mappings} mappings, then {later}");
    }
    if let (Some(resident), Some(later)) = (before.1, after.1) {
        // What a pool may keep of one memory, and nothing for each cycle.
        assert!(later <= resident + 2048, "{resident} KiB, then {later} KiB are resident");
    }
}

#[test]
fn instances_leave_nothing_behind() {
    let _alone = alone();
    check(3000);
}

#[test]
#[ignore = "full size: tools/accept/wasm bombs"]
fn full_cycles() {
    let _alone = alone();
    check(100_000);
}
