//! Calls between guests.

use lockstep::{Exit, Fork};

use super::chain::{DRIVER, OTHER, Scene, TWIN, Twins, assemble, main};

/// Writes the other contract's address to 0 and `value` as a word to 32.
fn operands(value: u8) -> String {
    format!(
        "(i32.store8 (i32.const 19) (i32.const 0xf3)) (i32.store8 (i32.const 63) (i32.const {value}))"
    )
}

/// Ends with what the last call returned.
const RETURNS_ALL: &str =
    "(call $return_data_copy (i32.const 100) (i32.const 0) (call $return_data_size))
     (call $finish (i32.const 100) (call $return_data_size))";
const EVM_RETURNS_ALL: &str = "RETURNDATASIZE 0 0 RETURNDATACOPY RETURNDATASIZE 0 RETURN";
/// Stores who it is, who calls it and with what, and returns two of them.
const NOTES: &str = "CALLVALUE 0 SSTORE CALLER 1 SSTORE ADDRESS 2 SSTORE CALLVALUE 0 MSTORE CALLER 32 MSTORE 64 0 RETURN";

#[test]
fn an_evm_contract_calls_a_wasm_contract_that_returns_bytes() {
    let wasm = main(
        "(call $calldata_copy (i32.const 0) (i32.const 0) (i32.const 32))
         (i64.store (i32.const 32) (i64.const 0x1122334455667788))
         (call $finish (i32.const 0) (i32.const 40))",
    );
    // Sends 42 along, returns what comes back.
    let driver = assemble(
        "42 0 MSTORE 0 0 32 0 0 0xe2 GAS CALL 0 0 RETURNDATASIZE 0 0 RETURNDATACOPY RETURNDATASIZE 0 RETURN",
    );
    let seen = Scene::of(&[(DRIVER, &driver), (TWIN, &wasm)]).play();
    assert_eq!(seen.outcome.exit, Exit::Return);
    let mut expected = [0; 40];
    expected[31] = 42;
    expected[32..].copy_from_slice(&0x1122_3344_5566_7788_u64.to_le_bytes());
    assert_eq!(seen.outcome.output, expected);
}

#[test]
fn value_moves_from_evm_through_wasm_to_evm() {
    let wasm = main(&format!(
        "{} (drop (call $call (call $gas_left) (i32.const 0) (i32.const 32) (i32.const 0) (i32.const 7))) {RETURNS_ALL}",
        operands(3)
    ));
    let evm = format!("0 0 7 0 3 0xf3 GAS CALL POP {EVM_RETURNS_ALL}");
    for fork in [Fork::Byzantium, Fork::Istanbul, Fork::Berlin, Fork::LATEST] {
        let twins =
            Twins { fork, wasm: &wasm, evm: &evm, other: NOTES, value: 5, ..Twins::default() };
        let seen = twins.agree();
        assert_eq!((seen.slot(DRIVER, 0), seen.slot(OTHER, 0), seen.slot(OTHER, 1)), (2, 3, 0xe2));
    }
}

#[test]
fn more_value_than_there_is_is_not_sent() {
    // Two million: what the contract has is one.
    let wasm = main(&format!(
        "{} (i32.store16 (i32.const 61) (i32.const 0x841e))
         (i32.store8 (i32.const 131) (call $call (call $gas_left) (i32.const 0) (i32.const 32) (i32.const 0) (i32.const 0)))
         (i32.store8 (i32.const 132) (call $return_data_size))
         (call $finish (i32.const 100) (i32.const 33))",
        operands(0x80)
    ));
    let evm = "0 0 0 0 2000000 0xf3 GAS CALL 0 MSTORE RETURNDATASIZE 32 MSTORE8 33 0 RETURN";
    let seen = Twins { wasm: &wasm, evm, other: NOTES, ..Twins::default() }.agree();
    assert_eq!(seen.outcome.output, [0; 33]);
}

#[test]
fn wasm_lends_its_account_to_evm_code() {
    let wasm = main(&format!(
        "{} (drop (call $call_delegate (call $gas_left) (i32.const 0) (i32.const 0) (i32.const 0))) {RETURNS_ALL}",
        operands(0)
    ));
    let evm = format!("0 0 0 0 0xf3 GAS DELEGATECALL POP {EVM_RETURNS_ALL}");
    let seen = Twins { wasm: &wasm, evm: &evm, other: NOTES, value: 5, ..Twins::default() }.agree();
    assert_eq!((seen.slot(TWIN, 0), seen.slot(TWIN, 1), seen.slot(TWIN, 2)), (5, 0xd1, 0xe2));
}

