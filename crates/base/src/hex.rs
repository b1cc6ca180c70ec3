//! Hexadecimal text, with or without `0x`, as users write it.

use alloc::{string::String, vec::Vec};
use core::fmt;

/// Why a text is not hexadecimal, with the place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HexError {
    /// The character at this offset (counted after any `0x`) is not a hexadecimal digit.
    Digit {
        /// Offset of the character, in characters after any `0x`.
        at: usize,
        /// The character found.
        found: char,
    },
    /// The number of digits is odd, so the last byte is cut in half.
    Odd {
        /// How many digits there are.
        digits: usize,
    },
    /// The text holds another number of bytes than the type needs.
    Length {
        /// How many bytes the type holds.
        want: usize,
        /// How many the text holds.
        got: usize,
    },
}

impl fmt::Display for HexError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Digit { at, found } => {
                write!(f, "expected a hexadecimal digit at offset {at}, found {found:?}")
            }
            Self::Odd { digits } => {
                write!(f, "expected an even number of hexadecimal digits, found {digits}")
            }
            Self::Length { want, got } => write!(f, "expected {want} bytes, found {got}"),
        }
    }
}

impl core::error::Error for HexError {}

/// The bytes that `text` spells, with or without a leading `0x`.
///
/// # Errors
///
/// [`HexError::Digit`] for the first character that is not a digit, [`HexError::Odd`] for half a byte.
pub fn decode_hex(text: &str) -> Result<Vec<u8>, HexError> {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
    let mut bytes = Vec::with_capacity(digits.len() / 2);
    let mut high = None;
    let mut count = 0;
    for (at, found) in digits.chars().enumerate() {
        let digit = found.to_digit(16).ok_or(HexError::Digit { at, found })? as u8;
        match high.take() {
            None => high = Some(digit),
            Some(upper) => bytes.push(upper << 4 | digit),
        }
        count = at + 1;
    }
    match high {
        None => Ok(bytes),
        Some(_) => Err(HexError::Odd { digits: count }),
    }
}

/// `bytes` as lower-case digits without a prefix.
pub fn encode_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(DIGITS[usize::from(digit)]))
        .collect()
}

/// Parses exactly `N` bytes.
pub(crate) fn decode_fixed<const N: usize>(text: &str) -> Result<[u8; N], HexError> {
    let bytes = decode_hex(text)?;
    let got = bytes.len();
    bytes.try_into().map_err(|_| HexError::Length { want: N, got })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_reads_with_and_without_prefix_and_prints_back() {
        assert_eq!(decode_hex("0x00fF"), Ok(alloc::vec![0, 255]));
        assert_eq!(decode_hex("00ff"), Ok(alloc::vec![0, 255]));
        assert_eq!(encode_hex(&[0, 255, 0x1a]), "00ff1a");
    }

    #[test]
    fn errors_say_where() {
        assert_eq!(decode_hex("0x0g"), Err(HexError::Digit { at: 1, found: 'g' }));
        assert_eq!(decode_hex("123"), Err(HexError::Odd { digits: 3 }));
        assert_eq!(decode_fixed::<2>("00"), Err(HexError::Length { want: 2, got: 1 }));
    }
}
