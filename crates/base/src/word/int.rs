//! [`Int`]: what the integers from 8 to 512 bits have in common, so that a meaning is written once.

use core::fmt::Debug;

use ruint::Uint;

/// A fixed-width integer as bits; signedness belongs to the operation, not to the type.
///
/// Every function is total and wraps modulo `2^BITS` unless it says otherwise.
pub trait Int: Copy + Eq + Ord + Debug + Default + Send + Sync + 'static {
    /// Width in bits.
    const BITS: u32;
    /// Zero.
    const ZERO: Self;
    /// One.
    const ONE: Self;
    /// The most negative value read as two's complement: only the highest bit set.
    const MIN_SIGNED: Self;

    /// `self + other`.
    fn add(self, other: Self) -> Self;
    /// `self - other`.
    fn sub(self, other: Self) -> Self;
    /// `self * other`.
    fn mul(self, other: Self) -> Self;
    /// Quotient and remainder, both unsigned; `None` when `divisor` is zero.
    fn div_rem(self, divisor: Self) -> Option<(Self, Self)>;
    /// Bitwise and.
    fn and(self, other: Self) -> Self;
    /// Bitwise or.
    fn or(self, other: Self) -> Self;
    /// Bitwise exclusive or.
    fn xor(self, other: Self) -> Self;
    /// Bitwise complement.
    fn not(self) -> Self;
    /// `self << count`; zero when `count >= BITS`.
    fn shl(self, count: u32) -> Self;
    /// `self >> count`, filling with zeros; zero when `count >= BITS`.
    fn shr(self, count: u32) -> Self;
    /// How many leading bits are zero; `BITS` for zero.
    fn leading_zeros(self) -> u32;
    /// How many trailing bits are zero; `BITS` for zero.
    fn trailing_zeros(self) -> u32;
    /// How many bits are set.
    fn count_ones(self) -> u32;
    /// The bytes in opposite order.
    fn swap_bytes(self) -> Self;
    /// The low 64 bits, zero-extended when the type is narrower.
    fn low_u64(self) -> u64;
    /// `low`, truncated or zero-extended to this width.
    fn from_u64(low: u64) -> Self;
    /// This value zero-extended to 512 bits.
    fn widen(self) -> Uint<512, 8>;
    /// The low bits of `wide`.
    fn truncate(wide: Uint<512, 8>) -> Self;

    /// Whether the highest bit is set.
    fn is_negative(self) -> bool {
        self >= Self::MIN_SIGNED
    }

    /// `-self`.
    fn neg(self) -> Self {
        Self::ZERO.sub(self)
    }

    /// This value as 64 bits when it fits.
    fn to_u64(self) -> Option<u64> {
        let low = self.low_u64();
        (Self::from_u64(low) == self).then_some(low)
    }
}

macro_rules! primitive {
    ($($ty:ty),*) => {$(
        impl Int for $ty {
            const BITS: u32 = <$ty>::BITS;
            const ZERO: Self = 0;
            const ONE: Self = 1;
            const MIN_SIGNED: Self = 1 << (<$ty>::BITS - 1);

            #[inline(always)]
            fn add(self, other: Self) -> Self { self.wrapping_add(other) }
            #[inline(always)]
            fn sub(self, other: Self) -> Self { self.wrapping_sub(other) }
            #[inline(always)]
            fn mul(self, other: Self) -> Self { self.wrapping_mul(other) }
            #[inline(always)]
            fn div_rem(self, divisor: Self) -> Option<(Self, Self)> {
                Some((self.checked_div(divisor)?, self.checked_rem(divisor)?))
            }
            #[inline(always)]
            fn and(self, other: Self) -> Self { self & other }
            #[inline(always)]
            fn or(self, other: Self) -> Self { self | other }
            #[inline(always)]
            fn xor(self, other: Self) -> Self { self ^ other }
            #[inline(always)]
            fn not(self) -> Self { !self }
            #[inline(always)]
            fn shl(self, count: u32) -> Self { self.checked_shl(count).unwrap_or(0) }
            #[inline(always)]
            fn shr(self, count: u32) -> Self { self.checked_shr(count).unwrap_or(0) }
            #[inline(always)]
            fn leading_zeros(self) -> u32 { <$ty>::leading_zeros(self) }
            #[inline(always)]
            fn trailing_zeros(self) -> u32 { <$ty>::trailing_zeros(self) }
            #[inline(always)]
            fn count_ones(self) -> u32 { <$ty>::count_ones(self) }
            #[inline(always)]
            fn swap_bytes(self) -> Self { <$ty>::swap_bytes(self) }
            #[inline(always)]
            fn low_u64(self) -> u64 { self as u64 }
            #[inline(always)]
            fn from_u64(low: u64) -> Self { low as Self }
            fn widen(self) -> Uint<512, 8> { Uint::from(self) }
            fn truncate(wide: Uint<512, 8>) -> Self {
                let limbs = wide.as_limbs();
                (u128::from(limbs[1]) << 64 | u128::from(limbs[0])) as Self
            }
        }
    )*};
}

