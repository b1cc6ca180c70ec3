//! Functions of the host: what they see, and what is left when one of them ends the guest.

use lockstep_rt::{HostFunction, HostRow, Stop, View};

use super::*;

/// A host that keeps the gas it saw in each call.
type Seen = Vec<u64>;

/// What is to happen: nothing, or the end.
fn end(view: &mut View<'_, Seen>, how: u32) -> Result<u32, Stop> {
    let gas = view.gas();
    view.host().push(gas);
    match how {
        0 => Ok(7),
        1 => Err(Stop::Trap(Trap::Unreachable)),
        2 => Err(view.finish(false, 0, 4)?),
        3 => Err(view.finish(true, 0, 4)?),
        4 => view.charge(gas + 1).map(|()| 8),
        5 => view.charge(gas).map(|()| 9),
        6 => Err(view.finish(false, 65_533, 4)?),
        7 => Err(Stop::Fault),
        _ => panic!("the host is wrong"),
    }
}

struct End;

impl HostFunction<Seen> for End {
    const NAME: &'static str = "host.end";
    type Args = (u32,);
    type Results = (u32,);

    fn call(view: &mut View<'_, Seen>, (how,): (u32,)) -> Result<(u32,), Stop> {
        Ok((end(view, how)?,))
    }
}

/// Calls the host in each way that there is, behind frames of its own, and counts what it did before.
const MODULE: &str = r#"(module (type $t (func (param i32) (result i32)))
    (import "host" "end" (func $end (type $t)))
    (memory (export "memory") 1) (table funcref (elem $end $deep))
    (global $n (export "n") (mut i32) (i32.const 0))
    (func $count
      (global.set $n (i32.add (global.get $n) (i32.const 1)))
      (i32.store (i32.const 0) (global.get $n)))
    (func $deep (type $t) (call $count) (i32.add (i32.const 1) (call $end (local.get 0))))
    (func (export "call") (type $t) (call $count) (i32.add (i32.const 1) (call $end (local.get 0))))
    (func (export "call_indirect") (type $t) (call $count)
      (i32.add (i32.const 1) (call_indirect (type $t) (local.get 0) (i32.const 0))))
    (func (export "return_call") (type $t) (call $count) (return_call $end (local.get 0)))
    (func (export "return_call_indirect") (type $t) (call $count)
      (return_call_indirect (type $t) (local.get 0) (i32.const 0)))
    (func (export "deep") (type $t) (call $count)
      (i32.add (i32.const 1) (call_indirect (type $t) (local.get 0) (i32.const 1))))
    (export "host" (func $end)))"#;

const WAYS: [&str; 5] = ["call", "call_indirect", "return_call", "return_call_indirect", "deep"];

fn made(all: &mut Instances<Seen>) -> Instance {
    let row = HostRow::of::<End>();
    let end = all.host_func(&row);
    let made = all.instantiate(&load(MODULE), &[Extern::Func(end)], &mut GAS.clone());
    made.expect("an instance")
}

fn func(all: &Instances<Seen>, made: Instance, name: &str) -> Func {
    let Some(Extern::Func(func)) = all.export(made, name) else { panic!("no {name}") };
    func
}

