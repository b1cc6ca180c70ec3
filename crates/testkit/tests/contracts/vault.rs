//! The vault of `examples/vault`, compiled from Solidity, with the token compiled from Rust and with its twin compiled
//! from Solidity: the same answers, reasons, logs and state, in every tier.
//!
//! `LOCKSTEP_WASM_RUSTC` and `LOCKSTEP_SOLC` name the compilers that built what is committed (see `examples/README.md`);
//! with `UPDATE=1` their tests write it anew.

use std::{
    env, fs,
    path::PathBuf,
    process::{Command, Stdio},
};

use lockstep::{
    Address, Block, Changes, Config, Engine, Exit, Fork, Hash, Journal, Log, MemoryStorage,
    Message, Options, Tier, Tracer, U256, Vm, check_contract, decode_hex,
};
use lockstep_state::keccak256;

const TOKEN: Address = Address::from_low_u64(0x70ce);
const VAULT: Address = Address::from_low_u64(0x7a17);
const ALICE: Address = Address::from_low_u64(0xa11ce);
const BOB: Address = Address::from_low_u64(0xb0b);
const GAS: u64 = 1_000_000;
const RUSTC: &str = "1.63.0";

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples/vault")
}

/// The code of a contract in `vault.json`, what solc wrote.
fn runtime(name: &str) -> Vec<u8> {
    let text = fs::read_to_string(folder().join("vault.json")).expect("the artifact");
    let artifact: serde_json::Value = serde_json::from_str(&text).expect("solc writes JSON");
    let evm = &artifact["contracts"][format!("{name}.sol")][name]["evm"];
    let code = evm["deployedBytecode"]["object"].as_str().expect("the contract's code");
    decode_hex(code).expect("hexadecimal")
}

fn rust_token() -> Vec<u8> {
    fs::read(folder().join("token.wasm")).expect("the module")
}

/// A message: who, to whom, and what.
struct Call(Address, Address, Vec<u8>);

fn call(from: Address, to: Address, signature: &str, words: &[U256]) -> Call {
    let mut input = keccak256(signature.as_bytes()).0[..4].to_vec();
    words.iter().for_each(|word| input.extend(word.to_be_bytes::<32>()));
    Call(from, to, input)
}

fn amount(number: u64) -> U256 {
    U256::from(number)
}

/// `transferAndCall` with so many bytes of data.
fn transfer_and_call(from: Address, number: u64, data_len: u64) -> Call {
    let words = [VAULT.into_word(), amount(number), amount(96), amount(data_len)];
    let mut made = call(from, TOKEN, "transferAndCall(address,uint256,bytes)", &words);
    made.2.resize(made.2.len() + data_len.next_multiple_of(32) as usize, 0);
    made
}

/// What is left after a list of calls, and how each ended.
#[derive(Debug, PartialEq)]
struct Played {
    ends: Vec<(Exit, Vec<u8>, Vec<Log>)>,
    changes: Changes,
}

/// Sees everything and notes nothing.
struct Watching;

