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
    if Int::count_ones(modulus) <= 1 {
        return Int::mul(a, b).and(mask(modulus));
    }
    let (low, high) = limbs::mul_wide(a.as_limbs(), b.as_limbs());
    if let Some(complement) = short_complement(modulus) {
        return fold(&low, &high, complement, modulus);
    }
    let mut divisor = *modulus.as_limbs();
    let mut product = [low, high];
    limbs::divide(product.as_flattened_mut(), &mut divisor);
    U256::from_limbs(divisor)
}

/// `(a * b) mod modulus` in 512 bits, the product not truncated; zero when `modulus` is zero.
pub(super) fn mul_mod_512(a: U512, b: U512, modulus: U512) -> U512 {
    let (low, high) = limbs::mul_wide(a.as_limbs(), b.as_limbs());
    let mut divisor = *modulus.as_limbs();
    let mut product = [low, high];
    limbs::divide(product.as_flattened_mut(), &mut divisor);
    U512::from_limbs(divisor)
}

/// `modulus - 1` for a power of two, zero for zero: the mask that reduces by it.
#[inline]
fn mask(modulus: U256) -> U256 {
    if modulus.is_nought() { modulus } else { Int::sub(modulus, U256::ONE) }
}

/// `c` when `modulus = 2^256 - c` with `c < 2^64`: such a modulus (secp256k1's field) needs no division.
#[inline]
fn short_complement(modulus: U256) -> Option<u64> {
    let [low, upper @ ..] = *modulus.as_limbs();
    (low != 0 && upper == [u64::MAX; 3]).then(|| low.wrapping_neg())
}

/// `high * 2^256 + low` modulo `modulus = 2^256 - complement`: what lies above 2^256 counts `complement` times.
#[inline]
fn fold(low: &[u64; 4], high: &[u64; 4], complement: u64, modulus: U256) -> U256 {
    let mut sum = *low;
    let mut above = 0;
    for i in 0..4 {
        (sum[i], above) = high[i].carrying_mul_add(complement, sum[i], above);
    }
    let (again, over) = above.carrying_mul(complement, 0);
    let (sum, is_carried) = limbs::add(&sum, &[again, over, 0, 0]);
    // After a carry the sum is below 2^128, so one more fold cannot carry again.
    let last = if is_carried { complement } else { 0 };
    let folded = U256::from_limbs(limbs::add(&sum, &[last, 0, 0, 0]).0);
    subtract_once(folded, modulus)
}

/// `number`, less `modulus` if that leaves it above zero.
#[inline(always)]
fn subtract_once(number: U256, modulus: U256) -> U256 {
    let (less, is_below) = limbs::sub(number.as_limbs(), modulus.as_limbs());
    if is_below { number } else { U256::from_limbs(less) }
}

/// A modulus with what dividing by it often needs: worth making when it is used a second time.
///
/// Division is by multiplication with a reciprocal (Moeller and Granlund, "Improved division by invariant
/// integers", algorithm 4) whose digit is the whole 256-bit word, so the multiplications do not wait for each other.
#[derive(Debug, Clone, Copy)]
pub struct Reciprocal {
    modulus: U256,
    way: Way,
}

#[derive(Debug, Clone, Copy)]
enum Way {
    /// The modulus is zero or a power of two.
    Mask(U256),
    /// The modulus is 2^256 less this.
    Fold(u64),
    /// Any other modulus, shifted left until its highest bit is set.
    Inverse { shift: u32, divisor: [u64; 4], inverse: [u64; 4] },
}

impl Reciprocal {
    /// Prepares `modulus`; costs about as much as two products modulo it.
    pub fn new(modulus: U256) -> Self {
        Self { modulus, way: Way::of(modulus) }
    }

    /// `(a + b) mod modulus`, the sum not truncated; zero when the modulus is zero.
    #[inline]
    pub fn add_mod(&self, a: U256, b: U256) -> U256 {
        add_mod(a, b, self.modulus)
    }

    /// `(a * b) mod modulus`, the product not truncated; zero when the modulus is zero.
    #[inline(always)]
    pub fn mul_mod(&self, a: U256, b: U256) -> U256 {
        match &self.way {
            Way::Mask(mask) => Int::mul(a, b).and(*mask),
            Way::Fold(complement) => {
                let (low, high) = limbs::mul_wide(a.as_limbs(), b.as_limbs());
                fold(&low, &high, *complement, self.modulus)
            }
            Way::Inverse { shift, divisor, inverse } => {
                inverse_mul_mod(a, b, self.modulus, *shift, divisor, inverse)
            }
        }
    }
}

