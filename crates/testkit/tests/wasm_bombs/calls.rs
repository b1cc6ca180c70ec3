//! Calls with few and many operands: from outside, directly, through tables, as tail calls, and across instances.

use lockstep::wasm::{CallEnd, Value};

use super::run::{GAS, TIERS, alone, call, hot, instances, load};

const COUNTS: [usize; 7] = [0, 1, 2, 127, 128, 129, 1000];

/// A module whose functions hand on `params` operands and return `results`, the last ones and then those before.
fn module(params: usize, results: usize) -> (String, String) {
    let types = |count: usize| "i64 ".repeat(count);
    let (of, to) = (types(params), types(results));
    let gets: String = (0..params).map(|at| format!("(local.get {at})")).collect();
    // Result number `at` is parameter `at` modulo their count, plus `at`; without parameters `at` alone.
    let result = |at: usize| match params {
        0 => format!("(i64.const {at})"),
        _ => format!("(i64.add (local.get {}) (i64.const {at}))", at % params),
    };
    let body: String = (0..results).map(result).collect();
    let callee = format!(
        "(module (type $t (func (param {of}) (result {to})))
          (func (export \"f\") (type $t) {body}))"
    );
    let caller = format!(
        "(module (type $t (func (param {of}) (result {to})))
          (import \"\" \"f\" (func $foreign (type $t)))
          (table funcref (elem $own $foreign))
          (func $own (type $t) {body})
          (func (export \"own\") (type $t) {gets} (call $own))
          (func (export \"foreign\") (type $t) {gets} (call $foreign))
          (func (export \"own in a table\") (type $t) {gets} (call_indirect (type $t) (i32.const 0)))
          (func (export \"foreign in a table\") (type $t) {gets} (call_indirect (type $t) (i32.const 1)))
          (func (export \"own last\") (type $t) {gets} (return_call $own))
          (func (export \"foreign last\") (type $t) {gets} (return_call $foreign))
          (func (export \"foreign in a table last\") (type $t)
            {gets} (return_call_indirect (type $t) (i32.const 1))))"
    );
    (callee, caller)
}

#[test]
fn operands_arrive_however_many_there_are() {
    let _alone = alone();
    let pool = hot();
    for params in COUNTS {
        for results in COUNTS {
            let (callee, caller) = module(params, results);
            let (callee, caller) = (load(&callee), load(&caller));
            let args: Vec<Value> = (0..params as u64).map(|at| Value::I64(at * 1000)).collect();
            let expected = (0..results as u64).map(|at| match params as u64 {
                0 => Value::I64(at),
                params => Value::I64(at % params * 1000 + at),
            });
            let expected = CallEnd::Values(expected.collect());
            let gas = TIERS.map(|tier| {
                let mut all = instances(&pool, tier);
                let provider = all.instantiate(&callee, &[], &mut GAS.clone()).expect("instance");
                let f = all.export(provider, "f").expect("an export");
                let made = all.instantiate(&caller, &[f], &mut GAS.clone()).expect("an instance");
                let mut gas = GAS;
                for export in caller.guest().exports() {
                    let end = call(&mut all, made, &export.name, &args, &mut gas);
                    assert!(end == expected, "{params} to {results}, {}, {tier:?}", export.name);
                }
                gas
            });
            assert!(gas.iter().all(|one| *one == gas[0]), "tiers agree on gas: {gas:?}");
        }
    }
}
