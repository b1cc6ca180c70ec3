//! `lockstep run` on programs of WASI.

use std::fs;

use serde_json::{Value, json};

use super::setup::{file, folder, lockstep, lockstep_with};

/// Copies its first 64 bytes of standard input to standard output, writes `!` to standard error, and exits with 7.
const COPY: &str = r#"(module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\40\00\00\00\40\00\00\00") ;; 64 bytes at 64
  (data (i32.const 16) "\20\00\00\00\01\00\00\00") ;; 1 byte at 32
  (data (i32.const 32) "!")
  (func (export "_start")
    (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
    (i32.store (i32.const 4) (i32.load (i32.const 8)))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
    (drop (call $write (i32.const 2) (i32.const 16) (i32.const 1) (i32.const 8)))
    (call $exit (i32.const 7)) (unreachable)))"#;

/// Writes its arguments, or with the name `environ` its environment, each string with its NUL.
fn strings(function: &str) -> String {
    r#"(module
  (import "wasi_snapshot_preview1" "NAME_get" (func $get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "NAME_sizes_get" (func $sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (drop (call $sizes (i32.const 0) (i32.const 12)))
    (drop (call $get (i32.const 1024) (i32.const 2048)))
    (i32.store (i32.const 8) (i32.const 2048))
    (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 0)))))"#
        .replace("NAME", function)
}

/// Opens `f` in its first directory to read, and to write if `rights` says so; exits with the error.
fn open(rights: u64) -> String {
    r#"(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "f")
  (func (export "_start")
    (call $exit (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0)
      (i64.const RIGHTS) (i64.const 0) (i32.const 0) (i32.const 8)))))"#
        .replace("RIGHTS", &rights.to_string())
}

/// Rights (`wasi_snapshot_preview1`): `fd_read`, `fd_write`.
const READ: u64 = 1 << 1;
const WRITE: u64 = 1 << 6;

#[test]
fn streams_are_the_programs_and_its_exit_code_is_passed_on() {
    let path = file("wasi/copy.wat", COPY);
    let done = lockstep_with(&["run", &path], b"hello");
    assert_eq!((done.code, done.out.as_str()), (Some(7), "hello"), "{}", done.err);
    assert!(done.err.starts_with("!outcome   return\nexit code 7\ngas used  "), "{}", done.err);
    for tier in ["interpreter", "evaluator"] {
        let done = lockstep_with(&["run", "--json", "--tier", tier, &path], b"hello");
        assert_eq!(done.code, Some(7), "{}", done.err);
        let report: Value = serde_json::from_str(&done.out).expect("one object");
        assert_eq!(report["outcome"], "return");
        assert_eq!(report["exitCode"], 7);
        assert_eq!((&report["stdout"], &report["stderr"]), (&json!("hello"), &json!("!")));
    }
}

#[test]
fn arguments_and_environment_are_those_given() {
    let args = file("wasi/args.wat", strings("args"));
    let done = lockstep(&["run", &args, "--gas", "10000", "--", "one", "--two", "-3"]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert_eq!(done.out, "args.wat\0one\0--two\0-3\0");
    assert!(done.err.contains(" of 10000\n"), "{}", done.err);
    let environ = file("wasi/environ.wat", strings("environ"));
    let done = lockstep(&["run", &environ, "--env", "A=b=c", "--env", "D="]);
    assert_eq!(done.out, "A=b=c\0D=\0", "{}", done.err);
    assert_eq!(lockstep(&["run", &environ]).out, "");
}

#[test]
fn directories_are_those_given_with_the_rights_given() {
    file("wasi/dir/f", "content");
    let dir = folder().join("wasi/dir").display().to_string();
    let reads = file("wasi/reads.wat", open(READ));
    let writes = file("wasi/writes.wat", open(READ | WRITE));
    let code = |arguments: &[&str]| lockstep(&[&["run"], arguments].concat()).code;
    assert_eq!(code(&[&reads, "--dir", &dir]), Some(0));
    assert_eq!(code(&[&writes, "--dir", &format!("{dir}::/data")]), Some(0));
    assert_eq!(code(&[&reads, "--dir-ro", &dir]), Some(0));
    assert_ne!(code(&[&writes, "--dir-ro", &dir]), Some(0));
    // Nothing is open without: EBADF.
    assert_eq!(code(&[&reads]), Some(8));
    assert_eq!(fs::read_to_string(format!("{dir}/f")).expect("the file is there"), "content");
}

#[test]
fn what_cannot_be_given_is_refused() {
    let path = file("wasi/refused.wat", strings("args"));
    for (arguments, part) in [
        (["--env", "A"], "NAME=VALUE"),
        (["--env", "=b"], "variable"),
        (["--dir", "no/such/folder"], "no/such/folder"),
    ] {
        let done = lockstep(&["run", &path, arguments[0], arguments[1]]);
        assert_eq!(done.code, Some(2), "{arguments:?}: {}", done.err);
        assert!(done.err.contains(part), "{part}: {}", done.err);
    }
    let unknown = strings("args").replace("args_sizes_get", "args_size");
    let done = lockstep(&["run", &file("wasi/unknown.wat", unknown)]);
    assert_eq!(done.code, Some(2));
    assert!(done.err.contains("wasi_snapshot_preview1.args_size"), "{}", done.err);
    let mistyped = strings("args").replace("$get (param i32 i32)", "$get (param i32)");
    let mistyped = mistyped.replace("(call $get (i32.const 1024) ", "(call $get ");
    assert_eq!(lockstep(&["run", &file("wasi/mistyped.wat", mistyped)]).code, Some(2));
    let done = lockstep(&["run", "00", "--env", "A=b"]);
    assert!(done.code == Some(2) && done.err.contains("--env"), "{}", done.err);
}
