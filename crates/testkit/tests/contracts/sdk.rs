//! The contracts of the SDK as accounts' code: called by the EVM and by Wasm, in one journal, in every tier.

use std::fs;

use lockstep::{Address, Exit, U256, decode_hex};
use lockstep_state::keccak256;

use super::chain::{DRIVER, OTHER, SENDER, Scene, TWIN, assemble, main};

const TOKENS: [&str; 2] = ["examples/ebpf/token.o", "sdk/rust/examples/token.o"];
const COUNTERS: [&str; 2] = ["examples/ebpf/counter.o", "sdk/rust/examples/counter.o"];

fn file(name: &str) -> Vec<u8> {
    let path = format!("{}/../../{name}", env!("CARGO_MANIFEST_DIR"));
    fs::read(path).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn words(output: &[u8]) -> Vec<U256> {
    output.chunks(32).map(U256::from_be_slice).collect()
}

/// Calls the twin with one byte of input; the word that it returns goes to a place.
fn count(input: u8, at: u8) -> String {
    format!("{input} 0 MSTORE8 32 {at} 1 0 0 0xe2 GAS CALL POP ")
}

#[test]
fn an_evm_contract_counts_in_ebpf() {
    let counts = [count(1, 32), count(1, 64), count(7, 96), count(0, 128)].concat();
    let driver = assemble(&format!("{counts} 128 32 RETURN"));
    for name in COUNTERS {
        let counter = file(name);
        let seen = Scene::of(&[(DRIVER, &driver), (TWIN, &counter)]).play();
        assert_eq!(seen.outcome.exit, Exit::Return, "{name}");
        // The third call is one that the counter refuses, and counts for nothing.
        assert_eq!(words(&seen.outcome.output), [1, 2, 0, 2].map(U256::from), "{name}");
    }
}

#[test]
fn a_wasm_contract_counts_in_ebpf() {
    // Twice with no input; answers with what the second one returned.
    let call = "(drop (call $call (call $gas_left) (i32.const 0) (i32.const 32) (i32.const 64) (i32.const 0)))";
    let wasm = main(&format!(
        "(i32.store8 (i32.const 19) (i32.const 0xe2)) {call} {call}
         (call $return_data_copy (i32.const 0) (i32.const 0) (call $return_data_size))
         (call $finish (i32.const 0) (call $return_data_size))"
    ));
    let driver = assemble("32 0 0 0 0 0xf3 GAS CALL 32 MSTORE 64 0 RETURN");
    for name in COUNTERS {
        let counter = file(name);
        let accounts = [(DRIVER, &driver[..]), (OTHER, &wasm[..]), (TWIN, &counter[..])];
        let seen = Scene::of(&accounts).play();
        assert_eq!(words(&seen.outcome.output), [2, 1].map(U256::from), "{name}");
    }
}

/// The input of a call.
fn input(signature: &str, words: &[U256]) -> Vec<u8> {
    let mut input = keccak256(signature.as_bytes()).0[..4].to_vec();
    words.iter().for_each(|word| input.extend(word.to_be_bytes::<32>()));
    input
}

/// Makes calls one after the other, all in one message; returns for each the word that came back, if it succeeded.
fn play(accounts: &[(Address, &[u8])], calls: &[(Address, Vec<u8>)]) -> Vec<Option<U256>> {
    let mut text = String::new();
    let (mut given, mut at) = (Vec::new(), 1024);
    for (number, (to, input)) in calls.iter().enumerate() {
        let to = to.into_word();
        let (len, out) = (input.len(), 64 * number);
        text += &format!(
            "{len} {} {at} CALLDATACOPY 0 0 {len} {at} 0 {to:#x} GAS CALL {out} MSTORE 32 RETURNDATASIZE EQ \
             32 MUL 0 {} RETURNDATACOPY ",
            given.len(),
            out + 32
        );
        given.extend(input);
        at += len;
    }
    text += &format!("{} 0 RETURN", 64 * calls.len());
    let driver = assemble(&text);
    let accounts: Vec<_> = [&[(DRIVER, &driver[..])], accounts].concat();
    let seen = Scene { input: &given, ..Scene::of(&accounts) }.play();
    assert_eq!(seen.outcome.exit, Exit::Return);
    let ends = words(&seen.outcome.output);
    let end = |pair: &[U256]| (pair[0] == U256::from(1)).then_some(pair[1]);
    ends.chunks(2).map(end).collect()
}

#[test]
fn an_evm_contract_holds_tokens_of_ebpf() {
    const TILL: Address = Address::from_low_u64(0x7111);
    let text = String::from_utf8(file("examples/till.hex")).expect("text");
    let till = decode_hex(text.trim()).expect("hexadecimal");
    let (token, bob) = (TWIN.into_word(), SENDER.into_word());
    let amount = |number: u64| U256::from(number);
    let balance = |of: Address| (TWIN, input("balanceOf(address)", &[of.into_word()]));
    let fill = |number| (TILL, input("fill(address,uint256)", &[token, number]));
    let pay = |number| (TILL, input("pay(address,address,uint256)", &[token, bob, amount(number)]));
    let calls = [
        fill(amount(1000)),
        balance(TILL),
        pay(999),
        balance(TILL),
        balance(SENDER),
        pay(2),
        fill(U256::MAX),
        (TWIN, input("mint(uint256)", &[amount(7)])),
        balance(DRIVER),
        (TWIN, input("totalSupply()", &[])),
        (TWIN, input("nothing()", &[])),
    ];
    for name in TOKENS {
        let code = file(name);
        let ends = play(&[(TILL, &till), (TWIN, &code)], &calls);
        let wanted = [1, 1000, 1, 1, 999].map(|number| Some(amount(number)));
        assert_eq!(ends[..5], wanted, "{name}");
        assert_eq!(ends[5..7], [None, None], "{name}");
        assert_eq!(
            ends[7..],
            [Some(amount(1)), Some(amount(7)), Some(amount(1007)), None],
            "{name}"
        );
    }
}

/// The vault of `examples/vault`, compiled from Solidity, calls tokens by Solidity's own way of calling.
#[test]
fn a_solidity_contract_holds_tokens_of_ebpf() {
    const VAULT: Address = Address::from_low_u64(0x7a17);
    let artifact: serde_json::Value =
        serde_json::from_slice(&file("examples/vault/vault.json")).expect("solc writes JSON");
    let code = &artifact["contracts"]["Vault.sol"]["Vault"]["evm"]["deployedBytecode"]["object"];
    let vault = decode_hex(code.as_str().expect("the contract's code")).expect("hexadecimal");
    let token = TWIN.into_word();
    let amount = |number: u64| U256::from(number);
    let ask = |signature, number| (VAULT, input(signature, &[token, amount(number)]));
    let balance = |of: Address| (TWIN, input("balanceOf(address)", &[of.into_word()]));
    let calls = [
        (TWIN, input("mint(uint256)", &[amount(1000)])),
        (TWIN, input("approve(address,uint256)", &[VAULT.into_word(), amount(700)])),
        ask("deposit(address,uint256)", 600),
        ask("deposit(address,uint256)", 101),
        ask("withdraw(address,uint256)", 50),
        ask("withdraw(address,uint256)", 551),
        (VAULT, input("held(address)", &[token])),
        balance(VAULT),
        balance(DRIVER),
        (TWIN, input("allowance(address,address)", &[DRIVER.into_word(), VAULT.into_word()])),
    ];
    for name in TOKENS {
        let token = file(name);
        let ends = play(&[(VAULT, &vault), (TWIN, &token)], &calls);
        // More than was allowed, and more than was deposited.
        assert_eq!([ends[3], ends[5]], [None, None], "{name}");
        let balances = [550, 550, 450, 100].map(|number| Some(amount(number)));
        assert_eq!(ends[6..], balances, "{name}");
    }
}
