//! Reading RLP strictly: every value has one encoding, and whatever has another is refused (Yellow Paper app. B).

use alloy_rlp::Header;
use lockstep_base::{Address, Hash, U256};

/// Why bytes are not what they should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RlpError {
    /// Not RLP: cut short, or a header that is not the shortest.
    #[error("malformed or cut short")]
    Malformed,
    /// A list where bytes belong, or the other way round.
    #[error("expected {0}")]
    Expected(&'static str),
    /// A number that begins with a zero byte.
    #[error("a number begins with a zero byte")]
    LeadingZero,
    /// A number that is too big for its place.
    #[error("a number of more than {0} bytes")]
    TooBig(usize),
    /// Bytes of another number than their place wants.
    #[error("{got} bytes, expected {want}")]
    Length {
        /// How many there are.
        got: usize,
        /// How many there must be.
        want: usize,
    },
    /// Something follows the last item.
    #[error("something follows the last item")]
    Trailing,
}

/// The items of a list, or of a whole text, one after the other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Items<'a> {
    rest: &'a [u8],
}

impl<'a> Items<'a> {
    /// The items of `bytes`.
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// What has not been read.
    pub(super) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    fn item(&mut self) -> Result<(bool, &'a [u8]), RlpError> {
        let header = Header::decode(&mut self.rest).map_err(|_| RlpError::Malformed)?;
        let split = self.rest.split_at_checked(header.payload_length);
        let (payload, rest) = split.ok_or(RlpError::Malformed)?;
        self.rest = rest;
        Ok((header.list, payload))
    }

    /// The next item, which is bytes.
    pub(super) fn bytes(&mut self) -> Result<&'a [u8], RlpError> {
        match self.item()? {
            (false, payload) => Ok(payload),
            (true, _) => Err(RlpError::Expected("bytes, found a list")),
        }
    }

    /// The next item, which is a list.
    pub(super) fn list(&mut self) -> Result<Self, RlpError> {
        match self.item()? {
            (true, payload) => Ok(Self::new(payload)),
            (false, _) => Err(RlpError::Expected("a list, found bytes")),
        }
    }

    /// The next item, which is a number of at most `max_bytes`, at most 32.
    fn number(&mut self, max_bytes: usize) -> Result<U256, RlpError> {
        let bytes = self.bytes()?;
        match bytes {
            [0, ..] => Err(RlpError::LeadingZero),
            _ if bytes.len() > max_bytes => Err(RlpError::TooBig(max_bytes)),
            _ => Ok(U256::from_be_slice(bytes)),
        }
    }

    /// The next item, which is a number of 256 bits.
    pub(super) fn word(&mut self) -> Result<U256, RlpError> {
        self.number(32)
    }

    /// The next item, which is a number of 64 bits.
    pub(super) fn short(&mut self) -> Result<u64, RlpError> {
        self.number(8).map(|number| number.as_limbs()[0])
    }

    fn exactly<const N: usize>(bytes: &[u8]) -> Result<[u8; N], RlpError> {
        bytes.try_into().map_err(|_| RlpError::Length { got: bytes.len(), want: N })
    }

    /// The next item, which is an address.
    pub(super) fn address(&mut self) -> Result<Address, RlpError> {
        Self::exactly(self.bytes()?).map(Address)
    }

    /// The next item, which is an address or nothing.
    pub(super) fn optional_address(&mut self) -> Result<Option<Address>, RlpError> {
        match self.bytes()? {
            [] => Ok(None),
            bytes => Self::exactly(bytes).map(|address| Some(Address(address))),
        }
    }

    /// The next item, which is 32 bytes.
    pub(super) fn hash(&mut self) -> Result<Hash, RlpError> {
        Self::exactly(self.bytes()?).map(Hash)
    }

    /// All further items, each read by `read`.
    pub(super) fn all<T>(
        mut self,
        mut read: impl FnMut(&mut Self) -> Result<T, RlpError>,
    ) -> Result<Vec<T>, RlpError> {
        let mut items = Vec::new();
        while !self.rest.is_empty() {
            items.push(read(&mut self)?);
        }
        Ok(items)
    }

    /// Says that nothing may follow.
    pub(super) fn end(&self) -> Result<(), RlpError> {
        if self.rest.is_empty() { Ok(()) } else { Err(RlpError::Trailing) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_one_spelling() {
        let short = |bytes: &[u8]| Items::new(bytes).short();
        assert_eq!(short(&[0x80]), Ok(0));
        assert_eq!(short(&[0x7f]), Ok(127));
        assert_eq!(short(&[0x00]), Err(RlpError::LeadingZero));
        assert_eq!(short(&[0x81, 0x7f]), Err(RlpError::Malformed));
        assert_eq!(short(&[0x82, 0, 1]), Err(RlpError::LeadingZero));
        assert_eq!(short(&[0x89, 1, 0, 0, 0, 0, 0, 0, 0, 0]), Err(RlpError::TooBig(8)));
        assert_eq!(short(&[0xc0]), Err(RlpError::Expected("bytes, found a list")));
        assert_eq!(short(&[0x82, 1]), Err(RlpError::Malformed));
        assert_eq!(short(&[]), Err(RlpError::Malformed));
    }

    #[test]
    fn lists_are_read_to_their_end() {
        let list = |bytes| Items::new(bytes).list()?.all(Items::short);
        assert_eq!(list(&[0xc2, 1, 2]), Ok(vec![1, 2]));
        assert_eq!(list(&[0xc2, 1]), Err(RlpError::Malformed));
        assert_eq!(list(&[0x01]), Err(RlpError::Expected("a list, found bytes")));
        assert_eq!(Items::new(&[1]).end(), Err(RlpError::Trailing));
    }
}
