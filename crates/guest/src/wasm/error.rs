//! Why bytes are refused as a module.

use core::fmt;

/// A module was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadError {
    /// The byte at which it was found out.
    pub offset: usize,
    /// The reason.
    pub kind: LoadErrorKind,
}

/// Why a module was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoadErrorKind {
    /// The bytes are not a module.
    Malformed(String),
    /// The module breaks a rule of validation.
    Invalid(String),
    /// It needs a proposal that is not offered, or not in this profile.
    Unsupported(&'static str),
    /// It is larger than the engine takes.
    Limit {
        /// What there is too much of.
        what: &'static str,
        /// How much the engine takes.
        limit: u64,
        /// How much there is.
        found: u64,
    },
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at byte {:#x}: ", self.offset)?;
        match &self.kind {
            LoadErrorKind::Malformed(text) => write!(f, "malformed module: {text}"),
            LoadErrorKind::Invalid(text) => write!(f, "invalid module: {text}"),
            LoadErrorKind::Unsupported(name) => write!(f, "unsupported: {name}"),
            LoadErrorKind::Limit { what, limit, found } => {
                write!(f, "{what}: {found}, more than {limit}")
            }
        }
    }
}

impl core::error::Error for LoadError {}
