//! Memories and tables that grow until they may not.

use lockstep::wasm::{CallEnd, Value};
use lockstep_guest::wasm::limits;

use super::run::{GAS, TIERS, alone, call, hot, instances, load, process_status};

const GROWING: &str = r#"(module
    (memory (export "memory") 1) (table $t 1 funcref)
    (func (export "memory.grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "memory.size") (result i32) (memory.size))
    (func (export "last") (result i32)
      (i32.load8_u (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 1))))
    (func (export "table.grow") (param i32) (result i32) (table.grow (ref.null func) (local.get 0)))
    (func (export "until") (param i32) (result i32)
      (loop $next (br_if $next (i32.ne (memory.grow (local.get 0)) (i32.const -1))))
      (memory.size)))"#;

fn i32(value: u32) -> CallEnd {
    CallEnd::Values(vec![Value::I32(value)])
}

/// To 4 GiB and not beyond; nothing is committed that was not touched; a refusal changes nothing and memory goes on.
#[test]
fn a_memory_grows_to_four_gigabytes_and_says_no_afterwards() {
    let _alone = alone();
    let (pool, module) = (hot(), load(GROWING));
    for tier in TIERS {
        let before = process_status("VmRSS");
        let mut all = instances(&pool, tier);
        let made = all.instantiate(&module, &[], &mut GAS.clone()).expect("an instance");
        let mut ask = |name, args: &[u32]| {
            let args: Vec<Value> = args.iter().map(|arg| Value::I32(*arg)).collect();
            call(&mut all, made, name, &args, &mut GAS.clone())
        };
        assert_eq!(ask("memory.grow", &[u32::MAX]), i32(u32::MAX));
        assert_eq!(ask("memory.grow", &[65_536]), i32(u32::MAX));
        assert_eq!(ask("memory.grow", &[0]), i32(1));
        assert_eq!(ask("memory.grow", &[65_535]), i32(1));
        assert_eq!(ask("memory.size", &[]), i32(65_536));
        assert_eq!(ask("last", &[]), i32(0));
        for pages in [1, 2, 65_535, u32::MAX] {
            assert_eq!(ask("memory.grow", &[pages]), i32(u32::MAX));
        }
        assert_eq!(ask("last", &[]), i32(0));
        assert_eq!(ask("table.grow", &[u32::MAX]), i32(u32::MAX));
        assert_eq!(ask("table.grow", &[limits::TABLE_ELEMENTS_MAX as u32]), i32(u32::MAX));
        assert_eq!(ask("table.grow", &[1000]), i32(1));
        assert_eq!(ask("table.grow", &[limits::TABLE_ELEMENTS_MAX as u32 - 1000]), i32(u32::MAX));
        if let (Some(before), Some(after)) = (before, process_status("VmRSS")) {
            assert!(after < before + (64 << 10), "{before} KiB, then {after} KiB are resident");
        }
    }
}

/// Growing is paid by the page: what gas is left for decides how far it goes, the same in all tiers.
#[test]
fn growth_stops_where_gas_does() {
    let _alone = alone();
    let (pool, module) = (hot(), load(GROWING));
    for gas in [0, 100, 10_000, 1_000_000, 100_000_000] {
        let ends = TIERS.map(|tier| {
            let mut all = instances(&pool, tier);
            let made = all.instantiate(&module, &[], &mut GAS.clone()).expect("an instance");
            let mut left = gas;
            let end = call(&mut all, made, "until", &[Value::I32(1)], &mut left);
            let pages = call(&mut all, made, "memory.size", &[], &mut GAS.clone());
            let CallEnd::Values(values) = &pages else { panic!("{pages:?}") };
            let [Value::I32(pages)] = values[..] else { panic!("{values:?}") };
            assert!(u64::from(pages) <= 1 + gas / 1024, "{pages} pages for {gas} gas");
            (end, left, pages)
        });
        assert!(ends.iter().all(|end| *end == ends[0]), "tiers agree on {gas} gas: {ends:?}");
    }
}
