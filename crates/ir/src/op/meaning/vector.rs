//! Vectors of 128 bits, their lanes, and the operations that move either without computing.
//!
//! Lane 0 is the lowest bits, so in memory, least significant byte first, lanes lie in order.

use core::array;

use lockstep_base::Int;

use super::{dynamic::Scalar, float::Float};

/// 16 bytes, the least significant first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct V128(pub u128);

impl V128 {
    /// Lane `position`, modulo their count.
    #[inline(always)]
    pub fn lane<T: Lane>(self, position: usize) -> T {
        T::of_low(self.0 >> (position % T::COUNT * T::WIDTH))
    }

    /// The vector of what `lane` makes of each position.
    #[inline(always)]
    pub fn of_lanes<T: Lane>(mut lane: impl FnMut(usize) -> T) -> Self {
        let mut bits = 0;
        for position in 0..T::COUNT {
            bits |= lane(position).low() << (position * T::WIDTH);
        }
        Self(bits)
    }

    /// `f` of every lane.
    #[inline(always)]
    pub(super) fn map<T: Lane>(self, f: impl Fn(T) -> T) -> Self {
        Self::of_lanes(|position| f(self.lane(position)))
    }

    /// `f` of every two lanes at one position.
    #[inline(always)]
    pub(super) fn zip<T: Lane>(self, other: Self, f: impl Fn(T, T) -> T) -> Self {
        Self::of_lanes(|position| f(self.lane(position), other.lane(position)))
    }

    /// All ones in each lane where `f` holds of both, zeros in the others.
    #[inline(always)]
    pub(super) fn mask<T: Lane>(self, other: Self, f: impl Fn(T, T) -> bool) -> Self {
        let ones = u128::MAX >> (128 - T::WIDTH);
        let mut bits = 0;
        for position in 0..T::COUNT {
            if f(self.lane(position), other.lane(position)) {
                bits |= ones << (position * T::WIDTH);
            }
        }
        Self(bits)
    }
}