/// Traps, exits, a machine that fails, a panic, gas that ends in the host: what was used until then is paid, the memory and
/// the globals are as they were then, and the next call finds the instance as good as before.
#[test]
fn whatever_ends_a_host_call_leaves_the_instance_usable() {
    const ENDS: u32 = 8;
    for name in WAYS {
        let mut first: Option<Vec<_>> = None;
        for (way, mut all) in everywhere(Seen::new()) {
            let made = made(&mut all);
            let (run, mut count, mut ends) = (func(&all, made, name), 0, Vec::new());
            for how in (0..ENDS).chain(0..ENDS) {
                let mut gas = 10_000;
                let end = all.call(run, &[Value::I32(how)], &mut gas);
                count += if name == "deep" { 2 } else { 1 };
                let Some(Extern::Global(n)) = all.export(made, "n") else { panic!("no global") };
                assert_eq!(all.global_get(n), Value::I32(count), "{name} {how}, {way}");
                let Some(Extern::Memory(memory)) = all.export(made, "memory") else { panic!() };
                assert_eq!(all.memory_read(memory)[..4], count.to_le_bytes(), "{name}, {way}");
                ends.push((end, gas));
            }
            let output = |count: u32| count.to_le_bytes().to_vec();
            let step = if name == "deep" { 2 } else { 1 };
            assert_eq!(ends[1].0, Ok(CallEnd::Trap(Trap::Unreachable)));
            let exit = CallEnd::Exit { revert: false, output: output(3 * step) };
            assert_eq!(ends[2].0, Ok(exit), "{name}, {way}");
            let exit = CallEnd::Exit { revert: true, output: output(4 * step) };
            assert_eq!(ends[3].0, Ok(exit), "{name}, {way}");
            assert_eq!(ends[4].0, Ok(CallEnd::Trap(Trap::OutOfGas)), "{name}, {way}");
            assert_eq!(ends[6].0, Ok(CallEnd::Trap(Trap::MemoryOutOfBounds)), "{name}, {way}");
            // A fault is no result: nobody is charged for it.
            assert_eq!(ends[7], (Err(CallError::Fault), 10_000), "{name}, {way}");
            // What was used before the host was called, and no more: it is gone although the call failed.
            let seen = all.host().clone();
            for how in [0, 1, 2, 3, 6] {
                assert!(ends[how].1 <= seen[how] && seen[how] < 10_000, "{name} {how}, {way}");
            }
            let all_of = (ends, seen);
            match &first {
                None => first = Some(vec![all_of]),
                Some(first) => assert_eq!(first[0], all_of, "{name}, {way}"),
            }
        }
    }
}

/// A panic in a host function goes on in whoever called the guest, and what it ran on is not lent again.
#[test]
fn a_panic_of_the_host_goes_through_the_guest() {
    for name in WAYS {
        for (way, mut all) in everywhere(Seen::new()) {
            let made = made(&mut all);
            let run = func(&all, made, name);
            for _ in 0..3 {
                let call = core::panic::AssertUnwindSafe(|| {
                    all.call(run, &[Value::I32(99)], &mut GAS.clone())
                });
                let panic = std::panic::catch_unwind(call).expect_err("the host panics");
                let text = panic.downcast_ref::<&str>().copied();
                assert_eq!(text, Some("the host is wrong"), "{name}, {way}");
                let end = all.call(run, &[Value::I32(1)], &mut GAS.clone());
                assert_eq!(end, Ok(CallEnd::Trap(Trap::Unreachable)), "{name}, {way}");
            }
        }
    }
}

/// What is used between two looks at the gas adds up to what is used in all.
#[test]
fn what_the_host_sees_of_the_gas_adds_up() {
    let text = r#"(module (import "host" "end" (func $end (param i32) (result i32)))
        (memory 1)
        (func (export "run") (param i32) (result i32) (local $at i32)
          (loop $next
            (drop (call $end (i32.const 0)))
            (memory.fill (i32.const 0) (i32.const 1) (i32.mul (local.get $at) (i32.const 64)))
            (br_if $next (i32.lt_u
              (local.tee $at (i32.add (local.get $at) (i32.const 1))) (local.get 0))))
          (call $end (i32.const 0))))"#;
    let module = load(text);
    let mut first: Option<(Seen, u64)> = None;
    for (way, mut all) in everywhere(Seen::new()) {
        let row = HostRow::of::<End>();
        let end = all.host_func(&row);
        let made = all.instantiate(&module, &[Extern::Func(end)], &mut GAS.clone()).expect("made");
        let (run, mut gas) = (func(&all, made, "run"), 10_000);
        all.call(run, &[Value::I32(10)], &mut gas).expect("the machine is well");
        let seen = all.host().clone();
        // Of each round: call, drop and constant; three constants and two operations; four, and the branch.
        let rounds = seen.windows(2).map(|pair| pair[0] - pair[1]);
        let fixed = seen[0] - seen[1];
        assert!(rounds.enumerate().all(|(at, used)| used == fixed + at as u64), "{way}: {seen:?}");
        let now = (seen, gas);
        assert_eq!(first.get_or_insert_with(|| now.clone()), &now, "{way}");
    }
}

