//! Products of 128 bits, without what a compiler would call for them and no host has.

/// `a * b / c`, rounded down, where the product may have 128 bits; `None` where `c` is zero or the quotient has more than 64.
#[inline(always)]
pub fn mul_div(a: u64, b: u64, c: u64) -> Option<u64> {
    let (mut rest, mut low) = product(a, b);
    // Also where `c` is zero.
    if rest >= c {
        return None;
    }
    let mut quotient = 0;
    for _ in 0..64 {
        let carry = rest >> 63;
        rest = rest << 1 | low >> 63;
        low <<= 1;
        quotient <<= 1;
        if carry == 1 || rest >= c {
            rest = rest.wrapping_sub(c);
            quotient |= 1;
        }
    }
    Some(quotient)
}

/// The upper and the lower half of a product.
#[inline(always)]
fn product(a: u64, b: u64) -> (u64, u64) {
    const MASK: u64 = 0xffff_ffff;
    let (a1, a0, b1, b0) = (a >> 32, a & MASK, b >> 32, b & MASK);
    let (low, left, right) = (a0 * b0, a1 * b0, a0 * b1);
    // Three numbers below 2^32 each.
    let middle = (low >> 32) + (left & MASK) + (right & MASK);
    let high = a1 * b1 + (left >> 32) + (right >> 32) + (middle >> 32);
    (high, middle << 32 | low & MASK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotients_of_products_are_those_of_128_bits() {
        let edges = [0, 1, 2, 3, 0xffff_ffff, 1 << 32, 1 << 63, u64::MAX - 1, u64::MAX];
        let mut state = 7_u64;
        let mut random = || {
            state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
            state >> (state >> 58)
        };
        let check = |a: u64, b: u64, c: u64| {
            let wide = (u128::from(a) * u128::from(b)).checked_div(c.into());
            let wanted = wide.and_then(|quotient| u64::try_from(quotient).ok());
            assert_eq!(mul_div(a, b, c), wanted, "{a} * {b} / {c}");
        };
        for a in edges {
            for b in edges {
                edges.iter().for_each(|c| check(a, b, *c));
            }
        }
        (0..10_000).for_each(|_| check(random(), random(), random()));
    }
}
