//! `lockstep statetest`.

use std::path::Path;

use lockstep::encode_hex;
use lockstep_cli::code::{Code, recognize};
use serde_json::Value;

use super::setup::{file, lockstep, lockstep_with, state_test};

/// The root after the first case, as any client computes it.
const ROOT: &str = "0xe023262ea798ccf54d591a152f04024ca9c5f61b31856188ef87f643f4ef1b5c";

fn rows(out: &str) -> Vec<Value> {
    serde_json::from_str(out).expect("an array")
}

#[test]
fn results_are_geths_array_and_roots_go_to_standard_error() {
    let path = file("array/store.json", state_test());
    let done = lockstep(&["statetest", &path]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    let rows = rows(&done.out);
    assert_eq!(rows.len(), 4);
    assert_eq!(rows[0]["name"], "store");
    assert_eq!(rows[0]["pass"], true);
    assert_eq!(rows[0]["fork"], "Cancun");
    assert_eq!(rows[0]["stateRoot"], ROOT);
    assert_eq!(rows[0].get("error"), None);
    let first = format!("{{\"stateRoot\": \"{ROOT}\"}}");
    assert_eq!(done.err.lines().next(), Some(first.as_str()));
    assert_eq!(done.err.lines().last(), Some("4 passed, 0 failed, 0 skipped"));
}

#[test]
fn a_wrong_root_fails_with_both_roots_named() {
    let wrong = state_test().replace(ROOT, &ROOT.replace("0xe0", "0xe1"));
    let path = file("wrong/store.json", wrong);
    let done = lockstep(&["statetest", &path]);
    assert_eq!(done.code, Some(1));
    let error = rows(&done.out)[0]["error"].as_str().expect("an error").to_owned();
    assert!(error.contains(ROOT) && error.contains("0xe1"), "{error}");
    assert_eq!(done.err.lines().last(), Some("2 passed, 2 failed, 0 skipped"));
}

#[test]
fn cases_are_chosen_by_fork_index_and_name() {
    let path = file("chosen/store.json", state_test());
    let count = |arguments: &[&str]| {
        let done = lockstep(&[&["statetest", &path], arguments].concat());
        assert_eq!(done.code, Some(0), "{}", done.err);
        rows(&done.out).len()
    };
    assert_eq!(count(&["--statetest.fork", "cancun"]), 2);
    assert_eq!(count(&["--statetest.fork=London", "--statetest.index=1"]), 1);
    assert_eq!(count(&["--statetest.index", "-1"]), 4);
    assert_eq!(count(&["--run", "^st"]), 4);
    assert_eq!(count(&["--run", "^t"]), 0);
    assert_eq!(count(&["-k", "tor"]), 4);
    assert_eq!(count(&["-k", "nothing"]), 0);
}

#[test]
fn every_format_says_the_same() {
    let path = file("formats/store.json", state_test());
    let jsonl = lockstep(&["statetest", &path, "--format", "jsonl"]);
    assert_eq!(jsonl.out.lines().count(), 4);
    for line in jsonl.out.lines() {
        assert_eq!(serde_json::from_str::<Value>(line).expect("an object")["pass"], true);
    }
    let human = lockstep(&["statetest", &path, "--human"]);
    assert_eq!(human.out.lines().filter(|line| line.starts_with("PASS store [")).count(), 4);
    let junit = lockstep(&["statetest", &path, "--format", "junit"]);
    assert_eq!(junit.out.matches("<testcase ").count(), 4);
    assert!(junit.out.contains("tests=\"4\" failures=\"0\" skipped=\"0\" errors=\"0\""));
    let dump = lockstep(&["statetest", &path, "--dump", "--json"]);
    let slot = &rows(&dump.out)[0]["state"]["accounts"]["0xcccccccccccccccccccccccccccccccccccccccc"]
        ["storage"];
    assert_eq!(slot.as_object().expect("slots").values().next(), Some(&Value::from("0x5")));
}

/// A contract that stores its input, in Wasm: on a chain that has such contracts it does in every tier what the one in EVM code
/// does; elsewhere its first byte stops it.
#[test]
fn contracts_of_wasm_run_where_they_are_asked_for() {
    const MODULE: &str = r#"(module
        (import "eth" "calldata_copy" (func $calldata_copy (param i32 i32 i32)))
        (import "eth" "storage_store" (func $storage_store (param i32 i32))) (memory 1)
        (func (export "main")
          (call $calldata_copy (i32.const 32) (i32.const 0) (i32.const 32))
          (call $storage_store (i32.const 0) (i32.const 32))))"#;
    const ALONE: [&str; 6] = ["--dump", "--json", "--fork", "Cancun", "--statetest.index", "0"];
    let module = recognize(Path::new("a.wat"), MODULE.into()).expect("the module is well-formed");
    let Code::Wasm(_, module) = module else { panic!("it is a module") };
    let test = state_test().replace("600035600055", &encode_hex(&module).to_string());
    let path = file("wasm_contracts/store.json", &test);
    let run = |path: &str, arguments: &[&str]| {
        let done = lockstep(&[&["statetest", path][..], &ALONE, arguments].concat());
        rows(&done.out).swap_remove(0)
    };
    let account = "0xcccccccccccccccccccccccccccccccccccccccc";
    let stored = |row: &Value| row["state"]["accounts"][account]["storage"].clone();
    let (with, without) = (run(&path, &["--wasm-contracts"]), run(&path, &[]));
    let evm = run(&file("wasm_contracts/evm.json", state_test()), &["--wasm-contracts"]);
    assert_eq!(evm["pass"], true, "EVM code is what it was");
    assert_eq!(stored(&with), stored(&evm));
    assert_ne!(stored(&with), stored(&without));
    // With the root that it comes to the case passes, there alone.
    let root = with["stateRoot"].as_str().expect("a root");
    let path = file("wasm_contracts/passes.json", test.replace(ROOT, root));
    for tier in ["interpreter", "optimizing", "evaluator", "adaptive"] {
        let of = |arguments: &[&str]| run(&path, &[&["--tier", tier], arguments].concat());
        assert_eq!(of(&["--wasm-contracts"])["pass"], true, "{tier}");
        assert_eq!(of(&[])["pass"], false, "{tier}");
        assert_eq!(of(&["--ebpf-contracts"])["pass"], false, "{tier}");
    }
}

