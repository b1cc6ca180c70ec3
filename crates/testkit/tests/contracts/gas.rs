//! Functions cost what their opcodes cost.

use lockstep::{Exit, Fork, Tier, Trap, U256};

use super::chain::{DRIVER, GAS, OTHER, Scene, TWIN, assemble, module, wat};

/// What lies between two looks at the gas, in Wasm with its operands counted, and in EVM code with its own.
struct Case {
    wasm: &'static str,
    /// Instructions of one gas each in `wasm`.
    insts: u64,
    evm: &'static str,
    /// Gas of `evm` but for the opcode in question: pushes of 3, pops of 2, and what grows memory.
    extra: u64,
}

const fn case(wasm: &'static str, insts: u64, evm: &'static str, extra: u64) -> Case {
    Case { wasm, insts, evm, extra }
}

const CASES: &[Case] = &[
    case("(drop (call $calldata_size))", 2, "CALLDATASIZE POP", 2),
    case(
        "(call $calldata_copy (i32.const 0) (i32.const 0) (i32.const 70))",
        4,
        "70 0 0 CALLDATACOPY",
        9,
    ),
    case("(call $code_copy (i32.const 0) (i32.const 0) (i32.const 70))", 4, "70 0 0 CODECOPY", 9),
    case("(drop (call $return_data_size))", 2, "RETURNDATASIZE POP", 2),
    case(
        "(call $return_data_copy (i32.const 0) (i32.const 0) (i32.const 0))",
        4,
        "0 0 0 RETURNDATACOPY",
        9,
    ),
    case("(call $address (i32.const 0))", 2, "ADDRESS POP", 2),
    case("(call $value (i32.const 0))", 2, "CALLVALUE POP", 2),
    case("(drop (call $gas_left))", 2, "GAS POP", 2),
    case("(call $balance (i32.const 1000) (i32.const 0))", 3, "0xf3 BALANCE POP", 5),
    case(
        "(call $balance (i32.const 1000) (i32.const 0)) (call $balance (i32.const 1000) (i32.const 0))",
        6,
        "0xf3 BALANCE POP 0xf3 BALANCE POP",
        10,
    ),
    case("(call $self_balance (i32.const 0))", 2, "SELFBALANCE POP", 2),
    case("(drop (call $ext_code_size (i32.const 1000)))", 3, "0xf3 EXTCODESIZE POP", 5),
    case(
        "(call $ext_code_copy (i32.const 1000) (i32.const 0) (i32.const 0) (i32.const 33))",
        5,
        "33 0 0 0xf3 EXTCODECOPY",
        12,
    ),
    case("(call $ext_code_hash (i32.const 1000) (i32.const 0))", 3, "0xf3 EXTCODEHASH POP", 5),
    case("(call $block_hash (i64.const 1) (i32.const 0))", 3, "1 BLOCKHASH POP", 5),
    case("(drop (call $timestamp))", 2, "TIMESTAMP POP", 2),
    case(
        "(call $keccak256 (i32.const 0) (i32.const 100) (i32.const 0))",
        4,
        "100 0 KECCAK256 POP",
        8,
    ),
    case("(call $storage_load (i32.const 0) (i32.const 32))", 3, "0 SLOAD POP", 5),
    case(
        "(call $storage_load (i32.const 0) (i32.const 32)) (call $storage_load (i32.const 0) (i32.const 32))",
        6,
        "0 SLOAD POP 0 SLOAD POP",
        10,
    ),
    case("(call $storage_store (i32.const 0) (i32.const 0))", 3, "0 0 SSTORE", 6),
    case("(call $storage_store (i32.const 0) (i32.const 512))", 3, "0xf3 0 SSTORE", 6),
    case("(call $transient_store (i32.const 0) (i32.const 512))", 3, "0xf3 0 TSTORE", 6),
    case("(call $transient_load (i32.const 0) (i32.const 32))", 3, "0 TLOAD POP", 5),
    case("(call $log (i32.const 0) (i32.const 33) (i32.const 0) (i32.const 0))", 5, "33 0 LOG0", 6),
    case(
        "(call $log (i32.const 0) (i32.const 33) (i32.const 0) (i32.const 3))",
        5,
        "0 0 0 33 0 LOG3",
        15,
    ),
    case(
        "(drop (call $call (i64.const 5000) (i32.const 1000) (i32.const 0) (i32.const 0) (i32.const 0)))",
        7,
        "0 0 0 0 0 0xf3 5000 CALL POP",
        23,
    ),
    // With value: the stipend comes back with what the callee leaves.
    case(
        "(drop (call $call (i64.const 5000) (i32.const 1000) (i32.const 512) (i32.const 0) (i32.const 0)))",
        7,
        "0 0 0 0 0xf3 0xf3 5000 CALL POP",
        23,
    ),
    // To an account that is not there.
    case(
        "(drop (call $call (i64.const 5000) (i32.const 1001) (i32.const 512) (i32.const 0) (i32.const 0)))",
        7,
        "0 0 0 0 0xf3 0xf300 5000 CALL POP",
        23,
    ),
    case(
        "(drop (call $call_delegate (i64.const 5000) (i32.const 1000) (i32.const 0) (i32.const 0)))",
        6,
        "0 0 0 0 0xf3 5000 DELEGATECALL POP",
        20,
    ),
    case(
        "(drop (call $call_static (i64.const 5000) (i32.const 1000) (i32.const 0) (i32.const 0)))",
        6,
        "0 0 0 0 0xf3 5000 STATICCALL POP",
        20,
    ),
    // Initialization code of zeros: it stops.
    case(
        "(drop (call $create (i32.const 0) (i32.const 0) (i32.const 40) (i32.const 64)))",
        6,
        "40 0 0 CREATE POP",
        11,
    ),
    case(
        "(drop (call $create2 (i32.const 0) (i32.const 0) (i32.const 40) (i32.const 0) (i32.const 64)))",
        7,
        "0 40 0 0 CREATE2 POP",
        14,
    ),
];

