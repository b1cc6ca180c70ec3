//! Calls through tables that change while they are called through: whatever was found once is looked up anew.

use super::*;

/// The same program on every tier, `run` called twice with each argument: what was ready for one call may not be right for the
/// next.
fn ends(text: &str, args: &[u32]) -> Vec<CallEnd> {
    let module = load(text);
    let on = |tier: &Tier| {
        let mut all = instances(*tier);
        let instance = all.instantiate(&module, &[], &mut GAS.clone()).expect("an instance");
        let Some(Extern::Func(func)) = all.export(instance, "run") else { panic!("no export") };
        let mut call = |arg: &u32| {
            let mut gas = GAS;
            (all.call(func, &[Value::I32(*arg)], &mut gas).expect("the machine is well"), gas)
        };
        args.iter().chain(args).map(&mut call).collect::<Vec<_>>()
    };
    let all: Vec<_> = Tier::ALL.iter().map(on).collect();
    assert!(all.iter().all(|ends| *ends == all[0]), "tiers agree: {all:?}");
    all[0].iter().map(|(end, _)| end.clone()).collect()
}

fn values(values: &[u32]) -> Vec<CallEnd> {
    values.iter().map(|value| CallEnd::Values(vec![Value::I32(*value)])).collect()
}

/// Each call has its turn in a function that puts another one into the slot.
#[test]
fn a_table_that_is_set_during_a_call_is_read_anew() {
    let text = "(module (type $f (func (result i32)))
        (table 2 funcref) (elem declare func $one $two)
        (func $one (result i32) (table.set (i32.const 0) (ref.func $two)) (i32.const 1))
        (func $two (result i32) (table.set (i32.const 0) (ref.func $one)) (i32.const 20))
        (func (export \"run\") (param i32) (result i32)
          (local $sum i32)
          (table.set (i32.const 0) (ref.func $one))
          (loop $next
            (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 3))
              (call_indirect (type $f) (i32.const 0))))
            (br_if $next (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
          (local.get $sum)))";
    assert_eq!(ends(text, &[1, 2, 3, 6]), values(&[1, 23, 70, 2093, 1, 23, 70, 2093]));
}

/// The elements move when the table grows, and so does what is known of functions when there are more of them.
#[test]
fn a_table_that_grows_during_a_call_is_read_anew() {
    let funcs: String = (0..300)
        .map(|at| format!("(func $f{at} (result i32) (call $more) (i32.const {at}))"))
        .collect();
    let names: String = (0..300).map(|at| format!("$f{at} ")).collect();
    let text = format!(
        "(module (type $f (func (result i32)))
          (table 1 1000000 funcref) (elem (i32.const 0) $f7) (elem $all func {names})
          {funcs}
          (func $more
            (drop (table.grow (ref.null func) (i32.const 40000)))
            (table.init $all (i32.const 1) (i32.const 0) (i32.const 300)))
          (func (export \"run\") (param i32) (result i32)
            (i32.add (i32.mul (i32.const 1000) (call_indirect (type $f) (i32.const 0)))
              (call_indirect (type $f) (local.get 0)))))"
    );
    let end = |index: u32| 7000 + index - 1;
    assert_eq!(ends(&text, &[300, 1]), values(&[end(300), end(1), end(300), end(1)]));
}

