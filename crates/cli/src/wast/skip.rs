//! Folders of scripts that are left out as a whole, and how many assertions that are.

use std::path::Path;

use wast::lexer::{Lexer, TokenKind};

use super::tally::Tally;

/// Names of the folders whose scripts are left out, and what they need. The folder that holds the file counts.
const FOLDERS: &[(&str, &str)] = &[
    ("legacy", "legacy exceptions"),
    ("threads", "threads"),
    ("custom-descriptors", "custom descriptors"),
    ("custom-page-sizes", "custom page sizes"),
];

/// Every keyword that asserts something.
const ASSERTIONS: &[&str] = &[
    "assert_exception",
    "assert_exhaustion",
    "assert_invalid",
    "assert_invalid_custom",
    "assert_malformed",
    "assert_malformed_custom",
    "assert_return",
    "assert_suspension",
    "assert_trap",
    "assert_unlinkable",
];

/// What the script at `path` needs that the engine does not offer, judged by its folder.
pub(super) fn reason(path: &Path) -> Option<&'static str> {
    let folder = path.parent()?.file_name()?;
    FOLDERS.iter().find(|(name, _)| folder == *name).map(|(_, reason)| *reason)
}

/// The assertions of the script `text`, all skipped for `reason`. They are counted by their keywords, as the script
/// may be written in a syntax that nothing here reads.
pub(super) fn all(text: &str, reason: &str) -> Tally {
    let mut tally = Tally::default();
    let lexer = Lexer::new(text);
    let mut is_open = false;
    for token in lexer.iter(0).map_while(Result::ok) {
        let word = token.src(text);
        match token.kind {
            TokenKind::LParen => is_open = true,
            TokenKind::Whitespace | TokenKind::LineComment | TokenKind::BlockComment => {}
            _ => {
                if let Some(kind) = ASSERTIONS.iter().find(|kind| is_open && **kind == word) {
                    tally.skip(kind, reason.to_owned(), 1);
                }
                is_open = false;
            }
        }
    }
    tally
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_that_holds_a_script_decides() {
        assert_eq!(reason(Path::new("spec/proposals/threads/atomic.wast")), Some("threads"));
        assert_eq!(reason(Path::new("threads/spec/memory.wast")), None);
        assert_eq!(reason(Path::new("legacy.wast")), None);
    }

    #[test]
    fn assertions_are_counted_by_their_keywords() {
        let text = r#"(module) ;; (assert_trap
            (assert_return (invoke "assert_trap")) ( assert_trap (future "x") "y")
            (module $assert_trap) (assert_return)"#;
        let tally = all(text, "threads");
        assert_eq!(tally.kinds["assert_return"].skipped, 2);
        assert_eq!(tally.kinds["assert_trap"].skipped, 1);
        assert_eq!(tally.skips["threads"], 3);
    }
}