#[test]
fn evm_code_lends_its_account_to_a_wasm_contract() {
    let wasm = main(
        "(call $value (i32.const 32)) (call $storage_store (i32.const 0) (i32.const 32))
         (i32.store8 (i32.const 31) (i32.const 1))
         (call $caller (i32.const 76)) (call $storage_store (i32.const 0) (i32.const 64))
         (i32.store8 (i32.const 31) (i32.const 2))
         (call $address (i32.const 76)) (call $storage_store (i32.const 0) (i32.const 64))",
    );
    let evm = "CALLVALUE 0 SSTORE CALLER 1 SSTORE ADDRESS 2 SSTORE STOP";
    for call in ["DELEGATECALL", "9 CALLCODE"] {
        let (value, op) = call.split_once(' ').unwrap_or(("", call));
        let driver = format!("0 0 0 0 {value} 0xe2 GAS {op} 9 SSTORE STOP");
        let seen =
            Twins { driver: &driver, wasm: &wasm, evm, value: 5, ..Twins::default() }.agree();
        assert_eq!((seen.slot(DRIVER, 2), seen.slot(DRIVER, 9)), (0xd1, 1), "{call}");
    }
}

#[test]
fn a_call_back_meets_the_state_as_it_is() {
    // Counts, calls its caller with one more byte of input until there are four, counts again.
    let count = "(call $storage_load (i32.const 0) (i32.const 32))
         (i32.store8 (i32.const 63) (i32.add (i32.load8_u (i32.const 63)) (i32.const 1)))
         (call $storage_store (i32.const 0) (i32.const 32))";
    let wasm = main(&format!(
        "{count}
         (if (i32.lt_u (call $calldata_size) (i32.const 4)) (then
           (call $caller (i32.const 64))
           (drop (call $call (call $gas_left) (i32.const 64) (i32.const 96) (i32.const 96)
             (i32.add (call $calldata_size) (i32.const 1))))))
         {count}"
    ));
    let count = "0 SLOAD 1 ADD 0 SSTORE";
    let evm = format!(
        "{count} CALLDATASIZE 4 GT ISZERO @end JUMPI 0 0 1 CALLDATASIZE ADD 0 0 CALLER GAS CALL POP end: {count} STOP"
    );
    let seen = Twins { wasm: &wasm, evm: &evm, ..Twins::default() }.agree();
    assert_eq!(seen.slot(TWIN, 0), 10);
}

#[test]
fn return_data_is_copied_in_parts() {
    let wasm = main(&format!(
        "{} (drop (call $call_static (call $gas_left) (i32.const 0) (i32.const 0) (i32.const 0)))
         (call $return_data_copy (i32.const 100) (i32.const 30) (i32.const 34))
         (call $return_data_copy (i32.const 134) (i32.const 64) (i32.const 0))
         (call $finish (i32.const 100) (i32.const 34))",
        operands(0)
    ));
    let evm =
        "0 0 0 0 0xf3 GAS STATICCALL POP 34 30 0 RETURNDATACOPY 0 64 0 RETURNDATACOPY 34 0 RETURN";
    let other = "ADDRESS 0 MSTORE NUMBER 32 MSTORE 64 0 RETURN";
    let seen = Twins { wasm: &wasm, evm, other, ..Twins::default() }.agree();
    assert_eq!(seen.outcome.output[1], 0xf3);
}

#[test]
fn what_a_module_holds_is_new_in_each_message() {
    let wasm = super::chain::module(
        "(global $count (mut i32) (i32.const 7)) (table 2 funcref) (data (i32.const 64) \"abc\")
         (func (export \"main\")
           (i32.store8 (i32.const 0) (global.get $count))
           (i32.store8 (i32.const 1) (ref.is_null (table.get 0 (i32.const 1))))
           (i32.store8 (i32.const 2) (memory.size))
           (i32.store8 (i32.const 3) (i32.load8_u (i32.const 64)))
           (global.set $count (i32.const 9))
           (table.set 0 (i32.const 1) (ref.func $finish))
           (drop (memory.grow (i32.const 3)))
           (i32.store8 (i32.const 64) (i32.const 0))
           (call_indirect (param i32 i32) (i32.const 0) (i32.const 4) (i32.const 1)))
         (elem declare func $finish)",
    );
    let driver = assemble(
        "4 0 0 0 0 0xe2 GAS CALL 4 28 0 0 0 0xe2 GAS CALL 0 MLOAD 32 MSTORE 4 0 0 0 0 0xe2 GAS CALL 64 0 RETURN",
    );
    let seen = Scene::of(&[(DRIVER, &driver), (TWIN, &wasm)]).play();
    assert_eq!(seen.outcome.output[..4], [7, 1, 1, b'a']);
    assert_eq!(seen.outcome.output[60..], [7, 1, 1, b'a']);
}