/// Beyond the end, null, another type: each after the same slot was good, three calls deep.
#[test]
fn traps_of_table_calls_are_exact_after_good_calls() {
    let text = "(module (type $f (func (result i32))) (type $g (func (param i32)))
        (table 4 funcref) (elem (i32.const 0) $good $other)
        (func $good (result i32) (i32.const 5))
        (func $other (param i32))
        (func $deep (param i32) (result i32) (i32.add (i32.const 1) (call $deeper (local.get 0))))
        (func $deeper (param i32) (result i32)
          (i32.add (i32.const 1) (call_indirect (type $f) (local.get 0))))
        (func $tail (param i32) (result i32)
          (return_call_indirect (type $f) (local.get 0)))
        (func (export \"run\") (param i32) (result i32)
          (if (i32.ge_s (local.get 0) (i32.const 100))
            (then (return (call $tail (i32.sub (local.get 0) (i32.const 100))))))
          (call $deep (local.get 0))))";
    let good = |value| CallEnd::Values(vec![Value::I32(value)]);
    let bad = [Trap::SignatureMismatch, Trap::UninitializedElement, Trap::UndefinedElement];
    let bad = bad.map(CallEnd::Trap);
    let mut want = vec![good(7)];
    want.extend(bad.clone());
    want.push(bad[2].clone());
    want.push(good(5));
    want.extend(bad);
    want.extend(want.clone());
    assert_eq!(ends(text, &[0, 1, 2, 4, u32::MAX, 100, 101, 102, 104]), want);
}

