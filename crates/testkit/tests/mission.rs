//! `docs/mission.md` says which test shows each feature: every test it names exists.
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "tests")]

use std::{collections::BTreeSet, fs, path::Path};

/// The table's rows: id, feature, what shows it or what is missing.
fn rows() -> Vec<[String; 3]> {
    let page = read("docs/mission.md").expect("the page");
    let is_row = |line: &&str| line.starts_with("| 0");
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

/// The tests that a cell names: `file::function` in backquotes.
fn tests(cell: &str) -> impl Iterator<Item = (&str, &str)> {
    cell.split('`').skip(1).step_by(2).filter_map(|text| text.split_once(".rs::"))
}

#[test]
fn every_row_is_shown_or_open() {
    let mut bare = Vec::new();
    for [id, _, shown] in rows() {
        let is_open = shown.starts_with("open: ") || shown.starts_with("part: ");
        if !is_open && tests(&shown).next().is_none() {
            bare.push(id);
        }
    }
    assert!(bare.is_empty(), "neither a test nor `open: ...`: {bare:?}");
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
    let mut seen = BTreeSet::new();
    for [id, ..] in rows() {
        assert!(seen.insert(id.clone()), "{id} stands twice");
    }
    assert!(seen.len() > 150, "{} rows", seen.len());
}
