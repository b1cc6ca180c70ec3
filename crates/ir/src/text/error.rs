//! What is wrong with a text, and where.

use alloc::string::String;
use core::fmt;

/// The first place where a text is not dMIR.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    /// Line, from 1.
    pub line: u32,
    /// Column in bytes, from 1.
    pub column: u32,
    /// What is wrong.
    pub kind: ParseErrorKind,
}

/// What is wrong with a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParseErrorKind {
    /// The text is longer than this many bytes.
    TooLong(usize),
    /// A character that begins nothing.
    Character(char),
    /// Something else than what has to stand here.
    Expected {
        /// What has to stand here.
        want: &'static str,
        /// What stands here.
        found: String,
    },
    /// A name that nothing has.
    Unknown {
        /// What was looked for.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// A name given twice.
    Duplicate(String),
    /// A number that does not fit its place.
    Range {
        /// The place.
        what: &'static str,
        /// The number.
        found: String,
    },
    /// Another number of things than the signature has.
    Count {
        /// How many the signature has.
        want: usize,
        /// How many stand here.
        found: usize,
    },
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.line, self.column)?;
        match &self.kind {
            ParseErrorKind::TooLong(max) => write!(f, "the text is longer than {max} bytes"),
            ParseErrorKind::Character(found) => write!(f, "unexpected character {found:?}"),
            ParseErrorKind::Expected { want, found } => write!(f, "expected {want}, found {found}"),
            ParseErrorKind::Unknown { what, name } => write!(f, "no {what} is named {name}"),
            ParseErrorKind::Duplicate(name) => write!(f, "{name} is named twice"),
            ParseErrorKind::Range { what, found } => write!(f, "{found} does not fit {what}"),
            ParseErrorKind::Count { want, found } => write!(f, "expected {want}, found {found}"),
        }
    }
}

impl core::error::Error for ParseError {}
