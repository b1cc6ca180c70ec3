//! Depth: 1,024 calls whatever the guests are, and Wasm's own units across them.

use lockstep::{Exit, Trap};

use super::chain::{DRIVER, Scene, TWIN, Twins, assemble, main, module};

/// Enough for 1,024 levels although each keeps a 64th (EIP-150).
const PLENTY: u64 = 1 << 62;

/// Counts in two bytes of a slot, then calls the account that the function `whom` names.
fn counting(whom: &str) -> Vec<u8> {
    main(&format!(
        "(local $count i32)
         (call $storage_load (i32.const 0) (i32.const 32))
         (local.set $count (i32.add (i32.or (i32.load8_u (i32.const 63))
           (i32.shl (i32.load8_u (i32.const 62)) (i32.const 8))) (i32.const 1)))
         (i32.store8 (i32.const 63) (local.get $count))
         (i32.store8 (i32.const 62) (i32.shr_u (local.get $count) (i32.const 8)))
         (call $storage_store (i32.const 0) (i32.const 32))
         (call ${whom} (i32.const 64))
         (drop (call $call (call $gas_left) (i32.const 64) (i32.const 96) (i32.const 0) (i32.const 0)))"
    ))
}

#[test]
fn a_thousand_and_twenty_four_calls_nest_across_guests() {
    let wasm = counting("caller");
    let evm = "0 SLOAD 1 ADD 0 SSTORE 0 0 0 0 0 CALLER GAS CALL STOP";
    let driver = "0 0 0 0 0 0xe2 GAS CALL STOP";
    let seen = Twins { driver, wasm: &wasm, evm, gas: PLENTY, ..Twins::default() }.agree();
    assert_eq!((seen.outcome.exit, seen.slot(TWIN, 0)), (Exit::Return, 512));
}

/// A contract whose `main` takes twelve thousand depth units, which counts and then calls the address at 64.
fn wide(whom: &str) -> Vec<u8> {
    let locals = "i64 ".repeat(12_000);
    module(&format!(
        "(func (export \"main\") (local {locals})
           (call $storage_load (i32.const 0) (i32.const 32))
           (i32.store8 (i32.const 63) (i32.add (i32.load8_u (i32.const 63)) (i32.const 1)))
           (call $storage_store (i32.const 0) (i32.const 32))
           (call ${whom} (i32.const 64))
           (drop (call $call (call $gas_left) (i32.const 64) (i32.const 96) (i32.const 0) (i32.const 0))))"
    ))
}

#[test]
fn depth_units_go_on_through_other_guests() {
    // 2^20 units hold 87 such frames, whether an EVM frame lies between or not.
    let (through, directly) = (wide("caller"), wide("address"));
    let driver = assemble("0 0 0 0 0 0xe2 GAS CALL STOP");
    for wasm in [&through, &directly] {
        let seen = Scene { gas: PLENTY, ..Scene::of(&[(DRIVER, &driver), (TWIN, wasm)]) }.play();
        assert_eq!((seen.outcome.exit, seen.slot(TWIN, 0)), (Exit::Return, 87));
    }
}

#[test]
fn a_module_calls_itself_a_thousand_and_twenty_four_times() {
    let wasm = counting("address");
    let accounts = [(TWIN, &wasm[..])];
    let seen = Scene { gas: PLENTY, to: Some(TWIN), ..Scene::of(&accounts) }.play();
    assert_eq!((seen.outcome.exit, seen.slot(TWIN, 0)), (Exit::Return, 1025));
}

#[test]
fn recursion_inside_a_module_ends_and_leaves_nothing() {
    let wasm = module(
        "(func $down (call $down))
         (func (export \"main\") (i32.store8 (i32.const 31) (i32.const 1))
           (call $storage_store (i32.const 0) (i32.const 0)) (call $down))",
    );
    let seen = Scene { to: Some(TWIN), ..Scene::of(&[(TWIN, &wasm)]) }.play();
    assert_eq!(seen.outcome.exit, Exit::Trap(Trap::DepthExceeded));
    assert!(seen.changes.is_empty());
}
