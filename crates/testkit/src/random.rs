//! Numbers that look random and are the same everywhere: SplitMix64 (Steele, Lea and Flood 2014).

use lockstep_base::U256;

/// A source of numbers, made from a seed.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The source of `seed`.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    /// A number below `end`, which is not zero.
    pub const fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// True once in `n` times.
    pub const fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    /// One of `items`, which are not none.
    pub fn pick<'i, T>(&mut self, items: &'i [T]) -> &'i T {
        &items[self.below(items.len() as u64) as usize]
    }

    /// A word where mistakes are likely: near a power of two, small, a run of ones, a few bytes, or anything.
    pub fn word(&mut self) -> U256 {
        let power = U256::from(1) << (self.below(256) as usize);
        match self.below(8) {
            0 => U256::from(self.below(4)),
            1 => U256::from(self.below(300)),
            2 => power,
            3 => power.wrapping_sub(U256::from(1)),
            4 => power.wrapping_add(U256::from(1)),
            5 => U256::ZERO.wrapping_sub(power),
            6 => U256::from(self.next()),
            _ => U256::from_limbs([self.next(), self.next(), self.next(), self.next()]),
        }
    }
}