/// The gas between two looks, by a contract that returns it as eight bytes, least significant first, or as a word.
fn between(code: &[u8], fork: Fork) -> u64 {
    let driver = assemble(
        "0 0 0 0 0 0xe2 GAS CALL RETURNDATASIZE 0 0 RETURNDATACOPY RETURNDATASIZE 0 RETURN",
    );
    let other = assemble("STOP");
    let accounts = [(DRIVER, &driver[..]), (TWIN, code), (OTHER, &other[..])];
    let output = Scene { fork, gas: GAS, ..Scene::of(&accounts) }.play().outcome.output;
    match <[u8; 8]>::try_from(&output[..]) {
        Ok(bytes) => u64::from_le_bytes(bytes),
        Err(_) => u64::try_from(U256::from_be_slice(&output)).expect("a small number"),
    }
}

fn wasm(body: &str) -> Vec<u8> {
    // The other's address is at 1000, nobody's at 1001, and a word of the same number at 512.
    module(&format!(
        "(func (export \"main\") (local $before i64)
           (i32.store8 (i32.const 1019) (i32.const 0xf3)) (i32.store8 (i32.const 543) (i32.const 0xf3))
           (local.set $before (call $gas_left)) {body}
           (i64.store (i32.const 0) (i64.sub (local.get $before) (call $gas_left)))
           (call $finish (i32.const 0) (i32.const 8)))"
    ))
}

fn evm(body: &str) -> Vec<u8> {
    // Memory is there before the first look.
    assemble(&format!("0 1024 MSTORE GAS {body} GAS SWAP1 SUB 0 MSTORE 32 0 RETURN"))
}

#[test]
fn functions_cost_what_their_opcodes_cost() {
    let fork = Fork::LATEST;
    let (wasm_nothing, evm_nothing) = (between(&wasm(""), fork), between(&evm(""), fork));
    for case in CASES {
        let by_wasm = between(&wasm(case.wasm), fork) - wasm_nothing - case.insts;
        let by_evm = between(&evm(case.evm), fork) - evm_nothing - case.extra;
        assert_eq!(by_wasm, by_evm, "{}", case.evm);
    }
}

