//! Inputs taken apart, and numbers as contracts of the EVM pass them. Nothing here panics.

use core::convert::TryInto;

/// The first `N` bytes and what follows them; `None` where there are fewer.
#[inline(always)]
pub fn take<const N: usize>(input: &[u8]) -> Option<([u8; N], &[u8])> {
    let rest = input.get(N..)?;
    let first = input.get(..N)?.try_into().ok()?;
    Some((first, rest))
}

/// A word of 32 bytes, most significant first.
#[inline(always)]
pub fn word(number: u64) -> [u8; 32] {
    let mut word = [0; 32];
    let bytes = number.to_be_bytes();
    for (to, from) in word.iter_mut().skip(24).zip(bytes) {
        *to = from;
    }
    word
}

/// The number that a word is; `None` where it has more than 64 bits.
#[inline(always)]
pub fn number(word: &[u8; 32]) -> Option<u64> {
    let (mut high, mut low) = (0, 0);
    for byte in word.iter().take(24) {
        high |= *byte;
    }
    for byte in word.iter().skip(24) {
        low = low << 8 | u64::from(*byte);
    }
    if high == 0 {
        Some(low)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_come_apart_where_they_are_long_enough() {
        assert_eq!(take::<2>(&[1, 2, 3]), Some(([1, 2], &[3][..])));
        assert_eq!(take::<0>(&[]), Some(([], &[][..])));
        assert_eq!(take::<4>(&[1, 2, 3]), None);
    }

    #[test]
    fn numbers_are_words_and_back() {
        for value in [0, 1, 0x0102_0304_0506_0708, u64::MAX] {
            assert_eq!(number(&word(value)), Some(value));
        }
        assert_eq!(word(0x0102)[29..], [0, 1, 2]);
        for at in 0..24 {
            let mut long = word(5);
            long[at] = 1;
            assert_eq!(number(&long), None, "byte {at}");
        }
    }
}
