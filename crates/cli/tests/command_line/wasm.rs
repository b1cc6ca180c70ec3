//! `lockstep run` and `lockstep disasm` on Wasm modules.

use std::fs;

use serde_json::{Value, json};

use super::setup::{file, lockstep, lockstep_with, refused};

const MODULE: &str = r#";; a module
(module
  (func $add (export "add") (param i32 i64) (result i64)
    (i64.add (i64.extend_i32_s (local.get 0)) (local.get 1)))
  (func (export "half") (param f64) (result f64) (f64.mul (local.get 0) (f64.const 0.5)))
  (func (export "swap") (param v128 f32) (result f32 v128) (local.get 1) (local.get 0))
  (func (export "null") (param externref) (result externref) (local.get 0))
  (func (export "fail") (unreachable))
  (func (export "spin") (loop (br 0)))
  (memory (export "memory") 1))"#;

/// The module in a file of its own: tests run side by side.
fn module(name: &str) -> String {
    file(&format!("wasm/{name}.wat"), MODULE)
}

fn json_of(arguments: &[&str]) -> Value {
    let done = lockstep(&[&["run", "--json"], arguments].concat());
    serde_json::from_str(&done.out).unwrap_or_else(|_| panic!("{}{}", done.out, done.err))
}

#[test]
fn exports_are_called_with_typed_arguments() {
    let path = module("called");
    let done = lockstep(&["run", &path, "--invoke", "add", "-7", "0x10"]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert!(done.out.contains("outcome   return\nresult    i64 9\ngas used  "), "{}", done.out);
    let report = json_of(&[&path, "--invoke", "add", "4294967289", "16", "--gas", "1000"]);
    assert_eq!(report["results"], json!([{"type": "i64", "value": "9"}]));
    let (used, left) = (report["gasUsed"].as_u64(), report["gasLeft"].as_u64());
    assert_eq!(used.expect("gas") + left.expect("gas"), 1000);
    let report = json_of(&[&path, "--invoke", "half", "0x1.8p1"]);
    assert_eq!(report["results"][0]["value"], "1.5");
    let report = json_of(&["--invoke", "swap", &path, "0xff", "nan"]);
    assert_eq!(report["results"][0]["value"], "nan:0x400000");
    assert_eq!(report["results"][1]["value"], format!("0x{:0>32}", "ff"));
    let report = json_of(&["--invoke", "null", &path, "null"]);
    assert_eq!(report["results"], json!([{"type": "externref", "value": "null"}]));
}

#[test]
fn tiers_agree_and_content_decides_not_the_name() {
    let path = module("tiers");
    let reports = ["interpreter", "evaluator", "adaptive"]
        .map(|tier| json_of(&[&path, "--tier", tier, "--invoke", "add", "1", "2"]));
    assert!(reports.iter().all(|report| *report == reports[0]), "{reports:?}");
    let text = lockstep_with(&["run", "-", "--invoke", "add", "1", "2"], MODULE.as_bytes());
    assert!(text.out.contains("i64 3"), "{}{}", text.out, text.err);
    // The module with an empty function that is exported as `_start`.
    let bytes = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x07\x0a\x01\x06_start\0\0\x0a\x04\x01\x02\0\x0b";
    let done = lockstep(&["run", &file("wasm/start.hex", bytes)]);
    assert_eq!(done.code, Some(0), "{}", done.err);
}

#[test]
fn traps_exit_with_one() {
    let path = module("traps");
    let done = lockstep(&["run", &path, "--invoke", "fail"]);
    assert_eq!(done.code, Some(1));
    assert!(done.out.contains("outcome   trap: unreachable"), "{}", done.out);
    let report = json_of(&[&path, "--invoke", "spin", "--fuel", "1000"]);
    assert_eq!((&report["trap"], &report["gasLeft"]), (&json!("out_of_gas"), &json!(0)));
}

#[test]
fn modules_and_arguments_that_cannot_be_used() {
    let path = module("misused");
    refused(&["run", &path], &["--invoke", "add(i32, i64) -> i64", "fail()"]);
    refused(&["run", &path, "--invoke", "sub"], &["--invoke", "add(i32, i64) -> i64"]);
    refused(&["run", &path, "--invoke", "add", "1"], &["takes 2 arguments, found 1"]);
    refused(&["run", &path, "--invoke", "add", "1", "x"], &["argument 2 of add", "i64", "\"x\""]);
    refused(&["run", &path, "--invoke", "add", "1", "2", "--create"], &["--create"]);
    refused(&["run", "00", "--invoke", "add"], &["--invoke"]);
    let code = file("wasm/code.hex", "00");
    refused(&["run", &code, "1"], &["nothing may follow"]);
    refused(&["disasm", &path, "00"], &["nothing may follow"]);
    let empty = file("wasm/empty.wasm", b"\0asm\x01\0\0\0");
    refused(&["run", &empty], &["exports no function"]);
    refused(&["run", &file("wasm/cut.wasm", &b"\0asm\x01\0\0\0\x01"[..])], &["malformed"]);
    refused(&["run", &file("wasm/cut.wat", "(module\n  (func")], &["cut.wat:2:", "expected"]);
    let invalid = file("wasm/invalid.wat", "(module (func (result i32)))");
    refused(&["run", &invalid], &["invalid module", "type mismatch"]);
    refused(&["disasm", &invalid], &["type mismatch"]);
    let importing = r#"(module (import "env" "f" (func)) (func (export "_start")))"#;
    refused(&["run", &file("wasm/importing.wat", importing)], &["imports env.f"]);
}

#[test]
fn listings_show_each_function_in_every_form() {
    let path = module("listed");
    let done = lockstep(&["disasm", "--ir", &path]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    for part in
        ["(func $add (;0;)", "i64.extend_i32_s", "func @f0", "func @f5", "iadd.i64", "words  "]
    {
        assert!(done.out.contains(part), "{part}: {}", done.out);
    }
    let done = lockstep(&["disasm", "--form", "dmir", &path]);
    assert_eq!(done.out.matches("\nfunc @f").count(), 6, "{}", done.out);
    assert!(!done.out.contains("words") && !done.out.contains("i64.extend_i32_s"));
    // Imported functions are counted first.
    let importing = r#"(module (import "env" "f" (func)) (func (call 0)) (func))"#;
    let done = lockstep(&["disasm", "--ir", &file("wasm/counted.wat", importing)]);
    assert!(done.out.contains("func @f1") && done.out.contains("func @f2"), "{}", done.out);
    assert!(!done.out.contains("func @f3") && !done.out.contains("func @f0"), "{}", done.out);
}

/// A hundred processes, each laid out otherwise by the system: guests see the same places, sizes and ends.
#[test]
fn guests_do_not_see_where_the_process_lies() {
    let layout = fs::read_to_string("/proc/sys/kernel/randomize_va_space").unwrap_or_default();
    if !matches!(layout.trim(), "1" | "2") {
        println!("the system lays out all processes alike: SKIPPED");
        return;
    }
    let module = r#"(module
      (memory 1 8)
      (func (export "run") (param i32) (result i32)
        (i32.store (i32.mul (memory.grow (local.get 0)) (i32.const 8)) (memory.size))
        (i32.load (i32.const 0x7fffffff))))"#;
    let path = file("wasm/places.wat", module);
    for more in [&["--trace"][..], &["--json", "--tier", "optimizing"]] {
        let run = || {
            let done = lockstep(&[&["run", "--invoke", "run", &path, "2"], more].concat());
            assert_eq!(done.code, Some(1), "{}", done.err);
            (done.out, done.err)
        };
        let first = run();
        assert!(format!("{first:?}").contains("memory_out_of_bounds"), "{first:?}");
        for _ in 1..100 {
            assert_eq!(run(), first);
        }
    }
}