/// A function that an instance imports and exports is the host's own, and called from outside it does what it does.
#[test]
fn a_function_of_the_host_may_be_called_from_outside() {
    for (way, mut all) in everywhere(Seen::new()) {
        let made = made(&mut all);
        let host = func(&all, made, "host");
        let mut call = |how| {
            let mut gas = 100;
            (all.call(host, &[Value::I32(how)], &mut gas), gas)
        };
        assert_eq!(call(0), (Ok(CallEnd::Values(vec![Value::I32(7)])), 100), "{way}");
        assert_eq!(call(1), (Ok(CallEnd::Trap(Trap::Unreachable)), 100), "{way}");
        assert_eq!(call(4), (Ok(CallEnd::Trap(Trap::OutOfGas)), 100), "{way}");
        assert_eq!(call(5), (Ok(CallEnd::Values(vec![Value::I32(9)])), 0), "{way}");
        // It sees no memory: there is no caller that has one.
        assert_eq!(call(2), (Ok(CallEnd::Trap(Trap::MemoryOutOfBounds)), 100), "{way}");
        assert_eq!(call(7), (Err(CallError::Fault), 100), "{way}");
        assert_eq!(all.host(), &[100; 6], "{way}");
        let wrong = all.call(host, &[Value::I64(0)], &mut GAS.clone());
        assert_eq!(wrong, Err(CallError::Arguments));
    }
}

/// A function of so many operands of four types by turns, which hands on what it got, the last first.
struct Reversed<const PARAMS: usize, const RESULTS: usize>;

const CYCLE: [ValType; 4] = [ValType::I64, ValType::F32, ValType::V128, ValType::I32];
const LONG: [ValType; 1000] = {
    let mut all = [ValType::I64; 1000];
    let mut at = 0;
    while at < all.len() {
        all[at] = CYCLE[at % 4];
        at += 1;
    }
    all
};

/// What stands at a place of a list of such types.
fn at(place: usize) -> Value {
    match CYCLE[place % 4] {
        ValType::I64 => Value::I64(u64::MAX - place as u64),
        ValType::F32 => Value::F32((place as f32 + 0.5).to_bits()),
        ValType::V128 => Value::V128(place as u128 | 7 << 100),
        _ => Value::I32(place as u32),
    }
}

impl<const PARAMS: usize, const RESULTS: usize> ValuesFunction<Seen> for Reversed<PARAMS, RESULTS> {
    const NAME: &'static str = "host.reversed";
    const PARAMS: &'static [ValType] = LONG.split_at(PARAMS).0;
    const RESULTS: &'static [ValType] = LONG.split_at(RESULTS).0;

    fn call(view: &mut View<'_, Seen>, args: &[Value], results: &mut [Value]) -> Result<(), Stop> {
        view.charge(args.len() as u64)?;
        assert!(args.iter().enumerate().all(|(place, arg)| *arg == at(place)));
        let zero: Vec<_> = results.iter().map(|result| Value::zero(result.ty())).collect();
        assert_eq!(results, zero);
        results.iter_mut().enumerate().for_each(|(place, result)| *result = at(place));
        Ok(())
    }
}

