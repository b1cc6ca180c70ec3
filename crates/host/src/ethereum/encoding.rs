//! The few things the host hashes: names of new contracts and what an authorization signs.

use lockstep_base::{Address, Hash, U256};

use crate::crypto::keccak256;

/// First byte of what an authorization signs (EIP-7702).
const AUTHORIZATION_MAGIC: u8 = 0x05;
/// First byte of what names a CREATE2 contract (EIP-1014).
const CREATE2_PREFIX: u8 = 0xff;

/// The contract that CREATE makes for `creator` at `nonce` (Yellow Paper 7).
pub(super) fn create_address(creator: Address, nonce: u64) -> Address {
    let mut payload = Vec::with_capacity(31);
    push_bytes(&mut payload, &creator.0);
    push_integer(&mut payload, U256::from(nonce));
    Address::from_word(keccak256(&list(&payload)).into_word())
}

/// The contract that CREATE2 makes (EIP-1014).
pub(super) fn create2_address(creator: Address, salt: U256, init_code: &[u8]) -> Address {
    let mut bytes = [0; 85];
    bytes[0] = CREATE2_PREFIX;
    bytes[1..21].copy_from_slice(&creator.0);
    bytes[21..53].copy_from_slice(&salt.to_be_bytes::<32>());
    bytes[53..].copy_from_slice(&keccak256(init_code).0);
    Address::from_word(keccak256(&bytes).into_word())
}

/// What the signature of an authorization signs (EIP-7702).
pub(super) fn authorization_hash(chain_id: U256, address: Address, nonce: u64) -> Hash {
    let mut payload = Vec::with_capacity(64);
    push_integer(&mut payload, chain_id);
    push_bytes(&mut payload, &address.0);
    push_integer(&mut payload, U256::from(nonce));
    let mut bytes = vec![AUTHORIZATION_MAGIC];
    bytes.extend(list(&payload));
    keccak256(&bytes)
}

/// Appends the RLP of at most 55 bytes.
fn push_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    if let [byte @ 0..=0x7f] = bytes {
        out.push(*byte);
        return;
    }
    out.push(0x80 + bytes.len() as u8);
    out.extend_from_slice(bytes);
}

/// Appends the RLP of a number: its bytes without leading zeros.
fn push_integer(out: &mut Vec<u8>, number: U256) {
    let bytes = number.to_be_bytes::<32>();
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    push_bytes(out, &bytes[zeros..]);
}

/// The RLP of a list whose items are already encoded; at most 255 bytes of them.
fn list(payload: &[u8]) -> Vec<u8> {
    let len = payload.len() as u8;
    let mut out = if len < 56 { vec![0xc0 + len] } else { vec![0xf8, len] };
    out.extend_from_slice(payload);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        text.parse().expect("an address")
    }

    #[test]
    fn create_names_follow_creator_and_nonce() {
        let creator = address("0x6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0");
        let names = [
            "0xcd234a471b72ba2f1ccf0a70fcaba648a5eecd8d",
            "0x343c43a37d37dff08ae8c4a11544c718abb4fcf8",
        ];
        for (nonce, name) in names.iter().enumerate() {
            assert_eq!(create_address(creator, nonce as u64), address(name));
        }
        // Nonces that take one byte with a header, and the longest.
        assert_ne!(create_address(creator, 0x7f), create_address(creator, 0x80));
        create_address(creator, u64::MAX);
    }

    #[test]
    fn create2_names_are_those_of_eip_1014() {
        let zero = create2_address(Address::ZERO, U256::ZERO, &[0]);
        assert_eq!(zero, address("0x4d1a2e2bb4f88f0250f26ffff098b0b30b26bf38"));
        let creator = address("0x00000000000000000000000000000000deadbeef");
        let made = create2_address(creator, U256::from(0xcafe_babe_u64), &[0xde, 0xad, 0xbe, 0xef]);
        assert_eq!(made, address("0x60f3f640a8508fc6a86d45df051962668e1e8ac7"));
    }
}
