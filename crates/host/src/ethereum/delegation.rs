//! Delegation (EIP-7702): an account whose code is a marker runs another account's code.

use std::sync::Arc;

use lockstep_base::Address;

/// The first bytes of a delegation (EIP-7702).
const MARKER: [u8; 3] = [0xef, 0x01, 0x00];
/// Length of a delegation: the marker and an address.
const DELEGATION_BYTES: usize = 23;

/// Whom `code` delegates to, if it is a delegation.
pub(super) fn delegate_of(code: &[u8]) -> Option<Address> {
    let address = code.strip_prefix(&MARKER)?;
    Some(Address(address.try_into().ok()?))
}

/// The code that delegates to `address`.
pub(super) fn delegation_to(address: Address) -> Arc<[u8]> {
    let mut code = [0; DELEGATION_BYTES];
    code[..3].copy_from_slice(&MARKER);
    code[3..].copy_from_slice(&address.0);
    Arc::from(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_marker_and_an_address_delegate() {
        let target = Address::from_low_u64(0xabcd);
        let code = delegation_to(target);
        assert_eq!(delegate_of(&code), Some(target));
        assert_eq!(delegate_of(&code[..22]), None);
        assert_eq!(delegate_of(&[&code[..], &[0]].concat()), None);
        assert_eq!(delegate_of(&[0xef, 0x01, 0x01]), None);
        assert_eq!(delegate_of(&[]), None);
    }
}
