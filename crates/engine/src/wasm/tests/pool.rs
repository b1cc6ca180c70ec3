//! What one instance leaves in a pool is invisible to the next, however it was written.

use super::*;

const PAGE: usize = 65_536;

/// Ways to dirty a memory of `$pages` pages: all of it, its ends, every page of the system, a few of them, and what
/// growing adds.
const DIRTY: &str = r#"
    (memory (export "memory") PAGES 600)
    (data $passive "passive bytes")
    (table (export "table") 40 funcref)
    (elem declare func $end)
    (global $g (export "global") (mut i64) (i64.const 7))
    (func $end (export "end") (local $at i64)
      (i32.store8 (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 1)) (i32.const 0x55))
      (v128.store (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 17))
        (v128.const i64x2 -1 -1))
      (i64.store (i32.const 0) (i64.const -1))
      (memory.init $passive (i32.const 4090) (i32.const 0) (i32.const 13))
      (global.set $g (i64.const 99))
      (table.fill (i32.const 0) (ref.func $end) (table.size)))
    (func (export "all")
      (memory.fill (i32.const 0) (i32.const 0xaa) (i32.mul (memory.size) (i32.const 65536))))
    (func $every (param $step i32) (local $at i32)
      (loop $next
        (i32.store8 (local.get $at) (i32.const 0xcc))
        (memory.copy (i32.add (local.get $at) (i32.const 4095)) (local.get $at) (i32.const 1))
        (br_if $next (i32.lt_u
          (local.tee $at (i32.add (local.get $at) (local.get $step)))
          (i32.mul (memory.size) (i32.const 65536))))))
    (func (export "pages") (call $every (i32.const 4096)))
    (func (export "some") (call $every (i32.const 12288)))
    (func (export "few") (call $every (i32.const 0x48000)))
    (func (export "grown")
      (drop (memory.grow (i32.const 3)))
      (call $end))
    (func (export "fails") (call $end) unreachable)
    (func (export "nothing"))"#;
const WAYS: [&str; 8] = ["all", "end", "pages", "some", "few", "grown", "fails", "nothing"];

fn call(all: &mut Instances<()>, instance: Instance, name: &str) -> CallEnd {
    let Some(Extern::Func(func)) = all.export(instance, name) else { panic!("no export {name}") };
    all.call(func, &[], &mut GAS.clone()).expect("the machine is well")
}

/// A memory that can grow to all that the other one had.
fn reader() -> Module {
    load(
        r#"(module (memory (export "memory") 0 600) (table (export "table") 40 funcref)
          (global (export "global") i64 (i64.const 0))
          (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
          (func (export "null") (result i32) (local $at i32) (local $count i32)
            (loop $next
              (local.set $count (i32.add (local.get $count)
                (ref.is_null (table.get (local.get $at)))))
              (br_if $next (i32.lt_u
                (local.tee $at (i32.add (local.get $at) (i32.const 1))) (i32.const 40))))
            (local.get $count)))"#,
    )
}

#[test]
fn nothing_of_an_instance_is_seen_by_the_next() {
    let (pool, reader) = (Pool::default(), reader());
    for tier in Tier::ALL.iter().copied() {
        for pages in [1, 2, 3, 17, 40, 300] {
            let text = DIRTY.replace("PAGES", &pages.to_string());
            let dirty = load(&format!("(module {text})"));
            for way in WAYS {
                if tier == Tier::Evaluator && (pages > 3 || way == "pages") {
                    continue;
                }
                let mut all = Instances::in_pool(&pool, (), Options { tier }).expect("room");
                let made = all.instantiate(&dirty, &[], &mut GAS.clone()).expect("an instance");
                call(&mut all, made, way);
                drop(all);
                let mut all = Instances::in_pool(&pool, (), Options { tier }).expect("room");
                let made = all.instantiate(&reader, &[], &mut GAS.clone()).expect("an instance");
                let Some(Extern::Func(grow)) = all.export(made, "grow") else { panic!("no grow") };
                let grown = all.call(grow, &[Value::I32(pages + 3)], &mut GAS.clone());
                assert_eq!(grown, Ok(CallEnd::Values(vec![Value::I32(0)])));
                let Some(Extern::Memory(memory)) = all.export(made, "memory") else { panic!() };
                let bytes = all.memory_read(memory);
                assert_eq!(bytes.len(), (pages as usize + 3) * PAGE);
                let first = bytes.iter().position(|byte| *byte != 0);
                assert_eq!(first, None, "{pages} pages, dirtied by {way}, {tier:?}");
                let null = call(&mut all, made, "null");
                assert_eq!(null, CallEnd::Values(vec![Value::I32(40)]), "table, after {way}");
                let Some(Extern::Global(global)) = all.export(made, "global") else { panic!() };
                assert_eq!(all.global_get(global), Value::I64(0), "global, after {way}");
            }
        }
    }
}

