//! RLP: what encoders must write, and what decoders must refuse.

use std::{fs, path::Path};

use alloy_rlp::{Encodable, Header};
use lockstep::{U256, decode_hex};
use serde_json::{Map, Value};

/// Tests in the data.
const FLOOR: usize = 55;

#[test]
fn rlp_is_written_and_refused_as_the_suite_says() {
    let Some(folder) = super::folder::find("ethereum/rlp_tests") else { return };
    let mut count = 0;
    for file in ["rlptest.json", "invalidRLPTest.json", "RandomRLPTests/example.json"] {
        for (name, test) in read(&folder.join(file)) {
            let out = test["out"].as_str().expect("`out` is text");
            let out = decode_hex(out).expect("`out` is hexadecimal");
            match &test["in"] {
                Value::String(text) if text == "INVALID" => {
                    assert!(!is_one_item(&out), "{name} must be refused");
                }
                Value::String(text) if text == "VALID" => assert!(is_one_item(&out), "{name}"),
                value => {
                    let mut encoded = Vec::new();
                    encode(value, &mut encoded);
                    assert_eq!(encoded, out, "{name}");
                    assert!(is_one_item(&out), "{name}");
                }
            }
            count += 1;
        }
    }
    println!("RLP: {count} passed, 0 failed, 0 skipped");
    assert!(count >= FLOOR, "{count} of at least {FLOOR}");
}

fn read(path: &Path) -> Map<String, Value> {
    let text = fs::read_to_string(path).expect("the file reads");
    serde_json::from_str(&text).expect("the file is an object of tests")
}

/// Whether `bytes` are one item and nothing else, all the way down.
fn is_one_item(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    skip_item(&mut rest).is_some() && rest.is_empty()
}

fn skip_item(rest: &mut &[u8]) -> Option<()> {
    let header = Header::decode(rest).ok()?;
    let (mut payload, after) = rest.split_at_checked(header.payload_length)?;
    *rest = after;
    while header.list && !payload.is_empty() {
        skip_item(&mut payload)?;
    }
    Some(())
}

/// Encodes text, numbers (`#` marks a big one) and lists.
fn encode(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Array(items) => {
            let mut payload = Vec::new();
            items.iter().for_each(|item| encode(item, &mut payload));
            Header { list: true, payload_length: payload.len() }.encode(out);
            out.extend(payload);
        }
        Value::Number(number) => number.as_u64().expect("a small number").encode(out),
        Value::String(text) => match text.strip_prefix('#') {
            Some(digits) => big(digits).as_slice().encode(out),
            None => text.as_bytes().encode(out),
        },
        other => panic!("{other} is nothing RLP knows"),
    }
}

/// The bytes of a decimal number, without leading zeros; it may exceed 256 bits by some.
fn big(digits: &str) -> Vec<u8> {
    let mut bytes: Vec<u8> = Vec::new();
    for digit in digits.bytes() {
        let mut carry = u32::from(digit - b'0');
        for byte in bytes.iter_mut().rev() {
            let sum = u32::from(*byte) * 10 + carry;
            *byte = sum as u8;
            carry = sum >> 8;
        }
        if carry > 0 {
            bytes.insert(0, carry as u8);
        }
    }
    bytes
}

#[test]
fn big_numbers_of_the_suite_read_as_words_do() {
    let word = U256::MAX;
    assert_eq!(big(&word.to_string()), word.to_be_bytes::<32>());
}
