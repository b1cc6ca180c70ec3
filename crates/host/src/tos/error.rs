//! Why a system call does not answer.

use core::fmt;

use lockstep_rt::Trap;

use crate::mapping::AccessViolation;

/// Why a provider does not answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProviderError {
    /// The account holds less than is to go.
    InsufficientBalance,
    /// The account holds or would hold more than 64 bits say.
    BalanceOverflow,
    /// 32 bytes that are no address of the chain.
    InvalidAddress,
    /// The provider does not allow it.
    Refused(String),
    /// The machine failed: a disk, a network. Never an answer to a program.
    Fault(String),
}

impl fmt::Display for ProviderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InsufficientBalance => f.write_str("insufficient balance"),
            Self::BalanceOverflow => f.write_str("balance overflow"),
            Self::InvalidAddress => f.write_str("no address of the chain"),
            Self::Refused(why) => write!(f, "refused: {why}"),
            Self::Fault(why) => write!(f, "the machine failed: {why}"),
        }
    }
}

impl core::error::Error for ProviderError {}

/// Why a system call ends its program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TosError {
    /// It costs more than is left.
    OutOfComputeUnits,
    /// A pointer that leads nowhere, or where the program may not do this.
    AccessViolation(AccessViolation),
    /// A pointer to a number that is no multiple of its size.
    UnalignedPointer {
        /// Where it points.
        address: u64,
    },
    /// Text that is not UTF-8.
    InvalidText,
    /// Something is longer than allowed.
    TooLong {
        /// What.
        what: &'static str,
        /// What is allowed.
        limit: u64,
        /// How long it is.
        found: u64,
    },
    /// A buffer that is too small for the answer.
    BufferTooSmall {
        /// Bytes of the answer.
        needed: u64,
        /// Bytes of the buffer.
        found: u64,
    },
    /// An amount that cannot be sent.
    InvalidAmount,
    /// What the rules of the chain do not allow.
    Chain(Trap),
    /// What a provider said.
    Provider(ProviderError),
}

impl From<AccessViolation> for TosError {
    fn from(violation: AccessViolation) -> Self {
        Self::AccessViolation(violation)
    }
}

impl From<ProviderError> for TosError {
    fn from(error: ProviderError) -> Self {
        Self::Provider(error)
    }
}

impl fmt::Display for TosError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfComputeUnits => f.write_str("out of compute units"),
            Self::AccessViolation(violation) => violation.fmt(f),
            Self::UnalignedPointer { address } => write!(f, "unaligned pointer {address:#x}"),
            Self::InvalidText => f.write_str("text that is not UTF-8"),
            Self::TooLong { what, limit, found } => {
                write!(f, "{what}: {found} bytes, more than {limit}")
            }
            Self::BufferTooSmall { needed, found } => {
                write!(f, "a buffer of {found} bytes for {needed}")
            }
            Self::InvalidAmount => f.write_str("invalid amount"),
            Self::Chain(trap) => trap.fmt(f),
            Self::Provider(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for TosError {}
