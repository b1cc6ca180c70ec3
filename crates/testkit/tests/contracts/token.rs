//! The token of `examples/` in both guests: whoever calls cannot tell which it is. `UPDATE=1 cargo test -p
//! lockstep-testkit --test wasm_contracts` assembles `token.wat`.

use std::{fs, path::PathBuf};

use lockstep::{
    Address, Changes, Config, Engine, Exit, Fork, Log, MemoryStorage, Message, Options, Tier, U256,
    Vm, decode_hex,
};
use lockstep_state::keccak256;

use super::chain::{GAS, wat};

const TOKEN: Address = Address::from_low_u64(0x70ce);
const TILL: Address = Address::from_low_u64(0x7111);
const ALICE: Address = Address::from_low_u64(0xa11ce);
const BOB: Address = Address::from_low_u64(0xb0b);

fn example(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(name)
}

fn text(name: &str) -> String {
    fs::read_to_string(example(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn hex(name: &str) -> Vec<u8> {
    decode_hex(text(name).trim()).expect("hexadecimal")
}

fn word(digits: &str) -> U256 {
    U256::from_str_radix(digits, 16).expect("hexadecimal digits")
}

fn input(signature: &str, words: &[U256]) -> Vec<u8> {
    let mut input = keccak256(signature.as_bytes()).0[..4].to_vec();
    words.iter().for_each(|word| input.extend(word.to_be_bytes::<32>()));
    input
}

/// A message and the word that it should return; `None` when it should revert.
struct Call {
    caller: Address,
    to: Address,
    input: Vec<u8>,
    answer: Option<U256>,
}

/// What the `; call:` lines of the EVM token promise.
fn promises() -> Vec<Call> {
    let read = |line: &str| {
        let (call, answer) = line.split_once(" == ").expect("a call has an answer");
        let mut words = call.split_whitespace();
        let caller = Address::from_word(word(words.next().expect("a caller")));
        let signature = words.next().expect("a signature");
        let input = input(signature, &words.map(word).collect::<Vec<_>>());
        Call { caller, to: TOKEN, input, answer: (answer != "revert").then(|| word(answer)) }
    };
    text("token.asm").lines().filter_map(|line| line.strip_prefix("; call: ")).map(read).collect()
}

/// Makes the calls one after the other on a chain with `token`, checks the answers, and returns what is left.
fn play(token: &[u8], calls: &[Call], tier: Tier) -> (Vec<Vec<Log>>, Changes) {
    let mut storage = MemoryStorage::default();
    storage.insert_account(TOKEN, U256::ZERO, 1, token);
    storage.insert_account(TILL, U256::ZERO, 1, &hex("till.hex"));
    let config = Config { wasm_contracts: true, ..Config::new(Fork::Osaka, 1) };
    let engine = Engine::new();
    let mut vm =
        Vm::new(&engine, storage, config, Default::default(), Options { tier }).expect("a machine");
    let mut logs = Vec::new();
    for (number, Call { caller, to, input, answer }) in calls.iter().enumerate() {
        let message =
            Message { caller: *caller, to: Some(*to), input, gas: GAS, ..Message::default() };
        let outcome = vm.call(&message).expect("memory does not fail");
        let found = (outcome.exit == Exit::Return).then(|| U256::from_be_slice(&outcome.output));
        assert_eq!(found, *answer, "call {number} in {tier}: {:?}", outcome.exit);
        logs.push(outcome.logs);
    }
    let mut changes = vm.journal().changes();
    if let Some(info) = changes.accounts.get_mut(&TOKEN).and_then(|token| token.info.as_mut()) {
        info.code_hash = lockstep::Hash::ZERO;
    }
    (logs, changes)
}

fn is_the_same_in_both_guests(calls: &[Call]) {
    assert!(!calls.is_empty(), "there is something to do");
    let (wasm, evm) = (fs::read(example("token.wasm")).expect("a module"), hex("token.hex"));
    let all =
        Tier::ALL.iter().flat_map(|tier| [play(&wasm, calls, *tier), play(&evm, calls, *tier)]);
    all.reduce(|one, other| {
        assert_eq!(one, other);
        one
    });
}

#[test]
fn the_module_is_its_source_assembled() {
    let (made, path) = (wat(&text("token.wat")), example("token.wasm"));
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &made).expect("examples can be written");
    }
    let found = fs::read(&path).unwrap_or_default();
    assert!(found == made, "{} is old: run this test with UPDATE=1", path.display());
}

#[test]
fn both_tokens_do_what_their_calls_promise() {
    is_the_same_in_both_guests(&promises());
}

#[test]
fn tokens_refuse_what_is_wrong() {
    let balance = |of: U256, answer| {
        let input = input("balanceOf(address)", &[of]);
        Call { caller: ALICE, to: TOKEN, input, answer }
    };
    let mut calls = vec![
        balance(ALICE.into_word(), Some(U256::ZERO)),
        balance(U256::MAX, None),
        balance(U256::from(1) << 160, None),
        balance(U256::from(1) << 255, None),
    ];
    for len in [0, 1, 3, 4, 35] {
        let input = input("balanceOf(address)", &[U256::ZERO])[..len].to_vec();
        calls.push(Call { caller: ALICE, to: TOKEN, input, answer: None });
    }
    is_the_same_in_both_guests(&calls);
}

#[test]
fn an_evm_contract_holds_tokens_of_either() {
    let amount = |number: u64| U256::from(number);
    let till = |signature, words: &[U256], answer: Option<u64>| Call {
        caller: ALICE,
        to: TILL,
        input: input(signature, words),
        answer: answer.map(U256::from),
    };
    let balance = |of: Address, answer| Call {
        caller: BOB,
        to: TOKEN,
        input: input("balanceOf(address)", &[of.into_word()]),
        answer: Some(U256::from(answer)),
    };
    let (token, bob) = (TOKEN.into_word(), BOB.into_word());
    is_the_same_in_both_guests(&[
        till("fill(address,uint256)", &[token, amount(1000)], Some(1)),
        balance(TILL, 1000_u64),
        till("pay(address,address,uint256)", &[token, bob, amount(999)], Some(1)),
        balance(TILL, 1),
        balance(BOB, 999),
        till("pay(address,address,uint256)", &[token, bob, amount(2)], None),
        till("pay(address,address,uint256)", &[token, U256::MAX, amount(1)], None),
        till("fill(address,uint256)", &[token, U256::MAX], None),
        balance(TILL, 1),
        balance(BOB, 999),
    ]);
}
