//! What lies behind a memory traps and costs as much wherever it is found: in the interpreter, by comparing, by what is known
//! of an address, by guard pages.

use super::*;

fn guarded() -> Instances<()> {
    let options = Options { tier: Tier::Optimizing };
    Instances::in_pool(&Pool::guarded(), (), options).expect("there is address space")
}

/// The same calls of `run`, one after the other in one instance, in every way.
fn ends(text: &str, args: &[u64]) -> Vec<CallEnd> {
    let module = load(text);
    let on = |mut all: Instances<()>| {
        let instance = all.instantiate(&module, &[], &mut GAS.clone()).expect("an instance");
        let Some(Extern::Func(func)) = all.export(instance, "run") else { panic!("no export") };
        let mut call = |arg: &u64| {
            let mut gas = GAS;
            (all.call(func, &[Value::I64(*arg)], &mut gas).expect("the machine is well"), gas)
        };
        args.iter().map(&mut call).collect::<Vec<_>>()
    };
    let want = on(instances(Tier::Interpreter));
    for (way, all) in [("comparing", instances(Tier::Optimizing)), ("guarded", guarded())] {
        assert_eq!(on(all), want, "{way}: {text}");
    }
    want.into_iter().map(|(end, _)| end).collect()
}

fn is_out(end: &CallEnd) -> bool {
    *end == CallEnd::Trap(Trap::MemoryOutOfBounds)
}

/// Every width, read and written, with every kind of offset, around the end and as far as two numbers of 32 bits reach.
#[test]
fn accesses_stop_at_the_end_of_the_memory() {
    let kinds = [("i64.load8_u", 1), ("i64.load16_s", 2), ("i64.load32_u", 4), ("i64.load", 8)];
    for (load, size) in kinds {
        for offset in [0_u64, 1, 4, 65_535, 65_536, 0x7fff_ffff, 0xffff_fff0, 0xffff_ffff] {
            let text = format!(
                "(module (memory 1)
                  (func (export \"run\") (param i64) (result i64)
                    ({load} offset={offset} (i32.wrap_i64 (local.get 0)))))"
            );
            let edge = 65_536_u64.wrapping_sub(offset + size) & 0xffff_ffff;
            let args = [edge.wrapping_sub(1), edge, edge + 1, 0, 65_535, 0x7fff_ffff, 0xffff_ffff];
            let got = ends(&text, &args);
            let fits = |arg: &u64| (arg & 0xffff_ffff) + offset + size <= 65_536;
            for (arg, end) in args.iter().zip(got) {
                assert_eq!(is_out(&end), !fits(arg), "{load} {offset} {arg}");
            }
        }
    }
}

/// A store that would cross the end writes nothing of itself, and what came before it stays.
#[test]
fn a_store_across_the_end_writes_nothing() {
    let text = "(module (memory 1)
        (func (export \"run\") (param i64) (result i64)
          (if (i64.eqz (local.get 0))
            (then (return (i64.load (i32.const 65528)))))
          (i32.store8 (i32.const 65528) (i32.const 7))
          (v128.store (i32.wrap_i64 (local.get 0)) (v128.const i64x2 -1 -1))
          (i64.const 1)))";
    let got = ends(text, &[65_521, 0, 65_535, 0, 65_520, 0]);
    let value = |value| CallEnd::Values(vec![Value::I64(value)]);
    assert!(is_out(&got[0]) && is_out(&got[2]));
    assert_eq!((&got[1], &got[3]), (&value(7), &value(7)));
    assert_eq!(got[5], value(u64::MAX));
}

/// A result that nobody uses, and a check that several accesses follow.
#[test]
fn an_access_without_use_traps() {
    let text = "(module (memory 1) (global $g (mut i64) (i64.const 0))
        (func (export \"run\") (param i64) (result i64)
          (global.set $g (i64.add (global.get $g) (i64.const 1)))
          (drop (i64.load (i32.wrap_i64 (local.get 0))))
          (drop (f32.load offset=3 (i32.wrap_i64 (local.get 0))))
          (global.get $g)))";
    let got = ends(text, &[0, 65_529, 65_528, 70_000, 0]);
    let outs: Vec<_> = got.iter().map(is_out).collect();
    assert_eq!(outs, [false, true, false, true, false]);
}

