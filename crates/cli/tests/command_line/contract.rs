//! `lockstep run` on Wasm contracts, alone and called by EVM code, and what their traces show.

use std::path::Path;

use serde_json::{Value, json};

use super::setup::{file, lockstep, refused};

/// Answers with the caller's word plus one, which it stores and logs.
const CONTRACT: &str = r#"(module
  (import "eth" "calldata_copy" (func $input (param i32 i32 i32)))
  (import "eth" "storage_store" (func $store (param i32 i32)))
  (import "eth" "finish" (func $finish (param i32 i32)))
  (memory 1)
  (func (export "main")
    (call $input (i32.const 32) (i32.const 0) (i32.const 32))
    (i32.store8 (i32.const 63) (call $next (i32.load8_u (i32.const 63))))
    (memory.fill (i32.const 0) (i32.const 0) (i32.const 32))
    (call $store (i32.const 0) (i32.const 32))
    (call $finish (i32.const 32) (i32.const 32)))
  (func $next (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))"#;

fn word(number: u8) -> String {
    format!("0x{number:0>64x}")
}

fn json_of(arguments: &[&str]) -> Value {
    let done = lockstep(&[&["run", "--json"], arguments].concat());
    serde_json::from_str(&done.out).unwrap_or_else(|_| panic!("{}{}", done.out, done.err))
}

fn lines(arguments: &[&str]) -> Vec<Value> {
    let done = lockstep(&[&["run", "--trace"], arguments].concat());
    let line = |line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}{}", done.err));
    done.out.lines().map(line).collect()
}

fn number(value: &Value) -> u64 {
    let text = value.as_str().and_then(|text| text.strip_prefix("0x"));
    u64::from_str_radix(text.expect("hexadecimal"), 16).expect("a number")
}

#[test]
fn a_contract_gets_messages_and_every_tier_answers_alike() {
    let path = file("contract/messages.wat", CONTRACT);
    let reports = ["interpreter", "evaluator", "adaptive"]
        .map(|tier| json_of(&[&path, "--calldata", &word(8), "--tier", tier]));
    assert!(reports.iter().all(|report| *report == reports[0]), "{reports:?}");
    let report = &reports[0];
    assert_eq!((&report["outcome"], &report["output"]), (&json!("return"), &json!(word(9))));
    let account = &report["state"]["0x000000000000000000000000000000000000c0de"];
    assert_eq!(account["storage"]["0x0"], "0x9");
    let done = lockstep(&["run", &path, "--gas", "9"]);
    assert_eq!((done.code, done.out.contains("trap: out_of_gas")), (Some(1), true));
    let token = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/vault/token.wasm");
    let token = token.to_str().expect("a path");
    let report = json_of(&[token, "--calldata", "0xa9059cbb", "--value", "1"]);
    assert_eq!((&report["outcome"], &report["reason"]), (&json!("revert"), &json!("no value")));
}

#[test]
fn a_contract_creates_and_a_pre_state_has_contracts() {
    let path = file("contract/creating.wat", CONTRACT);
    // Initialization code that returns what it got, which is its own code first.
    let report = json_of(&[&path, "--create"]);
    assert_eq!(report["outcome"], "return");
    let module = wat(CONTRACT);
    let pre = pre_state("contract/pre.json", &module);
    let calls = [CALLS, "--pre", &pre, "--calldata", &word(4)];
    let report = json_of(&[&calls[..], &["--wasm-contracts"]].concat());
    assert_eq!(report["output"], word(5));
    // On a chain without them the module is EVM code that begins with STOP, and nothing comes back.
    assert_eq!(json_of(&calls)["output"], word(4));
}

/// Calls 0xbb with its input, and returns the word that comes back.
const CALLS: &str = "60205f5f3760205f60205f5f60bb5af15060205ff3";

fn wat(text: &str) -> Vec<u8> {
    wast::parser::parse::<wast::Wat<'_>>(&wast::parser::ParseBuffer::new(text).expect("tokens"))
        .and_then(|mut wat| wat.encode())
        .expect("a module")
}

