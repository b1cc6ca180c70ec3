//! How many cases of a suite did what: one count, one last line and one exit code for all suite commands.

use crate::{command::talk, exit};

/// How many cases did what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Did what they should.
    pub passed: usize,
    /// Did something else.
    pub failed: usize,
    /// Were left out.
    pub skipped: usize,
    /// Files that could not be read.
    pub unreadable: usize,
}

/// What became of a file.
pub trait Counted {
    /// Adds its cases to `totals`.
    fn count(&self, totals: &mut Totals);
}

impl Totals {
    /// The totals of these files.
    pub fn of<'r, R: Counted + 'r>(reports: impl IntoIterator<Item = &'r R>) -> Self {
        let mut totals = Self::default();
        reports.into_iter().for_each(|report| report.count(&mut totals));
        totals
    }

    /// Says them in the last line of standard error; the command's exit code.
    pub(crate) fn finish(self) -> u8 {
        let Self { passed, failed, skipped, unreadable } = self;
        talk(&format!("{passed} passed, {failed} failed, {skipped} skipped\n"));
        match (unreadable, failed) {
            (0, 0) => exit::GOOD,
            (0, _) => exit::FAILED,
            _ => exit::UNUSABLE,
        }
    }
}
