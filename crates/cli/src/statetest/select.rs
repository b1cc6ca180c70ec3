//! Which cases of a file are run.

use lockstep::Fork;
use regex::Regex;

/// Tests that take minutes by design, and why.
const SLOW: &[(&str, &str)] =
    &[("CALLBlake2f_MaxRounds", "takes minutes: 2^32 - 1 rounds of BLAKE2 F; run it with --slow")];

/// Which cases to run.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Only this fork.
    pub fork: Option<Fork>,
    /// Only the case at this place in its fork's list.
    pub index: Option<usize>,
    /// Only tests whose name this matches.
    pub pattern: Option<Regex>,
    /// Only tests whose name contains this.
    pub substring: Option<String>,
    /// Also what takes minutes.
    pub slow: bool,
}

/// A case that was wanted and not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skip {
    /// The test.
    pub name: String,
    /// The fork, as the fixture spells it.
    pub fork: String,
    /// How many cases.
    pub count: usize,
    /// Why.
    pub reason: String,
}

impl Selection {
    /// Whether tests of this name are wanted.
    pub fn wants_test(&self, name: &str) -> bool {
        self.pattern.as_ref().is_none_or(|pattern| pattern.is_match(name))
            && self.substring.as_ref().is_none_or(|substring| name.contains(substring.as_str()))
    }

    /// Whether this fork is wanted.
    pub fn wants_fork(&self, fork: Fork) -> bool {
        self.fork.is_none_or(|wanted| wanted == fork)
    }

    /// Whether the case at this place is wanted.
    pub fn wants_index(&self, index: usize) -> bool {
        self.index.is_none_or(|wanted| wanted == index)
    }

    /// Why a test of this name is left out although it is wanted.
    pub fn skips(&self, name: &str) -> Option<&'static str> {
        let row = SLOW.iter().find(|(slow, _)| !self.slow && name.starts_with(slow));
        row.map(|(_, reason)| *reason)
    }
}
