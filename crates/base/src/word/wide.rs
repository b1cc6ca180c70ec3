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
                let (a, b) = (self.as_limbs(), divisor.as_limbs());
                let above = |limbs: &[u64; $limbs], from: usize| {
                    limbs[from..].iter().fold(0, |all, limb| all | limb)
                };
                if above(b, 1) == 0 {
                    return div_rem_limb(a, b[0]);
                }
                if above(a, 2) | above(b, 2) == 0 {
                    return Some(div_rem_narrow(a, b));
                }
                if divisor.and(divisor.sub(Self::ONE)).is_nought() {
                    return Some(div_rem_power(self, divisor));
                }
                Some(Uint::div_rem(self, divisor))
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

/// A quotient and a remainder.
type Parts<const B: usize, const L: usize> = (Uint<B, L>, Uint<B, L>);

/// Quotient and remainder by one limb: a division of two limbs by one for each, highest first; `None` by zero.
#[inline]
fn div_rem_limb<const B: usize, const L: usize>(a: &[u64; L], divisor: u64) -> Option<Parts<B, L>> {
    let mut quotient = [0; L];
    let mut remainder = 0;
    for (limb, out) in a.iter().zip(&mut quotient).rev() {
        if remainder == 0 {
            *out = limb.checked_div(divisor)?;
            remainder = limb.checked_rem(divisor)?;
        } else {
            let both = u128::from(remainder) << 64 | u128::from(*limb);
            let wide = u128::from(divisor);
            // Below 2^64, as the remainder is below the divisor.
            *out = (both / wide) as u64;
            remainder = (both % wide) as u64;
        }
    }
    let mut rest = [0; L];
    rest[0] = remainder;
    Some((Uint::from_limbs(quotient), Uint::from_limbs(rest)))
}

/// Quotient and remainder when neither number exceeds 128 bits and the divisor exceeds 64.
#[inline]
fn div_rem_narrow<const B: usize, const L: usize>(a: &[u64; L], b: &[u64; L]) -> Parts<B, L> {
    let join = |limbs: &[u64; L]| u128::from(limbs[1]) << 64 | u128::from(limbs[0]);
    let split = |number: u128| {
        let mut limbs = [0; L];
        [limbs[0], limbs[1]] = [number as u64, (number >> 64) as u64];
        Uint::from_limbs(limbs)
    };
    let (a, b) = (join(a), join(b));
    (split(a / b), split(a % b))
}

/// Quotient and remainder when `divisor` is a power of two.
#[inline]
fn div_rem_power<T: Int>(a: T, divisor: T) -> (T, T) {
    (a.shr(divisor.trailing_zeros()), a.and(divisor.sub(T::ONE)))
}
