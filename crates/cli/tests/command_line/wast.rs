//! `lockstep wast`.

use serde_json::{Value, json};

use super::setup::{file, folder, lockstep};

/// Of each kind of assertion one that holds, and a module that is refused.
const SCRIPT: &str = r#"(module $m
  (memory 1)
  (global (export "g") i32 (i32.const 7))
  (func (export "div") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  (func $deep (export "deep") (call $deep))
  (func (export "nan") (result f32) (f32.div (f32.const 0) (f32.const 0)))
  (func (export "id") (param externref) (result externref) (local.get 0)))
(assert_return (invoke "div" (i32.const 7) (i32.const -2)) (i32.const -3))
(assert_return (invoke $m "nan") (f32.const nan:canonical))
(assert_return (invoke "id" (ref.extern 5)) (ref.extern 5))
(assert_return (get "g") (either (i32.const 6) (i32.const 7)))
(assert_trap (invoke "div" (i32.const 7) (i32.const 0)) "integer divide by zero")
(assert_exhaustion (invoke "deep") "call stack exhausted")
(assert_invalid (module (func (result i32))) "type mismatch")
(assert_malformed (module quote "(func") "unexpected token")
(assert_malformed (module binary "\00asm\02\00\00\00") "unknown binary version")
(assert_unlinkable (module (import "m" "g" (global i32))) "unknown import")
(register "m" $m)
(module (import "m" "g" (global i32)) (import "spectest" "print_i32" (func $p (param i32)))
  (func (export "p") (call $p (global.get 0))))
(invoke "p")
(assert_unlinkable (module (import "m" "g" (global i64))) "incompatible import type")
(module definition $d (memory 1) (data (i32.const 65535) "a"))
(module instance $i $d)
(module $late (func (export "f") (result (ref null any)) (ref.null any)))
(assert_return (invoke "f") (ref.null any))
"#;

fn rows(out: &str) -> Vec<Value> {
    serde_json::from_str(out).expect("an array")
}

#[test]
fn every_kind_of_assertion_is_counted_and_what_is_refused_is_named() {
    let path = file("wast/all.wast", SCRIPT);
    for tier in ["interpreter", "evaluator", "adaptive"] {
        let done = lockstep(&["wast", "--json", "--tier", tier, &path]);
        assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
        assert_eq!(done.err.lines().last(), Some("11 passed, 0 failed, 1 skipped"));
        let row = &rows(&done.out)[0];
        assert_eq!(row["file"], path);
        assert_eq!(row["kinds"]["assert_return"], json!({"passed": 4, "failed": 0, "skipped": 1}));
        assert_eq!(row["kinds"]["assert_unlinkable"]["passed"], 2);
        assert_eq!(row["kinds"]["assert_malformed"]["passed"], 2);
        assert_eq!(row["refused"], json!([{"line": 25, "proposal": "gc"}]));
        assert_eq!(row["skips"], json!({"gc": 1}));
        assert_eq!(row["failures"], json!([]));
    }
}

#[test]
fn what_does_not_hold_fails_with_its_line() {
    let wrong = SCRIPT
        .replace("(i32.const -3))", "(i32.const 3))")
        .replace("integer divide by zero", "integer overflow")
        .replace("(ref.extern 5)) (ref.extern 5)", "(ref.extern 5)) (ref.extern 6)");
    let path = file("wast/wrong.wast", wrong);
    let done = lockstep(&["wast", "--json", &path]);
    assert_eq!(done.code, Some(1));
    assert_eq!(done.err.lines().last(), Some("8 passed, 3 failed, 1 skipped"));
    let row = &rows(&done.out)[0];
    let lines: Vec<_> = row["failures"].as_array().expect("failures").iter().collect();
    assert_eq!(lines[0]["line"], 8);
    assert_eq!(lines[0]["kind"], "assert_return");
    assert!(lines[0]["message"].as_str().expect("text").starts_with("got [i32 -3]"), "{row}");
    assert_eq!((&lines[1]["line"], &lines[2]["line"]), (&json!(10), &json!(12)));
    let human = lockstep(&["wast", &path]);
    assert_eq!(human.code, Some(1));
    assert!(human.out.contains("line 12: assert_trap: got trap divide_by_zero"), "{}", human.out);
    assert!(human.out.contains("skipped 1: gc"), "{}", human.out);
}

#[test]
fn what_depends_on_a_module_that_failed_fails_too() {
    let script = r#"(module (func (export "f") (result i32)))
(assert_return (invoke "f") (i32.const 0))
(invoke "f")
(module (import "spectest" "nothing" (func)))"#;
    let done = lockstep(&["wast", "--json", &file("wast/lost.wast", script)]);
    let kinds = &rows(&done.out)[0]["kinds"];
    for kind in ["assert_return", "invoke"] {
        assert_eq!(kinds[kind], json!({"passed": 0, "failed": 1, "skipped": 0}), "{kind}");
    }
    assert_eq!(kinds["module"]["failed"], 2);
}

#[test]
fn folders_are_searched_and_some_are_left_out_as_a_whole() {
    file("wast/folder/a/one.wast", SCRIPT);
    file("wast/folder/threads/two.wast", "(module) (assert_trap (wait $t) \"x\") (future)");
    let done = lockstep(&["wast", "--json", folder().join("wast/folder").to_str().expect("UTF-8")]);
    assert_eq!(done.code, Some(0));
    let rows = rows(&done.out);
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[1]["skips"], json!({"threads": 1}));
    assert_eq!(done.err.lines().last(), Some("11 passed, 0 failed, 2 skipped"));
}

#[test]
fn scripts_that_are_none() {
    let path = file("wast/bad.wast", "(module)\n(assert_nothing)");
    let good = file("wast/good.wast", SCRIPT);
    let done = lockstep(&["wast", &path, &good]);
    assert_eq!(done.code, Some(2));
    assert!(done.err.contains("bad.wast:2:2:"), "{}", done.err);
    assert_eq!(done.err.lines().last(), Some("11 passed, 0 failed, 1 skipped"));
    let empty = folder().join("wast/empty");
    std::fs::create_dir_all(&empty).expect("the folder is made");
    for path in [empty.to_str().expect("UTF-8"), "no/such.wast"] {
        assert_eq!(lockstep(&["wast", path]).code, Some(2));
    }
    assert_eq!(lockstep(&["wast"]).code, Some(2));
    let bytes = file("wast/bytes.wast", b"(module \xff)");
    assert_eq!(lockstep(&["wast", &bytes]).code, Some(2));
}
