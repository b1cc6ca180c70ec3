//! Deploying modules: what is accepted, what is refused, and what chains without the rule do.

use lockstep::{Exit, Fork, Tier, Trap, check_contract, encode_hex};

use super::chain::{DRIVER, GAS, Scene, Seen, TWIN, assemble, main, wat};

/// EVM initialization code that deploys `code`.
pub(super) fn deploys(code: &[u8]) -> Vec<u8> {
    // PUSH2 len, DUP1, PUSH1 12, PUSH1 0, CODECOPY, PUSH1 0, RETURN, and the code after these twelve bytes.
    let len = (code.len() as u16).to_be_bytes();
    let mut init = vec![0x61, len[0], len[1], 0x80, 0x60, 12, 0x60, 0, 0x39, 0x60, 0, 0xf3];
    init.extend(code);
    init
}

/// A module that deploys `code`.
pub(super) fn deploys_by_wasm(code: &[u8]) -> Vec<u8> {
    let data: String = code.iter().map(|byte| format!("\\{byte:02x}")).collect();
    wat(&format!(
        "(module (import \"eth\" \"finish\" (func $finish (param i32 i32))) (memory 1) (data (i32.const 0) \"{data}\")
           (func (export \"main\") (call $finish (i32.const 0) (i32.const {}))))",
        code.len()
    ))
}

pub(super) fn create(init: &[u8], fork: Fork) -> Seen {
    Scene { to: None, input: init, fork, ..Scene::of(&[]) }.play()
}

/// The code that the creation left.
pub(super) fn deployed(seen: &Seen) -> Option<Vec<u8>> {
    let change = seen.changes.accounts.get(&seen.outcome.created?)?;
    let info = change.info.as_ref()?;
    seen.changes.codes.get(&info.code_hash).map(|code| code.to_vec())
}

#[test]
fn modules_are_deployed_by_either_guest() {
    let contract = main("(call $finish (i32.const 0) (i32.const 1))");
    assert_eq!(check_contract(&contract, Fork::LATEST), Ok(()));
    for init in [deploys(&contract), deploys_by_wasm(&contract)] {
        let seen = create(&init, Fork::LATEST);
        assert_eq!(seen.outcome.exit, Exit::Return);
        assert_eq!(deployed(&seen).expect("code"), contract);
    }
    let evm = assemble("1 0 MSTORE 32 0 RETURN");
    let seen = create(&deploys_by_wasm(&evm), Fork::LATEST);
    assert_eq!(deployed(&seen).expect("code"), evm);
}

#[test]
fn a_wasm_contract_creates_a_wasm_contract_and_calls_it() {
    let child = main(
        "(i32.store8 (i32.const 0) (i32.const 77)) (call $finish (i32.const 0) (i32.const 1))",
    );
    let init = deploys_by_wasm(&child);
    let parent = main(
        "(call $calldata_copy (i32.const 200) (i32.const 0) (call $calldata_size))
         (if (i32.eqz (call $create (i32.const 0) (i32.const 200) (call $calldata_size) (i32.const 64))) (then unreachable))
         (drop (call $call (call $gas_left) (i32.const 64) (i32.const 96) (i32.const 0) (i32.const 0)))
         (call $return_data_copy (i32.const 0) (i32.const 0) (i32.const 1))
         (call $finish (i32.const 0) (i32.const 1))",
    );
    let seen = Scene { to: Some(TWIN), input: &init, ..Scene::of(&[(TWIN, &parent)]) }.play();
    assert_eq!((seen.outcome.exit, &seen.outcome.output[..]), (Exit::Return, &[77][..]));
}

/// Modules that are no contracts, each for one reason.
fn refused() -> Vec<Vec<u8>> {
    const HEAD: &str = "(import \"eth\" \"finish\" (func $finish (param i32 i32)))";
    let texts = [
        "(module)",
        "(module (memory (export \"main\") 1))",
        "(module (func (export \"main\") (param i32)))",
        "(module (func (export \"main\") (result i32) (i32.const 0)))",
        "(module (func $start) (start $start) (func (export \"main\")))",
        "(module (import \"eth\" \"main\" (func)) (func (export \"main\")))",
        "(module (import \"env\" \"finish\" (func (param i32 i32))) (func (export \"main\")))",
        "(module (import \"eth\" \"finish\" (func (param i32 i64))) (func (export \"main\")))",
        "(module (import \"eth\" \"finish\" (func (param i32 i32) (result i32))) (func (export \"main\")))",
        "(module (import \"eth\" \"memory\" (memory 1)) (func (export \"main\")))",
        "(module (import \"eth\" \"finish\" (memory 1)) (func (export \"main\")))",
        "(module (import \"eth\" \"number\" (global i32)) (func (export \"main\")))",
        "(module (import \"eth.x\" \"finish\" (func)) (func (export \"main\")))",
        "(module (import \"\" \"eth.finish\" (func (param i32 i32))) (func (export \"main\")))",
        "(module (table i64 0x100000000 funcref) (func (export \"main\")))",
        "(module (memory i64 0x100000) (func (export \"main\")))",
    ];
    let mut all: Vec<_> = texts.iter().map(|text| wat(text)).collect();
    // The entry may not be an import.
    all.push(wat(&format!("(module {HEAD} (export \"main\" (func $finish)))")));
    // Invalid code, and bytes that are missing.
    all.push(wat("(module (func (export \"main\") i32.add drop))"));
    let whole = main("");
    all.push(whole[..whole.len() - 1].to_vec());
    all.push(whole[..8].to_vec());
    all
}

#[test]
fn what_is_no_contract_is_not_deployed() {
    refused().iter().for_each(|code| is_no_contract(code));
}

/// `code` is not deployed, is no initialization code, and does not run where it lies already.
pub(super) fn is_no_contract(code: &[u8]) {
    let seen = create(&deploys(code), Fork::LATEST);
    let shown = encode_hex(code);
    assert_eq!(seen.outcome.exit, Exit::Trap(Trap::ReservedCodePrefix), "{shown}");
    assert_eq!((seen.outcome.gas_left, seen.outcome.created), (0, None), "{shown}");
    assert!(check_contract(code, Fork::LATEST).is_err(), "{shown}");
    assert_eq!(create(code, Fork::LATEST).outcome.exit, Exit::Trap(Trap::UndefinedOpcode));
    let seen = Scene { to: Some(TWIN), ..Scene::of(&[(TWIN, code)]) }.play();
    assert_eq!(seen.outcome.exit, Exit::Trap(Trap::UndefinedOpcode), "{shown}");
}

#[test]
fn a_refused_creation_takes_what_it_got_and_leaves_nothing() {
    let init = deploys(&wat("(module)"));
    let driver = assemble(
        "CALLDATASIZE 0 0 CALLDATACOPY CALLDATASIZE 0 5 CREATE 1 ADD 0 SSTORE RETURNDATASIZE 1 SSTORE STOP",
    );
    let seen = Scene { input: &init, ..Scene::of(&[(DRIVER, &driver)]) }.play();
    assert_eq!((seen.slot(DRIVER, 0), seen.slot(DRIVER, 1)), (1, 0));
    assert_eq!(seen.changes.accounts.len(), 1, "the driver's slot and nonce");
    assert!(seen.outcome.gas_left < GAS / 60, "all but one 64th is gone");
}

#[test]
fn the_limits_of_code_hold_for_modules() {
    // A custom section makes it as long as it should be: 24,576 bytes (EIP-170), and one more.
    let padded = |len: usize| {
        let mut code = wat("(module (func (export \"main\")))");
        let body = len - code.len() - 4;
        code.extend([0, (body & 0x7f) as u8 | 0x80, (body >> 7) as u8 | 0x80, (body >> 14) as u8]);
        code.resize(len, 0);
        code
    };
    let seen = create(&deploys(&padded(24_576)), Fork::LATEST);
    assert_eq!(seen.outcome.exit, Exit::Return);
    let seen = create(&deploys(&padded(24_577)), Fork::LATEST);
    assert_eq!(seen.outcome.exit, Exit::Trap(Trap::CodeTooLarge));
}

#[test]
fn functions_of_later_forks_are_unknown() {
    let importing = |name: &str, params: &str| {
        wat(&format!(
            "(module (import \"eth\" \"{name}\" (func (param {params}))) (func (export \"main\")))"
        ))
    };
    let cases = [
        (importing("transient_load", "i32 i32"), Fork::Cancun),
        (importing("base_fee", "i32"), Fork::London),
        (importing("self_balance", "i32"), Fork::Istanbul),
        (importing("revert", "i32 i32"), Fork::Byzantium),
    ];
    for (code, since) in &cases {
        for fork in [Fork::Homestead, Fork::Berlin, Fork::Shanghai, Fork::Cancun, Fork::LATEST] {
            let exit = create(&deploys(code), fork).outcome.exit;
            let expected = match fork >= *since {
                true => Exit::Return,
                false => Exit::Trap(Trap::ReservedCodePrefix),
            };
            assert_eq!(exit, expected, "{fork} {since}");
        }
    }
}

#[test]
fn on_other_chains_a_module_is_evm_code_that_stops() {
    let code = main("unreachable");
    for tier in Tier::ALL {
        let accounts = [(TWIN, &code[..])];
        let scene = Scene { to: Some(TWIN), ..Scene::of(&accounts) };
        let seen = scene.play_on(*tier, false);
        assert_eq!((seen.outcome.exit, seen.outcome.gas_left), (Exit::Return, GAS));
        let bad = wat("(module)");
        let init = deploys(&bad);
        let scene = Scene { to: None, input: &init, ..Scene::of(&[]) };
        let seen = scene.play_on(*tier, false);
        assert_eq!(deployed(&seen).expect("code"), bad);
    }
    // The prefix alone decides: another version is EVM code on every chain.
    let seen = Scene { to: Some(TWIN), ..Scene::of(&[(TWIN, b"\0asm\x02\0\0\0")]) }.play();
    assert_eq!(seen.outcome.exit, Exit::Return);
}
