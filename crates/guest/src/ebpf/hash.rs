//! Murmur3 of 32 bits with seed zero: how sBPF names host functions, and before v3 its own.

const C1: u32 = 0xcc9e_2d51;
const C2: u32 = 0x1b87_3593;

/// The hash of `bytes`.
pub fn murmur3(bytes: &[u8]) -> u32 {
    let mut hash: u32 = 0;
    let (words, rest) = bytes.as_chunks::<4>();
    for word in words {
        hash ^= scrambled(u32::from_le_bytes(*word));
        hash = hash.rotate_left(13).wrapping_mul(5).wrapping_add(0xe654_6b64);
    }
    let mut last = [0; 4];
    last[..rest.len()].copy_from_slice(rest);
    hash ^= scrambled(u32::from_le_bytes(last));
    hash ^= bytes.len() as u32;
    hash = (hash ^ hash >> 16).wrapping_mul(0x85eb_ca6b);
    hash = (hash ^ hash >> 13).wrapping_mul(0xc2b2_ae35);
    hash ^ hash >> 16
}

fn scrambled(word: u32) -> u32 {
    word.wrapping_mul(C1).rotate_left(15).wrapping_mul(C2)
}

/// How functions of a program are called before v3: by the hash of their slot.
pub(super) fn own_key(slot: u32) -> u32 {
    murmur3(&u64::from(slot).to_le_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of the reference implementation, and two names that every Solana program knows.
    #[test]
    fn known_strings_have_their_hashes() {
        assert_eq!(murmur3(b""), 0);
        assert_eq!(murmur3(b"test"), 0xba6b_d213);
        assert_eq!(murmur3(b"Hello, world!"), 0xc036_3e43);
        assert_eq!(murmur3(b"abort"), 0xb6fc_1a11);
        assert_eq!(murmur3(b"entrypoint"), 0x71e3_cf81);
    }
}
