//! Programs with answers: every `.dmir` file of the repository's `corpus` folder.

use std::{
    fs,
    path::{Path, PathBuf},
};

use lockstep_ir::{
    Module, Verified,
    text::{Run, parse, runs},
    verify_module,
};

/// A program of the corpus.
#[derive(Debug)]
pub struct Program {
    /// Its path below the corpus folder.
    pub name: String,
    /// What it is.
    pub module: Verified<Module>,
    /// What it promises.
    pub runs: Vec<Run>,
}

/// The corpus folder.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus")
}

/// All programs, by name.
///
/// # Panics
///
/// When the folder cannot be read, or a file is no program: the corpus is ours.
pub fn programs() -> Vec<Program> {
    let root = folder().join("dmir");
    let mut paths = Vec::new();
    files(&root, "dmir", &mut paths);
    paths.sort();
    paths.iter().map(|path| load(&root, path)).collect()
}

/// The paths below `folder` that end in `extension`.
///
/// # Panics
///
/// When the folder cannot be read.
pub fn files(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let path = entry.expect("a folder's entry").path();
        if path.is_dir() {
            files(&path, extension, found);
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
}

fn load(root: &Path, path: &Path) -> Program {
    let name = path.strip_prefix(root).unwrap_or(path).display().to_string();
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{name}: {error}"));
    let module = parse(&text).unwrap_or_else(|error| panic!("{name}:{error}"));
    let runs = runs(&text, &module).unwrap_or_else(|error| panic!("{name}:{error}"));
    let module = verify_module(module).unwrap_or_else(|error| panic!("{name}: {error}"));
    Program { name, module, runs }
}