#[test]
fn a_folder_is_searched_and_names_may_come_on_standard_input() {
    file("folder/a/store.json", state_test());
    file("folder/b/store.json", state_test());
    file("folder/b/notes.txt", "no test");
    let folder = super::setup::folder().join("folder");
    let done = lockstep(&["statetest", folder.to_str().expect("UTF-8")]);
    assert_eq!(rows(&done.out).len(), 8);
    let path = file("stdin/store.json", state_test());
    let done = lockstep_with(&["statetest"], format!("{path}\n{path}\n").as_bytes());
    assert_eq!(done.code, Some(0));
    let arrays = serde_json::Deserializer::from_str(&done.out).into_iter::<Vec<Value>>();
    let lengths: Vec<_> = arrays.map(|array| array.expect("an array").len()).collect();
    assert_eq!(lengths, [4, 4]);
    assert_eq!(done.err.lines().last(), Some("8 passed, 0 failed, 0 skipped"));
}

#[test]
fn tiers_agree_and_what_is_left_out_is_counted_with_its_reason() {
    let path = file("tiers/store.json", state_test());
    for tier in ["interpreter", "evaluator", "adaptive"] {
        assert_eq!(lockstep(&["statetest", &path, "--tier", tier]).code, Some(0), "{tier}");
    }
    let unknown = state_test().replace("\"London\"", "\"Glamorgan\"");
    let done = lockstep(&["statetest", &file("skips/store.json", unknown)]);
    assert_eq!(done.code, Some(0));
    assert!(done.err.contains("skipped 2 of store [Glamorgan]: unknown fork"), "{}", done.err);
    assert_eq!(done.err.lines().last(), Some("2 passed, 0 failed, 2 skipped"));
    let slow = state_test().replace("\"store\"", "\"CALLBlake2f_MaxRounds\"");
    let slow = file("slow/store.json", slow);
    let done = lockstep(&["statetest", &slow]);
    assert_eq!(done.err.lines().last(), Some("0 passed, 0 failed, 4 skipped"));
    assert_eq!(lockstep(&["statetest", "--slow", &slow]).out.matches("\"pass\": true").count(), 4);
}

#[test]
fn a_trace_has_a_line_an_instruction_and_its_costs_add_up() {
    let path = file("trace/store.json", state_test());
    let arguments = ["statetest", "--trace", "--statetest.fork=London", "--statetest.index=0"];
    let done = lockstep(&[&arguments[..], &[&path]].concat());
    let lines: Vec<Value> =
        done.err.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let steps: Vec<_> = lines.iter().filter(|line| line.get("opName").is_some()).collect();
    let names: Vec<_> = steps.iter().map(|step| step["opName"].as_str().expect("text")).collect();
    assert_eq!(names, ["PUSH1", "CALLDATALOAD", "PUSH1", "SSTORE", "STOP"]);
    let number = |value: &Value| {
        let text = value.as_str().expect("text").trim_start_matches("0x");
        u64::from_str_radix(text, 16).expect("hexadecimal")
    };
    for pair in steps.windows(2) {
        assert_eq!(number(&pair[0]["gas"]) - number(&pair[0]["gasCost"]), number(&pair[1]["gas"]));
    }
    assert_eq!(steps[3]["stack"], Value::from(vec!["0x5", "0x0"]));
    let end = lines.iter().find(|line| line.get("output").is_some()).expect("an end line");
    assert_eq!(number(&end["gasUsed"]), 22_109);
    assert!(lines.iter().any(|line| line["pass"] == true && line["stateRoot"] == ROOT));
}
