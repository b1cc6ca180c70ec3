//! Calls between guests.

use lockstep::Exit;

use super::chain::{DRIVER, Scene, TWIN, assemble, main};

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
