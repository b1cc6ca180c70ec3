//! House checks: what reviews would otherwise have to look for each time. Sizes and style stay with people.
//!
//! They read the tree as git knows it and ask cargo for the graph; they build and download nothing.
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "tests")]

mod tidy {
    pub(crate) mod dependencies;
    pub(crate) mod licence;
    pub(crate) mod markdown;
    pub(crate) mod rust;
    pub(crate) mod tree;
}

use std::collections::BTreeSet;

use tidy::{dependencies, licence, markdown, rust, tree};

/// The map of the project, which names files; the checks below keep what it says true.
const MAP: &str = "ARCHITECTURE.md";

/// Fails with everything that is wrong at once.
#[track_caller]
fn none(wrong: &[String], rule: &str) {
    assert!(wrong.is_empty(), "{rule}:\n  {}", wrong.join("\n  "));
}

#[test]
fn every_source_file_is_declared_by_a_module() {
    let sources: Vec<_> = tree::files().into_iter().filter(|path| rust::is_source(path)).collect();
    let mut reached = BTreeSet::new();
    sources.iter().filter(|path| rust::is_root(path)).for_each(|path| {
        rust::reach(path, &mut reached);
    });
    let lost: Vec<_> = sources.into_iter().filter(|path| !reached.contains(path)).collect();
    none(&lost, "no `mod` leads to");
}

#[test]
fn unsafe_is_where_the_map_says() {
    let map = tree::read(MAP);
    let listed: BTreeSet<_> = markdown::section(&map, "Files with unsafe")
        .lines()
        .filter_map(|line| line.strip_prefix("- `")?.split('`').next())
        .map(str::to_owned)
        .collect();
    let found: BTreeSet<_> = tree::files()
        .into_iter()
        .filter(|path| rust::is_source(path) && rust::uses_unsafe(path).next().is_some())
        .collect();
    none(&found.difference(&listed).cloned().collect::<Vec<_>>(), "unsafe, but not listed");
    none(&listed.difference(&found).cloned().collect::<Vec<_>>(), "listed, but without unsafe");
}

#[test]
fn unsafe_says_why_it_is_sound() {
    let mut silent = Vec::new();
    for path in tree::files().iter().filter(|path| rust::is_source(path)) {
        silent.extend(
            rust::uses_unsafe(path)
                .filter(|place| !place.is_explained)
                .map(|place| format!("{path}:{}", place.line)),
        );
    }
    none(&silent, "unsafe without a SAFETY comment or a `# Safety` section above it");
}

#[test]
fn crates_outside_the_home_of_unsafe_forbid_it() {
    let is_free = |path: &&String| {
        rust::is_root(path)
            && path.contains("/src/")
            && !["crates/rt/", "crates/interp/"].iter().any(|home| path.starts_with(home))
    };
    let workspace = tree::files().into_iter().filter(|path| path.starts_with("crates/"));
    let lax: Vec<_> = workspace
        .filter(|path| is_free(&path) && !tree::read(path).contains("#![forbid(unsafe_code)]"))
        .collect();
    none(&lax, "without #![forbid(unsafe_code)]");
}

#[test]
fn dependencies_point_down() {
    none(&dependencies::broken_arrows(), "arrows that may not be");
}

#[test]
fn peers_stay_in_bench() {
    none(&dependencies::peers(), "other engines in the workspace");
}

#[test]
fn everything_comes_from_the_default_registry() {
    let mut foreign = Vec::new();
    for lock in tree::files().iter().filter(|path| path.ends_with("Cargo.lock")) {
        foreign.extend(dependencies::foreign_sources(lock));
    }
    none(&foreign, "packages from elsewhere");
}

#[test]
fn every_licence_is_allowed() {
    let allowed = licence::allowed(&tree::read("deny.toml"));
    let refused: Vec<_> = dependencies::licences()
        .into_iter()
        .filter(|(_, licence)| !licence::is_allowed(licence, &allowed))
        .map(|(package, licence)| format!("{package}: {licence:?}"))
        .collect();
    none(&refused, "licences that deny.toml does not allow");
}

#[test]
fn generated_pages_have_a_test_that_writes_them() {
    let tests: Vec<String> = tree::files()
        .iter()
        .filter(|path| path.contains("/tests/") && path.ends_with(".rs"))
        .map(|path| tree::read(path))
        .filter(|text| text.contains("\"UPDATE\""))
        .collect();
    let orphans: Vec<_> = tree::files()
        .into_iter()
        .filter(|path| path.starts_with("docs/generated/"))
        .filter(|path| !tests.iter().any(|text| text.contains(path.as_str())))
        .collect();
    none(&orphans, "no test with UPDATE=1 names");
}

#[test]
fn links_between_pages_lead_somewhere() {
    let mut dead = Vec::new();
    for path in tree::files().iter().filter(|path| path.ends_with(".md")) {
        dead.extend(markdown::dead_links(path));
    }
    none(&dead, "dead links");
}

#[test]
fn the_map_names_only_files_that_exist() {
    let map = tree::read(MAP);
    let lost: Vec<_> = markdown::paths(&map)
        .filter(|path| !tree::root().join(path).exists())
        .map(str::to_owned)
        .collect();
    none(&lost, "ARCHITECTURE.md names");
}

#[test]
fn every_corpus_file_has_a_runner() {
    // Folder, what its runner reads, and the runner; a runner takes every such file below its folder.
    const RUNNERS: &[(&str, &str, &str)] = &[
        ("corpus/dmir/", ".dmir", "crates/ir/tests/corpus.rs"),
        ("corpus/evm/", ".json", "crates/testkit/tests/conformance.rs"),
        ("corpus/ebpf/", ".data", "crates/testkit/tests/corpus.rs"),
        ("corpus/wasm/loops/", ".wat", "crates/testkit/tests/tiers/heads.rs"),
    ];
    let files = tree::files();
    let has_runner = |path: &str| {
        RUNNERS.iter().any(|(folder, suffix, runner)| {
            path.starts_with(folder)
                && path.ends_with(suffix)
                && files.iter().any(|file| file == runner)
                && tree::read(runner).contains(folder.trim_end_matches('/'))
        })
    };
    let idle: Vec<_> = files
        .iter()
        .filter(|path| path.starts_with("corpus/") && !path.ends_with(".md") && !has_runner(path))
        .cloned()
        .collect();
    none(&idle, "no runner reads");
}

#[test]
fn nothing_names_this_machine() {
    let mut found = Vec::new();
    let places = tree::places_of_this_machine();
    for path in tree::files() {
        let Ok(text) = std::fs::read_to_string(tree::root().join(&path)) else { continue };
        for (number, line) in text.lines().enumerate() {
            if places.iter().any(|place| tree::names_place(line, place)) {
                found.push(format!("{path}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    none(&found, "absolute paths of the machine this runs on");
    let configured = tree::files().into_iter().filter(|path| path.starts_with(".cargo/"));
    none(&configured.collect::<Vec<_>>(), "cargo's configuration belongs to the machine");
}
