//! Depth: 1,024 calls whatever the guests are, and Wasm's own units across them.

use lockstep::{Exit, Trap};
use lockstep_testkit::object::object;

use super::chain::{DRIVER, Scene, Seen, TWIN, Twins, assemble, main, module};

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

/// What threads that run guests need at most.
const THREAD_BYTES: usize = 256 << 10;

/// What the scene leaves, the same in every tier, and hot, on a thread with little stack.
fn play_on_a_small_stack(accounts: Vec<(lockstep::Address, Vec<u8>)>) -> Seen {
    let thread = std::thread::Builder::new().stack_size(THREAD_BYTES);
    let run = move || {
        let accounts: Vec<_> = accounts.iter().map(|(at, code)| (*at, &code[..])).collect();
        let scene = Scene { gas: PLENTY, ..Scene::of(&accounts) };
        let seen = scene.play();
        assert_eq!(scene.play_hot(), seen, "hot code differs");
        seen
    };
    thread.spawn(run).expect("a thread starts").join().expect("it comes to its end")
}

/// EVM code that goes `turns` deep by a function of its own, counts there, and calls the account that `whom` pushes.
fn recursive_evm(turns: u32, whom: &str) -> Vec<u8> {
    assemble(&format!(
        "@end {turns} @f JUMP end: 1 SSTORE STOP \
         f: DUP1 @more JUMPI 0 SLOAD 1 ADD 0 SSTORE 0 0 0 0 0 {whom} GAS CALL SWAP1 POP SWAP1 JUMP \
         more: GAS @up 1 DUP4 SUB @f JUMP up: SWAP1 POP 1 ADD SWAP1 POP SWAP1 JUMP"
    ))
}

/// The same in Wasm, by two functions one of which the other finds in a table, with `locals` of 128 bits and more to keep.
fn recursive_wasm(turns: u32, locals: usize) -> Vec<u8> {
    let locals = "v128 ".repeat(locals);
    module(&format!(
        "(type $turn (func (param i32) (result i32 i64)))
         (table funcref (elem $even))
         (func $bottom (result i32)
           (call $storage_load (i32.const 0) (i32.const 32))
           (i32.store16 (i32.const 62) (i32.add (i32.load16_u (i32.const 62)) (i32.const 256)))
           (if (i32.eqz (i32.load8_u (i32.const 63)))
             (then (i32.store8 (i32.const 62) (i32.add (i32.load8_u (i32.const 62)) (i32.const 1)))))
           (call $storage_store (i32.const 0) (i32.const 32))
           (call $caller (i32.const 64))
           (call $call (call $gas_left) (i32.const 64) (i32.const 96) (i32.const 0) (i32.const 0)))
         (func $even (type $turn) (local i64 {locals})
           (if (i32.eqz (local.get 0)) (then (return (call $bottom) (i64.const 1))))
           (local.set 1 (i64.extend_i32_u (local.get 0)))
           (call $odd (i32.sub (local.get 0) (i32.const 1)))
           (i64.add (local.get 1)))
         (func $odd (type $turn) (local i32 i64)
           (if (i32.eqz (local.get 0)) (then (return (call $bottom) (i64.const 2))))
           (i32.const 5) (i64.const 6)
           (i32.sub (local.get 0) (i32.const 1)) (i32.const 0) (call_indirect (type $turn))
           (local.set 2) (local.set 1) (drop) (drop)
           (local.get 1) (i64.add (local.get 2) (i64.const 3)))
         (func (export \"main\") (local i32 i64)
           (call $even (i32.const {turns})) (local.set 1) (local.set 0)
           (i64.store (i32.const 152) (local.get 1)) (i32.store8 (i32.const 191) (local.get 0))
           (call $storage_store (i32.const 128) (i32.const 160)))"
    ))
}

#[test]
fn recursion_in_every_guest_nests_inside_of_calls() {
    // A thousand and twenty-four calls, each with recursion on both sides.
    let accounts = vec![(DRIVER, recursive_evm(30, "0xe2")), (TWIN, recursive_wasm(21, 2))];
    let seen = play_on_a_small_stack(accounts);
    assert_eq!((seen.outcome.exit, seen.slot(DRIVER, 0)), (Exit::Return, 513));
    assert_eq!(seen.slot(TWIN, 0), 512);
    // The driver saw its call succeed, after thirty turns.
    assert_eq!(seen.slot(DRIVER, 1), 31);
}

#[test]
fn recursion_ends_with_depth_units_inside_of_calls() {
    // A frame of the twin has thousands of units: it is they that end.
    let accounts = vec![(DRIVER, recursive_evm(300, "0xe2")), (TWIN, recursive_wasm(21, 1000))];
    let seen = play_on_a_small_stack(accounts);
    let calls = seen.slot(TWIN, 0);
    assert!((10..100).contains(&calls), "{calls} calls");
    assert_eq!((seen.outcome.exit, seen.slot(DRIVER, 0)), (Exit::Return, calls + 1));
    assert_eq!(seen.slot(DRIVER, 1), 301);
}

#[test]
fn functions_of_ebpf_nest_inside_of_calls() {
    // Sixty frames each time, the last of which calls back; each program needs all that its frames may take left of what those
    // of a transaction may, which ends before calls do.
    let ebpf = object(
        "mov %r1, 60
         call local f
         mov %r0, 0
         exit
         f: mov %r6, %r1
         jeq %r1, 0, bottom
         stxdw [%r10-8], %r1
         add %r1, -1
         call local f
         ldxdw %r1, [%r10-8]
         add %r0, %r1
         add %r0, %r6
         exit
         bottom: mov %r1, %r10
         sub %r1, 32
         call eth_caller
         stdw [%r10-64], 0
         stdw [%r10-56], 0
         stdw [%r10-48], 0
         stdw [%r10-40], 0
         call eth_gas_left
         mov %r1, %r0
         mov %r2, %r10
         sub %r2, 32
         mov %r3, %r10
         sub %r3, 64
         mov %r4, 0
         mov %r5, 0
         call eth_call
         exit",
    );
    let seen = play_on_a_small_stack(vec![(DRIVER, recursive_evm(30, "0xe2")), (TWIN, ebpf)]);
    let calls = seen.slot(DRIVER, 0);
    assert_eq!((seen.outcome.exit, calls, seen.slot(DRIVER, 1)), (Exit::Return, 67, 31));
}
