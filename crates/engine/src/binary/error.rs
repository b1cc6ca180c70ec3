//! Why a binary is not made or not run.

use core::fmt;

use super::{BYTES_MAX, BinaryGuest, VERSION};

/// Why a binary is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BinaryError {
    /// It does not begin as one.
    NoBinary,
    /// It has another form.
    Version {
        /// Its version.
        found: u32,
    },
    /// It is longer or shorter than it says, or than a binary may be.
    Length {
        /// Bytes that there are.
        found: u64,
        /// Bytes that it says, or that there may be.
        expected: u64,
    },
    /// It is damaged.
    Checksum,
    /// Another build of the engine made it.
    Build,
    /// It needs what this processor does not have.
    Target {
        /// The first such thing.
        missing: String,
    },
    /// It was made for other rules.
    Configuration {
        /// Those that it was made for.
        found: String,
        /// Those at hand.
        expected: String,
    },
    /// It is another guest's.
    Guest {
        /// Whose it is.
        found: BinaryGuest,
        /// Whose it should be.
        expected: BinaryGuest,
    },
    /// Its guest code is not the one that was compiled.
    Content,
    /// What stands at a byte means nothing.
    Malformed {
        /// The byte.
        offset: usize,
        /// What should be there.
        what: &'static str,
    },
    /// The guest's code is refused.
    Load(String),
    /// No machine code is made for this processor.
    NoTarget,
    /// The operating system refused address space.
    Reserve,
}

impl fmt::Display for BinaryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoBinary => f.write_str("not a binary of this engine"),
            Self::Version { found } => write!(f, "a binary of form {found}, not {VERSION}"),
            Self::Length { found, expected } if *expected == BYTES_MAX => {
                write!(f, "a binary of {found} bytes, of which there may be {expected}")
            }
            Self::Length { found, expected } => {
                write!(f, "a binary of {expected} bytes, of which {found} are there")
            }
            Self::Checksum => f.write_str("the binary is damaged: its checksum differs"),
            Self::Build => f.write_str("another build of the engine made the binary"),
            Self::Target { missing } => {
                write!(f, "the binary needs a processor with {missing}")
            }
            Self::Configuration { found, expected } => {
                write!(f, "the binary was made for {found}, not for {expected}")
            }
            Self::Guest { found, expected } => {
                write!(f, "a binary of {}, not of {}", found.name(), expected.name())
            }
            Self::Content => f.write_str("the binary holds other code than was compiled"),
            Self::Malformed { offset, what } => write!(f, "expected {what} at byte {offset}"),
            Self::Load(error) => f.write_str(error),
            Self::NoTarget => f.write_str("no machine code is made for this processor"),
            Self::Reserve => f.write_str("the operating system refuses address space"),
        }
    }
}

impl core::error::Error for BinaryError {}
