//! Machine code as people and profilers see it.

use std::fs;

use serde_json::Value;

use super::setup::{file, folder, lockstep, lockstep_in};

const MODULE: &str = r#"(module
  (memory 1)
  (func $double (param i64) (result i64) (i64.add (local.get 0) (local.get 0)))
  (func (export "run") (param i64) (result i64)
    (i64.store (i32.const 8) (call $double (local.get 0)))
    (i64.load (i32.const 8))))"#;

/// A table of jumps, constants that lie behind the code, and a conversion that jumps within its block.
const TABLE: &str = r#"(module
  (func (export "trunc") (param f64) (result i64) (i64.trunc_sat_f64_u (local.get 0)))
  (func (export "run") (param i32) (result f64)
    (block (block (block (block (block
      (br_table 0 1 2 3 4 (local.get 0)))
      (return (f64.const 1.1)))
      (return (f64.const 2.7)))
      (return (f64.const 3.9)))
      (return (f64.const 4.3)))
    (f64.const 5.2)))"#;

fn is_skipped() -> bool {
    if !cfg!(target_arch = "x86_64") {
        println!("no machine code for this processor: SKIPPED");
    }
    !cfg!(target_arch = "x86_64")
}

/// What `disasm --native --json` says of `code`.
fn listed(code: &str) -> Vec<Value> {
    let done = lockstep(&["disasm", "--native", "--json", code]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    let rows: Value = serde_json::from_str(&done.out).expect("JSON");
    rows.as_array().expect("an array").clone()
}

/// What `function` consists of in the order of its code: place, bytes, text.
fn machine(function: &Value) -> Vec<(u64, u64, String)> {
    let lines = function["lines"].as_array().expect("lines").iter().map(|line| &line["code"]);
    let pieces = lines.chain([&function["rest"]]).flat_map(|code| code.as_array().expect("code"));
    let piece = |piece: &Value| {
        let text = |name: &str| piece[name].as_str().expect("text").to_owned();
        let offset = piece["offset"].as_u64().expect("a place");
        (offset, text("bytes").len() as u64 / 2, text("text"))
    };
    let mut all: Vec<_> = pieces.map(piece).collect();
    all.sort_unstable();
    all
}

/// Each byte of code is shown once, and what jumps goes to an instruction.
fn assert_whole(function: &Value) {
    let all = machine(function);
    let mut place = 0;
    for (offset, bytes, _) in &all {
        assert_eq!(*offset, place, "{all:?}");
        place += bytes;
    }
    assert_eq!(Some(place), function["sizeBytes"].as_u64());
    let is_inst =
        |at: u64| all.iter().any(|(offset, _, text)| *offset == at && !text.starts_with("data"));
    let mut jumps = 0;
    for (_, _, text) in &all {
        assert!(!text.contains("(bad)"), "{text}: {all:?}");
        if let Some((mnemonic, to)) = text.split_once(" +") {
            assert!(mnemonic.starts_with('j'), "{text}");
            assert!(is_inst(u64::from_str_radix(to, 16).expect("a place")), "{text}: {all:?}");
            jumps += 1;
        }
    }
    assert!(jumps > 0, "{all:?}");
}

#[test]
fn listings_show_dmir_beside_machine_code() {
    if is_skipped() {
        return;
    }
    let path = file("native/listed.wat", MODULE);
    let rows = listed(&path);
    assert_eq!(rows.len(), 2);
    rows.iter().for_each(assert_whole);
    let stands_beside = |function: &Value, dmir: &str, inst: &str| {
        let lines = function["lines"].as_array().expect("lines").iter();
        let mut lines = lines.filter(|line| line["dmir"].as_str().expect("dMIR").contains(dmir));
        lines.any(|line| {
            let code = line["code"].as_array().expect("code");
            code.iter().any(|code| code["text"].as_str().expect("text").starts_with(inst))
        })
    };
    for (function, dmir, inst) in
        [(0, "iadd.i64 x0, x0", "lea "), (0, "return", "ret"), (1, "call @", "call func 0")]
    {
        assert!(stands_beside(&rows[function], dmir, inst), "{dmir}: {:#}", rows[function]);
    }
    let text = lockstep(&["disasm", "--native", &path]).out;
    for part in ["func 0: ", "func 1: ", "iadd.i64 x0, x0", "  +0000   push rbp\n", "call func 0\n"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
}

/// Tables of jumps and constants lie between instructions.
#[test]
fn listings_tell_data_from_machine_code() {
    if is_skipped() {
        return;
    }
    let path = file("native/table.wat", TABLE);
    let rows = listed(&path);
    rows.iter().for_each(assert_whole);
    let all = machine(&rows[1]);
    let jump =
        all.iter().position(|(.., text)| text.starts_with("jmp r")).expect("a jump by a table");
    let entries = all[jump + 1..].iter().take_while(|(.., text)| text.starts_with("data 0x"));
    assert!(entries.count() >= 4, "{all:?}");
    let token = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/token.hex");
    listed(token).iter().for_each(assert_whole);
}

#[test]
fn stages_are_named_with_their_times() {
    if is_skipped() {
        return;
    }
    let path = file("native/stages.wat", MODULE);
    let output = folder().join("native/stages.bin");
    let output = output.to_str().expect("UTF-8");
    for code in [path.as_str(), "6001600201"] {
        let done = lockstep(&["compile", code, "-o", output, "--time-passes", "--json"]);
        let report: Value = serde_json::from_str(&done.out).expect("an object");
        let passes = report["passes"].as_array().expect("passes");
        let names: Vec<_> = passes.iter().map(|pass| pass["stage"].as_str()).collect();
        let expected = ["load", "lower", "verify", "translate", "emit", "write"];
        assert_eq!(names, expected.map(Some));
        let emit = &passes[4]["microseconds"];
        assert!(emit.as_u64().is_some_and(|time| time > 0), "{report}");
    }
    let text = lockstep(&["compile", &path, "-o", output, "--time-passes"]).out;
    assert!(text.contains(" us  translate\n"), "{text}");
}

/// The only file in `at` whose name ends so.
fn found(at: &std::path::Path, end: &str) -> Vec<u8> {
    let entries = fs::read_dir(at).expect("a folder").map(|entry| entry.expect("an entry").path());
    let paths: Vec<_> =
        entries.filter(|path| path.to_str().is_some_and(|name| name.ends_with(end))).collect();
    assert_eq!(paths.len(), 1, "{paths:?}");
    let bytes = fs::read(&paths[0]).expect("it can be read");
    fs::remove_file(&paths[0]).expect("it is ours");
    bytes
}

#[test]
fn profilers_find_names_of_machine_code() {
    if is_skipped() {
        return;
    }
    let (path, at) = (file("native/named.wat", MODULE), folder().join("native/perf"));
    let run = ["run", "--tier", "optimizing", "--invoke", "run", &path, "4"];
    let done = lockstep_in(&at, &[&run[..], &["--perf", "map"]].concat());
    assert_eq!(done.code, Some(0), "{}", done.err);
    let map = String::from_utf8(found(&at, ".map")).expect("text");
    let lines: Vec<Vec<&str>> = map.lines().map(|line| line.split(' ').collect()).collect();
    let names =
        ["f0", "f1"].map(|func| lines.iter().filter(|line| line[2].ends_with(func)).count());
    assert_eq!(names, [1, 1], "{map}");
    for line in &lines {
        assert!(line[2].starts_with("wasm:") && line.len() == 3, "{map}");
        assert!(line[..2].iter().all(|number| u64::from_str_radix(number, 16).is_ok()), "{map}");
    }
    let done = lockstep_in(&at, &[&run[..], &["--perf", "jitdump"]].concat());
    assert_eq!(done.code, Some(0), "{}", done.err);
    let dump = found(&at, ".dump");
    assert_eq!(&dump[..4], b"DTiJ");
    // Records follow each other to the end.
    let (mut place, mut count) = (40, 0);
    while place < dump.len() {
        let len = u32::from_le_bytes(dump[place + 4..place + 8].try_into().expect("four bytes"));
        (place, count) = (place + len as usize, count + 1);
    }
    assert_eq!((place, count), (dump.len(), lines.len()));
}
