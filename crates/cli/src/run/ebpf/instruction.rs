//! An instruction with its accounts, as `agave-ledger-tool program run --input` reads it, laid out as the loaders of sBPF
//! programs hand it over.
//!
//! ```text
//! number of accounts: u64
//! of each: 0xff, is_signer, is_writable, executable, four zeros, key, owner, lamports: u64,
//!          bytes of data: u64, data, room to grow, zeros up to a multiple of 8, rent epoch: u64
//!   or, where its key was there before: which one, seven zeros
//! bytes of instruction data: u64, instruction data, program id
//! ```
//!
//! Invariants: each account is laid out once, where its key is first; what a program leaves is read where it was put, and no
//! rule of Solana's runtime about who may change what is applied to it.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::{error::InputError, input};

/// A key in base58.
type Key = [u8; 32];

/// Accounts of one instruction: their places are told by one byte, of which 255 tells that there is none.
const ACCOUNTS_MAX: usize = 255;
/// Bytes by which a program may let data grow.
const GROWTH_MAX: usize = 10_240;
const ALIGNMENT: usize = 8;
const FIRST: u8 = 0xff;

/// An account, in the words of an instruction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Account {
    key: String,
    owner: String,
    is_signer: bool,
    is_writable: bool,
    lamports: u64,
    data: Vec<u8>,
}

/// The file: what is absent or null is zero or false.
#[derive(Debug, Deserialize)]
struct File {
    program_id: String,
    accounts: Vec<Given>,
    instruction_data: Vec<u8>,
}

#[derive(Debug, Deserialize)]
struct Given {
    key: String,
    owner: Option<String>,
    is_signer: Option<bool>,
    is_writable: Option<bool>,
    lamports: Option<u64>,
    data: Option<Vec<u8>>,
}

impl From<Given> for Account {
    fn from(given: Given) -> Self {
        Self {
            key: given.key,
            owner: given.owner.unwrap_or_else(|| bs58::encode(Key::default()).into_string()),
            is_signer: given.is_signer.unwrap_or_default(),
            is_writable: given.is_writable.unwrap_or_default(),
            lamports: given.lamports.unwrap_or_default(),
            data: given.data.unwrap_or_default(),
        }
    }
}

/// An instruction, laid out.
#[derive(Debug)]
pub(super) struct Instruction {
    /// The program that it is for.
    pub(super) program_id: Key,
    /// The program's input.
    pub(super) input: Vec<u8>,
    /// Accounts as they were given, with where their lamports lie in the input.
    places: Vec<(Account, usize)>,
}

/// Reads the file at `path`.
///
/// # Errors
///
/// When it cannot be read, or is no such JSON: with line and column, or the field.
pub(super) fn read(path: &Path) -> Result<Instruction, InputError> {
    let text = input::read_text(path)?;
    let file: File = match serde_json::from_str(&text) {
        Ok(file) => file,
        Err(error) => return Err(InputError::json(path, text, &error)),
    };
    laid_out(file).map_err(|what| InputError::Instruction { path: path.to_owned(), what })
}

fn laid_out(file: File) -> Result<Instruction, String> {
    let count = file.accounts.len();
    if count > ACCOUNTS_MAX {
        return Err(format!("{count} accounts, expected at most {ACCOUNTS_MAX}"));
    }
    let program_id = key("program_id", &file.program_id)?;
    let mut input = (count as u64).to_le_bytes().to_vec();
    let mut places: Vec<(Account, usize)> = Vec::new();
    let mut seen: Vec<Key> = Vec::new();
    for (at, account) in file.accounts.into_iter().map(Account::from).enumerate() {
        let own = key(&format!("accounts[{at}].key"), &account.key)?;
        let owner = key(&format!("accounts[{at}].owner"), &account.owner)?;
        let before = seen.iter().position(|other| *other == own);
        seen.push(own);
        if let Some(before) = before {
            input.extend((before as u64).to_le_bytes());
            continue;
        }
        let flags = [FIRST, account.is_signer.into(), account.is_writable.into(), 0];
        input.extend(flags);
        input.extend([0; 4]);
        input.extend(own);
        input.extend(owner);
        let place = input.len();
        input.extend(account.lamports.to_le_bytes());
        input.extend((account.data.len() as u64).to_le_bytes());
        input.extend(&account.data);
        input.resize((input.len() + GROWTH_MAX).next_multiple_of(ALIGNMENT), 0);
        input.extend(u64::MAX.to_le_bytes());
        places.push((account, place));
    }
    input.extend((file.instruction_data.len() as u64).to_le_bytes());
    input.extend(file.instruction_data);
    input.extend(program_id);
    Ok(Instruction { program_id, input, places })
}

fn key(field: &str, text: &str) -> Result<Key, String> {
    let mut key = Key::default();
    match bs58::decode(text).onto(&mut key) {
        Ok(len) if len == key.len() => Ok(key),
        Ok(len) => Err(format!("{field}: {len} bytes, expected 32 in base58")),
        Err(error) => Err(format!("{field}: {error}, expected 32 bytes in base58")),
    }
}

impl Instruction {
    /// The accounts as a program left them in `input`.
    ///
    /// # Errors
    ///
    /// The account that has more data than it may.
    pub(super) fn accounts(&self, input: &[u8]) -> Result<Vec<Account>, String> {
        let left = self.places.iter().map(|(account, place)| {
            let [lamports, len] = [*place, place + 8].map(|at| word(input, at));
            let max = account.data.len() + GROWTH_MAX;
            let data = usize::try_from(len).ok().filter(|len| *len <= max);
            let data = data.and_then(|len| input.get(place + 16..)?.get(..len));
            let key = &account.key;
            let data = data.ok_or_else(|| {
                format!("account {key}: {len} bytes of data, expected at most {max}")
            })?;
            let owner = &input[place - 32..*place];
            Ok(Account {
                lamports,
                owner: bs58::encode(owner).into_string(),
                data: data.to_vec(),
                ..account.clone()
            })
        });
        left.collect()
    }

    /// What is said of each account of `after` that is not as it was.
    pub(super) fn changes(&self, after: &[Account]) -> Vec<String> {
        let pairs = self.places.iter().map(|(before, _)| before).zip(after);
        pairs
            .filter(|(before, after)| before != after)
            .map(|(before, after)| change(before, after))
            .collect()
    }
}

fn change(before: &Account, after: &Account) -> String {
    let mut text = after.key.clone();
    if before.lamports != after.lamports {
        text += &format!(", lamports {} to {}", before.lamports, after.lamports);
    }
    if before.owner != after.owner {
        text += &format!(", owner {}", after.owner);
    }
    if before.data != after.data {
        text += &format!(", data 0x{}", lockstep::encode_hex(&after.data));
    }
    text
}

fn word(bytes: &[u8], at: usize) -> u64 {
    let word = bytes.get(at..).and_then(|bytes| bytes.first_chunk());
    word.map_or(0, |word| u64::from_le_bytes(*word))
}
