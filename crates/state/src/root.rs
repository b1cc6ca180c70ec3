//! Ethereum's commitments to accounts, storage and logs, over [`crate::trie`].

use alloy_rlp::{Encodable, Header};
use lockstep_base::{Address, Hash, U256};

use crate::{AccountInfo, LogRef, keccak256, secure_trie_root};

/// Root of the secure trie of these accounts, each with the root of its storage (Yellow Paper 4.1).
///
/// Addresses are distinct, in any order. An empty account has a leaf like any other: whether it may exist is
/// the host's rule (EIP-161).
pub fn state_root<'a>(
    accounts: impl IntoIterator<Item = (Address, &'a AccountInfo, Hash)>,
) -> Hash {
    secure_trie_root(
        accounts
            .into_iter()
            .map(|(address, info, storage)| (address.0, encode_account(info, storage))),
    )
}

/// Root of the secure trie of these slots; keys are distinct, in any order, and zeros have no leaf.
pub fn storage_root(slots: impl IntoIterator<Item = (U256, U256)>) -> Hash {
    let leaves = slots.into_iter().filter(|(_, value)| !value.is_zero());
    secure_trie_root(leaves.map(|(key, value)| {
        let mut leaf = Vec::with_capacity(33);
        encode_word(value, &mut leaf);
        (key.to_be_bytes::<32>(), leaf)
    }))
}

/// Keccak-256 of the RLP of the list of `logs`.
pub fn logs_hash<'a>(logs: impl IntoIterator<Item = LogRef<'a>> + Clone) -> Hash {
    let mut out = Vec::new();
    encode_logs(logs, &mut out);
    keccak256(&out)
}

/// Appends the RLP of the list of `logs`, as receipts hold it (Yellow Paper 4.3.1).
pub fn encode_logs<'a>(logs: impl IntoIterator<Item = LogRef<'a>> + Clone, out: &mut Vec<u8>) {
    let payload_length = logs.clone().into_iter().map(|log| log_header(log).length_with_payload());
    Header { list: true, payload_length: payload_length.sum() }.encode(out);
    for log in logs {
        log_header(log).encode(out);
        log.address.0.encode(out);
        topics_header(log).encode(out);
        for topic in log.topics {
            topic.0.encode(out);
        }
        log.data.encode(out);
    }
}

fn log_header(log: LogRef<'_>) -> Header {
    let topics = topics_header(log).length_with_payload();
    Header { list: true, payload_length: log.address.0.length() + topics + log.data.length() }
}

fn topics_header(log: LogRef<'_>) -> Header {
    Header { list: true, payload_length: log.topics.iter().map(|topic| topic.0.length()).sum() }
}

/// The RLP of `[nonce, balance, storage root, code hash]`.
fn encode_account(info: &AccountInfo, storage: Hash) -> Vec<u8> {
    let mut payload = Vec::with_capacity(110);
    info.nonce.encode(&mut payload);
    encode_word(info.balance, &mut payload);
    storage.0.encode(&mut payload);
    info.code_hash.0.encode(&mut payload);
    let mut out = Vec::with_capacity(112);
    Header { list: true, payload_length: payload.len() }.encode(&mut out);
    out.extend_from_slice(&payload);
    out
}

/// Appends the RLP of `word` as a number: most significant byte first, without leading zeros.
fn encode_word(word: U256, out: &mut Vec<u8>) {
    let bytes = word.to_be_bytes::<32>();
    bytes[word.leading_zeros() / 8..].encode(out);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EMPTY_TRIE_ROOT, Log};

    #[test]
    fn no_logs_hash_as_the_empty_list() {
        assert_eq!(logs_hash([]), keccak256(&[alloy_rlp::EMPTY_LIST_CODE]));
    }

    #[test]
    fn a_log_is_a_list_of_address_topics_and_data() {
        let log = Log {
            address: Address([1; 20]),
            topics: vec![Hash([2; 32]), Hash([3; 32])],
            data: vec![4; 60],
        };
        let mut out = Vec::new();
        encode_logs([log.as_ref()], &mut out);
        let payload = [&[0x94][..], &[1; 20], &[0xf8, 66, 0xa0], &[2; 32], &[0xa0], &[3; 32]];
        let expected = [&[0xf8, 153, 0xf8, 151], &payload.concat()[..], &[0xb8, 60], &[4; 60]];
        assert_eq!(out, expected.concat());
    }

    #[test]
    fn words_lose_their_leading_zeros() {
        let rlp = |word| {
            let mut out = Vec::new();
            encode_word(word, &mut out);
            out
        };
        assert_eq!(rlp(U256::ZERO), [0x80]);
        assert_eq!(rlp(U256::from(0x7f)), [0x7f]);
        assert_eq!(rlp(U256::from(0x100)), [0x82, 1, 0]);
        assert_eq!(rlp(U256::MAX).len(), 33);
    }

    #[test]
    fn zero_slots_have_no_leaf() {
        assert_eq!(storage_root([(U256::from(1), U256::ZERO)]), EMPTY_TRIE_ROOT);
    }
}
