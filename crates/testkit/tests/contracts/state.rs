//! What Wasm contracts read and write: logs, transient storage, accounts, the block.

use lockstep::{Fork, encode_hex};

use super::chain::{CALLS_TWIN, DRIVER, TWIN, Twins, assemble, main, module};

#[test]
fn logs_have_data_and_up_to_four_topics() {
    for topics in 0..=4_u32 {
        let words: String = (0..topics)
            .map(|topic| {
                format!("(i32.store8 (i32.const {}) (i32.const {}))", 95 + 32 * topic, topic + 1)
            })
            .collect();
        let wasm = main(&format!(
            "(i64.store (i32.const 0) (i64.const -1)) {words}
             (call $log (i32.const 0) (i32.const 40) (i32.const 64) (i32.const {topics}))"
        ));
        let words: String = (1..=topics).rev().map(|topic| format!("{topic} ")).collect();
        let evm = format!("0xffffffffffffffff 192 SHL 0 MSTORE {words} 40 0 LOG{topics} STOP");
        let seen = Twins { wasm: &wasm, evm: &evm, ..Twins::default() }.agree();
        assert_eq!(seen.outcome.logs[0].topics.len(), topics as usize);
        assert_eq!(seen.outcome.logs[0].address, TWIN);
    }
}

#[test]
fn transient_storage_lasts_for_the_transaction_and_is_undone_by_reverts() {
    let wasm = main(
        "(call $transient_load (i32.const 0) (i32.const 32))
         (i32.store8 (i32.const 63) (i32.add (i32.load8_u (i32.const 63)) (i32.const 1)))
         (call $transient_store (i32.const 0) (i32.const 32))
         (if (call $calldata_size) (then (call $revert (i32.const 0) (i32.const 0))))
         (call $finish (i32.const 32) (i32.const 32))",
    );
    let evm = "0 TLOAD 1 ADD DUP1 0 TSTORE 0 MSTORE CALLDATASIZE @fail JUMPI 32 0 RETURN fail: 0 0 REVERT";
    let driver = "0 0 0 0 0 0xe2 GAS CALL POP 0 0 1 0 0 0xe2 GAS CALL POP 32 0 0 0 0 0xe2 GAS CALL POP 32 0 RETURN";
    let seen = Twins { driver, wasm: &wasm, evm, ..Twins::default() }.agree();
    assert_eq!(seen.outcome.output[31], 2);
}

#[test]
fn storage_is_cleared_and_refunded() {
    let wasm = main(
        "(i32.store8 (i32.const 63) (i32.const 1))
         (call $storage_store (i32.const 0) (i32.const 32))
         (call $storage_store (i32.const 32) (i32.const 32))
         (call $storage_store (i32.const 0) (i32.const 64))",
    );
    let evm = "1 0 SSTORE 1 1 SSTORE 0 0 SSTORE STOP";
    let seen = Twins { wasm: &wasm, evm, ..Twins::default() }.agree();
    assert_eq!((seen.slot(TWIN, 0), seen.slot(TWIN, 1), seen.outcome.refund), (0, 1, 19_900));
}

#[test]
fn a_contract_that_destroys_itself_leaves_what_the_fork_says() {
    for fork in [Fork::Byzantium, Fork::Shanghai, Fork::LATEST] {
        let wasm = main(
            "(i32.store8 (i32.const 19) (i32.const 0xf3)) (call $self_destruct (i32.const 0)) unreachable",
        );
        Twins { fork, wasm: &wasm, evm: "0xf3 SELFDESTRUCT", ..Twins::default() }.agree();
    }
}

