//! [`Range`]: what an integer may be, without sign.

use lockstep_base::U256;

use crate::types::Type;

/// The least and the most that an integer of at most 256 bits may be, read without sign. The least is never said to be more
/// than 64 bits hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// It is no less than this.
    pub least: u64,
    /// It is no more than this.
    pub most: U256,
}

/// What a bound that keeps rising rises to next: what indices and addresses reach, one limb, two limbs, everything.
const STEPS: [U256; 5] = [
    U256::from_limbs([1 << 31, 0, 0, 0]),
    U256::from_limbs([1 << 33, 0, 0, 0]),
    U256::from_limbs([u64::MAX, 0, 0, 0]),
    U256::from_limbs([u64::MAX, u64::MAX, 0, 0]),
    U256::MAX,
];

impl Range {
    /// What every integer is; of wider ones, and of what is no integer, this says nothing.
    pub const ALL: Self = Self { least: 0, most: U256::MAX };
    /// Zero.
    pub const ZERO: Self = Self { least: 0, most: U256::ZERO };
    /// What a truth is.
    pub const TRUTH: Self = Self::up_to(1);

    /// Whatever a value of the type may be.
    pub const fn of(ty: Type) -> Self {
        let most = match ty {
            Type::I8 => U256::from_limbs([u8::MAX as u64, 0, 0, 0]),
            Type::I16 => U256::from_limbs([u16::MAX as u64, 0, 0, 0]),
            Type::I32 => U256::from_limbs([u32::MAX as u64, 0, 0, 0]),
            Type::I64 => U256::from_limbs([u64::MAX, 0, 0, 0]),
            Type::I128 => U256::from_limbs([u64::MAX, u64::MAX, 0, 0]),
            _ => U256::MAX,
        };
        Self { least: 0, most }
    }

    /// From zero to a number of 64 bits.
    pub const fn up_to(most: u64) -> Self {
        Self { least: 0, most: U256::from_limbs([most, 0, 0, 0]) }
    }

    /// One number.
    pub fn exactly(number: U256) -> Self {
        Self { least: low(number), most: number }
    }

    /// The number, where there is but one and it has 64 bits.
    pub fn known(&self) -> Option<u64> {
        (self.most == U256::from(self.least)).then_some(self.least)
    }

    /// How many limbs of 64 bits may be other than zero, from the lowest.
    pub fn limbs(&self) -> usize {
        self.most.as_limbs().iter().rposition(|limb| *limb != 0).map_or(0, |last| last + 1)
    }

    /// The most, where that has 64 bits.
    pub fn most_u64(&self) -> Option<u64> {
        (self.limbs() <= 1).then(|| self.most.as_limbs()[0])
    }

    /// Whether there is no such number.
    pub(super) fn is_empty(&self) -> bool {
        self.most < U256::from(self.least)
    }

    /// What is in both.
    pub(super) fn and(self, other: Self) -> Self {
        Self { least: self.least.max(other.least), most: self.most.min(other.most) }
    }

    /// What is in either, and maybe more.
    pub(super) fn or(self, other: Self) -> Self {
        Self { least: self.least.min(other.least), most: self.most.max(other.most) }
    }

    /// What is in either; bounds that change go as far as the next step, so that they change a few times at most.
    pub(super) fn or_wider(self, other: Self) -> Self {
        let Self { mut least, mut most } = self;
        if other.least < least {
            least = other.least.min(1);
        }
        if other.most > most {
            most = STEPS.into_iter().find(|step| *step >= other.most).unwrap_or(U256::MAX);
        }
        Self { least, most }
    }
}

/// The number, or the most that 64 bits hold.
pub(super) fn low(number: U256) -> u64 {
    let limbs = number.as_limbs();
    if limbs[1..] == [0; 3] { limbs[0] } else { u64::MAX }
}
