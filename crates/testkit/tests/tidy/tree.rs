//! The files of the project.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

/// The folder of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace")
}

/// What `program` prints.
pub(crate) fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(root()).output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {}: {errors}", arguments.join(" "));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Paths from the root, with forward slashes, of all files that git knows or would take.
pub(crate) fn files() -> Vec<String> {
    static FILES: OnceLock<Vec<String>> = OnceLock::new();
    let list = || {
        let listed =
            output("git", &["ls-files", "--cached", "--others", "--exclude-standard", "-z"]);
        let mut files: Vec<_> = listed
            .split_terminator('\0')
            .filter(|path| root().join(path).is_file())
            .map(str::to_owned)
            .collect();
        files.sort();
        files.dedup();
        assert!(files.iter().any(|path| path == "README.md"), "a checkout of the project");
        files
    };
    FILES.get_or_init(list).clone()
}

/// A file's text.
pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Folders of the machine this runs on that no file may name: where the project lies, and what lies beside it and in
/// the home of whoever runs this.
pub(crate) fn places_of_this_machine() -> Vec<String> {
    let root = root();
    let mut places = vec![root.clone()];
    places.extend(root.parent().map(Path::to_owned));
    places.extend(std::env::var_os("HOME").map(PathBuf::from));
    let places = places.into_iter().filter(|place| place.parent().is_some());
    places.map(|place| format!("{}/", place.display())).collect()
}

/// Whether `line` names something in the folder `place`, as a path of its own and not as the end of another.
pub(crate) fn names_place(line: &str, place: &str) -> bool {
    let begins_there = |at: usize| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|c| c.is_whitespace() || "\"'`(=:,[<".contains(c))
    };
    line.match_indices(place).any(|(at, _)| begins_there(at))
}