/// Two instances of two modules share a table: each has its own functions in it, and the other's.
#[test]
fn a_table_is_shared_between_instances() {
    let owner = load(
        "(module (type $f (func (result i32)))
          (table (export \"table\") 3 funcref) (elem (i32.const 0) $mine)
          (global $count (mut i32) (i32.const 0))
          (func $mine (result i32)
            (global.set $count (i32.add (global.get $count) (i32.const 1))) (global.get $count))
          (func (export \"run\") (param i32) (result i32)
            (call_indirect (type $f) (local.get 0))))",
    );
    let guest = load(
        "(module (type $g (func (param i32))) (type $f (func (result i32)))
          (import \"m\" \"t\" (table 3 funcref)) (elem (i32.const 1) $mine)
          (func $mine (result i32) (i32.const 100))
          (func (export \"run\") (param i32) (result i32)
            (i32.add (call_indirect (type $f) (i32.const 0))
              (call_indirect (type $f) (local.get 0)))))",
    );
    let on = |tier: &Tier| {
        let (mut all, mut gas) = (instances(*tier), GAS);
        let first = all.instantiate(&owner, &[], &mut gas).expect("an instance");
        let table = all.export(first, "table").expect("the table");
        let second = all.instantiate(&guest, &[table], &mut gas).expect("an instance");
        // The same module again: its functions are other ones.
        let third = all.instantiate(&owner, &[], &mut gas).expect("an instance");
        let mut ends = Vec::new();
        for (instance, arg) in
            [(first, 0), (second, 1), (first, 1), (second, 0), (third, 0), (first, 0), (third, 1)]
        {
            let Some(Extern::Func(func)) = all.export(instance, "run") else { panic!("no export") };
            let end = all.call(func, &[Value::I32(arg)], &mut gas).expect("the machine is well");
            ends.push((end, gas));
        }
        ends
    };
    let all: Vec<_> = Tier::ALL.iter().map(on).collect();
    assert!(all.iter().all(|ends| *ends == all[0]), "tiers agree: {all:?}");
    let mut want = values(&[1, 102, 100, 7, 1, 5]);
    want.push(CallEnd::Trap(Trap::UninitializedElement));
    assert_eq!(all[0].iter().map(|(end, _)| end.clone()).collect::<Vec<_>>(), want);
}

/// Whoever asks gets the result, of whatever type: of an own function and of another instance's, called by name and through a
/// table, by a call and as the last act of a function.
#[test]
fn results_of_every_type_come_back_by_every_kind_of_call() {
    const TYPES: [(&str, &str, Value); 6] = [
        ("i32", "i32.const -5", Value::I32(-5_i32 as u32)),
        ("i64", "i64.const -6", Value::I64(-6_i64 as u64)),
        ("f32", "f32.const -1.5", Value::F32((-1.5_f32).to_bits())),
        ("f64", "f64.const 2.5", Value::F64(2.5_f64.to_bits())),
        ("v128", "v128.const i64x2 5 6", VECTOR),
        ("externref", "ref.null extern", Value::ExternRef(None)),
    ];
    for (ty, constant, value) in TYPES {
        for count in [1, 2, 5] {
            let (to, body) = (format!("{ty} ").repeat(count), format!("{constant} ").repeat(count));
            let callee = load(&format!("(module (func (export \"f\") (result {to}) {body}))"));
            let kinds = ["call $F", "call_indirect (type $t) (i32.const N)"];
            let mut callers = String::new();
            for (number, name) in ["own", "foreign"].into_iter().enumerate() {
                for kind in kinds {
                    let call = kind.replace('F', name).replace('N', &number.to_string());
                    for call in [format!("({call})"), format!("(return_{call})")] {
                        // Behind each a caller that takes the results past an operand of its own.
                        let place = callers.len();
                        callers += &format!(
                            "(func $f{place} (type $t) {call})
                             (func (export \"{call}\") (type $t)
                               (i32.const 1) (call $f{place}) (return))"
                        );
                    }
                }
            }
            let caller = load(&format!(
                "(module (type $t (func (result {to})))
                  (import \"\" \"f\" (func $foreign (type $t))) (table funcref (elem $own $foreign))
                  (func $own (type $t) {body}) {callers})"
            ));
            for (way, mut all) in everywhere(()) {
                let made = all.instantiate(&callee, &[], &mut GAS.clone()).expect("an instance");
                let f = all.export(made, "f").expect("the function");
                let made = all.instantiate(&caller, &[f], &mut GAS.clone()).expect("an instance");
                for export in caller.guest().exports() {
                    let Some(Extern::Func(func)) = all.export(made, &export.name) else { panic!() };
                    let end = all.call(func, &[], &mut GAS.clone()).expect("well");
                    let want = CallEnd::Values(vec![value; count]);
                    assert_eq!(end, want, "{count} {ty}, {}, {way}", export.name);
                }
            }
        }
    }
}

/// A last call of another instance's function is an activation inside the caller's here: however far that goes, it goes as far
/// in every way, and within a program last calls go on for as long as there is gas.
#[test]
fn last_calls_between_instances_nest_alike() {
    let table = load("(module (table (export \"t\") 2 funcref))");
    let player = |own: u32, next: u32| {
        load(&format!(
            "(module (type $t (func (param i64) (result i64))) (import \"\" \"\" (table 2 funcref))
              (elem (i32.const {own}) $run)
              (func $run (export \"run\") (type $t)
                (if (i64.eqz (local.get 0)) (then (return (i64.const 7))))
                (return_call_indirect (type $t) (i64.sub (local.get 0) (i64.const 1)) (i32.const {next}))))"
        ))
    };
    let mut first = None;
    for (way, mut all) in everywhere(()) {
        let made = all.instantiate(&table, &[], &mut GAS.clone()).expect("an instance");
        let table = all.export(made, "t").expect("the table");
        let mut run = |players: &[Module]| {
            let made = players.iter().map(|player| {
                all.instantiate(player, &[table], &mut GAS.clone()).expect("an instance")
            });
            let made: Vec<_> = made.collect();
            let Some(Extern::Func(run)) = all.export(made[0], "run") else { panic!("no export") };
            [1000, 1_000_000].map(|turns| {
                let mut gas = GAS;
                let end = all.call(run, &[Value::I64(turns)], &mut gas).expect("well");
                (end, gas)
            })
        };
        let both = [run(&[player(0, 1), player(1, 0)]), run(&[player(0, 0)])];
        let seven = CallEnd::Values(vec![Value::I64(7)]);
        let ends = both.each_ref().map(|ends| ends.each_ref().map(|(end, _)| end.clone()));
        let deep = CallEnd::Trap(Trap::DepthExceeded);
        assert_eq!(ends, [[seven.clone(), deep], [seven.clone(), seven]], "{way}");
        assert_eq!(first.get_or_insert_with(|| both.clone()), &both, "{way}");
    }
}