primitive!(u8, u16, u32, u64, u128);

macro_rules! wide {
    ($bits:literal, $limbs:literal) => {
        impl Int for Uint<$bits, $limbs> {
            const BITS: u32 = $bits;
            const ZERO: Self = Self::ZERO;
            const ONE: Self = Self::ONE;
            const MIN_SIGNED: Self = {
                let mut limbs = [0; $limbs];
                limbs[$limbs - 1] = 1 << 63;
                Self::from_limbs(limbs)
            };

            #[inline(always)]
            fn add(self, other: Self) -> Self {
                self.wrapping_add(other)
            }
            #[inline(always)]
            fn sub(self, other: Self) -> Self {
                self.wrapping_sub(other)
            }
            #[inline(always)]
            fn mul(self, other: Self) -> Self {
                self.wrapping_mul(other)
            }
            #[inline]
            fn div_rem(self, divisor: Self) -> Option<(Self, Self)> {
                (!divisor.is_zero()).then(|| Uint::div_rem(self, divisor))
            }
            #[inline(always)]
            fn and(self, other: Self) -> Self {
                self & other
            }
            #[inline(always)]
            fn or(self, other: Self) -> Self {
                self | other
            }
            #[inline(always)]
            fn xor(self, other: Self) -> Self {
                self ^ other
            }
            #[inline(always)]
            fn not(self) -> Self {
                !self
            }
            #[inline]
            fn shl(self, count: u32) -> Self {
                if count < $bits { self << count as usize } else { Self::ZERO }
            }
            #[inline]
            fn shr(self, count: u32) -> Self {
                if count < $bits { self >> count as usize } else { Self::ZERO }
            }
            #[inline]
            fn leading_zeros(self) -> u32 {
                Uint::leading_zeros(&self) as u32
            }
            #[inline]
            fn trailing_zeros(self) -> u32 {
                Uint::trailing_zeros(&self) as u32
            }
            #[inline]
            fn count_ones(self) -> u32 {
                Uint::count_ones(&self) as u32
            }
            #[inline]
            fn swap_bytes(self) -> Self {
                let mut limbs = *self.as_limbs();
                limbs.reverse();
                Self::from_limbs(limbs.map(u64::swap_bytes))
            }
            #[inline(always)]
            fn low_u64(self) -> u64 {
                self.as_limbs()[0]
            }
            #[inline(always)]
            fn from_u64(low: u64) -> Self {
                let mut limbs = [0; $limbs];
                limbs[0] = low;
                Self::from_limbs(limbs)
            }
            fn widen(self) -> Uint<512, 8> {
                let mut limbs = [0; 8];
                limbs[..$limbs].copy_from_slice(self.as_limbs());
                Uint::from_limbs(limbs)
            }
            fn truncate(wide: Uint<512, 8>) -> Self {
                let mut limbs = [0; $limbs];
                limbs.copy_from_slice(&wide.as_limbs()[..$limbs]);
                Self::from_limbs(limbs)
            }
        }
    };
}

wide!(256, 4);
wide!(512, 8);