/// Functions that write at an offset, those that answer with a number, and the opcodes of both, 32 bytes each.
#[test]
fn a_contract_sees_the_environment_that_evm_code_sees() {
    const WORDS: &[(&str, u32, &str)] = &[
        ("(call $address (i32.const @))", 12, "ADDRESS"),
        ("(call $caller (i32.const @))", 12, "CALLER"),
        ("(call $origin (i32.const @))", 12, "ORIGIN"),
        ("(call $coinbase (i32.const @))", 12, "COINBASE"),
        ("(call $value (i32.const @))", 0, "CALLVALUE"),
        ("(call $self_balance (i32.const @))", 0, "SELFBALANCE"),
        ("(call $gas_price (i32.const @))", 0, "GASPRICE"),
        ("(call $base_fee (i32.const @))", 0, "BASEFEE"),
        ("(call $blob_base_fee (i32.const @))", 0, "BLOBBASEFEE"),
        ("(call $prevrandao (i32.const @))", 0, "PREVRANDAO"),
        ("(call $blob_hash (i32.const 0) (i32.const @))", 0, "0 BLOBHASH"),
        ("(call $block_hash (i64.const 1233) (i32.const @))", 0, "1233 BLOCKHASH"),
        ("(call $balance (i32.const 4) (i32.const @))", 0, "0xf3 BALANCE"),
        ("(call $ext_code_hash (i32.const 4) (i32.const @))", 0, "0xf3 EXTCODEHASH"),
        ("(call $keccak256 (i32.const 4) (i32.const 20) (i32.const @))", 0, "20 4 KECCAK256"),
        (
            "(call $number (i64.extend_i32_u (call $ext_code_size (i32.const 4))) (i32.const @))",
            24,
            "0xf3 EXTCODESIZE",
        ),
        (
            "(call $number (i64.extend_i32_u (call $calldata_size)) (i32.const @))",
            24,
            "CALLDATASIZE",
        ),
        ("(call $number (call $timestamp) (i32.const @))", 24, "TIMESTAMP"),
        ("(call $number (call $block_number) (i32.const @))", 24, "NUMBER"),
        ("(call $number (call $block_gas_limit) (i32.const @))", 24, "GASLIMIT"),
        ("(call $number (call $chain_id) (i32.const @))", 24, "CHAINID"),
        (
            "(call $calldata_copy (i32.const @) (i32.const 2) (i32.const 20))",
            0,
            "20 2 96 CALLDATACOPY 96 MLOAD",
        ),
        (
            "(call $ext_code_copy (i32.const 4) (i32.const @) (i32.const 1) (i32.const 20))",
            0,
            "20 1 128 0xf3 EXTCODECOPY 128 MLOAD",
        ),
    ];
    // Both have the other's address in the bytes from 4 on, and write from 1024 on.
    let (mut wasm, mut evm) = (String::new(), String::from("0xf3 64 SHL 0 MSTORE "));
    for (number, (body, within, opcode)) in WORDS.iter().enumerate() {
        let at = 1024 + 32 * number as u32;
        wasm += &body.replace('@', &(at + within).to_string());
        evm += &format!("{opcode} {at} MSTORE ");
    }
    let len = 32 * WORDS.len();
    let wasm = module(&format!(
        "(func $number (param $n i64) (param $at i32) (local $i i32)
           (local.set $i (i32.const 8))
           (loop $next
             (local.set $i (i32.sub (local.get $i) (i32.const 1)))
             (i64.store8 (i32.add (local.get $at) (local.get $i)) (local.get $n))
             (local.set $n (i64.shr_u (local.get $n) (i64.const 8)))
             (br_if $next (local.get $i))))
         (func (export \"main\") (i32.store8 (i32.const 23) (i32.const 0xf3)) {wasm}
           (call $finish (i32.const 1024) (i32.const {len})))"
    ));
    let evm = format!("{evm} {len} 1024 RETURN");
    let other = "1 2 3 4 5 STOP";
    let twins = Twins {
        wasm: &wasm,
        evm: &evm,
        other,
        input: &[1, 2, 3, 4],
        value: 77,
        ..Twins::default()
    };
    let output = twins.agree().outcome.output;
    assert_eq!(output.len(), len);
    assert_eq!(output[len - 64..len - 62], [3, 4]);
    assert_eq!(output[19], 0, "{}", encode_hex(&output));
}

#[test]
fn a_contract_reads_its_own_code() {
    let wasm = main(
        "(call $code_copy (i32.const 0) (i32.const 0) (call $code_size))
         (call $finish (i32.const 0) (i32.add (call $code_size) (i32.const 3)))",
    );
    let driver = assemble(CALLS_TWIN);
    let seen = super::chain::Scene::of(&[(DRIVER, &driver), (TWIN, &wasm)]).play();
    let (code, rest) = seen.outcome.output.split_at(wasm.len());
    assert_eq!((code, rest), (&wasm[..], &[0; 3][..]));
}

#[test]
fn creations_run_evm_code() {
    // 5 of code, after a slot was stored; then one that reverts with a byte.
    let deploys = assemble("CALLVALUE 9 SSTORE 0x6001600055 0 MSTORE 5 27 RETURN");
    let fails = assemble("1 9 SSTORE 1 31 REVERT");
    let copy = "(call $calldata_copy (i32.const 100) (i32.const 0) (call $calldata_size))
         (i32.store8 (i32.const 31) (i32.const 4)) (i32.store8 (i32.const 63) (i32.const 11))";
    let answer = "(call $return_data_copy (i32.const 21) (i32.const 0) (call $return_data_size))
         (call $finish (i32.const 0) (i32.add (i32.const 21) (call $return_data_size)))";
    let evm_copy = "CALLDATASIZE 0 0 CALLDATACOPY";
    let evm_answer = "96 SHL 0 MSTORE DUP1 ISZERO ISZERO 20 MSTORE8 RETURNDATASIZE 0 21 RETURNDATACOPY RETURNDATASIZE 21 ADD 0 RETURN";
    for code in [&deploys, &fails, &Vec::new()] {
        let create = "(i32.store8 (i32.const 20) (call $create (i32.const 0) (i32.const 100) (call $calldata_size) (i32.const 0)))";
        let wasm = main(&format!("{copy} {create} {answer}"));
        let evm = format!("{evm_copy} CALLDATASIZE 0 4 CREATE DUP1 {evm_answer}");
        let seen = Twins { wasm: &wasm, evm: &evm, input: code, ..Twins::default() }.agree();
        assert_eq!(seen.outcome.output[20], u8::from(code != &fails));
        let create = "(i32.store8 (i32.const 20) (call $create2 (i32.const 0) (i32.const 100) (call $calldata_size) (i32.const 32) (i32.const 0)))";
        let wasm = main(&format!("{copy} {create} {answer}"));
        let evm = format!("{evm_copy} 11 CALLDATASIZE 0 4 CREATE2 DUP1 {evm_answer}");
        let seen = Twins { wasm: &wasm, evm: &evm, input: code, ..Twins::default() }.agree();
        assert_eq!(seen.outcome.output[20], u8::from(code != &fails));
    }
}
