//! The contracts of `examples/`: each `.hex` file is its `.asm` file assembled, and does what its calls promise in
//! every tier. `UPDATE=1 cargo test -p lockstep-testkit --test examples` writes the `.hex` files.
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "tests")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use lockstep::{
    Address, Config, Engine, Exit, Fork, MemoryStorage, Message, Options, Tier, U256, Vm,
    decode_hex, encode_hex, evm::OPCODES,
};

const GAS: u64 = 1_000_000;
const CONTRACT: Address = Address::from_low_u64(0xc0de);

fn sources() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let entries = fs::read_dir(folder).expect("the folder of examples");
    let mut sources: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "asm"))
        .collect();
    sources.sort();
    assert!(!sources.is_empty(), "there are examples");
    sources
}

fn number(text: &str) -> U256 {
    let parsed = match text.strip_prefix("0x") {
        Some(digits) => U256::from_str_radix(digits, 16),
        None => U256::from_str_radix(text, 10),
    };
    parsed.unwrap_or_else(|_| panic!("{text} is no number"))
}

/// The code that `text` says: mnemonics with their immediates, `@name:` where jumps go, comments after `;`.
fn assemble(text: &str) -> Vec<u8> {
    let (mut code, mut labels, mut uses) = (Vec::new(), BTreeMap::new(), Vec::new());
    let lines = text.lines().map(|line| line.split(';').next().unwrap_or_default());
    let mut words = lines.flat_map(str::split_whitespace);
    while let Some(word) = words.next() {
        if let Some(label) = word.strip_prefix('@').and_then(|word| word.strip_suffix(':')) {
            assert!(labels.insert(label, code.len()).is_none(), "@{label} stands twice");
            code.push(row("JUMPDEST").byte);
            continue;
        }
        let row = row(word);
        code.push(row.byte);
        if row.immediate > 0 {
            let value = words.next().unwrap_or_else(|| panic!("{word} wants an immediate"));
            let len = usize::from(row.immediate);
            let value = match value.strip_prefix('@') {
                Some(label) => {
                    uses.push((code.len(), label));
                    U256::ZERO
                }
                None => number(value),
            };
            let bytes = value.to_be_bytes::<32>();
            assert!(bytes[..32 - len].iter().all(|byte| *byte == 0), "{word}: {value} is too long");
            code.extend(&bytes[32 - len..]);
        }
    }
    for (at, label) in uses {
        let place = labels.get(label).unwrap_or_else(|| panic!("@{label} stands nowhere"));
        let place = u16::try_from(*place).expect("code is short");
        code[at..at + 2].copy_from_slice(&place.to_be_bytes());
    }
    code
}

fn row(name: &str) -> &'static lockstep::evm::Opcode {
    OPCODES.iter().find(|row| row.name == name).unwrap_or_else(|| panic!("{name} is no opcode"))
}

/// What a source's `; call:` line promises.
struct Call {
    line: String,
    caller: Address,
    input: Vec<u8>,
    /// The word it returns; `None` when it reverts.
    answer: Option<U256>,
}

fn calls(text: &str) -> Vec<Call> {
    let hex = |word: &str| number(&format!("0x{word}"));
    let read = |line: &str| {
        let (call, answer) = line.split_once(" == ").expect("a call has an answer");
        let mut words = call.split_whitespace();
        let caller = Address::from_word(hex(words.next().expect("a caller")));
        let signature = words.next().expect("a signature");
        let mut input = lockstep_state::keccak256(signature.as_bytes()).0[..4].to_vec();
        words.for_each(|word| input.extend(hex(word).to_be_bytes::<32>()));
        let answer = (answer != "revert").then(|| hex(answer));
        Call { line: line.to_owned(), caller, input, answer }
    };
    text.lines().filter_map(|line| line.strip_prefix("; call: ")).map(read).collect()
}

#[test]
fn code_is_its_source_assembled() {
    for source in sources() {
        let code = assemble(&fs::read_to_string(&source).expect("a source"));
        let (path, expected) = (source.with_extension("hex"), format!("{}\n", encode_hex(&code)));
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&path, &expected).expect("examples can be written");
        }
        let found = fs::read_to_string(&path).unwrap_or_default();
        assert!(found == expected, "{} is old: run this test with UPDATE=1", path.display());
    }
}

#[test]
fn contracts_do_what_their_calls_promise_in_every_tier() {
    for source in sources() {
        let text = fs::read_to_string(&source).expect("a source");
        let code = fs::read_to_string(source.with_extension("hex")).expect("its code");
        let code = decode_hex(code.trim()).expect("hexadecimal");
        let gas: Vec<_> = Tier::ALL.iter().map(|tier| check(&code, &calls(&text), *tier)).collect();
        assert!(
            gas.windows(2).all(|pair| pair[0] == pair[1]),
            "gas is equal in all tiers: {gas:?}"
        );
    }
}

/// Makes the calls one after the other, compares answers, and returns the gas each used.
fn check(code: &[u8], calls: &[Call], tier: Tier) -> Vec<u64> {
    assert!(!calls.is_empty(), "an example promises something");
    let mut storage = MemoryStorage::default();
    storage.insert_account(CONTRACT, U256::ZERO, 1, code);
    let engine = Engine::new();
    let config = Config::new(Fork::Osaka, 1);
    let mut vm =
        Vm::new(&engine, storage, config, Default::default(), Options { tier }).expect("a machine");
    let run = |call: &Call| {
        let (caller, input) = (call.caller, &call.input[..]);
        let message = Message { caller, to: Some(CONTRACT), input, gas: GAS, ..Message::default() };
        let outcome = vm.call(&message).expect("memory does not fail");
        let answer = (outcome.exit == Exit::Return).then(|| U256::from_be_slice(&outcome.output));
        assert_eq!(answer, call.answer, "{} in {tier}", call.line);
        GAS - outcome.gas_left
    };
    calls.iter().map(run).collect()
}
