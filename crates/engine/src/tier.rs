//! The tiers, by name.

use core::{fmt, str::FromStr};

/// What runs dMIR, or the policy that chooses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tier {
    /// The best tier for each piece of code: EVM programs, and functions of modules and of eBPF programs, run in the
    /// interpreter until they are hot, then as machine code.
    #[default]
    Adaptive,
    /// Register bytecode.
    Interpreter,
    /// Machine code, of the functions of modules and of EVM programs; what has none runs in the interpreter.
    Optimizing,
    /// The reference: slow, obvious, right.
    Evaluator,
}

/// A tier's name, and what it is.
const NAMES: &[(&str, Tier)] = &[
    ("adaptive", Tier::Adaptive),
    ("interpreter", Tier::Interpreter),
    ("optimizing", Tier::Optimizing),
    ("evaluator", Tier::Evaluator),
];

impl Tier {
    /// Every tier that runs code, so that suites need not name them.
    pub const ALL: &[Self] = &[Self::Interpreter, Self::Optimizing, Self::Evaluator];

    /// The name.
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(_, tier)| *tier == self).map_or("", |(name, _)| name)
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is no tier's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownTier(pub String);

impl fmt::Display for UnknownTier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown tier {:?}; expected one of", self.0)?;
        NAMES.iter().try_for_each(|(name, _)| write!(f, " {name}"))
    }
}

impl core::error::Error for UnknownTier {}

impl FromStr for Tier {
    type Err = UnknownTier;

    fn from_str(text: &str) -> Result<Self, UnknownTier> {
        let found = NAMES.iter().find(|(name, _)| *name == text);
        found.map(|(_, tier)| *tier).ok_or_else(|| UnknownTier(text.to_owned()))
    }
}