impl Tracer<Journal<MemoryStorage>> for Watching {
    fn step(&mut self, _: &lockstep::Ethereum<Journal<MemoryStorage>>, _: lockstep::StepView<'_>) {}
}

fn play(token: &[u8], calls: &[Call], (tier, is_observed): (Tier, bool)) -> (Played, Vec<u64>) {
    let mut storage = MemoryStorage::default();
    storage.insert_account(TOKEN, U256::ZERO, 1, token);
    storage.insert_account(VAULT, U256::ZERO, 1, &runtime("Vault"));
    let config = Config { wasm_contracts: true, ..Config::new(Fork::Osaka, 1) };
    let engine = Engine::new();
    let options = Options { tier };
    let mut vm = Vm::new(&engine, storage, config, Block::default(), options).expect("a machine");
    let (mut ends, mut gas) = (Vec::new(), Vec::new());
    for Call(caller, to, input) in calls {
        let message =
            Message { caller: *caller, to: Some(*to), input, gas: GAS, ..Message::default() };
        let outcome = match is_observed {
            true => vm.call_traced(&message, &mut Watching),
            false => vm.call(&message),
        };
        let outcome = outcome.expect("memory does not fail");
        gas.push(outcome.gas_left);
        ends.push((outcome.exit, outcome.output, outcome.logs));
    }
    let mut changes = vm.journal().changes();
    if let Some(info) = changes.accounts.get_mut(&TOKEN).and_then(|token| token.info.as_mut()) {
        info.code_hash = Hash::ZERO;
    }
    (Played { ends, changes }, gas)
}

/// What the calls do with either token, in every tier, observed or not.
fn agree(calls: &[Call]) -> Played {
    let play_all = |token: &[u8]| {
        let ways = Tier::ALL.iter().flat_map(|tier| [(*tier, false), (*tier, true)]);
        let played = ways.map(|way| play(token, calls, way));
        played.reduce(|one, other| {
            assert_eq!(one, other, "ways to run differ");
            one
        })
    };
    let (rust, _) = play_all(&rust_token()).expect("there are tiers");
    let (solidity, _) = play_all(&runtime("Token")).expect("there are tiers");
    for (number, (rust, solidity)) in rust.ends.iter().zip(&solidity.ends).enumerate() {
        assert_eq!(rust, solidity, "call {number}: {}", String::from_utf8_lossy(&rust.1));
    }
    assert_eq!(rust.changes, solidity.changes);
    rust
}

fn word(end: &(Exit, Vec<u8>, Vec<Log>)) -> U256 {
    assert_eq!(end.0, Exit::Return);
    U256::from_be_slice(&end.1)
}

fn reason(end: &(Exit, Vec<u8>, Vec<Log>)) -> String {
    assert_eq!(end.0, Exit::Revert);
    String::from_utf8_lossy(&end.1[68..]).trim_end_matches('\0').to_owned()
}

#[test]
fn the_token_may_be_deployed() {
    assert_eq!(check_contract(&rust_token(), Fork::Osaka), Ok(()));
}

#[test]
fn a_vault_takes_and_gives_tokens_of_either_guest() {
    let (token, vault) = (TOKEN.into_word(), VAULT.into_word());
    let played = agree(&[
        call(ALICE, TOKEN, "mint(uint256)", &[amount(1000)]),
        call(ALICE, TOKEN, "approve(address,uint256)", &[vault, amount(700)]),
        call(ALICE, VAULT, "deposit(address,uint256)", &[token, amount(600)]),
        call(ALICE, VAULT, "deposit(address,uint256)", &[token, amount(101)]),
        call(ALICE, VAULT, "withdraw(address,uint256)", &[token, amount(50)]),
        call(ALICE, VAULT, "withdraw(address,uint256)", &[token, amount(551)]),
        call(ALICE, VAULT, "held(address)", &[token]),
        call(BOB, TOKEN, "balanceOf(address)", &[ALICE.into_word()]),
        call(BOB, TOKEN, "allowance(address,address)", &[ALICE.into_word(), vault]),
        call(BOB, TOKEN, "totalSupply()", &[]),
    ]);
    let ends = &played.ends;
    assert_eq!(ends[2].2.len(), 2, "the token's event and the vault's");
    assert_eq!([reason(&ends[3]), reason(&ends[5])], ["allowance", "deposit"]);
    let numbers: Vec<_> = ends[6..].iter().map(word).collect();
    assert_eq!(numbers, [550, 450, 100, 1000].map(amount));
}

/// The token calls the vault, which calls the token: three frames of two guests, two of them the same contract.
#[test]
fn a_token_that_calls_the_vault_is_entered_again() {
    let played = agree(&[
        call(ALICE, TOKEN, "mint(uint256)", &[amount(1000)]),
        transfer_and_call(ALICE, 90, 0),
        transfer_and_call(ALICE, 90, 1),
        transfer_and_call(ALICE, 90, 2),
        transfer_and_call(ALICE, 90, 257),
        transfer_and_call(ALICE, 9000, 0),
        call(ALICE, VAULT, "held(address)", &[TOKEN.into_word()]),
        call(ALICE, VAULT, "deposits(address,address)", &[ALICE.into_word(), TOKEN.into_word()]),
    ]);
    let ends = &played.ends;
    assert_eq!([&ends[3], &ends[4], &ends[5]].map(reason), ["two bytes", "data", "balance"]);
    assert_eq!([&ends[6], &ends[7]].map(word), [150, 150].map(amount));
    assert_eq!((ends[1].2.len(), ends[2].2.len(), ends[3].2.len()), (2, 3, 0));
}

#[test]
fn what_a_static_call_changes_and_what_is_wrong_leaves_nothing() {
    let (token, bob) = (TOKEN.into_word(), BOB.into_word());
    let mut calls = vec![
        call(ALICE, VAULT, "poke(address)", &[token]),
        call(ALICE, TOKEN, "transfer(address,uint256)", &[U256::ZERO, amount(1)]),
        call(ALICE, TOKEN, "transfer(address,uint256)", &[bob, amount(1)]),
        call(ALICE, TOKEN, "transfer(address,uint256)", &[U256::MAX, amount(0)]),
        call(ALICE, TOKEN, "transfer(address,uint256)", &[bob]),
        call(ALICE, TOKEN, "nothing()", &[]),
        Call(ALICE, TOKEN, Vec::new()),
    ];
    let refused = agree(&calls);
    assert!(refused.changes.is_empty());
    assert_eq!(word(&(Exit::Return, refused.ends[0].1[..32].to_vec(), Vec::new())), U256::ZERO);
    assert!(refused.ends[1..].iter().all(|end| end.0 == Exit::Revert));
    calls.truncate(0);
    calls.push(call(ALICE, TOKEN, "mint(uint256)", &[U256::MAX]));
    calls.push(call(BOB, TOKEN, "mint(uint256)", &[amount(1)]));
    assert_eq!(reason(&agree(&calls).ends[1]), "supply");
}

/// The command that a variable names, or the usual one; the second says why it is of no use.
fn compiler(variable: &str, usual: &str) -> (String, Option<String>) {
    let name = env::var(variable).unwrap_or_else(|_| usual.to_owned());
    let done = Command::new(&name).arg("--version").stderr(Stdio::null()).output();
    let version = done.ok().filter(|done| done.status.success());
    (name, version.map(|done| String::from_utf8_lossy(&done.stdout).into_owned()))
}

fn skip(what: &str, wanted: &str) {
    println!("SKIPPED: {what} is not rebuilt: it wants {wanted} (examples/README.md)");
}

#[test]
fn the_module_is_its_source_compiled() {
    let (rustc, version) = compiler("LOCKSTEP_WASM_RUSTC", "rustc");
    let out = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("token.wasm");
    if !version.is_some_and(|version| version.starts_with(&format!("rustc {RUSTC}"))) {
        return skip("examples/vault/token.wasm", &format!("rustc {RUSTC} for wasm32"));
    }
    let readme = fs::read_to_string(folder().join("../README.md")).expect("examples/README.md");
    let line = readme.lines().find_map(|line| line.strip_prefix("rustc "));
    let arguments = line.expect("the command stands there").split_whitespace();
    let mut command = Command::new(rustc);
    command.current_dir(folder()).args(arguments).arg("-o").arg(&out);
    assert!(command.status().expect("the compiler starts").success());
    compare(&fs::read(out).expect("a module"), "token.wasm");
}

#[test]
fn the_artifact_is_its_source_compiled() {
    let (solc, version) = compiler("LOCKSTEP_SOLC", "solcjs");
    if !version.is_some_and(|version| version.contains("0.8.37")) {
        return skip("examples/vault/vault.json", "solc 0.8.37");
    }
    let input = fs::File::open(folder().join("solc.json")).expect("what solc is asked");
    let done = Command::new(solc)
        .current_dir(folder())
        .args(["--standard-json", "--base-path", "."])
        .stdin(input)
        .output()
        .expect("the compiler starts");
    let text = String::from_utf8(done.stdout).expect("JSON is text");
    let json = text.find('{').map_or("", |at| &text[at..]);
    let artifact: serde_json::Value = serde_json::from_str(json).expect("solc writes JSON");
    let made = serde_json::to_string_pretty(&artifact["contracts"]).expect("JSON");
    compare(format!("{{\"contracts\": {made}}}\n").as_bytes(), "vault.json");
}

fn compare(made: &[u8], name: &str) {
    let path = folder().join(name);
    if env::var_os("UPDATE").is_some() {
        fs::write(&path, made).expect("examples can be written");
    }
    let found = fs::read(&path).unwrap_or_default();
    assert!(found == made, "{} is old: run this test with UPDATE=1", path.display());
}
