//! Fixtures as cases: every fork and every combination of indexes is one.

use std::{collections::BTreeMap, fs, path::Path};

use lockstep::{
    AccessListItem, Address, Authorization, Block, Fees, Fork, Hash, Transaction, TransactionKind,
    U256, decode_hex,
};
use serde_json::Value;

use crate::{
    case::{Account, CHAIN_ID, Case},
    program::Program,
};

/// The cases of the state tests in the file at `path`, with names. Cases that cannot be said in our types (numbers too
/// large, unknown forks) are left out: they test decoding, not execution.
///
/// # Errors
///
/// When the file is no JSON.
pub fn read(path: &Path) -> Result<Vec<(String, Case)>, String> {
    let here = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let text = fs::read_to_string(path).map_err(|error| here(&error))?;
    let json: Value = serde_json::from_str(&text).map_err(|error| here(&error))?;
    let mut cases = Vec::new();
    for (name, test) in json.as_object().into_iter().flatten() {
        for (fork, posts) in test["post"].as_object().into_iter().flatten() {
            let Ok(fork) = fork.parse::<Fork>() else { continue };
            for (i, post) in posts.as_array().into_iter().flatten().enumerate() {
                if let Some(case) = case(test, fork, &post["indexes"]) {
                    cases.push((format!("{name} {fork} {i}"), case));
                }
            }
        }
    }
    Ok(cases)
}

fn case(test: &Value, fork: Fork, indexes: &Value) -> Option<Case> {
    let mut pre = BTreeMap::new();
    for (address, account) in test["pre"].as_object()? {
        let slots = account["storage"].as_object()?.iter();
        let slots: Option<BTreeMap<U256, U256>> =
            slots.map(|(key, value)| Some((word_of(key)?, word(value)?))).collect();
        let account = Account {
            balance: word(&account["balance"])?,
            nonce: number(&account["nonce"])?,
            code: Program::raw(bytes(&account["code"])?),
            slots: slots?,
        };
        pre.insert(address_of(address)?, account);
    }
    let transaction = transaction(&test["transaction"], indexes)?;
    Some(Case { fork, block: block(&test["env"])?, pre, transaction })
}

fn block(env: &Value) -> Option<Block> {
    let optional = |key: &str| match &env[key] {
        Value::Null => Some(U256::ZERO),
        value => word(value),
    };
    Some(Block {
        number: number(&env["currentNumber"])?,
        coinbase: address(&env["currentCoinbase"])?,
        timestamp: number(&env["currentTimestamp"])?,
        gas_limit: number(&env["currentGasLimit"])?,
        base_fee: optional("currentBaseFee")?,
        difficulty: optional("currentDifficulty")?,
        prev_randao: optional("currentRandom")?,
        excess_blob_gas: optional("currentExcessBlobGas")?.try_into().ok()?,
        ..Block::default()
    })
}

fn transaction(json: &Value, indexes: &Value) -> Option<Transaction> {
    let at = |key: &str, index: &str| json[key].get(indexes[index].as_u64()? as usize);
    let access_list = match at("accessLists", "data") {
        None | Some(Value::Null) => Vec::new(),
        Some(list) => access_list(list)?,
    };
    let fees = || {
        Some(Fees {
            max_fee_per_gas: word(&json["maxFeePerGas"])?,
            max_priority_fee_per_gas: word(&json["maxPriorityFeePerGas"])?,
        })
    };
    let has = |key: &str| !json[key].is_null();
    let kind = if has("authorizationList") {
        let list = json["authorizationList"].as_array()?.iter();
        let authorizations: Option<Vec<Authorization>> = list.map(authorization).collect();
        TransactionKind::SetCode { fees: fees()?, authorizations: authorizations? }
    } else if has("maxFeePerBlobGas") {
        let hashes = json["blobVersionedHashes"].as_array()?.iter();
        let blob_hashes: Option<Vec<Hash>> =
            hashes.map(|hash| word(hash).map(Hash::from_word)).collect();
        TransactionKind::Blob {
            fees: fees()?,
            max_fee_per_blob_gas: word(&json["maxFeePerBlobGas"])?,
            blob_hashes: blob_hashes?,
        }
    } else if has("maxFeePerGas") {
        TransactionKind::DynamicFee { fees: fees()? }
    } else if has("accessLists") {
        TransactionKind::AccessList { gas_price: word(&json["gasPrice"])? }
    } else {
        TransactionKind::Legacy { gas_price: word(&json["gasPrice"])? }
    };
    let is_legacy = matches!(kind, TransactionKind::Legacy { .. });
    let to = json["to"].as_str()?;
    Some(Transaction {
        sender: address(&json["sender"])?,
        nonce: number(&json["nonce"])?,
        gas_limit: number(at("gasLimit", "gas")?)?,
        to: if to.is_empty() { None } else { Some(address_of(to)?) },
        value: word(at("value", "value")?)?,
        data: bytes(at("data", "data")?)?,
        chain_id: (!is_legacy).then_some(CHAIN_ID),
        access_list,
        kind,
    })
}

fn access_list(json: &Value) -> Option<Vec<AccessListItem>> {
    let item = |item: &Value| {
        let keys: Option<Vec<U256>> = item["storageKeys"].as_array()?.iter().map(word).collect();
        Some(AccessListItem { address: address(&item["address"])?, keys: keys? })
    };
    json.as_array()?.iter().map(item).collect()
}

fn authorization(json: &Value) -> Option<Authorization> {
    Some(Authorization {
        chain_id: word(&json["chainId"])?,
        address: address(&json["address"])?,
        nonce: number(&json["nonce"])?,
        y_parity: number(&json["v"])?.try_into().ok()?,
        r: word(&json["r"])?,
        s: word(&json["s"])?,
    })
}

fn word(json: &Value) -> Option<U256> {
    word_of(json.as_str()?)
}

fn word_of(text: &str) -> Option<U256> {
    let digits = text.trim_start_matches("0x");
    if digits.is_empty() { Some(U256::ZERO) } else { U256::from_str_radix(digits, 16).ok() }
}

fn number(json: &Value) -> Option<u64> {
    word(json)?.try_into().ok()
}

fn bytes(json: &Value) -> Option<Vec<u8>> {
    decode_hex(json.as_str()?.trim_start_matches("0x")).ok()
}

fn address(json: &Value) -> Option<Address> {
    address_of(json.as_str()?)
}

fn address_of(text: &str) -> Option<Address> {
    text.trim_start_matches("0x").parse().ok()
}
