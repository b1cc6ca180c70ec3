//! `lockstep run`, `disasm`, `gas`, `completions`, `--version`.

use serde_json::Value;

use super::setup::{file, lockstep, lockstep_with};

/// Returns 5 + 4.
const NINE: &str = "600560040160005260206000f3";
/// Deploys ten bytes that return 42.
const CREATION: &str = "600a600c600039600a6000f3602a60005260206000f3";

fn json(arguments: &[&str]) -> Value {
    let done = lockstep(&[&["run", "--json"], arguments].concat());
    serde_json::from_str(&done.out).expect("one object")
}

fn nine() -> String {
    format!("0x{:0>64}", 9)
}

#[test]
fn code_may_be_digits_words_a_file_or_standard_input() {
    let text = file("code.hex", format!("0x{NINE}\n"));
    let bytes = file("code.bin", lockstep::decode_hex(NINE).expect("digits"));
    let prefixed = format!("0x{NINE}");
    let ways: [&[&str]; 5] =
        [&[NINE], &[&prefixed], &["60 05 60 04 01", "60005260206000f3"], &[&text], &[&bytes]];
    for way in ways {
        let done = lockstep(&[&["run"], way].concat());
        assert_eq!(done.code, Some(0), "{}", done.err);
        assert!(done.out.contains(&nine()) && done.out.contains("gas used  24 of"), "{}", done.out);
    }
    assert!(lockstep_with(&["run", "-"], NINE.as_bytes()).out.contains(&nine()));
}

#[test]
fn artifacts_of_every_compiler_are_recognized() {
    let foundry = format!(
        r#"{{"abi":[],"bytecode":{{"object":"0x{CREATION}"}},"deployedBytecode":{{"object":"0x{NINE}"}}}}"#
    );
    let hardhat = format!(
        r#"{{"contractName":"C","bytecode":"0x{CREATION}","deployedBytecode":"0x{NINE}"}}"#
    );
    let standard = format!(
        r#"{{"contracts":{{"c.sol":{{"C":{{"evm":{{"bytecode":{{"object":"{CREATION}"}},"deployedBytecode":{{"object":"{NINE}"}}}}}}}}}}}}"#
    );
    let combined = format!(
        r#"{{"contracts":{{"c.sol:C":{{"bin":"{CREATION}","bin-runtime":"{NINE}"}},"c.sol:D":{{"bin":"","bin-runtime":""}}}}}}"#
    );
    for (name, text) in
        [("foundry", foundry), ("hardhat", hardhat), ("standard", standard), ("combined", combined)]
    {
        let path = file(&format!("{name}.json"), text);
        assert_eq!(json(&[&path])["output"], nine(), "{name}");
        assert_eq!(json(&[&path, "--create"])["output"], "0x602a60005260206000f3", "{name}");
    }
}

#[test]
fn state_logs_and_creations_are_shown() {
    // SSTORE(0, calldata[0]) and a log with topic 0xff.
    let report = json(&[
        "5f355f5560ff5f5fa100",
        "--calldata",
        &nine(),
        "--to",
        "0x00000000000000000000000000000000000000aa",
    ]);
    let account = &report["state"]["0x00000000000000000000000000000000000000aa"];
    assert_eq!(account["storage"]["0x0"], "0x9");
    assert_eq!(report["logs"][0]["topics"][0], format!("0x{:0>64}", "ff"));
    let report = json(&[CREATION, "--create"]);
    let created = report["created"].as_str().expect("an address");
    assert_eq!(report["state"][created]["nonce"], 1);
}

#[test]
fn a_pre_state_is_there_and_value_moves() {
    let pre = file(
        "pre.json",
        r#"{"0x00000000000000000000000000000000000000bb": {"balance": "0x07", "code": "0x", "nonce": "0x00", "storage": {}}}"#,
    );
    // BALANCE(0xbb) + SELFBALANCE, returned.
    let code = "60bb3147015f5260205ff3";
    assert_eq!(json(&[code, "--pre", &pre, "--value", "2"])["output"], nine());
    let calldata = file("calldata.hex", format!("{}\n", nine()));
    assert_eq!(
        json(&["5f355f5260205ff3", "--calldata", &format!("@{calldata}")])["output"],
        nine()
    );
}