/// The gas that a call of a module whose `main` does nothing takes.
fn idle(declarations: &str, input: &[u8]) -> u64 {
    let code = wat(&format!("(module {declarations} (func (export \"main\")))"));
    let seen = Scene { to: Some(TWIN), input, ..Scene::of(&[(TWIN, &code)]) }.play();
    assert_eq!(seen.outcome.exit, Exit::Return, "{declarations}");
    GAS - seen.outcome.gas_left
}

#[test]
fn what_an_instance_takes_is_paid_for_before_it_runs() {
    let page = idle("(memory 1)", &[]) - idle("(memory 0)", &[]);
    assert_eq!(page, 1024, "as `memory.grow`");
    let pages = idle("(memory 100) (memory 63)", &[]) - idle("(memory 1) (memory 0)", &[]);
    assert_eq!(pages, 162 * 1024);
    let elements = idle("(table 80 funcref)", &[]) - idle("(table 0 funcref)", &[]);
    assert_eq!(elements, 10, "as `table.grow`, eight at a time");
    // Two declarations of four, and four instructions; the words of code are no more than before.
    let global = "(global i32 (i32.const 1)) (global i32 (i32.add (i32.const 1) (i32.const 2)))";
    assert_eq!(idle(global, &[]) - idle("", &[]), 2 * 4 + 4);
    let input = idle("", &[0; 6400]) - idle("", &[]);
    assert_eq!(input, 100, "as `memory.init`, 64 bytes at a time");
    // A type of four bytes with its price of four, and the words of code that all of them take.
    let types = idle(&"(type (func (param i32)))".repeat(64), &[]) - idle("", &[]);
    assert_eq!(types, 64 * 4 + 64 * 4 / 32 * 2);
}

#[test]
fn an_instance_that_cannot_be_paid_for_is_not_made() {
    // 4 GiB of memory at 1,024 for each page of 64 KiB, and all elements that a table may have.
    for declarations in ["(memory 65536)", "(table 10000000 funcref) (memory 9000)"] {
        let code = wat(&format!("(module {declarations} (func (export \"main\")))"));
        let seen = Scene { to: Some(TWIN), ..Scene::of(&[(TWIN, &code)]) }.play();
        assert_eq!(seen.outcome.exit, Exit::Trap(Trap::OutOfGas), "{declarations}");
        let seen = Scene { to: Some(TWIN), gas: 1 << 40, ..Scene::of(&[(TWIN, &code)]) }.play();
        assert_eq!(seen.outcome.exit, Exit::Return, "{declarations}");
    }
}

/// Pitfall: sums of what a module declares, which is as large as it likes.
#[test]
fn no_declaration_is_too_large_to_be_priced() {
    let table = "(table i64 0xffff_ffff_ffff_ffff funcref)".repeat(3);
    let memory = "(memory i64 0x1_0000_0000_0000)".repeat(7);
    let most = "(table 0xffff_ffff funcref) (memory 65536)".repeat(4);
    for declarations in [table, memory, most] {
        let code = wat(&format!("(module {declarations} (func (export \"main\")))"));
        let accounts = [(TWIN, &code[..])];
        for gas in [GAS, i64::MAX as u64 / 2] {
            let scene = Scene { to: Some(TWIN), gas, ..Scene::of(&accounts) };
            let outcome = scene.play_on(Tier::Interpreter, true).outcome;
            assert!(matches!(outcome.exit, Exit::Trap(_)), "{declarations}: {outcome:?}");
            assert_eq!(outcome.gas_left, 0, "{declarations}");
        }
    }
}

#[test]
fn segments_that_do_not_fit_are_a_trap() {
    for (declarations, trap) in [
        ("(memory 1) (data (i32.const 65535) \"ab\")", Trap::MemoryOutOfBounds),
        ("(table 1 funcref) (func $f) (elem (i32.const 1) $f)", Trap::TableOutOfBounds),
    ] {
        let code = wat(&format!("(module {declarations} (func (export \"main\")))"));
        let seen = Scene { to: Some(TWIN), ..Scene::of(&[(TWIN, &code)]) }.play();
        assert_eq!((seen.outcome.exit, seen.outcome.gas_left), (Exit::Trap(trap), 0));
    }
}
