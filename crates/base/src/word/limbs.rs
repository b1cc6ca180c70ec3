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

/// `a * b` for one limb `a`: L limbs and the one above.
#[inline(always)]
fn mul_limb<const L: usize>(a: u64, b: &[u64; L]) -> ([u64; L], u64) {
    let mut low = [0; L];
    let mut high = [0; L];
    for j in 0..L {
        (low[j], high[j]) = a.carrying_mul(b[j], 0);
    }
    let mut carry = false;
    for j in 1..L {
        (low[j], carry) = low[j].carrying_add(high[j - 1], carry);
    }
    // A limb times L limbs has no more than L + 1 limbs, so the last carry is taken up.
    (low, high[L - 1].wrapping_add(u64::from(carry)))
}

/// `a * b` in full: low half, high half.
///
/// Each row is multiplied first and added then, so that each of the two is one carry chain.
#[inline(always)]
pub(super) fn mul_wide<const L: usize>(a: &[u64; L], b: &[u64; L]) -> ([u64; L], [u64; L]) {
    let mut low = [0; L];
    let (mut sum, mut top) = mul_limb(a[0], b);
    for i in 0..L {
        if i > 0 {
            // What is above the limb just finished, plus the next row.
            let (row, row_top) = mul_limb(a[i], b);
            let mut carry = false;
            for j in 0..L {
                let above = if j + 1 < L { sum[j + 1] } else { top };
                (sum[j], carry) = row[j].carrying_add(above, carry);
            }
            top = row_top.wrapping_add(u64::from(carry));
        }
        low[i] = sum[0];
    }
    let mut high = [0; L];
    high[..L - 1].copy_from_slice(&sum[1..]);
    high[L - 1] = top;
    (low, high)
}

/// Whether `a < b`.
#[inline(always)]
pub(super) fn is_below<const L: usize>(a: &[u64; L], b: &[u64; L]) -> bool {
    sub(a, b).1
}

/// `a << count` for `count < 64 L`.
///
/// A branch for each whole-limb distance: an array indexed by it would go through memory, where wide stores and
/// narrow loads wait for each other.
#[inline(always)]
pub(super) fn shl<const L: usize>(a: &[u64; L], count: u32) -> [u64; L] {
    let (whole, bits) = ((count / 64) as usize, count % 64);
    let mut shifted = [0; L];
    for distance in 0..L {
        if distance == whole {
            for i in distance..L {
                let below = if i > distance { a[i - distance - 1] } else { 0 };
                shifted[i] = a[i - distance] << bits | below >> 1 >> (63 - bits);
            }
        }
    }
    shifted
}

/// `a >> count` for `count < 64 L`; `fill` is zero or all ones and comes in from above.
#[inline(always)]
pub(super) fn shr<const L: usize>(a: &[u64; L], count: u32, fill: u64) -> [u64; L] {
    let (whole, bits) = ((count / 64) as usize, count % 64);
    let mut shifted = [fill; L];
    for distance in 0..L {
        if distance == whole {
            for i in distance..L {
                let above = if i + 1 < L { a[i + 1] } else { fill };
                shifted[i - distance] = a[i] >> bits | above << 1 << (63 - bits);
            }
        }
    }
    shifted
}

/// Whether `a = b`.
#[inline(always)]
pub(super) fn is_same<const L: usize>(a: &[u64; L], b: &[u64; L]) -> bool {
    let mut difference = 0;
    for i in 0..L {
        difference |= a[i] ^ b[i];
    }
    difference == 0
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
