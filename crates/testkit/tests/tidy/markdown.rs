//! Pages: their sections, their links, the files they name.

use super::tree;

/// What stands between the heading `title` and the next heading of any level.
pub(crate) fn section<'a>(page: &'a str, title: &str) -> &'a str {
    let is_title = |line: &str| heading(line) == Some(title);
    let mut from = None;
    let mut at = 0;
    for line in page.split_inclusive('\n') {
        match from {
            Some(from) if heading(line).is_some() => return &page[from..at],
            None if is_title(line) => from = Some(at + line.len()),
            _ => {}
        }
        at += line.len();
    }
    &page[from.unwrap_or_else(|| panic!("no heading {title:?}"))..]
}

fn heading(line: &str) -> Option<&str> {
    let text = line.strip_prefix('#')?.trim_start_matches('#');
    text.strip_prefix(' ').map(str::trim)
}

/// Lines outside fenced blocks.
fn prose(page: &str) -> impl Iterator<Item = &str> {
    let mut is_fenced = false;
    page.lines().filter(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        is_fenced ^= is_fence;
        !is_fenced && !is_fence
    })
}

/// Relative links of a page whose file, or whose heading, is not there.
pub(crate) fn dead_links(path: &str) -> Vec<String> {
    let page = tree::read(path);
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut dead = Vec::new();
    for link in prose(&page).flat_map(targets) {
        if link.contains("://") || link.starts_with("mailto:") {
            continue;
        }
        let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
        let target = match file {
            "" => tree::root().join(path),
            file => tree::root().join(folder).join(file),
        };
        let text = std::fs::read_to_string(&target).unwrap_or_default();
        let has_anchor = || prose(&text).filter_map(heading).any(|title| slug(title) == anchor);
        if !target.exists() || !(anchor.is_empty() || has_anchor()) {
            dead.push(format!("{path}: {link}"));
        }
    }
    dead
}

/// What the links of a line lead to.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| rest.split(')').next())
}

/// The anchor that a heading gets.
fn slug(title: &str) -> String {
    let kept = title.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// What a page says in backquotes that looks like a path from the root.
pub(crate) fn paths(page: &str) -> impl Iterator<Item = &str> {
    const FOLDERS: &[&str] =
        &["crates/", "corpus/", "docs/", "bench/", "fuzz/", "examples/", "sdk/", "tools/", ".ci/"];
    prose(page)
        .flat_map(|line| line.split('`').skip(1).step_by(2))
        .filter(|text| FOLDERS.iter().any(|folder| text.starts_with(folder)))
        .filter(|text| !text.contains([' ', '*', '{', '<']) && !text.contains("NAME"))
        .map(|text| text.split("::").next().unwrap_or(text))
}

#[test]
fn sections_end_at_the_next_heading_and_anchors_are_lower_case() {
    let page = "# A\none\n## B c\ntwo `crates/x.rs`\n# D\n";
    assert_eq!(section(page, "B c"), "two `crates/x.rs`\n");
    assert_eq!(slug("How to add: (a) thing"), "how-to-add-a-thing");
    assert_eq!(paths(page).collect::<Vec<_>>(), ["crates/x.rs"]);
    assert_eq!(targets("[a](b.md#c) and [d](e)").collect::<Vec<_>>(), ["b.md#c", "e"]);
}
