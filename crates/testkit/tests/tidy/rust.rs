//! Rust files: which modules lead to them, and where they use `unsafe`.
//!
//! Lines, not syntax: rustfmt keeps `mod x;` on a line and a closing brace under what it closes.

use std::collections::BTreeSet;

use super::tree;

/// Whether the file is Rust.
pub(crate) fn is_source(path: &str) -> bool {
    path.ends_with(".rs")
}

/// Whether cargo compiles the file without being led to it by a `mod`.
pub(crate) fn is_root(path: &str) -> bool {
    let Some((folder, name)) = path.rsplit_once('/') else { return false };
    match folder.rsplit('/').next() {
        Some("src") => matches!(name, "lib.rs" | "main.rs"),
        Some("tests" | "benches" | "examples" | "bin" | "fuzz_targets") => {
            !folder.contains("/src/") || folder.ends_with("/src/bin")
        }
        // A test or a command of several files.
        _ => {
            let has_files = folder.contains("/tests/") || folder.contains("/src/bin/");
            name == "build.rs" || (name == "main.rs" && has_files)
        }
    }
}

/// Adds `path` and every file that its modules lead to.
pub(crate) fn reach(path: &str, reached: &mut BTreeSet<String>) {
    if !tree::root().join(path).is_file() || !reached.insert(path.to_owned()) {
        return;
    }
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let folder = match is_root(path) || name == "mod.rs" {
        true => folder.to_owned(),
        false => path.trim_end_matches(".rs").to_owned(),
    };
    // Modules written in place, by their indentation.
    let mut open: Vec<(usize, String)> = Vec::new();
    for line in tree::read(path).lines() {
        let indent = line.len() - line.trim_start().len();
        if line.trim() == "}" && open.last().is_some_and(|(at, _)| *at == indent) {
            open.pop();
        }
        let Some(rest) = after_mod(line) else { continue };
        if let Some(name) = rest.strip_suffix(';') {
            let inner: String = open.iter().map(|(_, name)| format!("/{name}")).collect();
            reach(&format!("{folder}{inner}/{name}.rs"), reached);
            reach(&format!("{folder}{inner}/{name}/mod.rs"), reached);
        } else if let Some(name) = rest.strip_suffix(" {") {
            open.push((indent, name.to_owned()));
        }
    }
}

/// What follows `mod` in a line that declares a module.
fn after_mod(line: &str) -> Option<&str> {
    let line = line.trim();
    let line = match line.strip_prefix("pub(") {
        Some(rest) => rest.split_once(") ")?.1,
        None => line.strip_prefix("pub ").unwrap_or(line),
    };
    line.strip_prefix("mod ")
}

/// A line that uses `unsafe`.
pub(crate) struct Unsafe {
    /// Counted from 1.
    pub(crate) line: usize,
    /// Whether it needs no reason, or the lines above it give one.
    pub(crate) is_explained: bool,
}

/// How many lines above an `unsafe` its reason may begin: signatures and statements have several lines.
const REASON_LINES: usize = 24;

/// The lines of a file that use `unsafe`.
pub(crate) fn uses_unsafe(path: &str) -> impl Iterator<Item = Unsafe> + use<> {
    let text = tree::read(path);
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let used: Vec<_> = (0..lines.len())
        .filter(|at| has_word(code(&lines[*at]), "unsafe"))
        .map(|at| Unsafe { line: at + 1, is_explained: is_explained(&lines, at) })
        .collect();
    used.into_iter()
}

fn is_explained(lines: &[String], at: usize) -> bool {
    // A type that names an unsafe function promises nothing, and nothing needs a reason.
    let code = code(&lines[at]);
    let is_type = ["unsafe fn(", "\" fn("].iter().any(|kind| code.contains(kind));
    let above = &lines[at.saturating_sub(REASON_LINES)..=at];
    is_type || above.iter().any(|line| line.contains("SAFETY:") || line.contains("# Safety"))
}

/// A line without its comment and without what stands in quotes.
fn code(line: &str) -> &str {
    let line = line.split("//").next().unwrap_or(line);
    if line.contains('"') && !line.contains("extern \"C") {
        line.split('"').next().unwrap_or(line)
    } else {
        line
    }
}

fn has_word(line: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    line.split(|c: char| !is_part(c)).any(|part| part == word)
}
