//! Case files. See the README beside them for the form.

use std::{collections::BTreeMap, fs, path::Path};

use lockstep::{
    Address, Block, Config, Fork, MemoryStorage, Transaction, TransactionKind, U256, decode_hex,
};
use serde_json::Value;

use crate::evm::answer::Expected;

/// Whom a call goes to.
pub const CONTRACT: Address = Address([0x11; 20]);
/// Who calls.
pub const CALLER: Address = Address([0x22; 20]);
/// The rules that the expected gas stands for.
pub const FORK: Fork = Fork::Cancun;

/// One contract and one call.
#[derive(Debug)]
pub struct CallCase {
    pub name: String,
    pub group: String,
    pub is_micro: bool,
    pub code: Vec<u8>,
    pub calldata: Vec<u8>,
    pub gas_limit: u64,
    pub storage: BTreeMap<U256, U256>,
    pub expected: Expected,
}

/// An account before a transaction.
#[derive(Debug)]
pub struct Account {
    pub balance: U256,
    pub nonce: u64,
    pub code: Vec<u8>,
    pub slots: BTreeMap<U256, U256>,
}

/// A block, a state and a transaction.
#[derive(Debug)]
pub struct TransactionCase {
    pub name: String,
    pub block: Block,
    pub pre: BTreeMap<Address, Account>,
    pub transaction: Transaction,
}

/// All calls in `directory` and its folder `micro` whose name contains `filter`, by name.
///
/// # Errors
///
/// Names the file and what is wrong with it.
pub fn read_calls(directory: &Path, filter: &str) -> Result<Vec<CallCase>, String> {
    let mut cases = Vec::new();
    for (folder, is_micro) in [(directory.to_path_buf(), false), (directory.join("micro"), true)] {
        for (name, json) in read_folder(&folder, filter)? {
            let case = call_case(name.clone(), &json, is_micro);
            cases.push(case.map_err(|error| format!("{name}: {error}"))?);
        }
    }
    Ok(cases)
}

/// All whole transactions whose name contains `filter`, by name.
///
/// # Errors
///
/// Names the case and what is wrong with it.
pub fn read_transactions(directory: &Path, filter: &str) -> Result<Vec<TransactionCase>, String> {
    let mut cases = Vec::new();
    for (name, json) in read_folder(&directory.join("transactions"), filter)? {
        let json = json.get(&name).unwrap_or(&json);
        let case = transaction_case(name.clone(), json);
        cases.push(case.map_err(|error| format!("{name}: {error}"))?);
    }
    Ok(cases)
}

fn read_folder(folder: &Path, filter: &str) -> Result<BTreeMap<String, Value>, String> {
    let mut found = BTreeMap::new();
    let Ok(entries) = fs::read_dir(folder) else { return Ok(found) };
    for entry in entries {
        let path = entry.map_err(|error| error.to_string())?.path();
        let Some(name) = path.file_stem().and_then(|name| name.to_str()) else { continue };
        if path.extension().is_none_or(|extension| extension != "json") || !name.contains(filter) {
            continue;
        }
        let here = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let text = fs::read_to_string(&path).map_err(|error| here(&error))?;
        found.insert(name.to_owned(), serde_json::from_str(&text).map_err(|error| here(&error))?);
    }
    Ok(found)
}

fn call_case(name: String, json: &Value, is_micro: bool) -> Result<CallCase, String> {
    Ok(CallCase {
        name,
        group: text(json, "group")?.to_owned(),
        is_micro,
        code: bytes(text(json, "code")?)?,
        calldata: bytes(text(json, "calldata")?)?,
        gas_limit: json["gas_limit"].as_u64().ok_or("no gas_limit")?,
        storage: slots(&json["storage"])?,
        expected: Expected::parse(
            text(json, "expected_output")?,
            json["expected_gas"].as_u64().ok_or("no expected_gas")?,
        )?,
    })
}

fn transaction_case(name: String, json: &Value) -> Result<TransactionCase, String> {
    let mut pre = BTreeMap::new();
    for (address, account) in json["pre"].as_object().ok_or("no pre")? {
        let account = Account {
            balance: word(text(account, "balance")?)?,
            nonce: number(text(account, "nonce")?)?,
            code: bytes(text(account, "code")?)?,
            slots: slots(&account["storage"])?,
        };
        pre.insert(address_of(address)?, account);
    }
    let env = &json["env"];
    let block = Block {
        number: number(text(env, "currentNumber")?)?,
        coinbase: address_of(text(env, "currentCoinbase")?)?,
        timestamp: number(text(env, "currentTimestamp")?)?,
        gas_limit: number(text(env, "currentGasLimit")?)?,
        base_fee: word(text(env, "currentBaseFee")?)?,
        ..Block::default()
    };
    let transaction = transaction(json["transaction"].get(0).ok_or("no transaction")?)?;
    Ok(TransactionCase { name, block, pre, transaction })
}

fn transaction(json: &Value) -> Result<Transaction, String> {
    let to = text(json, "to")?;
    Ok(Transaction {
        sender: address_of(text(json, "sender")?)?,
        nonce: number(text(json, "nonce")?)?,
        gas_limit: number(text(json, "gasLimit")?)?,
        to: if to.is_empty() { None } else { Some(address_of(to)?) },
        value: word(text(json, "value")?)?,
        data: bytes(text(json, "data")?)?,
        chain_id: None,
        access_list: Vec::new(),
        kind: TransactionKind::Legacy { gas_price: word(text(json, "gasPrice")?)? },
    })
}

impl CallCase {
    /// Our state before the call.
    pub fn storage(&self) -> MemoryStorage {
        let mut storage = MemoryStorage::default();
        storage.insert_account(CONTRACT, U256::ZERO, 1, &self.code);
        for (key, value) in &self.storage {
            storage.insert_slot(CONTRACT, *key, *value);
        }
        storage
    }
}

impl TransactionCase {
    /// Our state before the transaction.
    pub fn storage(&self) -> MemoryStorage {
        let mut storage = MemoryStorage::default();
        for (address, account) in &self.pre {
            storage.insert_account(*address, account.balance, account.nonce, &account.code);
            for (key, value) in &account.slots {
                storage.insert_slot(*address, *key, *value);
            }
        }
        storage
    }
}

/// The chain all cases are on.
pub fn config() -> Config {
    Config::new(FORK, 1)
}

fn text<'a>(json: &'a Value, key: &str) -> Result<&'a str, String> {
    json[key].as_str().ok_or_else(|| format!("no {key}"))
}

fn bytes(text: &str) -> Result<Vec<u8>, String> {
    decode_hex(text.trim_start_matches("0x")).map_err(|error| format!("{error:?}"))
}

fn word(text: &str) -> Result<U256, String> {
    U256::from_str_radix(text.trim_start_matches("0x"), 16).map_err(|error| error.to_string())
}

fn number(text: &str) -> Result<u64, String> {
    u64::from_str_radix(text.trim_start_matches("0x"), 16).map_err(|error| error.to_string())
}

fn address_of(text: &str) -> Result<Address, String> {
    text.trim_start_matches("0x").parse().map_err(|error| format!("{error:?}"))
}

fn slots(json: &Value) -> Result<BTreeMap<U256, U256>, String> {
    let entries = json.as_object().into_iter().flatten();
    entries.map(|(k, v)| Ok((word(k)?, word(v.as_str().ok_or("no text")?)?))).collect()
}
