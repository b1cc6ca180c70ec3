//! A case as a state test. What it expects is the peer's answer: whoever commits the file has decided that the peer is
//! right, or has put the right answer in its place.

use std::collections::BTreeMap;

use lockstep::{Fees, Hash, Transaction, TransactionKind, U256, encode_hex, logs_hash};
use lockstep_state::{state_root, storage_root};
use serde_json::{Map, Value, json};

use crate::{
    case::Case,
    generate::Keys,
    outcome::{End, Outcome},
    peer,
};

/// `case` as the text of a state test called `name`.
pub fn to_text(name: &str, case: &Case) -> String {
    let pre = case.state();
    let expected = peer::run(case, &pre).unwrap_or_else(|| Outcome::invalid(&pre));
    let accounts: Map<String, Value> = case
        .pre
        .iter()
        .map(|(address, account)| {
            let slots: BTreeMap<String, String> =
                account.slots.iter().map(|(key, value)| (hex(*key), hex(*value))).collect();
            let value = json!({
                "balance": hex(account.balance),
                "nonce": number(account.nonce),
                "code": bytes(&account.code.assemble()),
                "storage": slots,
            });
            (address.to_string(), value)
        })
        .collect();
    let mut post = json!({
        "indexes": { "data": 0, "gas": 0, "value": 0 },
        "hash": root_of(&expected).to_string(),
        "logs": logs_hash(expected.logs.iter().map(lockstep::Log::as_ref)).to_string(),
    });
    if expected.end == End::Invalid {
        post["expectException"] = json!("TransactionException");
    }
    let fork = if case.fork.name() == "Petersburg" { "ConstantinopleFix" } else { fork_name(case) };
    let file = json!({
        name: {
            "env": env(case),
            "pre": accounts,
            "transaction": transaction(&case.transaction),
            "post": { fork: [post] },
        }
    });
    serde_json::to_string_pretty(&file).unwrap_or_default() + "\n"
}

/// The name that state tests use.
fn fork_name(case: &Case) -> &'static str {
    match case.fork {
        lockstep::Fork::Tangerine => "EIP150",
        lockstep::Fork::SpuriousDragon => "EIP158",
        fork => fork.name(),
    }
}

fn root_of(outcome: &Outcome) -> Hash {
    let infos: Vec<_> = outcome
        .accounts
        .iter()
        .map(|(address, account)| {
            let info = lockstep_state::AccountInfo {
                balance: account.balance,
                nonce: account.nonce,
                code_hash: account.code_hash,
            };
            let slots = account.slots.iter().map(|(key, value)| (*key, *value));
            (*address, info, storage_root(slots))
        })
        .collect();
    state_root(infos.iter().map(|(address, info, root)| (*address, info, *root)))
}

fn env(case: &Case) -> Value {
    let block = &case.block;
    json!({
        "currentCoinbase": block.coinbase.to_string(),
        "currentNumber": number(block.number),
        "currentTimestamp": number(block.timestamp),
        "currentGasLimit": number(block.gas_limit),
        "currentBaseFee": hex(block.base_fee),
        "currentDifficulty": hex(block.difficulty),
        "currentRandom": Hash::from_word(block.prev_randao).to_string(),
        "currentExcessBlobGas": number(block.excess_blob_gas),
    })
}

fn transaction(transaction: &Transaction) -> Value {
    let mut json = json!({
        "sender": transaction.sender.to_string(),
        "nonce": number(transaction.nonce),
        "gasLimit": [number(transaction.gas_limit)],
        "to": transaction.to.map_or(String::new(), |to| to.to_string()),
        "value": [hex(transaction.value)],
        "data": [bytes(&transaction.data)],
    });
    if let Some(key) = Keys::new().0.iter().find(|key| key.address == transaction.sender) {
        json["secretKey"] = json!(bytes(&key.secret));
    }
    let list: Vec<Value> = transaction
        .access_list
        .iter()
        .map(|item| {
            let keys: Vec<String> =
                item.keys.iter().map(|key| Hash::from_word(*key).to_string()).collect();
            json!({ "address": item.address.to_string(), "storageKeys": keys })
        })
        .collect();
    if !matches!(transaction.kind, TransactionKind::Legacy { .. }) {
        json["accessLists"] = json!([list]);
    }
    match &transaction.kind {
        TransactionKind::Legacy { gas_price } | TransactionKind::AccessList { gas_price } => {
            json["gasPrice"] = json!(hex(*gas_price));
        }
        TransactionKind::DynamicFee { fees } => write_fees(&mut json, fees),
        TransactionKind::Blob { fees, max_fee_per_blob_gas, blob_hashes } => {
            write_fees(&mut json, fees);
            let hashes: Vec<String> = blob_hashes.iter().map(Hash::to_string).collect();
            json["maxFeePerBlobGas"] = json!(hex(*max_fee_per_blob_gas));
            json["blobVersionedHashes"] = json!(hashes);
        }
        TransactionKind::SetCode { fees, authorizations } => {
            write_fees(&mut json, fees);
            json["authorizationList"] =
                authorizations.iter().map(authorization).collect::<Vec<_>>().into();
        }
    }
    json
}

fn write_fees(json: &mut Value, fees: &Fees) {
    json["maxFeePerGas"] = json!(hex(fees.max_fee_per_gas));
    json["maxPriorityFeePerGas"] = json!(hex(fees.max_priority_fee_per_gas));
}

fn authorization(signed: &lockstep::Authorization) -> Value {
    json!({
        "chainId": hex(signed.chain_id),
        "address": signed.address.to_string(),
        "nonce": number(signed.nonce),
        "v": number(signed.y_parity.into()),
        "r": hex(signed.r),
        "s": hex(signed.s),
    })
}

fn hex(word: U256) -> String {
    format!("{word:#x}")
}

fn number(number: u64) -> String {
    format!("{number:#x}")
}

fn bytes(bytes: &[u8]) -> String {
    format!("0x{}", encode_hex(bytes))
}
