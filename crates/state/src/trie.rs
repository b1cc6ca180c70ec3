//! Roots of Merkle-Patricia tries (Yellow Paper app. D), computed from all leaves at once.
//!
//! One recursive pass over sorted leaves into one buffer: a node's RLP is written at the buffer's end and, when
//! it has 32 bytes or more, replaced by its hash. Keys may have any length and may be prefixes of one another.
//! The recursion is as deep as two leaves can agree, so at most two calls per nibble of the longest key.
//!
//! Absent on purpose: stored nodes and proofs.

use std::ops::Range;

use alloy_rlp::{Encodable, Header};
use lockstep_base::Hash;

use crate::keccak256;

/// Root of the trie without leaves: Keccak-256 of the RLP of the empty string.
pub const EMPTY_TRIE_ROOT: Hash = Hash([
    0x56, 0xe8, 0x1f, 0x17, 0x1b, 0xcc, 0x55, 0xa6, 0xff, 0x83, 0x45, 0xe6, 0x92, 0xc0, 0xf8, 0x6e,
    0x5b, 0x48, 0xe0, 0x1b, 0x99, 0x6c, 0xad, 0xc0, 0x01, 0x62, 0x2f, 0xb5, 0xe3, 0x63, 0xb4, 0x21,
]);

/// A node as long as this or longer is named by its hash; a shorter one lies in its parent.
const HASHED_LEN: usize = 32;

/// Root of the trie with these leaves.
///
/// # Panics
///
/// Unless the keys ascend strictly as byte strings.
pub fn trie_root<K: AsRef<[u8]>, V: AsRef<[u8]>>(leaves: &[(K, V)]) -> Hash {
    let ascend = leaves.is_sorted_by(|(a, _), (b, _)| a.as_ref() < b.as_ref());
    assert!(ascend, "leaves come in strictly ascending order of their keys");
    if leaves.is_empty() {
        return EMPTY_TRIE_ROOT;
    }
    let mut out = Vec::new();
    encode_node(leaves, 0, &mut out);
    keccak256(&out)
}

/// Root of the trie whose keys are the Keccak-256 of the given, distinct keys.
pub fn secure_trie_root<K: AsRef<[u8]>, V: AsRef<[u8]>>(
    leaves: impl IntoIterator<Item = (K, V)>,
) -> Hash {
    let mut hashed: Vec<([u8; 32], V)> =
        leaves.into_iter().map(|(key, value)| (keccak256(key.as_ref()).0, value)).collect();
    hashed.sort_unstable_by_key(|(key, _)| *key);
    trie_root(&hashed)
}

/// Root of the trie whose keys are the RLP of 0, 1, and so on: transactions, receipts, withdrawals.
pub fn ordered_trie_root<V: AsRef<[u8]>>(items: &[V]) -> Hash {
    let mut leaves: Vec<(Vec<u8>, &V)> =
        (0u64..).map(alloy_rlp::encode).zip(items.iter()).collect();
    leaves.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
    trie_root(&leaves)
}

/// Appends the RLP of the node over `leaves`, whose first `depth` nibbles agree and are already spent.
fn encode_node<K: AsRef<[u8]>, V: AsRef<[u8]>>(leaves: &[(K, V)], depth: usize, out: &mut Vec<u8>) {
    let (first, last) = (leaves[0].0.as_ref(), leaves[leaves.len() - 1].0.as_ref());
    let start = out.len();
    if let [(_, value)] = leaves {
        encode_path(first, depth..nibble_count(first), true, out);
        value.as_ref().encode(out);
    } else {
        // Sorted: what the outermost keys share, all share.
        let shared = shared_nibbles(first, last, depth);
        if shared > depth {
            encode_path(first, depth..shared, false, out);
            encode_reference(leaves, shared, out);
        } else {
            encode_branch(leaves, depth, out);
        }
    }
    insert_list_header(start, out);
}

