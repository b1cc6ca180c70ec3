//! Frames that fail leave nothing and take what they should, whichever guest they are of.

use lockstep::{Exit, Trap};

use super::chain::{DRIVER, OTHER, Scene, TWIN, Twins, main};

/// Stores, logs, sends money to the other contract.
const DEEDS: &str =
    "(i32.store8 (i32.const 19) (i32.const 0xf3)) (i32.store8 (i32.const 63) (i32.const 3))
     (call $storage_store (i32.const 32) (i32.const 32))
     (call $transient_store (i32.const 32) (i32.const 32))
     (call $log (i32.const 0) (i32.const 4) (i32.const 0) (i32.const 0))
     (drop (call $call (call $gas_left) (i32.const 0) (i32.const 32) (i32.const 0) (i32.const 0)))";
const EVM_DEEDS: &str = "3 3 SSTORE 3 3 TSTORE 4 0 LOG0 0 0 0 0 3 0xf3 GAS CALL POP";
const OTHER_DEEDS: &str = "1 0 SSTORE 0 0 LOG0 STOP";

/// Calls the twin with so much gas, stores one more than the status, and returns what came back.
fn calls_with(gas: u64) -> String {
    format!(
        "0 0 0 0 0 0xe2 {gas} CALL 1 ADD 0 SSTORE RETURNDATASIZE 0 0 RETURNDATACOPY RETURNDATASIZE 0 RETURN"
    )
}

#[test]
fn a_revert_leaves_nothing_but_its_bytes() {
    let wasm = main(&format!("{DEEDS} (call $revert (i32.const 32) (i32.const 32))"));
    let evm = format!("{EVM_DEEDS} 3 0 MSTORE 32 0 REVERT");
    let seen = Twins { wasm: &wasm, evm: &evm, other: OTHER_DEEDS, ..Twins::default() }.agree();
    assert_eq!((seen.outcome.output[31], seen.slot(DRIVER, 0)), (3, 1));
    assert_eq!(seen.changes.accounts.len(), 1, "the driver's slot alone");
    assert!(seen.outcome.logs.is_empty());
}

#[test]
fn a_trap_leaves_nothing_and_takes_all_gas() {
    let wasm = main(&format!("{DEEDS} unreachable"));
    let evm = format!("{EVM_DEEDS} INVALID");
    let driver = calls_with(400_000);
    let twins =
        Twins { driver: &driver, wasm: &wasm, evm: &evm, other: OTHER_DEEDS, ..Twins::default() };
    let seen = twins.agree();
    assert_eq!(seen.changes.accounts.len(), 1, "the driver's slot alone");
    let exhausted = main("(loop $on (br $on))");
    let gas_left =
        Twins { wasm: &exhausted, evm: "on: @on JUMP", ..twins }.agree().outcome.gas_left;
    assert_eq!(seen.outcome.gas_left, gas_left, "both took the same 400,000");
}

#[test]
fn running_out_of_gas_ends_one_frame_at_any_depth() {
    // The driver calls the twin, which calls the other, which calls the twin with a byte of input: that one runs dry.
    let wasm = main(&format!(
        "(if (call $calldata_size) (then (loop $on (call $storage_store (i32.const 0) (i32.const 32)) (br $on))))
         {DEEDS}
         (i32.store8 (i32.const 191) (call $call (i64.const 600000) (i32.const 0) (i32.const 128) (i32.const 0) (i32.const 0)))
         (i32.store8 (i32.const 191) (i32.add (i32.load8_u (i32.const 191)) (i32.const 1)))
         (call $storage_store (i32.const 96) (i32.const 160))",
    ));
    let evm = format!(
        "CALLDATASIZE @on JUMPI {EVM_DEEDS} 0 0 0 0 0 0xf3 600000 CALL 1 ADD 0 SSTORE STOP on: 0 0 SSTORE @on JUMP"
    );
    let other = "0 0 1 0 0 0xe2 300000 CALL 1 ADD 7 SSTORE STOP";
    let seen = Twins { wasm: &wasm, evm: &evm, other, ..Twins::default() }.agree();
    assert_eq!((seen.slot(OTHER, 7), seen.slot(DRIVER, 0)), (1, 2));
}

