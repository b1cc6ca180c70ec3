//! Compilers' artifacts: solc's standard JSON output and `--combined-json`, Foundry's and Hardhat's files.

use std::path::Path;

use lockstep::decode_hex;
use serde_json::Value;

use crate::error::InputError;

/// A contract of an artifact. Code that a compiler left out is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contract {
    /// Its name, perhaps after the name of its file.
    pub name: String,
    /// What creates it.
    pub creation: Vec<u8>,
    /// What it runs.
    pub runtime: Vec<u8>,
}

/// The contracts in the artifact `text`, the content of `path`, that have any code.
///
/// # Errors
///
/// When it is no JSON, no artifact we know, holds malformed or unlinked code, or no code at all.
pub fn read_artifact(path: &Path, text: String) -> Result<Vec<Contract>, InputError> {
    let json: Value = match serde_json::from_str(&text) {
        Ok(json) => json,
        Err(error) => return Err(InputError::json(path, text, &error)),
    };
    let refuse = |what: &str| {
        Err(InputError::Content { place: path.display().to_string(), what: what.to_owned() })
    };
    let mut found = Vec::new();
    if json.get("bytecode").is_some() || json.get("deployedBytecode").is_some() {
        let name = json.get("contractName").and_then(Value::as_str).unwrap_or("contract");
        found.push((name.to_owned(), json.get("bytecode"), json.get("deployedBytecode")));
    } else if let Some(Value::Object(contracts)) = json.get("contracts") {
        for (name, value) in contracts {
            collect(name, value, &mut found);
        }
    } else {
        return refuse("JSON without `contracts`, `bytecode` or `deployedBytecode`");
    }
    let mut contracts = Vec::new();
    for (name, creation, runtime) in found {
        let creation = code(path, &name, creation)?;
        let runtime = code(path, &name, runtime)?;
        if !creation.is_empty() || !runtime.is_empty() {
            contracts.push(Contract { name, creation, runtime });
        }
    }
    if contracts.is_empty() {
        return refuse("an artifact without code");
    }
    Ok(contracts)
}

type Found<'j> = (String, Option<&'j Value>, Option<&'j Value>);

/// The contracts below `value`, the entry `name` of `contracts`: a contract of `--combined-json`, or a file of
/// standard JSON.
fn collect<'j>(name: &str, value: &'j Value, found: &mut Vec<Found<'j>>) {
    if value.get("bin").is_some() || value.get("bin-runtime").is_some() {
        found.push((name.to_owned(), value.get("bin"), value.get("bin-runtime")));
        return;
    }
    for (contract, value) in value.as_object().into_iter().flatten() {
        let evm = value.get("evm");
        let part = |key| evm.and_then(|evm| evm.get(key));
        found.push((format!("{name}:{contract}"), part("bytecode"), part("deployedBytecode")));
    }
}

/// The bytes of a contract's code: text, or an object with the text in `object`.
fn code(path: &Path, name: &str, value: Option<&Value>) -> Result<Vec<u8>, InputError> {
    let text = value.map(|value| value.get("object").unwrap_or(value)).and_then(Value::as_str);
    let text = text.unwrap_or_default();
    let place = format!("{}: contract {name}", path.display());
    if text.contains("__") {
        let what = "its code calls libraries that are not linked".to_owned();
        return Err(InputError::Content { place, what });
    }
    decode_hex(text).map_err(|cause| InputError::Hex { place, cause })
}