/// The trap comes in a callee of a callee, in a loop, after charges on every level: the gas is the interpreter's.
#[test]
fn gas_is_exact_where_a_guard_page_stops_it() {
    let text = "(module (memory 1)
        (func $inner (param i32) (result i32)
          (if (i32.and (local.get 0) (i32.const 1)) (then (return (i32.const 1))))
          (i32.load offset=60000 (i32.mul (local.get 0) (i32.const 8))))
        (func $outer (param i32) (result i32) (local $sum i32)
          (loop $next
            (local.set $sum (i32.add (local.get $sum) (call $inner (local.get 0))))
            (i32.store (local.get 0) (local.get $sum))
            (br_if $next (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1)))
              (i32.const 10000))))
          (local.get $sum))
        (func (export \"run\") (param i64) (result i64)
          (i64.extend_i32_u (i32.add (i32.const 1) (call $outer (i32.wrap_i64 (local.get 0)))))))";
    assert!(ends(text, &[0, 1, 100, 690, 691, 692, 5000, 0]).iter().all(is_out));
}

/// What the memory grew by is accessible at once, from wherever it grew, and no more than that.
#[test]
fn a_memory_that_grows_has_its_guard_behind_it() {
    let text = "(module (memory 0 5) (type $f (func))
        (table funcref (elem $grow))
        (func $grow (drop (memory.grow (i32.const 1))))
        (func (export \"run\") (param i64) (result i64)
          (call_indirect (type $f) (i32.const 0))
          (i64.store (i32.wrap_i64 (local.get 0)) (i64.const 9))
          (call $grow)
          (i64.load offset=65536 (i32.wrap_i64 (local.get 0)))))";
    let got = ends(text, &[65_536, 65_528, 262_136, 327_672]);
    assert_eq!(got.iter().map(is_out).collect::<Vec<_>>(), [true, false, false, true]);
}

/// A slot of the pool serves a shorter memory after a longer one, and the other way around.
#[test]
fn what_a_longer_memory_left_is_no_memory_of_a_shorter_one() {
    let pool = Pool::guarded();
    let text = |pages: u32| {
        format!(
            "(module (memory {pages}) (func (export \"run\") (param i64) (result i64)
              (i64.store (i32.wrap_i64 (local.get 0)) (i64.const -1))
              (i64.load (i32.wrap_i64 (local.get 0)))))"
        )
    };
    for pages in [3, 1, 2, 0, 40, 1, 1] {
        let options = Options { tier: Tier::Optimizing };
        let mut all = Instances::in_pool(&pool, (), options).expect("address space");
        let module = load(&text(pages));
        let instance = all.instantiate(&module, &[], &mut GAS.clone()).expect("an instance");
        let Some(Extern::Func(func)) = all.export(instance, "run") else { panic!("no export") };
        for at in (0..4 * 65_536).step_by(65_528) {
            let end = all.call(func, &[Value::I64(at)], &mut GAS.clone()).expect("well");
            assert_eq!(is_out(&end), at + 8 > u64::from(pages) * 65_536, "{pages} pages at {at}");
        }
    }
}

/// Code that relies on guard pages and code that does not, of one module at a time.
#[test]
fn both_kinds_of_code_of_a_module_live_side_by_side() {
    let module = load(
        "(module (memory 1) (func (export \"run\") (param i64) (result i64)
          (i64.load (i32.wrap_i64 (local.get 0)))))",
    );
    for mut all in [instances(Tier::Optimizing), guarded(), instances(Tier::Optimizing)] {
        let instance = all.instantiate(&module, &[], &mut GAS.clone()).expect("an instance");
        let Some(Extern::Func(func)) = all.export(instance, "run") else { panic!("no export") };
        let mut call = |at| all.call(func, &[Value::I64(at)], &mut GAS.clone()).expect("well");
        assert!(is_out(&call(65_529)) && !is_out(&call(65_528)));
    }
}

