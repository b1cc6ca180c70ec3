//! Types that contracts share: 32 bytes each, with their hexadecimal spelling.

use core::{convert::TryInto, fmt, str::FromStr};

/// Text that is not 64 hexadecimal digits, with or without `0x` before them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HexError;

impl fmt::Display for HexError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected 64 hexadecimal digits")
    }
}

macro_rules! bytes_32 {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        #[repr(transparent)]
        pub struct $name(pub [u8; 32]);

        impl AsRef<[u8]> for $name {
            fn as_ref(&self) -> &[u8] {
                &self.0
            }
        }

        impl From<[u8; 32]> for $name {
            fn from(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }
        }

        impl FromStr for $name {
            type Err = HexError;

            fn from_str(text: &str) -> Result<Self, HexError> {
                bytes_of(text).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("0x")?;
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }
    )*};
}

bytes_32! {
    /// A hash: of a block or a transaction.
    Hash;
    /// An account or a contract. One of a chain whose addresses have 20 bytes begins with 12 zeros.
    Address;
}

/// What names an account where accounts are named by their keys.
pub type PublicKey = Address;

impl Address {
    /// The account of a chain whose addresses have 20 bytes.
    #[inline(always)]
    pub fn from_20(short: [u8; 20]) -> Self {
        let mut bytes = [0; 32];
        for (to, from) in bytes.iter_mut().skip(12).zip(short) {
            *to = from;
        }
        Self(bytes)
    }

    /// The 20 bytes of such an account; `None` for any other.
    #[inline(always)]
    pub fn to_20(self) -> Option<[u8; 20]> {
        let (zeros, short) = self.0.split_at(12);
        if zeros.iter().all(|byte| *byte == 0) {
            short.try_into().ok()
        } else {
            None
        }
    }
}

fn bytes_of(text: &str) -> Result<[u8; 32], HexError> {
    let digits = text.strip_prefix("0x").unwrap_or(text).as_bytes();
    let digit = |at: usize| {
        let digit = digits.get(at).and_then(|byte| (*byte as char).to_digit(16));
        digit.map(|digit| digit as u8).ok_or(HexError)
    };
    let mut bytes = [0; 32];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = digit(2 * at)? << 4 | digit(2 * at + 1)?;
    }
    if digits.len() == 64 {
        Ok(bytes)
    } else {
        Err(HexError)
    }
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

    #[test]
    fn hashes_and_keys_are_text_and_back() {
        let mut bytes = [0; 32];
        bytes.iter_mut().zip(0_u8..).for_each(|(byte, at)| *byte = at.wrapping_mul(37));
        let (hash, key) = (Hash(bytes), PublicKey::from(bytes));
        assert_eq!(hash.to_string().parse(), Ok(hash));
        assert_eq!(key.to_string()[2..].to_uppercase().parse(), Ok(key));
        assert_eq!(hash.as_ref(), key.as_ref());
        for text in ["", "0x", "0x00", &key.to_string()[..65], &(key.to_string() + "0"), "0xg"] {
            assert_eq!(text.parse::<Hash>(), Err(HexError), "{text}");
        }
    }

    #[test]
    fn short_addresses_have_zeros_in_front() {
        let address = Address::from_20([7; 20]);
        assert_eq!((address.0[11], address.0[12]), (0, 7));
        assert_eq!(address.to_20(), Some([7; 20]));
        assert_eq!(Address([7; 32]).to_20(), None);
    }
}
