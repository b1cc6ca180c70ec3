//! Progress on standard error.

use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressStyle};

/// A bar for work on so many files; hidden where nobody looks and for one file.
pub(crate) fn bar(files: usize) -> ProgressBar {
    let bar = match io::stderr().is_terminal() && files > 1 {
        true => ProgressBar::new(files as u64),
        false => ProgressBar::hidden(),
    };
    if let Ok(style) = ProgressStyle::with_template("{wide_bar} {pos}/{len} files {eta}") {
        bar.set_style(style);
    }
    bar
}