/// Addresses of which something is known, up to the last that the memory holds and beyond.
#[test]
fn what_is_known_of_an_address_admits_nothing_beyond_the_end() {
    let low = "(i32.wrap_i64 (local.get 0))";
    let addresses = [
        format!("(i32.and {low} (i32.const 0xffff))"),
        format!("(i32.and {low} (i32.const 0x1ffff))"),
        format!("(i32.shl (i32.and {low} (i32.const 0x1fff)) (i32.const 3))"),
        format!("(i32.shl (i32.and {low} (i32.const 0x3fff)) (i32.const 35))"),
        format!("(i32.shl {low} (i32.const 31))"),
        format!("(i32.shr_u {low} (i32.const 16))"),
        format!("(i32.shr_u {low} (i32.const 47))"),
        format!("(i32.add (i32.and {low} (i32.const 0xff)) (i32.const 65273))"),
        format!("(i32.add (i32.and {low} (i32.const 0xff)) (i32.const -8))"),
        format!("(i32.mul (i32.and {low} (i32.const 0xff)) (i32.const 257))"),
        format!("(i32.mul (i32.and {low} (i32.const 0xffff)) (i32.const 0x10001))"),
        format!("(i32.or (i32.and {low} (i32.const 0xff)) (i32.const 0xff00))"),
        format!("(i32.xor (i32.and {low} (i32.const 0xff)) (i32.const 0x1ff00))"),
        format!("(i32.sub (i32.const 65535) (i32.and {low} (i32.const 0xff)))"),
        "(i32.wrap_i64 (i64.shr_u (local.get 0) (i64.const 48)))".to_owned(),
        "(i32.const 65528)".to_owned(),
        "(i32.const 65529)".to_owned(),
        "(i32.const -1)".to_owned(),
    ];
    let args = [0, 1, 2, 7, 8, 0xf7, 0xf8, 0xff, 0xfff8, 0xffff, 0x1fff, 0x2000, 0x3fff, u64::MAX];
    let mut outs = 0;
    for address in &addresses {
        for (load, offset) in [("i64.load8_u", 0), ("i64.load", 0), ("i64.load16_u", 6)] {
            let text = format!(
                "(module (memory 1)
                  (func (export \"run\") (param i64) (result i64)
                    ({load} offset={offset} {address})))"
            );
            outs += ends(&text, &args).iter().filter(|end| is_out(end)).count();
        }
    }
    assert!(outs > 100, "{outs} of them trapped");
}

/// One address several times, further and less far, over calls and stores: what passed once is not looked at again, and what
/// reaches further is.
#[test]
fn a_second_check_of_an_address_is_made_where_it_reaches_further() {
    let text = "(module (memory 1) (global $done (mut i64) (i64.const 0))
        (func $more (drop (memory.grow (i32.const 0))))
        (func (export \"run\") (param i64) (result i64) (local i32)
          (if (i64.eqz (local.get 0)) (then (return (global.get $done))))
          (local.set 1 (i32.wrap_i64 (local.get 0)))
          (global.set $done (i64.const 1))
          (drop (i32.load offset=4 (local.get 1)))
          (global.set $done (i64.const 2))
          (i32.store offset=4 (local.get 1) (i32.const 5))
          (drop (i64.load (local.get 1)))
          (call $more)
          (global.set $done (i64.const 3))
          (i64.store8 offset=8 (local.get 1) (i64.const 6))
          (local.set 1 (i32.add (local.get 1) (i32.const 4)))
          (global.set $done (i64.const 4))
          (i64.load (local.get 1))))";
    let args: Vec<u64> = (65_520..65_540).flat_map(|at| [at, 0]).collect();
    let got = ends(text, &args);
    let done: Vec<_> = got.iter().skip(1).step_by(2).cloned().collect();
    let value = |value| CallEnd::Values(vec![Value::I64(value)]);
    for (at, done) in (65_520..).zip(done) {
        let want = match at {
            ..=65_527 => 4,
            65_528 => 3,
            _ => 1,
        };
        assert_eq!(done, value(want), "{at}");
    }
}
