//! Instructions with accounts, as programs of sBPF get them: `run --instruction`.

use serde_json::{Value, json};

use super::{
    ebpf::program,
    setup::{file, lockstep, refused},
};

const PROGRAM: &str = "DozgQiYtGbdyniV2T74xMdmjZJvYDzoRFFqw7UR5MwPK";
const KEY: &str = "524HMdYYBy6TAn4dK5vCcjiTmT2sxV6Xoue5EXrz22Ca";
const OWNER: &str = "BPFLoaderUpgradeab1e11111111111111111111111";
const SYSTEM: &str = "11111111111111111111111111111111";

/// Where the first account has its lamports, the length of its data, and that; where instruction data lies after an account
/// of four bytes and one that was there before.
const LAMPORTS: u64 = 80;
const LEN: u64 = 88;
const DATA: u64 = 96;
const INSTRUCTION_DATA: u64 = 10_368;

fn slot(opcode: u64, dst: u64, src: u64, offset: u64, imm: u64) -> u64 {
    opcode | dst << 8 | src << 12 | offset << 16 | imm << 32
}

/// Adds 5 lamports, makes the data `len` bytes long, writes the last of five, and returns the first byte of instruction data.
fn deposit(len: u64) -> Vec<u8> {
    program(&[
        slot(0x79, 2, 1, LAMPORTS, 0),
        slot(0x07, 2, 0, 0, 5),
        slot(0x7b, 1, 2, LAMPORTS, 0),
        slot(0xb7, 3, 0, 0, len),
        slot(0x7b, 1, 3, LEN, 0),
        slot(0x73, 1, 3, DATA + 4, 0),
        slot(0x71, 0, 1, INSTRUCTION_DATA, 0),
        0x95,
    ])
}

fn instruction(status: u8) -> Value {
    json!({
        "program_id": PROGRAM,
        "accounts": [
            {
                "key": KEY, "owner": OWNER, "is_signer": false, "is_writable": true,
                "lamports": 1000, "data": [0, 0, 0, 3],
            },
            { "key": KEY, "owner": null },
        ],
        "instruction_data": [status, 32],
    })
}

fn written(name: &str, instruction: &Value) -> String {
    file(&format!("ebpf/{name}.json"), instruction.to_string())
}

#[test]
fn programs_change_the_accounts_of_an_instruction() {
    let path = file("ebpf/deposit.so", deposit(5));
    let good = written("good", &instruction(0));
    for tier in ["interpreter", "optimizing", "evaluator"] {
        let done = lockstep(&["run", "--json", "--tier", tier, "--instruction", &good, &path]);
        assert_eq!(done.code, Some(0), "{tier}: {}{}", done.out, done.err);
        let report: Value = serde_json::from_str(&done.out).expect("an object");
        let after = json!([{
            "key": KEY, "owner": OWNER, "is_signer": false, "is_writable": true,
            "lamports": 1005, "data": [0, 0, 0, 3, 5],
        }]);
        assert_eq!((&report["result"], &report["accounts"]), (&"0x0".into(), &after));
    }
    let text = lockstep(&["run", "--instruction", &good, &path]).out;
    let line = format!("account   {KEY}, lamports 1000 to 1005, data 0x0000000305\n");
    assert!(text.contains(&line), "{text}");
}

#[test]
fn programs_that_do_not_return_zero_have_failed() {
    let path = file("ebpf/refuses.so", deposit(5));
    let done = lockstep(&["run", "--instruction", &written("refuses", &instruction(7)), &path]);
    assert_eq!(done.code, Some(1), "{}{}", done.out, done.err);
    assert!(done.out.contains("result    0x7\n"), "{}", done.out);
}

#[test]
fn data_grows_as_far_as_there_is_room() {
    for (len, code) in [(10_244, 0), (10_245, 1), (0x7fff_ffff, 1)] {
        let path = file(&format!("ebpf/grows_{len}.so"), deposit(len));
        let grows = written(&format!("grows_{len}"), &instruction(0));
        let done = lockstep(&["run", "--json", "--instruction", &grows, &path]);
        assert_eq!(done.code, Some(code), "{len}: {}", done.err);
        let report: Value = serde_json::from_str(&done.out).expect("an object");
        let message = format!("account {KEY}: {len} bytes of data, expected at most 10244");
        assert_eq!(report["error"].as_str(), (code == 1).then_some(message.as_str()));
        let data = report["accounts"][0]["data"].as_array().map(Vec::len);
        assert_eq!(data, (code == 0).then_some(len as usize));
    }
}

#[test]
fn what_is_absent_is_zero_and_bad_instructions_are_refused() {
    // Owner and flags of the only account, of no data: the eight bytes before its key.
    let path = file("ebpf/flags.so", program(&[slot(0x79, 0, 1, 8, 0), 0x95]));
    let mut bare =
        json!({ "program_id": PROGRAM, "accounts": [{ "key": SYSTEM }], "instruction_data": [] });
    let done = lockstep(&["run", "--json", "--instruction", &written("bare", &bare), &path]);
    let report: Value = serde_json::from_str(&done.out).expect("an object");
    assert_eq!(report["result"], "0xff", "{}{}", done.out, done.err);
    assert_eq!(report["accounts"][0]["owner"], SYSTEM);
    let mut is_refused = |pointer: &str, value: Value, parts: &[&str]| {
        let before = bare.pointer(pointer).expect("a field").clone();
        *bare.pointer_mut(pointer).expect("a field") = value;
        refused(&["run", "--instruction", &written("bad", &bare), &path], parts);
        *bare.pointer_mut(pointer).expect("a field") = before;
    };
    is_refused("/program_id", json!("0OIl"), &["program_id", "base58"]);
    is_refused("/accounts/0/key", json!("abc"), &["accounts[0].key", "expected 32"]);
    let long = "1".repeat(1000);
    is_refused("/accounts/0/key", json!(long), &["accounts[0].key", "base58"]);
    is_refused("/instruction_data", json!([256]), &["256"]);
    let many: Vec<Value> = (0..256).map(|_| json!({ "key": SYSTEM })).collect();
    is_refused("/accounts", json!(many), &["256 accounts", "255"]);
    refused(&["run", "--instruction", &file("ebpf/open.json", "{"), &path], &["EOF"]);
    let both = written("both", &instruction(0));
    let done = lockstep(&["run", "--instruction", &both, "--calldata", "0x00", &path]);
    assert_eq!(done.code, Some(2));
}
