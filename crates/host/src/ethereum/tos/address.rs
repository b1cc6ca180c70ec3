//! One rule for addresses of 32 bytes and amounts of 64 bits where accounts have 20 bytes and 256 bits.

use lockstep_base::{Address, U256};

use crate::tos::{Hash, ProviderError};

/// Zero bytes before an address of 20.
const PAD_BYTES: usize = 12;

/// The 32 bytes that an address is: itself after twelve zeros, as in a word of the EVM.
pub fn hash_of(address: Address) -> Hash {
    address.into_word().to_be_bytes()
}

/// The address that 32 bytes are.
///
/// # Errors
///
/// [`ProviderError::InvalidAddress`] when they do not begin with twelve zeros: no account is there.
pub fn address_of(hash: &Hash) -> Result<Address, ProviderError> {
    match hash[..PAD_BYTES].iter().all(|byte| *byte == 0) {
        true => Ok(Address::from_word(U256::from_be_bytes(*hash))),
        false => Err(ProviderError::InvalidAddress),
    }
}

/// The amount that a balance is.
///
/// # Errors
///
/// [`ProviderError::BalanceOverflow`] when it has more than 64 bits.
pub fn amount_of(balance: U256) -> Result<u64, ProviderError> {
    u64::try_from(balance).map_err(|_| ProviderError::BalanceOverflow)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_go_both_ways_or_are_refused() {
        for number in [0, 1, 0xa11ce, u64::MAX] {
            let address = Address::from_low_u64(number);
            assert_eq!(address_of(&hash_of(address)), Ok(address));
        }
        let mut hash = [0xff; 32];
        assert_eq!(address_of(&hash), Err(ProviderError::InvalidAddress));
        hash[..12].fill(0);
        assert_eq!(address_of(&hash).map(hash_of), Ok(hash));
        for at in 0..12 {
            let mut wrong = hash;
            wrong[at] = 1;
            assert_eq!(address_of(&wrong), Err(ProviderError::InvalidAddress), "{at}");
        }
    }

    #[test]
    fn amounts_have_64_bits() {
        assert_eq!(amount_of(U256::from(u64::MAX)), Ok(u64::MAX));
        let more = U256::from(u64::MAX) + U256::from(1);
        assert_eq!(amount_of(more), Err(ProviderError::BalanceOverflow));
        assert_eq!(amount_of(U256::MAX), Err(ProviderError::BalanceOverflow));
    }
}
