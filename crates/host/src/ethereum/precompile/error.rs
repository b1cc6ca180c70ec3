//! Why a call to a precompiled contract fails.

use core::fmt;

use crate::crypto::PointError;

/// Why a call fails. Consensus sees no difference between the kinds; traces and tests do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrecompileError {
    /// The call costs more than it may spend.
    OutOfGas,
    /// The contract does not exist under the rules asked for.
    Inactive,
    /// The input, or a number inside it, has a length that is not allowed.
    Length,
    /// A flag is neither 0 nor 1.
    Flag,
    /// A field element or a point is refused.
    Point(PointError),
    /// A commitment does not match its hash, or a proof does not hold.
    Proof,
}

impl From<PointError> for PrecompileError {
    fn from(error: PointError) -> Self {
        Self::Point(error)
    }
}

impl fmt::Display for PrecompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OutOfGas => "out of gas",
            Self::Inactive => "the contract is not active in this fork",
            Self::Length => "the input or a number in it has a wrong length",
            Self::Flag => "a flag is neither 0 nor 1",
            Self::Point(error) => return error.fmt(f),
            Self::Proof => "the proof does not hold",
        })
    }
}

impl core::error::Error for PrecompileError {}
