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
    /// The product in full: its low half, then its high half.
    fn mul_wide(self, other: Self) -> (Self, Self);
    /// Quotient and remainder, both unsigned; `None` when `divisor` is zero.
    fn div_rem(self, divisor: Self) -> Option<(Self, Self)>;
    /// `(self + other) mod modulus`, the sum not truncated; zero when `modulus` is zero.
    fn add_mod(self, other: Self, modulus: Self) -> Self;
    /// `(self * other) mod modulus`, the product not truncated; zero when `modulus` is zero.
    fn mul_mod(self, other: Self, modulus: Self) -> Self;
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
    /// `self >> count`, filling with the highest bit; all sign when `count >= BITS`.
    fn sar(self, count: u32) -> Self;
    /// Whether `self < other`, both unsigned.
    fn is_below(self, other: Self) -> bool;
    /// Whether `self = other`.
    fn is_same(self, other: Self) -> bool;
    /// How many leading bits are zero; `BITS` for zero.
    fn leading_zeros(self) -> u32;
    /// How many trailing bits are zero; `BITS` for zero.
    fn trailing_zeros(self) -> u32;
    /// How many bits are set.
    fn count_ones(self) -> u32;
    /// The bytes in opposite order.
    fn swap_bytes(self) -> Self;
    /// Limb `position`, zero-extended when the type is narrower than it; zero beyond the type.
    fn limb(self, position: u32) -> u64;
    /// `low`, truncated or zero-extended to this width.
    fn from_u64(low: u64) -> Self;
    /// This value zero-extended to 512 bits.
    fn widen(self) -> Uint<512, 8>;
    /// The low bits of `wide`.
    fn truncate(wide: Uint<512, 8>) -> Self;
    /// Whether the highest bit is set.
    fn is_negative(self) -> bool;
    /// This value as 64 bits when it fits.
    fn to_u64(self) -> Option<u64>;

    /// The low 64 bits, zero-extended when the type is narrower.
    #[inline(always)]
    fn low_u64(self) -> u64 {
        self.limb(0)
    }

    /// Whether this is zero.
    #[inline(always)]
    fn is_nought(self) -> bool {
        self.is_same(Self::ZERO)
    }

    /// `-self`.
    #[inline(always)]
    fn neg(self) -> Self {
        Self::ZERO.sub(self)
    }

    /// Whether `self < other`, both two's complement.
    #[inline(always)]
    fn is_below_signed(self, other: Self) -> bool {
        self.xor(Self::MIN_SIGNED).is_below(other.xor(Self::MIN_SIGNED))
    }

    /// This value as 32 bits; `u32::MAX` when it does not fit. What makes any operand a shift count.
    #[inline(always)]
    fn saturating_u32(self) -> u32 {
        match self.to_u64() {
            Some(low) if low < u64::from(u32::MAX) => low as u32,
            _ => u32::MAX,
        }
    }
}

macro_rules! primitive {
    ($($ty:ty, $signed:ty, $add_mod:path, $mul_mod:path;)*) => {$(
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
            fn mul_wide(self, other: Self) -> (Self, Self) { self.carrying_mul(other, 0) }
            #[inline(always)]
            fn div_rem(self, divisor: Self) -> Option<(Self, Self)> {
                Some((self.checked_div(divisor)?, self.checked_rem(divisor)?))
            }
            #[inline(always)]
            fn add_mod(self, other: Self, modulus: Self) -> Self {
                $add_mod(self.into(), other.into(), modulus.into()) as Self
            }
            #[inline(always)]
            fn mul_mod(self, other: Self, modulus: Self) -> Self {
                $mul_mod(self.into(), other.into(), modulus.into()) as Self
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
            fn sar(self, count: u32) -> Self {
                (self as $signed >> count.min(<$ty>::BITS - 1)) as Self
            }
            #[inline(always)]
            fn is_below(self, other: Self) -> bool { self < other }
            #[inline(always)]
            fn is_same(self, other: Self) -> bool { self == other }
            #[inline(always)]
            fn leading_zeros(self) -> u32 { <$ty>::leading_zeros(self) }
            #[inline(always)]
            fn trailing_zeros(self) -> u32 { <$ty>::trailing_zeros(self) }
            #[inline(always)]
            fn count_ones(self) -> u32 { <$ty>::count_ones(self) }
            #[inline(always)]
            fn swap_bytes(self) -> Self { <$ty>::swap_bytes(self) }
            #[inline(always)]
            fn limb(self, position: u32) -> u64 {
                match position {
                    0 => self as u64,
                    1 => (u128::from(self) >> 64) as u64,
                    _ => 0,
                }
            }
            #[inline(always)]
            fn from_u64(low: u64) -> Self { low as Self }
            fn widen(self) -> Uint<512, 8> { Uint::from(self) }
            fn truncate(wide: Uint<512, 8>) -> Self {
                let limbs = wide.as_limbs();
                (u128::from(limbs[1]) << 64 | u128::from(limbs[0])) as Self
            }
            #[inline(always)]
            fn is_negative(self) -> bool { self >= Self::MIN_SIGNED }
            #[inline(always)]
            fn to_u64(self) -> Option<u64> { u64::try_from(self).ok() }
        }
    )*};
}

primitive! {
    u8, i8, add_mod_64, mul_mod_64;
    u16, i16, add_mod_64, mul_mod_64;
    u32, i32, add_mod_64, mul_mod_64;
    u64, i64, add_mod_64, mul_mod_64;
    u128, i128, add_mod_128, mul_mod_128;
}

fn add_mod_64(a: u64, b: u64, modulus: u64) -> u64 {
    (u128::from(a) + u128::from(b)).checked_rem(u128::from(modulus)).unwrap_or(0) as u64
}

fn mul_mod_64(a: u64, b: u64, modulus: u64) -> u64 {
    (u128::from(a) * u128::from(b)).checked_rem(u128::from(modulus)).unwrap_or(0) as u64
}

fn add_mod_128(a: u128, b: u128, modulus: u128) -> u128 {
    let (Some(a), Some(b)) = (a.checked_rem(modulus), b.checked_rem(modulus)) else { return 0 };
    let (sum, carry) = a.overflowing_add(b);
    if carry || sum >= modulus { sum.wrapping_sub(modulus) } else { sum }
}

fn mul_mod_128(a: u128, b: u128, modulus: u128) -> u128 {
    let (low, high) = a.carrying_mul(b, 0);
    let mut product = [low as u64, (low >> 64) as u64, high as u64, (high >> 64) as u64];
    let mut divisor = [modulus as u64, (modulus >> 64) as u64];
    super::limbs::divide(&mut product, &mut divisor);
    u128::from(divisor[1]) << 64 | u128::from(divisor[0])
}
