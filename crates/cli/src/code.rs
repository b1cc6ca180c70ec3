//! Code that users name: what it is, and its bytes.
//!
//! ```text
//! FILE | - | HEX  ->  content  ->  hexadecimal text | bytes | JSON artifact | Wasm module or text | ELF file | dMIR text
//! ```
//!
//! Invariants: the content decides, not the file's name; what is recognized and cannot be run is refused by name.

mod artifact;

use std::path::{Path, PathBuf};

use lockstep::{Binary, BinaryGuest, decode_hex};

pub use artifact::{Contract, read_artifact};

use crate::{error::InputError, input, wasm_text};

/// Code of some guest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Code {
    /// EVM code as it lies in an account, or as it creates one: whoever runs it decides.
    Evm(Vec<u8>),
    /// Contracts of a compiler's artifact.
    Artifact(Vec<Contract>),
    /// A Wasm module, which was text if the content was.
    Wasm(PathBuf, Vec<u8>),
    /// An eBPF program: an ELF file.
    Ebpf(PathBuf, Vec<u8>),
    /// A program with its machine code.
    Compiled(PathBuf, Box<Binary>),
    /// dMIR text.
    Dmir(PathBuf, String),
}

/// Whoever writes these means a file, not digits.
const PATH_CHARACTERS: [char; 3] = ['/', '.', '\\'];
/// What every Wasm module begins with.
const WASM_MAGIC: &[u8] = b"\0asm";
/// What every ELF file begins with.
const ELF_MAGIC: &[u8] = b"\x7fELF";

/// The code that `words` name: a file, `-` for standard input, or hexadecimal digits, perhaps in several words. After a
/// file that holds a Wasm module more words may come: its arguments.
///
/// # Errors
///
/// When it cannot be read or is nothing we know.
pub fn load(words: &[String]) -> Result<Code, InputError> {
    if let Some((word, more)) = words.split_first()
        && (word == "-" || Path::new(word).exists())
    {
        let path = Path::new(word);
        let code = recognize(path, input::read_bytes(path)?);
        let takes_arguments = match &code {
            Ok(Code::Wasm(..)) => true,
            Ok(Code::Compiled(_, binary)) => binary.guest() == BinaryGuest::Wasm,
            _ => false,
        };
        if more.is_empty() || takes_arguments {
            return code;
        }
        if word == "-" || word.contains(PATH_CHARACTERS) {
            code?;
            let message = format!("nothing may follow {word}, which is no Wasm module");
            return Err(InputError::Usage(message));
        }
    }
    let digits: String = words.concat().split_whitespace().collect();
    let place = "the code given".to_owned();
    match decode_hex(&digits) {
        Ok(code) => Ok(Code::Evm(code)),
        Err(_) if digits.contains(PATH_CHARACTERS) => {
            let cause = std::io::Error::from(std::io::ErrorKind::NotFound);
            Err(InputError::Read { path: words.join(" ").into(), cause })
        }
        Err(cause) => Err(InputError::Hex { place, cause }),
    }
}

/// What `bytes`, the content of `path`, are.
///
/// # Errors
///
/// When they are nothing we know, or text with a mistake.
pub fn recognize(path: &Path, bytes: Vec<u8>) -> Result<Code, InputError> {
    let place = path.display().to_string();
    let refuse = |what: &str| Err(InputError::Content { place: place.clone(), what: what.into() });
    if bytes.starts_with(WASM_MAGIC) {
        return Ok(Code::Wasm(path.to_owned(), bytes));
    }
    if Binary::is_binary(&bytes) {
        return match Binary::from_bytes(&bytes) {
            Ok(binary) => Ok(Code::Compiled(path.to_owned(), Box::new(binary))),
            Err(error) => Err(InputError::Binary { place, what: error.to_string() }),
        };
    }
    if bytes.starts_with(ELF_MAGIC) {
        return Ok(Code::Ebpf(path.to_owned(), bytes));
    }
    let text = match String::from_utf8(bytes) {
        Ok(text) if is_plain(&text) => text,
        Ok(text) => return Ok(Code::Evm(text.into_bytes())),
        Err(error) => return Ok(Code::Evm(error.into_bytes())),
    };
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return refuse("nothing is in it");
    }
    if trimmed.starts_with('{') {
        return read_artifact(path, text).map(Code::Artifact);
    }
    if is_wasm_text(&text) {
        let module = wasm_text::encode(&text);
        let module = module.map_err(|error| wasm_text::refuse(path, &text, &error))?;
        return Ok(Code::Wasm(path.to_owned(), module));
    }
    if is_dmir(&text) {
        return Ok(Code::Dmir(path.to_owned(), text));
    }
    let digits: String = trimmed.split_whitespace().collect();
    match decode_hex(&digits) {
        Ok(code) => Ok(Code::Evm(code)),
        Err(cause) => Err(InputError::Hex { place, cause }),
    }
}

/// Whether this is text that somebody could have written.
fn is_plain(text: &str) -> bool {
    text.chars().all(|character| !character.is_control() || character.is_ascii_whitespace())
}

/// Whether this is Wasm's text format: what follows its comments of a line is in parentheses.
fn is_wasm_text(text: &str) -> bool {
    let is_content = |line: &&str| !line.is_empty() && !line.starts_with(';');
    text.lines().map(str::trim).find(is_content).is_some_and(|line| line.starts_with('('))
}

/// Whether this is dMIR rather than digits: its first line that is no comment begins an item.
fn is_dmir(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let comments = text.trim_start().starts_with(';');
    comments
        || lines.next().is_some_and(|line| {
            line.contains(' ')
                && line.starts_with(char::is_alphabetic)
                && decode_hex(&line.replace(' ', "")).is_err()
        })
}