/// Handles of instances that ended mean nothing to those that come after; types are told apart as before.
#[test]
fn a_reused_store_knows_types_and_functions_anew() {
    let pool = Pool::default();
    let modules = [
        load("(module (func (export \"run\") (param i32) (result i32) local.get 0))"),
        load("(module (func (export \"run\") (param externref)))"),
        load("(module (func (export \"run\") (param funcref)))"),
    ];
    for round in 0..3 {
        for (index, module) in modules.iter().enumerate() {
            let mut all = Instances::in_pool(&pool, (), Options::default()).expect("room");
            let made = all.instantiate(module, &[], &mut GAS.clone()).expect("an instance");
            let Some(Extern::Func(run)) = all.export(made, "run") else { panic!("no export") };
            for (other, importer) in [
                "(module (import \"\" \"\" (func (param i32) (result i32))))",
                "(module (import \"\" \"\" (func (param externref))))",
                "(module (import \"\" \"\" (func (param funcref))))",
            ]
            .into_iter()
            .enumerate()
            {
                let importer = load(importer);
                let linked = all.instantiate(&importer, &[Extern::Func(run)], &mut GAS.clone());
                assert_eq!(linked.is_ok(), index == other, "round {round}: {index} as {other}");
            }
        }
    }
}

/// Functions of an instance that came to be only half live on in a table they were put into (Wasm 2.0, 4.5.4), and find
/// the segments that were not used up.
#[test]
fn a_failed_instantiation_leaves_segments_as_far_as_they_were_used() {
    let exporter = load(
        r#"(module (table (export "table") 10 funcref) (memory (export "memory") 1)
          (func (export "call") (param i32) (call_indirect (param) (local.get 0))))"#,
    );
    // Functions 0 to 4 use segments: element 1 (written), 2 (traps), 3 (later), 4 (passive); data 0 to 3 likewise.
    let uses = |segments: [&str; 2]| {
        format!(
            r#"(module (import "" "table" (table 10 funcref)) (import "" "memory" (memory 1))
              (func $elem0 (table.init 0 (i32.const 0) (i32.const 0) (i32.const 1)))
              (func $elem1 (table.init 1 (i32.const 0) (i32.const 0) (i32.const 1)))
              (func $elem2 (table.init 2 (i32.const 0) (i32.const 0) (i32.const 1)))
              (func $elem3 (table.init 3 (i32.const 0) (i32.const 0) (i32.const 1)))
              (func $data0 (memory.init 0 (i32.const 0) (i32.const 0) (i32.const 1)))
              (func $data1 (memory.init 1 (i32.const 0) (i32.const 0) (i32.const 1)))
              (func $data2 (memory.init 2 (i32.const 0) (i32.const 0) (i32.const 1)))
              (func $data3 (memory.init 3 (i32.const 0) (i32.const 0) (i32.const 1)))
              (elem (i32.const 2) $elem0 $elem1 $elem2 $elem3 $data0 $data1 $data2 $data3)
              (elem (i32.const {}) $elem0) (elem (i32.const 0) $elem0) (elem func $elem0)
              (data (i32.const 8) "0") (data (i32.const {}) "1") (data (i32.const 9) "2") (data "3"))"#,
            segments[0], segments[1]
        )
    };
    // Whether functions 2 to 9 of the table find their segment.
    let table_fails = (uses(["10", "8"]), Trap::TableOutOfBounds, [0, 1, 1, 1, 1, 1, 1, 1]);
    let memory_fails = (uses(["1", "65536"]), Trap::MemoryOutOfBounds, [0, 0, 0, 1, 0, 1, 1, 1]);
    for tier in Tier::ALL.iter().copied() {
        for (text, trap, found) in [&table_fails, &memory_fails] {
            let mut all = instances(tier);
            let made = all.instantiate(&exporter, &[], &mut GAS.clone()).expect("an instance");
            let [table, memory] = ["table", "memory"].map(|name| all.export(made, name).unwrap());
            let failed = all.instantiate(&load(text), &[table, memory], &mut GAS.clone());
            assert_eq!(failed, Err(InstantiateError::Trap(*trap)));
            let Some(Extern::Func(call)) = all.export(made, "call") else { panic!("no call") };
            let uses = (2..10).map(|at| {
                let end = all.call(call, &[Value::I32(at)], &mut GAS.clone()).expect("well");
                u8::from(end == CallEnd::Values(vec![]))
            });
            assert_eq!(uses.collect::<Vec<u8>>(), found, "{trap}");
        }
    }
}
