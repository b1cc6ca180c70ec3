//! Names of accounts: 20 bytes.

use core::{fmt, str::FromStr};

use crate::{
    U256,
    hex::{HexError, decode_fixed, encode_hex},
};

/// The name of an account: 20 bytes, most significant first when read as a number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Address(pub [u8; 20]);

impl Address {
    /// The address of twenty zero bytes.
    pub const ZERO: Self = Self([0; 20]);

    /// The address whose last eight bytes are `number`; how precompiles are named.
    pub const fn from_low_u64(number: u64) -> Self {
        let low = number.to_be_bytes();
        let mut bytes = [0; 20];
        let mut i = 0;
        while i < 8 {
            bytes[12 + i] = low[i];
            i += 1;
        }
        Self(bytes)
    }

    /// The low 20 bytes of `word`, as the EVM reads an address from its stack.
    pub fn from_word(word: U256) -> Self {
        let bytes = word.to_be_bytes::<32>();
        let mut address = [0; 20];
        address.copy_from_slice(&bytes[12..]);
        Self(address)
    }

    /// This address as a number, zero-extended.
    pub fn into_word(self) -> U256 {
        U256::from_be_slice(&self.0)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{}", encode_hex(&self.0))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Address {
    type Err = HexError;

    fn from_str(text: &str) -> Result<Self, HexError> {
        decode_fixed(text).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_keep_the_low_twenty_bytes() {
        let address = Address::from_low_u64(0x100);
        assert_eq!(address.into_word(), U256::from(0x100));
        assert_eq!(Address::from_word(U256::MAX).0, [0xff; 20]);
        assert_eq!(address.to_string_for_test().parse(), Ok(address));
    }

    impl Address {
        fn to_string_for_test(self) -> alloc::string::String {
            alloc::format!("{self}")
        }
    }
}
