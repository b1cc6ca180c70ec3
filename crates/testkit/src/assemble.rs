//! EVM code from mnemonics, for tests that read like programs.
//!
//! ```text
//! again: 1 ADD DUP1 10 GT @again JUMPI STOP
//! ```
//!
//! A number is pushed by the shortest PUSH (zero by `PUSH1 0`, which every fork has), `@name` pushes the place of
//! `name:`, which is a JUMPDEST; `0x..` after a mnemonic that takes an immediate is not needed, as numbers push.

use std::collections::BTreeMap;

use lockstep_base::{U256, decode_hex};
use lockstep_guest::evm::OPCODES;

const JUMPDEST: u8 = 0x5b;
const PUSH1: u8 = 0x60;
const PUSH2: u8 = 0x61;

/// The code that `text` spells.
///
/// # Panics
///
/// On a word that is neither mnemonic, number nor label: tests are ours.
pub fn assemble(text: &str) -> Vec<u8> {
    let (mut code, mut labels, mut uses) = (Vec::new(), BTreeMap::new(), Vec::new());
    for word in text.split_whitespace() {
        if let Some(name) = word.strip_suffix(':') {
            assert!(labels.insert(name, code.len()).is_none(), "label {name} stands twice");
            code.push(JUMPDEST);
        } else if let Some(name) = word.strip_prefix('@') {
            uses.push((code.len() + 1, name));
            code.extend([PUSH2, 0, 0]);
        } else if word.starts_with(|first: char| first.is_ascii_digit()) {
            push(&mut code, number(word));
        } else {
            let row = OPCODES.iter().find(|row| row.name == word);
            code.push(row.unwrap_or_else(|| panic!("no opcode {word}")).byte);
        }
    }
    for (at, name) in uses {
        let place = labels.get(name).unwrap_or_else(|| panic!("no label {name}"));
        let place = u16::try_from(*place).expect("a label within 64 KiB");
        code[at..at + 2].copy_from_slice(&place.to_be_bytes());
    }
    code
}

fn number(word: &str) -> U256 {
    match word.strip_prefix("0x") {
        Some(digits) => {
            let even = if digits.len() % 2 == 0 { digits.into() } else { format!("0{digits}") };
            U256::from_be_slice(&decode_hex(&even).expect("hexadecimal digits"))
        }
        None => U256::from(word.parse::<u64>().expect("a number of 64 bits")),
    }
}

/// Appends the shortest PUSH of `number`.
pub fn push(code: &mut Vec<u8>, number: U256) {
    let bytes = number.to_be_bytes::<32>();
    let len = bytes.iter().skip_while(|byte| **byte == 0).count().max(1);
    code.push(PUSH1 + len as u8 - 1);
    code.extend_from_slice(&bytes[32 - len..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_bytes() {
        assert_eq!(assemble("0 0x1ff ADD"), [0x60, 0, 0x61, 1, 0xff, 0x01]);
        assert_eq!(assemble("@end JUMP end: STOP"), [0x61, 0, 4, 0x56, 0x5b, 0x00]);
    }
}
