//! Every file of the fuzz corpora, replayed: seeds and former findings.
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "tests")]

use std::{fs, path::Path};

use lockstep_testkit::fuzz::TARGETS;

#[test]
fn fuzz_targets_pass_their_corpora() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    for (name, target) in TARGETS {
        let folder = root.join(name);
        let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
        paths.sort();
        assert!(!paths.is_empty(), "{name} has no corpus");
        for path in paths {
            println!("{}", path.display());
            target(&fs::read(&path).expect("a file of the corpus"));
        }
    }
}

/// The programs with answers are fuzz seeds too, as they are.
#[test]
fn the_text_target_passes_the_programs_with_answers() {
    let mut paths = Vec::new();
    lockstep_testkit::corpus::files(&lockstep_testkit::corpus::folder(), "dmir", &mut paths);
    for path in paths {
        lockstep_testkit::fuzz::dmir(&fs::read(&path).expect("a file of the corpus"));
    }
}