#[test]
fn a_static_frame_writes_nothing_through_any_guest() {
    const WRITES: &[(&str, &str)] = &[
        ("(call $storage_store (i32.const 0) (i32.const 0))", "0 0 SSTORE"),
        ("(call $transient_store (i32.const 0) (i32.const 0))", "0 0 TSTORE"),
        ("(call $log (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))", "0 0 LOG0"),
        (
            "(drop (call $create (i32.const 64) (i32.const 0) (i32.const 0) (i32.const 0)))",
            "0 0 0 CREATE",
        ),
        (
            "(drop (call $create2 (i32.const 64) (i32.const 0) (i32.const 0) (i32.const 64) (i32.const 0)))",
            "0 0 0 0 CREATE2",
        ),
        (
            "(drop (call $call (call $gas_left) (i32.const 0) (i32.const 32) (i32.const 0) (i32.const 0)))",
            "0 0 0 0 3 0xf3 GAS CALL",
        ),
        ("(call $self_destruct (i32.const 0))", "0xf3 SELFDESTRUCT"),
    ];
    let operands =
        "(i32.store8 (i32.const 19) (i32.const 0xf3)) (i32.store8 (i32.const 63) (i32.const 3))";
    for (wasm, evm) in WRITES {
        let wasm = main(&format!("{operands} {wasm}"));
        let alone = Scene { to: Some(TWIN), ..Scene::of(&[(TWIN, &wasm)]) }.play();
        assert_eq!(alone.outcome.exit, Exit::Return, "{evm} outside of a static frame");
        let driver = "0 0 0 0 0xe2 1000000 STATICCALL 1 ADD 0 SSTORE STOP";
        let seen = Twins { driver, wasm: &wasm, evm, ..Twins::default() }.agree();
        assert_eq!((seen.slot(DRIVER, 0), seen.changes.accounts.len()), (1, 1), "{evm}");
    }
    // A static call of Wasm's own, and one that passes through it.
    let wasm = main(&format!(
        "{operands} (i32.store8 (i32.const 95) (call $call_static (i64.const 100000) (i32.const 0) (i32.const 0) (i32.const 0)))
         (call $finish (i32.const 64) (i32.const 32))"
    ));
    let evm = "0 0 0 0 0xf3 100000 STATICCALL 0 MSTORE 32 0 RETURN";
    let seen = Twins { wasm: &wasm, evm, other: OTHER_DEEDS, ..Twins::default() }.agree();
    assert_eq!(seen.outcome.output[31], 0);
    let wasm = main(&format!(
        "{operands} (i32.store8 (i32.const 95) (call $call (i64.const 100000) (i32.const 0) (i32.const 128) (i32.const 0) (i32.const 0)))
         (call $finish (i32.const 64) (i32.const 32))"
    ));
    let driver = "32 0 0 0 0xe2 1000000 STATICCALL 7 ADD 0 SSTORE 32 0 RETURN";
    let evm = "0 0 0 0 0 0xf3 100000 CALL 0 MSTORE 32 0 RETURN";
    let seen = Twins { driver, wasm: &wasm, evm, other: OTHER_DEEDS, ..Twins::default() }.agree();
    assert_eq!((seen.outcome.output[31], seen.slot(DRIVER, 0)), (0, 8));
}

#[test]
fn traps_have_names() {
    const CASES: &[(&str, Trap)] = &[
        ("(call $finish (i32.const 65535) (i32.const 2))", Trap::MemoryOutOfBounds),
        ("(call $revert (i32.const -1) (i32.const 1))", Trap::MemoryOutOfBounds),
        (
            "(call $calldata_copy (i32.const 65530) (i32.const 0) (i32.const 7))",
            Trap::MemoryOutOfBounds,
        ),
        ("(call $storage_load (i32.const 65505) (i32.const 0))", Trap::MemoryOutOfBounds),
        ("(call $storage_load (i32.const 0) (i32.const 65505))", Trap::MemoryOutOfBounds),
        ("(call $caller (i32.const 65517))", Trap::MemoryOutOfBounds),
        (
            "(drop (call $call (i64.const 0) (i32.const 65517) (i32.const 0) (i32.const 0) (i32.const 0)))",
            Trap::MemoryOutOfBounds,
        ),
        (
            "(drop (call $call (i64.const 0) (i32.const 0) (i32.const 0) (i32.const 65536) (i32.const 1)))",
            Trap::MemoryOutOfBounds,
        ),
        (
            "(drop (call $create (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 65517)))",
            Trap::MemoryOutOfBounds,
        ),
        (
            "(call $log (i32.const 0) (i32.const 0) (i32.const 65500) (i32.const 2))",
            Trap::MemoryOutOfBounds,
        ),
        (
            "(call $log (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 5))",
            Trap::UndefinedOpcode,
        ),
        (
            "(call $return_data_copy (i32.const 0) (i32.const 1) (i32.const 0))",
            Trap::ReturnDataOutOfBounds,
        ),
        ("(call $keccak256 (i32.const 0) (i32.const -1) (i32.const 0))", Trap::OutOfGas),
        ("(drop (i32.div_u (i32.const 1) (i32.const 0)))", Trap::DivideByZero),
        ("unreachable", Trap::Unreachable),
    ];
    for (body, trap) in CASES {
        let wasm = main(body);
        let seen = Scene { to: Some(TWIN), ..Scene::of(&[(TWIN, &wasm)]) }.play();
        assert_eq!((seen.outcome.exit, seen.outcome.gas_left), (Exit::Trap(*trap), 0), "{body}");
        assert!(seen.changes.is_empty(), "{body}");
    }
    let fine = main("(call $finish (i32.const 65535) (i32.const 1)) unreachable");
    let seen = Scene { to: Some(TWIN), ..Scene::of(&[(TWIN, &fine)]) }.play();
    assert_eq!((seen.outcome.exit, seen.outcome.output), (Exit::Return, vec![0]));
    let nothing = main("(call $finish (i32.const -1) (i32.const 0)) unreachable");
    let seen = Scene { to: Some(TWIN), ..Scene::of(&[(TWIN, &nothing)]) }.play();
    assert_eq!(seen.outcome.exit, Exit::Return);
}

#[test]
fn a_module_without_memory_has_no_bytes() {
    let with = |body: &str| {
        super::chain::wat(&format!(
            "(module (import \"eth\" \"finish\" (func $finish (param i32 i32)))
           (import \"eth\" \"caller\" (func $caller (param i32))) (func (export \"main\") {body}))"
        ))
    };
    for (body, exit) in [
        ("(call $caller (i32.const 0))", Exit::Trap(Trap::MemoryOutOfBounds)),
        ("(call $finish (i32.const 0) (i32.const 1))", Exit::Trap(Trap::MemoryOutOfBounds)),
        ("(call $finish (i32.const 9) (i32.const 0))", Exit::Return),
        ("", Exit::Return),
    ] {
        let wasm = with(body);
        let seen = Scene { to: Some(TWIN), ..Scene::of(&[(TWIN, &wasm)]) }.play();
        assert_eq!(seen.outcome.exit, exit, "{body}");
    }
}