/// Products modulo numbers that come and go: one that comes twice in a row gets a [`Reciprocal`], which is kept until
/// another one does.
#[derive(Debug, Clone, Copy)]
pub struct Products {
    kept: Reciprocal,
    /// The last modulus that had none.
    last: U256,
}

impl Default for Products {
    fn default() -> Self {
        Self { kept: Reciprocal::new(U256::ZERO), last: U256::ZERO }
    }
}

impl Products {
    /// `(a * b) mod modulus`, the product not truncated; zero when `modulus` is zero.
    #[inline(always)]
    pub fn mul_mod(&mut self, a: U256, b: U256, modulus: U256) -> U256 {
        if self.kept.modulus.is_same(modulus) {
            return self.kept.mul_mod(a, b);
        }
        self.mul_mod_by_another(a, b, modulus)
    }

    #[cold]
    #[inline(never)]
    fn mul_mod_by_another(&mut self, a: U256, b: U256, modulus: U256) -> U256 {
        let came_before = self.last.is_same(modulus);
        self.last = modulus;
        if came_before {
            self.kept = Reciprocal::new(modulus);
            return self.kept.mul_mod(a, b);
        }
        mul_mod(a, b, modulus)
    }
}

/// The general way, apart from the others so that those stay small enough to be inlined.
#[inline(never)]
fn inverse_mul_mod(
    a: U256,
    b: U256,
    modulus: U256,
    shift: u32,
    divisor: &[u64; 4],
    inverse: &[u64; 4],
) -> U256 {
    let a = scaled(a, modulus, shift, divisor, inverse);
    // The factor `a` is below the divisor, so the high half of the product is too.
    let (low, high) = limbs::mul_wide(&a, b.as_limbs());
    let scaled = remainder(&low, &high, divisor, inverse);
    U256::from_limbs(limbs::shr(&scaled, shift, 0))
}

impl Way {
    fn of(modulus: U256) -> Self {
        if Int::count_ones(modulus) <= 1 {
            return Self::Mask(mask(modulus));
        }
        if let Some(complement) = short_complement(modulus) {
            return Self::Fold(complement);
        }
        let shift = Int::leading_zeros(modulus);
        let divisor = limbs::shl(modulus.as_limbs(), shift);
        // The reciprocal is floor((2^512 - 1) / divisor) - 2^256.
        let mut numerator = [[u64::MAX; 4], divisor.map(|limb| !limb)];
        limbs::divide(numerator.as_flattened_mut(), &mut divisor.clone());
        Self::Inverse { shift, divisor, inverse: numerator[0] }
    }
}

/// `(a mod modulus) << shift`, below the divisor `modulus << shift`.
#[inline]
fn scaled(a: U256, modulus: U256, shift: u32, divisor: &[u64; 4], inverse: &[u64; 4]) -> [u64; 4] {
    if a.is_below(modulus) {
        return limbs::shl(a.as_limbs(), shift);
    }
    let low = limbs::shl(a.as_limbs(), shift);
    let high = *a.shr(256 - shift).as_limbs();
    remainder(&low, &high, divisor, inverse)
}

/// `(high * 2^256 + low) mod divisor` for `high < divisor` and a divisor whose highest bit is set.
#[inline(always)]
fn remainder(low: &[u64; 4], high: &[u64; 4], divisor: &[u64; 4], inverse: &[u64; 4]) -> [u64; 4] {
    let (estimate_low, estimate_high) = limbs::mul_wide(inverse, high);
    let (fraction, carry) = limbs::add(&estimate_low, low);
    let (quotient, _) = limbs::add(&estimate_high, high);
    let (quotient, _) = limbs::add(&quotient, &[1 + u64::from(carry), 0, 0, 0]);
    let (mut rest, _) = limbs::sub(low, &limbs::mul(&quotient, divisor));
    let is_too_large = limbs::sub(&fraction, &rest).1;
    if is_too_large {
        rest = limbs::add(&rest, divisor).0;
    }
    *subtract_once(U256::from_limbs(rest), U256::from_limbs(*divisor)).as_limbs()
}

#[cfg(test)]
mod tests;
