//! 32-byte names of contents: code hashes, roots, topics.

use core::{fmt, str::FromStr};

use crate::{
    U256,
    hex::{HexError, decode_fixed, encode_hex},
};

/// A 32-byte digest, in the byte order its function prints.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// Thirty-two zero bytes.
    pub const ZERO: Self = Self([0; 32]);

    /// Keccak-256 of no bytes: the code hash of an account without code (EIP-1052).
    pub const KECCAK_EMPTY: Self = Self([
        0xc5, 0xd2, 0x46, 0x01, 0x86, 0xf7, 0x23, 0x3c, 0x92, 0x7e, 0x7d, 0xb2, 0xdc, 0xc7, 0x03,
        0xc0, 0xe5, 0x00, 0xb6, 0x53, 0xca, 0x82, 0x27, 0x3b, 0x7b, 0xfa, 0xd8, 0x04, 0x5d, 0x85,
        0xa4, 0x70,
    ]);

    /// `word`, most significant byte first.
    pub fn from_word(word: U256) -> Self {
        Self(word.to_be_bytes())
    }

    /// This digest as a number, first byte most significant.
    pub fn into_word(self) -> U256 {
        U256::from_be_bytes(self.0)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{}", encode_hex(&self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Hash {
    type Err = HexError;

    fn from_str(text: &str) -> Result<Self, HexError> {
        decode_fixed(text).map(Self)
    }
}
