//! The state that the host functions of all engines share: slots of 32 bytes.
//!
//! `env.storage_get(key, value) -> 1 or 0`, `env.storage_set(key, value) -> 1`, `env.nop(x) -> x xor 0x55`.

/// Bytes of a key, and of a value.
pub const SLOT_BYTES: usize = 32;

/// A key or a value.
pub type Slot = [u8; SLOT_BYTES];

/// What [`nop`] flips.
const NOP_MASK: u64 = 0x55;

/// Lists that slots are spread over.
const BUCKETS: usize = 256;

/// The slots that were set, spread by a cheap hash: what the host does should weigh little beside what engines do.
#[derive(Debug, Default)]
pub struct Slots(Vec<Vec<(Slot, Slot)>>);

impl Slots {
    pub fn get(&self, key: &Slot) -> Option<&Slot> {
        let bucket = self.0.get(bucket(key))?;
        bucket.iter().find(|(found, _)| found == key).map(|(_, value)| value)
    }

    pub fn set(&mut self, key: &Slot, value: &Slot) {
        if self.0.is_empty() {
            self.0 = vec![Vec::new(); BUCKETS];
        }
        let bucket = &mut self.0[bucket(key)];
        match bucket.iter_mut().find(|(found, _)| found == key) {
            Some((_, old)) => *old = *value,
            None => bucket.push((*key, *value)),
        }
    }
}

fn bucket(key: &Slot) -> usize {
    /// An odd number with bits all over: 2^64 over the golden ratio.
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let (words, _) = key.as_chunks::<8>();
    let fold = |hash: u64, word: &[u8; 8]| (hash ^ u64::from_le_bytes(*word)).wrapping_mul(FACTOR);
    (words.iter().fold(0, fold) >> 56) as usize % BUCKETS
}

/// What `env.nop` returns.
pub fn nop(x: u64) -> u64 {
    x ^ NOP_MASK
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_keep_the_last_value_of_each_key() {
        let mut slots = Slots::default();
        let key = |number: u16| {
            let mut key = [0; SLOT_BYTES];
            key[30..].copy_from_slice(&number.to_be_bytes());
            key
        };
        assert_eq!(slots.get(&key(0)), None);
        (0..1000).for_each(|number| slots.set(&key(number), &key(1)));
        (0..1000).for_each(|number| slots.set(&key(number), &key(number + 1)));
        assert!((0..1000).all(|number| slots.get(&key(number)) == Some(&key(number + 1))));
        assert_eq!(slots.get(&key(1000)), None);
    }
}
