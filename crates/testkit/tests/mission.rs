//! `docs/mission.md` says which test shows each feature, `docs/pitfalls.md` which one finds each mistake that others made: every
//! test that they name exists, and every script.
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "tests")]

use std::{collections::BTreeSet, fs, path::Path};

/// A page of tables, and what the ids of its rows begin with.
struct Page {
    path: &'static str,
    begins: &'static [&'static str],
    rows_min: usize,
}

const PAGES: [Page; 2] = [
    Page { path: "docs/mission.md", begins: &["| 0"], rows_min: 150 },
    Page { path: "docs/pitfalls.md", begins: &["| 2", "| 4"], rows_min: 50 },
];
/// Where the specification's scripts lie below the conformance data.
const SCRIPTS: &str = "wasm/spec";

/// The rows of all tables: id, feature, what shows it or what is missing.
fn rows() -> Vec<[String; 3]> {
    PAGES.iter().flat_map(rows_of).collect()
}

fn rows_of(page: &Page) -> Vec<[String; 3]> {
    let Page { path, begins, .. } = page;
    let page = read(path).unwrap_or_else(|| panic!("{path}: no such page"));
    let is_row = |line: &&str| begins.iter().any(|begin| line.starts_with(begin));
    let row = |line: &str| {
        let cells: Vec<_> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        cells.try_into().map(|cells: [&str; 3]| cells.map(str::to_owned)).unwrap_or_else(|cells| {
            panic!("a row has three cells, not {}: {line}", cells.len());
        })
    };
    page.lines().filter(is_row).map(row).collect()
}

fn read(path: &str) -> Option<String> {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)).ok()
}

/// What a cell has in backquotes.
fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// The tests that a cell names: `file::function` in backquotes.
fn tests(cell: &str) -> impl Iterator<Item = (&str, &str)> {
    quoted(cell).filter_map(|text| text.split_once(".rs::"))
}

/// The scripts that a cell names.
fn scripts(cell: &str) -> impl Iterator<Item = &str> {
    quoted(cell).filter(|text| text.ends_with(".wast"))
}

#[test]
fn every_row_is_shown_or_open() {
    let mut bare = Vec::new();
    for [id, _, shown] in rows() {
        let said = ["open: ", "part: ", "does not apply: "];
        let is_said = said.iter().any(|begin| shown.starts_with(begin));
        if !is_said && tests(&shown).next().is_none() && scripts(&shown).next().is_none() {
            bare.push(id);
        }
    }
    assert!(bare.is_empty(), "neither a test nor `open: ...`: {bare:?}");
}

#[test]
fn every_named_script_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let data = std::env::var_os("LOCKSTEP_CONFORMANCE");
    let data = data.map_or_else(|| root.join("../shared/conformance"), Into::into);
    let folder = data.join(SCRIPTS);
    if !folder.is_dir() {
        println!("ABSENT: {SCRIPTS}: SKIPPED");
        return;
    }
    let mut lost = Vec::new();
    for [id, _, shown] in rows() {
        let missing = scripts(&shown).filter(|name| !folder.join(name).is_file());
        lost.extend(missing.map(|name| format!("{id}: {name}")));
    }
    assert!(lost.is_empty(), "no such script: {lost:?}");
}

#[test]
fn every_named_test_exists() {
    let mut lost = Vec::new();
    for [id, _, shown] in rows() {
        for (file, name) in tests(&shown) {
            let text = read(&format!("{file}.rs")).unwrap_or_default();
            if !text.contains(&format!("fn {name}(")) {
                lost.push(format!("{id}: {file}.rs::{name}"));
            }
        }
    }
    assert!(lost.is_empty(), "no such test:\n  {}", lost.join("\n  "));
}

#[test]
fn no_row_stands_twice() {
    for page in PAGES {
        let mut seen = BTreeSet::new();
        for [id, ..] in rows_of(&page) {
            assert!(seen.insert(id.clone()), "{id} stands twice");
        }
        assert!(seen.len() >= page.rows_min, "{} has {} rows", page.path, seen.len());
    }
}
