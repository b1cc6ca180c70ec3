//! Sums and products modulo a number: once, and many times by the same modulus.
//!
//! A modulus of zero gives zero (what the EVM's ADDMOD and MULMOD say, Yellow Paper app. H.2).

use super::{Int, U256, U512, limbs};

/// `(a + b) mod modulus`, the sum not truncated; zero when `modulus` is zero.
#[inline]
pub fn add_mod(a: U256, b: U256, modulus: U256) -> U256 {
    add_mod_any(a, b, modulus)
}

/// `(a + b) mod modulus` in 512 bits, the sum not truncated; zero when `modulus` is zero.
pub(super) fn add_mod_512(a: U512, b: U512, modulus: U512) -> U512 {
    add_mod_any(a, b, modulus)
}

/// Operands below the modulus, the usual case, cost one conditional subtraction.
#[inline(always)]
fn add_mod_any<T: Int>(a: T, b: T, modulus: T) -> T {
    let reduce = |number: T| {
        if number.is_below(modulus) {
            return number;
        }
        number.div_rem(modulus).map_or(T::ZERO, |(_, remainder)| remainder)
    };
    let (a, b) = (reduce(a), reduce(b));
    let sum = a.add(b);
    let is_carried = sum.is_below(a);
    if is_carried || !sum.is_below(modulus) { sum.sub(modulus) } else { sum }
}

/// `(a * b) mod modulus`, the product not truncated; zero when `modulus` is zero.
pub fn mul_mod(a: U256, b: U256, modulus: U256) -> U256 {
    let (low, high) = limbs::mul_wide(a.as_limbs(), b.as_limbs());
    if Int::count_ones(modulus) <= 1 {
        return U256::from_limbs(low).and(mask(modulus));
    }
    let mut divisor = *modulus.as_limbs();
    let mut halves = [low, high];
    limbs::remainder(halves.as_flattened_mut(), &mut divisor);
    U256::from_limbs(divisor)
}

/// `(a * b) mod modulus` in 512 bits, the product not truncated; zero when `modulus` is zero.
pub(super) fn mul_mod_512(a: U512, b: U512, modulus: U512) -> U512 {
    let (low, high) = limbs::mul_wide(a.as_limbs(), b.as_limbs());
    let mut divisor = *modulus.as_limbs();
    let mut halves = [low, high];
    limbs::remainder(halves.as_flattened_mut(), &mut divisor);
    U512::from_limbs(divisor)
}

/// `modulus - 1` for a power of two, zero for zero: the mask that reduces by it.
#[inline]
fn mask(modulus: U256) -> U256 {
    if modulus.is_nought() { modulus } else { Int::sub(modulus, U256::ONE) }
}