/// Rows that are a scalar function in every lane: `row(a, b): how function`, where `how` is a method above.
macro_rules! lanewise {
    ($T:ident: $kind:ident; $($(#[doc = $doc:literal])+ $row:ident($a:ident $(, $b:ident)?): $how:ident $f:path;)*) => {$(
        $(#[doc = $doc])+
        #[inline]
        pub fn $row<$T: $kind>($a: V128 $(, $b: V128)?) -> V128 {
            $a.$how($($b,)? $f)
        }
    )*};
}
pub(super) use lanewise;

/// What a vector can be divided into.
pub trait Lane: Scalar + Copy {
    /// How many there are in a vector.
    const COUNT: usize;
    /// How many bits each has.
    const WIDTH: usize = 128 / Self::COUNT;

    /// The lane in the low bits of `bits`.
    fn of_low(bits: u128) -> Self;
    /// The bits of the lane, zeros above.
    fn low(self) -> u128;
}

/// A lane that is an integer.
pub trait IntLane: Lane + Int {}

/// A lane that is a float.
pub trait FloatLane: Lane + Float {}

/// A lane with one twice as wide.
pub trait Widen: IntLane {
    /// The one twice as wide.
    type Wide: IntLane;
}

/// A lane with one half as wide.
pub trait Narrow: IntLane {
    /// The one half as wide.
    type Half: IntLane;
}

macro_rules! lanes {
    ($($ty:ty, $count:literal, $role:ident, |$bits:ident| $of:expr, |$lane:ident| $into:expr;)*) => {$(
        impl Lane for $ty {
            const COUNT: usize = $count;

            #[inline(always)]
            fn of_low($bits: u128) -> Self { $of }
            #[inline(always)]
            fn low(self) -> u128 { let $lane = self; $into }
        }

        impl $role for $ty {}
    )*};
}

lanes! {
    u8, 16, IntLane, |bits| bits as Self, |lane| lane.into();
    u16, 8, IntLane, |bits| bits as Self, |lane| lane.into();
    u32, 4, IntLane, |bits| bits as Self, |lane| lane.into();
    u64, 2, IntLane, |bits| bits as Self, |lane| lane.into();
    f32, 4, FloatLane, |bits| Self::from_bits(bits as u32), |lane| lane.to_bits().into();
    f64, 2, FloatLane, |bits| Self::from_bits(bits as u64), |lane| lane.to_bits().into();
}

macro_rules! neighbours {
    ($($half:ty, $wide:ty;)*) => {$(
        impl Widen for $half {
            type Wide = $wide;
        }

        impl Narrow for $wide {
            type Half = $half;
        }
    )*};
}

neighbours! {
    u8, u16;
    u16, u32;
    u32, u64;
}

/// Bitwise and.
#[inline(always)]
pub fn vand(a: V128, b: V128) -> V128 {
    V128(a.0 & b.0)
}

/// Bitwise or.
#[inline(always)]
pub fn vor(a: V128, b: V128) -> V128 {
    V128(a.0 | b.0)
}

/// Bitwise exclusive or.
#[inline(always)]
pub fn vxor(a: V128, b: V128) -> V128 {
    V128(a.0 ^ b.0)
}

/// The bits of `a` that are not set in `b`.
#[inline(always)]
pub fn vandnot(a: V128, b: V128) -> V128 {
    V128(a.0 & !b.0)
}

/// Bitwise complement.
#[inline(always)]
pub fn vnot(a: V128) -> V128 {
    V128(!a.0)
}

/// Each bit of `b` where that of `a` is set, else of `c`: the order of `select`.
#[inline(always)]
pub fn vbitselect(a: V128, b: V128, c: V128) -> V128 {
    V128(a.0 & b.0 | !a.0 & c.0)
}

/// Whether any bit is set.
#[inline(always)]
pub fn vany_true(a: V128) -> bool {
    a.0 != 0
}

/// Byte `i` is byte `c[i] mod 32` of `a` followed by `b`.
#[inline]
pub fn vshuffle(a: V128, b: V128, c: V128) -> V128 {
    let (a, b) = (a.0.to_le_bytes(), b.0.to_le_bytes());
    let all: [u8; 32] = array::from_fn(|i| if i < 16 { a[i] } else { b[i - 16] });
    c.map(|index: u8| all[usize::from(index % 32)])
}

/// Byte `i` is byte `b[i]` of `a`; zero when `b[i] >= 16`.
#[inline]
pub fn vswizzle(a: V128, b: V128) -> V128 {
    let bytes = a.0.to_le_bytes();
    b.map(|index: u8| bytes.get(usize::from(index)).copied().unwrap_or(0))
}

/// `a` in every lane.
#[inline]
pub fn vsplat<T: Lane>(a: T) -> V128 {
    V128::of_lanes(|_| a)
}

/// Lane `b` of `a`, modulo their count.
#[inline]
pub fn vextract<T: Lane>(a: V128, b: u8) -> T {
    a.lane(b.into())
}

/// `a` with `c` in lane `b`, modulo their count.
#[inline]
pub fn vreplace<T: Lane>(a: V128, b: u8, c: T) -> V128 {
    let chosen = usize::from(b) % T::COUNT;
    V128::of_lanes(|position| if position == chosen { c } else { a.lane(position) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lane_0_is_the_first_byte_in_memory() {
        let vector = V128(u128::from_le_bytes(array::from_fn(|i| i as u8)));
        assert_eq!(vector.lane::<u8>(0), 0);
        assert_eq!(vector.lane::<u16>(1), 0x0302);
        assert_eq!(vector.lane::<u64>(1), 0x0f0e_0d0c_0b0a_0908);
        assert_eq!(vector.lane::<u64>(3), vector.lane::<u64>(1));
        assert_eq!(V128::of_lanes(|i| vector.lane::<u32>(i)), vector);
    }
}