#[test]
fn failures_of_the_guest_exit_with_one() {
    let done = lockstep(&["run", "fe"]);
    assert_eq!(done.code, Some(1));
    assert!(done.out.contains("trap: unreachable"), "{}", done.out);
    let done = lockstep(&["run", "600a", "--gas", "2"]);
    assert_eq!((done.code, done.out.contains("trap: out_of_gas")), (Some(1), true));
    // Undefined before Shanghai.
    assert_eq!(lockstep(&["run", "5f", "--fork", "merge"]).code, Some(1));
    assert_eq!(lockstep(&["run", "5f", "--fork", "fusaka"]).code, Some(2));
    // revert(Error("no")).
    let code = "6308c379a060e01b5f5260206004526002602452616e6f60f01b60445260645ffd";
    let done = lockstep(&["run", code]);
    assert_eq!(done.code, Some(1));
    assert!(done.out.contains("outcome   revert: no"), "{}", done.out);
}

#[test]
fn a_trace_goes_to_standard_output_line_by_line() {
    let done = lockstep(&["run", NINE, "--trace", "--json", "--trace.nostack"]);
    let lines: Vec<Value> =
        done.out.lines().map(|line| serde_json::from_str(line).expect("JSON lines")).collect();
    assert_eq!(lines.len(), 8 + 2);
    assert_eq!(lines[0].get("stack"), None);
    assert_eq!(lines[8]["gasUsed"], "0x18");
    assert_eq!(lines[9]["outcome"], "return");
    let failed = lockstep(&["run", "6001fe", "--trace"]);
    assert!(
        failed.out.contains("\"opName\":\"INVALID\",\"error\":\"unreachable\""),
        "{}",
        failed.out
    );
    assert!(failed.err.contains("trap: unreachable"));
}

#[test]
fn dmir_files_keep_their_promises() {
    let good = "func @nine() -> i64 {\nentry:\n    v = iadd.i64 5, 4\n    return v\n}\n; run: @nine() == 9\n";
    let path = file("good.dmir", good);
    assert_eq!(lockstep(&["run", &path]).code, Some(0));
    let done = lockstep(&["run", &file("bad.dmir", good.replace("== 9", "== 8"))]);
    assert_eq!(done.code, Some(1));
    let done = lockstep(&["run", &file("broken.dmir", good.replace("iadd", "idda"))]);
    assert_eq!(done.code, Some(2));
    assert!(done.err.contains(":3:"), "{}", done.err);
}

#[test]
fn listings_show_blocks_opcodes_and_dmir() {
    let done = lockstep(&["disasm", "--ir", "6005565b00ef"]);
    assert_eq!(done.code, Some(0));
    for part in [
        "PUSH1 0x05",
        "block 0x0003",
        "JUMPDEST",
        "(undefined)",
        "func @at_3",
        "words  ",
        "undefined_opcode",
    ] {
        assert!(done.out.contains(part), "{part}: {}", done.out);
    }
    assert_eq!(lockstep(&["disasm", ""]).code, Some(0));
}

#[test]
fn prices_come_by_fork() {
    let sload = |fork: &str| {
        let done = lockstep(&["gas", "--json", "--fork", fork]);
        let rows: Vec<Value> = serde_json::from_str(&done.out).expect("an array");
        rows.iter().find(|row| row["name"] == "SLOAD").expect("SLOAD")["gas"].clone()
    };
    assert_eq!(
        [sload("frontier"), sload("istanbul"), sload("berlin")],
        [50, 800, 100].map(Value::from)
    );
    assert!(lockstep(&["gas"]).out.contains("MCOPY"));
}

#[test]
fn shells_and_people_are_helped() {
    for shell in ["bash", "zsh", "fish"] {
        assert!(lockstep(&["completions", shell]).out.contains("statetest"), "{shell}");
    }
    assert_eq!(lockstep(&["--version"]).out, format!("lockstep {}\n", env!("CARGO_PKG_VERSION")));
    assert_eq!(lockstep(&["--help"]).code, Some(0));
    assert_eq!(lockstep(&[]).code, Some(2));
}