fn pre_state(name: &str, code: &[u8]) -> String {
    let code = lockstep::encode_hex(code);
    let account =
        json!({"balance": "0x00", "nonce": "0x01", "code": format!("0x{code}"), "storage": {}});
    file(name, json!({"0x00000000000000000000000000000000000000bb": account}).to_string())
}

#[test]
fn traces_show_each_instruction_of_both_guests_and_costs_add_up() {
    let pre = pre_state("contract/traced.json", &wat(CONTRACT));
    let arguments = [CALLS, "--pre", &pre, "--calldata", &word(4), "--wasm-contracts"];
    let shown = lines(&arguments);
    let (ends, steps) = shown.split_last().expect("a line at the end");
    let inner: Vec<_> = steps.iter().filter(|line| line["depth"] == 2).collect();
    assert!(inner.iter().all(|line| line["function"].is_number()), "{inner:?}");
    let outer: Vec<_> = steps.iter().filter(|line| line["depth"] == 1).collect();
    assert!(outer.iter().all(|line| line.get("function").is_none()), "EIP-3155 and no more");
    let add = inner.iter().find(|line| line["opName"] == "i32.add").expect("it adds");
    assert_eq!((&add["stack"], &add["function"]), (&json!(["0x3f", "0x4", "0x1"][1..]), &json!(4)));
    let fill = inner.iter().find(|line| line["opName"] == "memory.fill").expect("it fills");
    assert_eq!(fill["op"], 0xfc_00b);
    let call = inner.iter().find(|line| line["immediates"] == "$next").expect("it calls");
    assert_eq!((&call["op"], &call["opName"]), (&json!(0x10), &json!("call")));
    // Within a frame, what one line costs is what the next lacks.
    for pair in inner.windows(2) {
        assert_eq!(number(&pair[0]["gas"]) - number(&pair[0]["gasCost"]), number(&pair[1]["gas"]));
    }
    assert_eq!(number(&ends["gasUsed"]), json_of(&arguments)["gasUsed"].as_u64().expect("gas"));
    let evaluated = lines(&[&arguments[..], &["--tier", "evaluator"]].concat());
    assert_eq!(shown, evaluated);
}

#[test]
fn modules_are_traced_and_end_as_they_do_untraced() {
    let path = file(
        "contract/plain.wat",
        "(module (func (export \"halve\") (param i32) (result i32)
           (i32.div_u (i32.const 8) (local.get 0))))",
    );
    let shown = lines(&[&path, "--invoke", "halve", "2"]);
    let names: Vec<_> = shown.iter().filter_map(|line| line["opName"].as_str()).collect();
    assert_eq!(names, ["i32.const", "local.get", "i32.div_u", "end"]);
    assert_eq!(shown[2]["stack"], json!(["0x8", "0x2"]));
    let done = lockstep(&["run", &path, "--invoke", "halve", "0", "--trace", "--json"]);
    assert_eq!(done.code, Some(1));
    let lines: Vec<Value> =
        done.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines[2]["error"], "divide_by_zero");
    assert_eq!(lines[4]["trap"], "divide_by_zero");
}

#[test]
fn modules_that_may_not_be_contracts_say_why() {
    let importing = |name: &str, body: &str| {
        file(&format!("contract/{name}.wat"), format!("(module {body} (func (export \"main\")))"))
    };
    let unknown = importing("unknown", "(import \"eth\" \"sleep\" (func))");
    refused(&["run", &unknown], &["eth.sleep is not offered"]);
    let other = importing("other", "(import \"eth\" \"caller\" (func))");
    refused(&["run", &other], &["eth.caller has another type"]);
    let early = importing("early", "(import \"eth\" \"base_fee\" (func (param i32)))");
    refused(&["run", &early, "--fork", "berlin"], &["no contract under", "eth.base_fee"]);
    assert_eq!(lockstep(&["run", &early]).code, Some(0));
    refused(&["run", &early, "--env", "A=B"], &["--env means nothing to a Wasm contract"]);
    refused(&["run", &early, "--invoke", "main"], &["eth.base_fee", "nothing here offers"]);
    let plain = importing("plain", "");
    assert_eq!(lockstep(&["run", &plain, "--calldata", "00"]).code, Some(0));
    assert_eq!(lockstep(&["run", &plain, "--invoke", "main"]).code, Some(0));
}
