//! Transaction tests: bytes that are a transaction, under some forks or under none.

use std::{error::Error, fs, path::Path};

use lockstep::{Block, Config, Fork, Hash, Journal, MemoryStorage, Transaction, U256, decode_hex};
use lockstep_cli::statetest::collect_files;
use lockstep_host::ethereum::{Ethereum, SignedTransaction, intrinsic_gas, validate};
use serde_json::{Map, Value};

/// Cases in the data.
const FLOOR: usize = 2_067;
/// Tests of the format alone, and why no block can hold what they spell.
const FORMAT_ALONE: [(&str, &str); 2] = [
    ("TransactionWithHighGasLimit64Minus1", "gas is below 2^63 (EIP-1985)"),
    (
        "TransactionWithHighValue",
        "nobody owns more than 2^256 - 1, which it sends besides paying gas",
    ),
];

/// A hash, a transaction and its intrinsic gas, or why there is none.
type Accepted = Result<(Hash, Transaction, u64), Box<dyn Error>>;

#[test]
fn transactions_are_read_and_refused_as_the_suite_says() {
    let Some(folder) = super::folder::find("ethereum/transaction_tests") else { return };
    let (mut count, mut wrong) = (0, Vec::new());
    for path in collect_files(&folder).expect("a folder of tests") {
        for (name, test) in read(&path) {
            let bytes = decode_hex(test["txbytes"].as_str().expect("text")).expect("hexadecimal");
            let results = test["result"].as_object().expect("results by fork");
            let format_alone = FORMAT_ALONE.iter().find(|(row, _)| *row == name);
            if let Some((_, reason)) = format_alone {
                println!("{name}: read, not validated: {reason}");
            }
            for (fork, expected) in results {
                count += 1;
                let got = accept(&bytes, fork.parse().expect("a fork"), format_alone.is_none());
                if !agrees(&got, expected) {
                    wrong.push(format!("{name} [{fork}]: {got:?}, expected {expected}"));
                }
            }
        }
    }
    let failed = wrong.len();
    println!("transactions: {} passed, {failed} failed, 0 skipped", count - failed);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= FLOOR, "{count} of at least {FLOOR}");
}

fn read(path: &Path) -> Map<String, Value> {
    let text = fs::read_to_string(path).expect("the file reads");
    serde_json::from_str(&text).expect("the file is an object of tests")
}

/// The transaction that `bytes` spell, its hash and its intrinsic gas, if it may be the first of a block under `fork`
/// sent by somebody who owns everything.
fn accept(bytes: &[u8], fork: Fork, is_validated: bool) -> Accepted {
    let signed = SignedTransaction::decode(bytes)?;
    let transaction = signed.recover(fork)?;
    let mut storage = MemoryStorage::default();
    storage.insert_account(transaction.sender, U256::MAX, transaction.nonce, &[]);
    let block = Block { gas_limit: u64::MAX, ..Block::default() };
    let mut host = Ethereum::new(Journal::new(storage), Config::new(fork, 1), block);
    if is_validated {
        validate(&mut host, &transaction)?;
    }
    let gas = intrinsic_gas(fork, &transaction).execution;
    Ok((signed.hash(), transaction, gas))
}

fn agrees(got: &Accepted, expected: &Value) -> bool {
    let Ok((hash, transaction, gas)) = got else { return expected.get("exception").is_some() };
    let text = |key: &str| expected.get(key).and_then(Value::as_str).unwrap_or_default();
    text("hash") == hash.to_string()
        && text("sender") == transaction.sender.to_string()
        && text("intrinsicGas").parse() == Ok(U256::from(*gas))
}
