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

fn is_skipped() -> bool {
    if !cfg!(target_arch = "x86_64") {
        println!("no machine code for this processor: SKIPPED");
    }
    !cfg!(target_arch = "x86_64")
}

/// Every piece of code lies in the function and apart from the others, and stands beside the dMIR it comes of.
#[test]
fn listings_show_dmir_beside_machine_code() {
    if is_skipped() {
        return;
    }
    let path = file("native/listed.wat", MODULE);
    let done = lockstep(&["disasm", "--native", "--json", &path]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    let rows: Value = serde_json::from_str(&done.out).expect("an array");
    let rows = rows.as_array().expect("an array");
    assert_eq!(rows.len(), 2);
    for row in rows {
        let size = row["sizeBytes"].as_u64().expect("a size");
        let lines = row["lines"].as_array().expect("lines");
        let mut pieces: Vec<(u64, u64)> = Vec::new();
        for piece in lines.iter().flat_map(|line| line["code"].as_array().expect("code")) {
            let bytes = piece["bytes"].as_str().expect("digits").len() as u64 / 2;
            pieces.push((piece["offset"].as_u64().expect("a place"), bytes));
        }
        pieces.sort_unstable();
        assert!(!pieces.is_empty());
        assert!(pieces.windows(2).all(|two| two[0].0 + two[0].1 <= two[1].0), "{pieces:?}");
        assert!(pieces.iter().all(|(at, len)| at + len <= size), "{pieces:?}");
        assert!(row["machine"].as_array().is_some_and(|insts| insts.len() > 3));
    }
    let text = lockstep(&["disasm", "--native", &path]).out;
    for part in ["func 0: ", "iadd.i64 x0, x0", "  ret", "block0:", "store"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let text = lockstep(&["disasm", "--native", "6001600201"]).out;
    assert!(text.contains("code: ") && text.contains("block0:"), "{text}");
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