/// Appends the seventeen items of a branch: a child for each nibble, and the value of the key that ends here.
fn encode_branch<K: AsRef<[u8]>, V: AsRef<[u8]>>(
    leaves: &[(K, V)],
    depth: usize,
    out: &mut Vec<u8>,
) {
    let ends_here = nibble_count(leaves[0].0.as_ref()) == depth;
    let mut rest = &leaves[usize::from(ends_here)..];
    for child in 0..16 {
        let count = rest.partition_point(|(key, _)| nibble(key.as_ref(), depth) == child);
        let (below, after) = rest.split_at(count);
        match below {
            [] => out.push(alloy_rlp::EMPTY_STRING_CODE),
            _ => encode_reference(below, depth + 1, out),
        }
        rest = after;
    }
    let value: &[u8] = if ends_here { leaves[0].1.as_ref() } else { &[] };
    value.encode(out);
}

/// Appends how a parent names the node over `leaves`: the node itself if short, else its hash.
fn encode_reference<K: AsRef<[u8]>, V: AsRef<[u8]>>(
    leaves: &[(K, V)],
    depth: usize,
    out: &mut Vec<u8>,
) {
    let start = out.len();
    encode_node(leaves, depth, out);
    if out.len() - start >= HASHED_LEN {
        let hash = keccak256(&out[start..]);
        out.truncate(start);
        hash.0.encode(out);
    }
}

/// Appends the RLP of nibbles `range` of `key` in hex-prefix form (Yellow Paper app. C).
fn encode_path(key: &[u8], range: Range<usize>, is_leaf: bool, out: &mut Vec<u8>) {
    let is_odd = range.len() % 2 == 1;
    let mut path = Vec::with_capacity(range.len() / 2 + 1);
    let flags = (u8::from(is_leaf) * 2 + u8::from(is_odd)) << 4;
    path.push(if is_odd { flags | nibble(key, range.start) } else { flags });
    let pairs = (range.start + usize::from(is_odd)..range.end).step_by(2);
    path.extend(pairs.map(|i| nibble(key, i) << 4 | nibble(key, i + 1)));
    path.as_slice().encode(out);
}

/// Makes everything from `start` on the payload of an RLP list.
fn insert_list_header(start: usize, out: &mut Vec<u8>) {
    let header = Header { list: true, payload_length: out.len() - start };
    let mut bytes = Vec::with_capacity(header.length());
    header.encode(&mut bytes);
    out.splice(start..start, bytes);
}

fn nibble_count(key: &[u8]) -> usize {
    key.len() * 2
}

fn nibble(key: &[u8], position: usize) -> u8 {
    let byte = key[position / 2];
    if position.is_multiple_of(2) { byte >> 4 } else { byte & 0xf }
}

/// How many nibbles `a` and `b` share from the front; they share at least `from`.
fn shared_nibbles(a: &[u8], b: &[u8], from: usize) -> usize {
    let end = nibble_count(a).min(nibble_count(b));
    (from..end).find(|&i| nibble(a, i) != nibble(b, i)).unwrap_or(end)
}

#[cfg(test)]
mod tests {
    use alloy_primitives::B256;
    use alloy_trie::{HashBuilder, Nibbles};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_leaves_have_the_root_of_the_empty_string() {
        assert_eq!(trie_root::<[u8; 0], [u8; 0]>(&[]), keccak256(&[alloy_rlp::EMPTY_STRING_CODE]));
    }

    proptest! {
        /// An independent, incremental algorithm gives the same root where it applies: keys of equal length.
        #[test]
        fn equal_length_keys_agree_with_the_hash_builder(
            leaves in proptest::collection::btree_map(
                prop_oneof![any::<[u8; 2]>(), any::<u8>().prop_map(|b| [0, b])],
                proptest::collection::vec(any::<u8>(), 1..40),
                0..60,
            ),
        ) {
            let leaves: Vec<_> = leaves.into_iter().collect();
            let mut builder = HashBuilder::default();
            for (key, value) in &leaves {
                builder.add_leaf(Nibbles::unpack(key), value);
            }
            prop_assert_eq!(B256::from(trie_root(&leaves).0), builder.root());
        }

        /// The order in which a secure trie's keys come does not matter.
        #[test]
        fn secure_roots_do_not_depend_on_order(
            leaves in proptest::collection::btree_map(any::<[u8; 20]>(), any::<[u8; 3]>(), 0..20),
        ) {
            prop_assert_eq!(secure_trie_root(&leaves), secure_trie_root(leaves.iter().rev()));
        }
    }
}
