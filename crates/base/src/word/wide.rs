//! [`Int`] for the widths of several limbs.

use ruint::Uint;

use super::{Int, limbs, modular};

macro_rules! wide {
    ($bits:literal, $limbs:literal, $add_mod:path, $mul_mod:path) => {
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
                Self::from_limbs(limbs::add(self.as_limbs(), other.as_limbs()).0)
            }
            #[inline(always)]
            fn sub(self, other: Self) -> Self {
                Self::from_limbs(limbs::sub(self.as_limbs(), other.as_limbs()).0)
            }
            #[inline(always)]
            fn mul(self, other: Self) -> Self {
                Self::from_limbs(limbs::mul(self.as_limbs(), other.as_limbs()))
            }
            #[inline]
            fn mul_wide(self, other: Self) -> (Self, Self) {
                let (low, high) = limbs::mul_wide(self.as_limbs(), other.as_limbs());
                (Self::from_limbs(low), Self::from_limbs(high))
            }
            #[inline]
            fn div_rem(self, divisor: Self) -> Option<(Self, Self)> {
                let mut numerator = *self.as_limbs();
                let mut divisor = *divisor.as_limbs();
                let high =
                    |limbs: &[u64; $limbs]| limbs[2..].iter().fold(0, |all, limb| all | limb);
                if high(&numerator) | high(&divisor) == 0 {
                    return div_rem_narrow(&numerator, &divisor);
                }
                let ones: u32 = divisor.iter().map(|limb| limb.count_ones()).sum();
                if ones <= 1 {
                    return div_rem_power(self, Self::from_limbs(divisor));
                }
                limbs::divide(&mut numerator, &mut divisor);
                Some((Self::from_limbs(numerator), Self::from_limbs(divisor)))
            }
            #[inline]
            fn add_mod(self, other: Self, modulus: Self) -> Self {
                $add_mod(self, other, modulus)
            }
            #[inline]
            fn mul_mod(self, other: Self, modulus: Self) -> Self {
                $mul_mod(self, other, modulus)
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
                if count >= $bits {
                    return Self::ZERO;
                }
                Self::from_limbs(limbs::shl(self.as_limbs(), count))
            }
            #[inline]
            fn shr(self, count: u32) -> Self {
                if count >= $bits {
                    return Self::ZERO;
                }
                Self::from_limbs(limbs::shr(self.as_limbs(), count, 0))
            }
            #[inline]
            fn sar(self, count: u32) -> Self {
                let fill = if self.is_negative() { u64::MAX } else { 0 };
                if count >= $bits {
                    return Self::from_limbs([fill; $limbs]);
                }
                Self::from_limbs(limbs::shr(self.as_limbs(), count, fill))
            }
            #[inline(always)]
            fn is_below(self, other: Self) -> bool {
                limbs::is_below(self.as_limbs(), other.as_limbs())
            }
            #[inline(always)]
            fn is_same(self, other: Self) -> bool {
                limbs::is_same(self.as_limbs(), other.as_limbs())
            }
            #[inline]
            fn leading_zeros(self) -> u32 {
                let limbs = self.as_limbs();
                match limbs.iter().rposition(|limb| *limb != 0) {
                    Some(top) => ($limbs - 1 - top as u32) * 64 + limbs[top].leading_zeros(),
                    None => $bits,
                }
            }
            #[inline]
            fn trailing_zeros(self) -> u32 {
                let limbs = self.as_limbs();
                match limbs.iter().position(|limb| *limb != 0) {
                    Some(lowest) => lowest as u32 * 64 + limbs[lowest].trailing_zeros(),
                    None => $bits,
                }
            }
            #[inline]
            fn count_ones(self) -> u32 {
                self.as_limbs().iter().map(|limb| limb.count_ones()).sum()
            }
            #[inline]
            fn swap_bytes(self) -> Self {
                let mut limbs = *self.as_limbs();
                limbs.reverse();
                Self::from_limbs(limbs.map(u64::swap_bytes))
            }
            #[inline(always)]
            fn limb(self, position: u32) -> u64 {
                self.as_limbs().get(position as usize).copied().unwrap_or(0)
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
            #[inline(always)]
            fn is_negative(self) -> bool {
                self.as_limbs()[$limbs - 1] >> 63 != 0
            }
            #[inline(always)]
            fn to_u64(self) -> Option<u64> {
                let [low, upper @ ..] = self.as_limbs();
                (upper.iter().fold(0, |all, limb| all | limb) == 0).then_some(*low)
            }
        }
    };
}

wide!(256, 4, modular::add_mod, modular::mul_mod);
wide!(512, 8, modular::add_mod_512, modular::mul_mod_512);

/// Quotient and remainder when neither number exceeds 128 bits.
#[inline]
fn div_rem_narrow<const B: usize, const L: usize>(
    a: &[u64; L],
    b: &[u64; L],
) -> Option<(Uint<B, L>, Uint<B, L>)> {
    let mut quotient = [0; L];
    let mut remainder = [0; L];
    if a[1] | b[1] == 0 {
        quotient[0] = a[0].checked_div(b[0])?;
        remainder[0] = a[0].checked_rem(b[0])?;
    } else {
        let join = |limbs: &[u64; L]| u128::from(limbs[1]) << 64 | u128::from(limbs[0]);
        let (a, b) = (join(a), join(b));
        let (q, r) = (a.checked_div(b)?, a.checked_rem(b)?);
        [quotient[0], quotient[1]] = [q as u64, (q >> 64) as u64];
        [remainder[0], remainder[1]] = [r as u64, (r >> 64) as u64];
    }
    Some((Uint::from_limbs(quotient), Uint::from_limbs(remainder)))
}

/// Quotient and remainder when `divisor` is zero (`None`) or a power of two.
#[inline]
fn div_rem_power<T: Int>(a: T, divisor: T) -> Option<(T, T)> {
    if divisor.is_nought() {
        return None;
    }
    Some((a.shr(divisor.trailing_zeros()), a.and(divisor.sub(T::ONE))))
}
