//! Bytes by key in slots of 32 bytes.
//!
//! ```text
//! head = keccak256("tos.storage" key)
//! slot head       0: nothing | bytes of a value of 31 at most, then their number + 1 | length * 256 + 255
//! slot head+1+i   the i-th word of a longer value, zeros after its end
//! ```
//!
//! Invariant: a value leaves no words of the one before it.

use lockstep_base::U256;

use crate::{crypto::keccak256, tos::call::STORAGE_VALUE_BYTES_MAX};

/// What keys are told apart from other slots by.
const TAG: &[u8] = b"tos.storage";
/// Bytes that fit the head.
const SHORT_BYTES: usize = 31;
/// What the last byte of a head is when the value is longer.
const LONG: u8 = 0xff;
const WORD_BYTES: usize = 32;

/// Slots of one account.
pub(super) trait Slots {
    type Error;

    fn load(&mut self, key: U256) -> Result<U256, Self::Error>;
    fn store(&mut self, key: U256, value: U256) -> Result<(), Self::Error>;
    /// A head that no value has: somebody wrote to the slot otherwise.
    fn too_long(&self) -> Self::Error;
}

/// What a head says.
enum Head {
    Nothing,
    Short(Vec<u8>),
    Long(usize),
}

fn head_of(key: &[u8]) -> U256 {
    keccak256(&[TAG, key].concat()).into_word()
}

fn word_at(head: U256, index: usize) -> U256 {
    head.wrapping_add(U256::from(index as u64 + 1))
}

fn read_head<S: Slots>(slots: &mut S, head: U256) -> Result<Head, S::Error> {
    let word = slots.load(head)?;
    if word.is_zero() {
        return Ok(Head::Nothing);
    }
    let bytes = word.to_be_bytes::<WORD_BYTES>();
    let last = bytes[SHORT_BYTES];
    if last != LONG {
        let len = usize::from(last).checked_sub(1).filter(|len| *len <= SHORT_BYTES);
        return len.map(|len| Head::Short(bytes[..len].to_vec())).ok_or_else(|| slots.too_long());
    }
    let len = u64::try_from(word >> 8).ok().filter(|len| *len <= STORAGE_VALUE_BYTES_MAX);
    len.map(|len| Head::Long(len as usize)).ok_or_else(|| slots.too_long())
}

/// What is stored under `key`.
pub(super) fn read<S: Slots>(slots: &mut S, key: &[u8]) -> Result<Option<Vec<u8>>, S::Error> {
    let head = head_of(key);
    let len = match read_head(slots, head)? {
        Head::Nothing => return Ok(None),
        Head::Short(bytes) => return Ok(Some(bytes)),
        Head::Long(len) => len,
    };
    let mut bytes = Vec::new();
    for index in 0..len.div_ceil(WORD_BYTES) {
        bytes.extend(slots.load(word_at(head, index))?.to_be_bytes::<WORD_BYTES>());
    }
    bytes.truncate(len);
    Ok(Some(bytes))
}

/// Words of a value beside its head.
fn words(head: &Head) -> usize {
    match head {
        Head::Long(len) => len.div_ceil(WORD_BYTES),
        Head::Nothing | Head::Short(_) => 0,
    }
}

/// Stores `value` under `key`.
pub(super) fn write<S: Slots>(slots: &mut S, key: &[u8], value: &[u8]) -> Result<(), S::Error> {
    let head = head_of(key);
    let before = words(&read_head(slots, head)?);
    let is_short = value.len() <= SHORT_BYTES;
    let new = match is_short {
        true => {
            let mut bytes = [0; WORD_BYTES];
            bytes[..value.len()].copy_from_slice(value);
            bytes[SHORT_BYTES] = value.len() as u8 + 1;
            U256::from_be_bytes(bytes)
        }
        false => U256::from(value.len() as u64) << 8 | U256::from(LONG),
    };
    slots.store(head, new)?;
    let chunks = value.chunks(if is_short { usize::MAX } else { WORD_BYTES });
    let mut count = 0;
    for chunk in chunks.filter(|_| !is_short) {
        let mut bytes = [0; WORD_BYTES];
        bytes[..chunk.len()].copy_from_slice(chunk);
        slots.store(word_at(head, count), U256::from_be_bytes(bytes))?;
        count += 1;
    }
    clear(slots, head, count..before)
}

/// Deletes what is stored under `key`; whether something was.
pub(super) fn delete<S: Slots>(slots: &mut S, key: &[u8]) -> Result<bool, S::Error> {
    let head = head_of(key);
    let before = read_head(slots, head)?;
    if matches!(before, Head::Nothing) {
        return Ok(false);
    }
    slots.store(head, U256::ZERO)?;
    clear(slots, head, 0..words(&before))?;
    Ok(true)
}

fn clear<S: Slots>(
    slots: &mut S,
    head: U256,
    words: core::ops::Range<usize>,
) -> Result<(), S::Error> {
    for index in words {
        slots.store(word_at(head, index), U256::ZERO)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[derive(Default)]
    struct Map(BTreeMap<U256, U256>);

    impl Slots for Map {
        type Error = &'static str;

        fn load(&mut self, key: U256) -> Result<U256, Self::Error> {
            Ok(self.0.get(&key).copied().unwrap_or_default())
        }

        fn store(&mut self, key: U256, value: U256) -> Result<(), Self::Error> {
            match value.is_zero() {
                true => self.0.remove(&key),
                false => self.0.insert(key, value),
            };
            Ok(())
        }

        fn too_long(&self) -> Self::Error {
            "no value's head"
        }
    }

    /// Values of every length around the borders, one after another under one key, beside another key.
    #[test]
    fn a_value_leaves_no_words_of_the_one_before_it() {
        let mut slots = Map::default();
        write(&mut slots, b"other", &[7; 100]).expect("a map");
        let beside = slots.0.len();
        let lens = [0, 31, 32, 33, 64, 65, 31, 1000, 32, 0, 65_536, 1];
        for (round, len) in lens.into_iter().enumerate() {
            let value: Vec<u8> = (0..len).map(|at| (at + round) as u8).collect();
            write(&mut slots, b"key", &value).expect("a map");
            assert_eq!(read(&mut slots, b"key"), Ok(Some(value.clone())));
            let zeros = value.chunks(32).filter(|word| word.iter().all(|byte| *byte == 0)).count();
            let words = if len <= 31 { 0 } else { len.div_ceil(32) - zeros };
            assert_eq!(slots.0.len(), beside + 1 + words, "{len}");
        }
        assert_eq!(read(&mut slots, b"other"), Ok(Some(vec![7; 100])));
        assert_eq!((delete(&mut slots, b"key"), delete(&mut slots, b"key")), (Ok(true), Ok(false)));
        assert_eq!((read(&mut slots, b"key"), slots.0.len()), (Ok(None), beside));
    }

    #[test]
    fn a_head_that_no_value_has_is_refused() {
        for head in [U256::from(100), U256::MAX, U256::from(65_537) << 8 | U256::from(LONG)] {
            let mut slots = Map::default();
            slots.0.insert(head_of(b"key"), head);
            assert!(read(&mut slots, b"key").is_err() && delete(&mut slots, b"key").is_err());
        }
    }
}
