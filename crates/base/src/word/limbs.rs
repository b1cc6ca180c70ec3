//! Arithmetic on limb arrays: carry chains, schoolbook products, shifts through a buffer, long division.
//!
//! # Invariants
//!
//! 1. Total: every function has a result for every input, in debug and in release.
//! 2. Loops have constant bounds, so the compiler unrolls them into straight carry chains.

use ruint::algorithms;

/// `a + b` and the carry.
#[inline(always)]
pub(super) fn add<const L: usize>(a: &[u64; L], b: &[u64; L]) -> ([u64; L], bool) {
    let mut sum = [0; L];
    let mut carry = false;
    for i in 0..L {
        (sum[i], carry) = a[i].carrying_add(b[i], carry);
    }
    (sum, carry)
}

/// `a - b` and the borrow.
#[inline(always)]
pub(super) fn sub<const L: usize>(a: &[u64; L], b: &[u64; L]) -> ([u64; L], bool) {
    let mut difference = [0; L];
    let mut borrow = false;
    for i in 0..L {
        (difference[i], borrow) = a[i].borrowing_sub(b[i], borrow);
    }
    (difference, borrow)
}

/// `a * b` modulo `2^(64 L)`.
#[inline(always)]
pub(super) fn mul<const L: usize>(a: &[u64; L], b: &[u64; L]) -> [u64; L] {
    let mut product = [0; L];
    for i in 0..L {
        let mut carry = 0;
        for j in 0..L - i {
            (product[i + j], carry) = a[i].carrying_mul_add(b[j], product[i + j], carry);
        }
    }
    product
}

/// `a * b` in full: low half, high half.
#[inline(always)]
pub(super) fn mul_wide<const L: usize>(a: &[u64; L], b: &[u64; L]) -> ([u64; L], [u64; L]) {
    let mut halves = [[0; L]; 2];
    let product = halves.as_flattened_mut();
    for i in 0..L {
        let mut carry = 0;
        for j in 0..L {
            (product[i + j], carry) = a[i].carrying_mul_add(b[j], product[i + j], carry);
        }
        product[i + L] = carry;
    }
    (halves[0], halves[1])
}

/// `a << count` for `count < 64 L`, L a power of two.
#[inline(always)]
pub(super) fn shl<const L: usize>(a: &[u64; L], count: u32) -> [u64; L] {
    let halves = [[0; L], *a];
    let buffer = halves.as_flattened();
    let (whole, bits) = ((count / 64) as usize & (L - 1), count % 64);
    let mut shifted = [0; L];
    for i in 0..L {
        let at = L + i - whole;
        shifted[i] = buffer[at] << bits | buffer[at - 1] >> 1 >> (63 - bits);
    }
    shifted
}

/// `a >> count` for `count < 64 L`, L a power of two; `fill` is zero or all ones and comes in from above.
#[inline(always)]
pub(super) fn shr<const L: usize>(a: &[u64; L], count: u32, fill: u64) -> [u64; L] {
    let halves = [*a, [fill; L]];
    let buffer = halves.as_flattened();
    let (whole, bits) = ((count / 64) as usize & (L - 1), count % 64);
    let mut shifted = [0; L];
    for i in 0..L {
        let at = i + whole;
        shifted[i] = buffer[at] >> bits | buffer[at + 1] << 1 << (63 - bits);
    }
    shifted
}

/// Leaves the quotient in `numerator` and the remainder in `divisor`; a zero divisor gives zero and zero.
#[inline]
pub(super) fn divide(numerator: &mut [u64], divisor: &mut [u64]) {
    if divisor.iter().all(|limb| *limb == 0) {
        numerator.fill(0);
        return;
    }
    algorithms::div(numerator, divisor);
}

/// Leaves `numerator mod divisor` in `divisor`; zero when the divisor is zero. Destroys the numerator.
#[inline]
pub(super) fn remainder(numerator: &mut [u64], divisor: &mut [u64]) {
    divide(numerator, divisor);
}