fn check_many<const PARAMS: usize, const RESULTS: usize>() {
    let types = |count: usize| {
        (0..count).map(|at| format!("{} ", CYCLE[at % 4].name())).collect::<String>()
    };
    let (of, to) = (types(PARAMS), types(RESULTS));
    let gets: String = (0..PARAMS).map(|at| format!("(local.get {at})")).collect();
    let text = format!(
        "(module (type $t (func (param {of}) (result {to})))
          (import \"\" \"\" (func $host (type $t))) (table funcref (elem $host))
          (func (export \"call\") (type $t) {gets} (call $host))
          (func (export \"return_call\") (type $t) {gets} (return_call $host))
          (func (export \"call_indirect\") (type $t) {gets} (call_indirect (type $t) (i32.const 0)))
          (func $last (type $t) {gets} (return_call_indirect (type $t) (i32.const 0)))
          (func (export \"return_call_indirect\") (type $t) {gets} (call $last))
          (export \"host\" (func $host)))"
    );
    let module = load(&text);
    let args: Vec<_> = (0..PARAMS).map(at).collect();
    let want = CallEnd::Values((0..RESULTS).map(at).collect());
    let mut first = None;
    for (way, mut all) in everywhere(Seen::new()) {
        let host = all.host_values_func::<Reversed<PARAMS, RESULTS>>();
        let made = all.instantiate(&module, &[Extern::Func(host)], &mut GAS.clone()).expect("made");
        let mut gas = GAS;
        for name in ["call", "return_call", "call_indirect", "return_call_indirect", "host"] {
            let end = all.call(func(&all, made, name), &args, &mut gas).expect("well");
            assert!(end == want, "{PARAMS} to {RESULTS}, {name}, {way}");
        }
        assert_eq!(*first.get_or_insert(gas), gas, "gas of {PARAMS} to {RESULTS}, {way}");
    }
}

/// Pitfall: buffers for operands that are as large as somebody thought they would ever be.
#[test]
fn a_function_of_the_host_has_as_many_operands_as_a_type_of_wasm() {
    check_many::<0, 0>();
    check_many::<1, 0>();
    check_many::<0, 1>();
    check_many::<127, 127>();
    check_many::<128, 1>();
    check_many::<129, 2>();
    check_many::<1, 128>();
    check_many::<2, 129>();
    check_many::<1000, 0>();
    check_many::<0, 1000>();
    check_many::<1000, 1000>();
}

/// Sixteen numbers each way, as tuples.
struct Sixteen;

type Numbers = (u32, i32, i64, u64, f32, f64, u32, u32, u32, u32, u32, u32, u32, u32, u32, u32);

impl HostFunction<Seen> for Sixteen {
    const NAME: &'static str = "host.sixteen";
    type Args = Numbers;
    type Results = Numbers;

    fn call(_: &mut View<'_, Seen>, mut numbers: Numbers) -> Result<Numbers, Stop> {
        (numbers.1, numbers.2) = (numbers.1 - 1, numbers.2 - 1);
        (numbers.4, numbers.5, numbers.15) = (numbers.4 * 2.0, numbers.5 / 2.0, numbers.15 + 1);
        Ok(numbers)
    }
}

#[test]
fn a_tuple_has_up_to_sixteen_numbers() {
    let tail = "i32 ".repeat(10);
    let ty = format!("i32 i32 i64 i64 f32 f64 {tail}");
    let gets: String = (0..16).map(|at| format!("(local.get {at})")).collect();
    let module = load(&format!(
        "(module (type $t (func (param {ty}) (result {ty}))) (import \"\" \"\" (func $host (type $t)))
          (func (export \"run\") (type $t) {gets} (call $host)))"
    ));
    let (one, half) = (1.0_f32.to_bits(), 0.5_f64.to_bits());
    let numbers = |first: [Value; 6], last: u32| {
        let rest = (6..15).map(Value::I32).chain([Value::I32(last)]);
        first.into_iter().chain(rest).collect::<Vec<_>>()
    };
    let [minus, low] = [Value::I32(u32::MAX), Value::I64(u64::MAX)];
    let args = numbers(
        [Value::I32(1), Value::I32(0), Value::I64(0), low, Value::F32(one), Value::F64(half)],
        15,
    );
    let want = numbers(
        [
            Value::I32(1),
            minus,
            low,
            low,
            Value::F32(2.0_f32.to_bits()),
            Value::F64(0.25_f64.to_bits()),
        ],
        16,
    );
    for (way, mut all) in everywhere(Seen::new()) {
        let host = all.host_func(&HostRow::of::<Sixteen>());
        let made = all.instantiate(&module, &[Extern::Func(host)], &mut GAS.clone()).expect("made");
        let end = all.call(func(&all, made, "run"), &args, &mut GAS.clone()).expect("well");
        assert_eq!(end, CallEnd::Values(want.clone()), "{way}");
    }
}

/// A result of another type is the host's mistake, and the guest does not go on with it.
#[test]
fn a_result_of_another_type_is_a_panic() {
    struct Wrong;
    impl ValuesFunction<Seen> for Wrong {
        const NAME: &'static str = "host.wrong";
        const PARAMS: &'static [ValType] = &[];
        const RESULTS: &'static [ValType] = &[ValType::I32];
        fn call(_: &mut View<'_, Seen>, _: &[Value], results: &mut [Value]) -> Result<(), Stop> {
            results[0] = Value::F32(0);
            Ok(())
        }
    }
    let mut all: Instances<Seen> = Instances::new(Seen::new(), Options::default()).expect("room");
    let wrong = all.host_values_func::<Wrong>();
    let call = core::panic::AssertUnwindSafe(|| all.call(wrong, &[], &mut GAS.clone()));
    let panic = std::panic::catch_unwind(call).expect_err("it panics");
    let text = panic.downcast_ref::<String>().expect("a message");
    assert_eq!(text, "host.wrong yields [I32], not [F32(0)]");
}
