//! Why bytes do not name a point: what all curves share.

use core::fmt;

/// Why an encoded field element or point is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PointError {
    /// The encoding has another length than the curve's.
    Length,
    /// Bytes that pad a field element are not zero.
    Padding,
    /// A coordinate is not below the field's modulus.
    NonCanonical,
    /// The coordinates do not solve the curve's equation.
    NotOnCurve,
    /// The point is on the curve but outside the subgroup of prime order.
    WrongSubgroup,
}

impl fmt::Display for PointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Length => "the encoding of a point has the wrong length",
            Self::Padding => "the padding of a field element is not zero",
            Self::NonCanonical => "a coordinate is not below the field modulus",
            Self::NotOnCurve => "a point is not on the curve",
            Self::WrongSubgroup => "a point is not in the subgroup",
        })
    }
}

impl core::error::Error for PointError {}
