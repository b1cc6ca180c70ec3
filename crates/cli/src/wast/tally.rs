//! What became of a script's directives.

use std::collections::BTreeMap;

use lockstep::NativeStatistics;
use serde::Serialize;

use super::watch::Watch;

/// How many assertions did what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Held.
    pub passed: usize,
    /// Did not hold.
    pub failed: usize,
    /// Were left out.
    pub skipped: usize,
}

/// A directive that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// Its line, counted from 1.
    pub line: usize,
    /// Its keyword.
    pub kind: &'static str,
    /// What happened instead of what it says.
    pub message: String,
}

/// A module that needs what the engine does not offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// Its line, counted from 1.
    pub line: usize,
    /// What it needs.
    pub proposal: String,
}

/// Where a module that is none goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// At a byte of the binary form.
    Byte,
    /// At a line and column of the text.
    LineAndColumn,
}

/// Why a directive did not pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Obstacle {
    /// It does not hold.
    Failed(String),
    /// It cannot be tried: it needs this.
    Skipped(String),
}

impl Obstacle {
    pub(super) fn failed(message: impl Into<String>) -> Self {
        Self::Failed(message.into())
    }
}

/// What became of all directives of a script.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Counts by the directive's keyword.
    pub kinds: BTreeMap<&'static str, Counts>,
    /// Modules that need what the engine does not offer.
    pub refused: Vec<Refusal>,
    /// Refusals that scripts ask for, by what names their place.
    pub places: BTreeMap<Place, usize>,
    /// Assertions left out, by reason.
    pub skips: BTreeMap<String, usize>,
    /// Directives that failed.
    pub failures: Vec<Failure>,
    /// Gas of all calls that returned, modulo 2^64.
    pub gas_used: u64,
    /// What was compiled to machine code.
    pub native: NativeStatistics,
    /// The instructions that were shown.
    pub watch: Watch,
}

impl Tally {
    /// The counts of all kinds together.
    pub fn counts(&self) -> Counts {
        self.kinds.values().fold(Counts::default(), |sum, kind| Counts {
            passed: sum.passed + kind.passed,
            failed: sum.failed + kind.failed,
            skipped: sum.skipped + kind.skipped,
        })
    }

    /// Counts an assertion.
    pub(super) fn assertion(
        &mut self,
        line: usize,
        kind: &'static str,
        done: Result<(), Obstacle>,
    ) {
        match done {
            Ok(()) => self.kinds.entry(kind).or_default().passed += 1,
            Err(Obstacle::Skipped(reason)) => self.skip(kind, reason, 1),
            Err(Obstacle::Failed(message)) => self.failure(line, kind, message),
        }
    }

    /// Counts a command that asserts nothing, if it failed.
    pub(super) fn command(&mut self, line: usize, kind: &'static str, done: Result<(), Obstacle>) {
        if let Err(Obstacle::Failed(message)) = done {
            self.failure(line, kind, message);
        }
    }

    /// Counts a refusal that was asked for.
    pub(super) fn place(&mut self, place: Place) {
        *self.places.entry(place).or_default() += 1;
    }

    /// Counts assertions that are left out.
    pub(super) fn skip(&mut self, kind: &'static str, reason: String, count: usize) {
        self.kinds.entry(kind).or_default().skipped += count;
        *self.skips.entry(reason).or_default() += count;
    }

    fn failure(&mut self, line: usize, kind: &'static str, message: String) {
        self.kinds.entry(kind).or_default().failed += 1;
        self.failures.push(Failure { line, kind, message });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assertions_count_always_and_commands_when_they_fail() {
        let mut tally = Tally::default();
        tally.assertion(1, "assert_return", Ok(()));
        tally.assertion(2, "assert_return", Err(Obstacle::failed("got 1")));
        tally.assertion(3, "assert_trap", Err(Obstacle::Skipped("gc".into())));
        tally.command(4, "invoke", Ok(()));
        assert_eq!(tally.counts(), Counts { passed: 1, failed: 1, skipped: 1 });
        tally.command(5, "module", Err(Obstacle::failed("invalid")));
        assert_eq!(tally.counts().failed, 2);
        assert_eq!(tally.skips, BTreeMap::from([("gc".to_owned(), 1)]));
        assert_eq!(tally.failures.iter().map(|failure| failure.line).collect::<Vec<_>>(), [2, 5]);
    }
}
