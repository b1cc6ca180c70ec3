//! Modular arithmetic against num-bigint, with moduli where the ways of calculating change.

use num_bigint::BigUint;
use proptest::prelude::*;

use super::*;

fn big(number: U256) -> BigUint {
    BigUint::from_bytes_le(number.as_le_slice())
}

fn check(a: U256, b: U256, modulus: U256) {
    let [x, y, m] = [a, b, modulus].map(big);
    let zero = BigUint::default();
    let (sum, product) =
        if m == zero { (zero.clone(), zero) } else { ((&x + &y) % &m, (&x * &y) % &m) };
    let reciprocal = Reciprocal::new(modulus);
    assert_eq!(big(add_mod(a, b, modulus)), sum, "{a:#x} + {b:#x} mod {modulus:#x}");
    assert_eq!(big(mul_mod(a, b, modulus)), product, "{a:#x} * {b:#x} mod {modulus:#x}");
    assert_eq!(big(reciprocal.add_mod(a, b)), sum, "{a:#x} + {b:#x} mod {modulus:#x}, prepared");
    assert_eq!(
        big(reciprocal.mul_mod(a, b)),
        product,
        "{a:#x} * {b:#x} mod {modulus:#x}, prepared"
    );
}

/// 0, 1, 2^64k and their neighbours, 2^256 less something, and the moduli of curves in use.
fn boundaries() -> alloc::vec::Vec<U256> {
    let mut all = alloc::vec![U256::ZERO, U256::from(3), U256::from(10)];
    for shift in [0, 32, 63, 64, 65, 127, 128, 129, 191, 192, 193, 254, 255] {
        let power = Int::shl(U256::ONE, shift);
        all.extend([Int::sub(power, U256::ONE), power, Int::add(power, U256::ONE)]);
        all.extend([Int::neg(power), Int::neg(Int::add(power, U256::ONE))]);
    }
    let hex = |text| U256::from_str_radix(text, 16).expect("a constant");
    all.extend([
        hex("fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f"),
        hex("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"),
        hex("30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47"),
        hex("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed"),
    ]);
    all
}

#[test]
fn sums_and_products_are_right_at_limb_boundaries() {
    let numbers = boundaries();
    for modulus in &numbers {
        for a in &numbers {
            for b in &numbers {
                check(*a, *b, *modulus);
            }
        }
    }
}

#[test]
fn products_are_right_whatever_moduli_came_before() {
    let numbers = boundaries();
    let mut products = Products::default();
    let (a, b) = (numbers[40], numbers[numbers.len() - 1]);
    for first in &numbers {
        for second in &numbers {
            for modulus in [first, second, second, first, first, second] {
                let expected = mul_mod(a, b, *modulus);
                assert_eq!(products.mul_mod(a, b, *modulus), expected, "{modulus:#x}");
            }
        }
    }
}

#[test]
fn a_modulus_that_comes_twice_in_a_row_is_prepared_and_stays_so() {
    let [two, three, five] = [2_u64, 3, 5].map(U256::from);
    let mut products = Products::default();
    let mut kept_after = |modulus| {
        products.mul_mod(five, five, modulus);
        products.kept.modulus
    };
    let moduli = [three, five, three, three, five, two, two, three, five, five];
    let zero = U256::ZERO;
    let kept = [zero, zero, zero, three, three, three, two, two, two, five];
    assert_eq!(moduli.map(&mut kept_after), kept);
}

fn number() -> impl Strategy<Value = U256> {
    let limb = prop_oneof![Just(0), Just(u64::MAX), Just(1 << 63), any::<u64>()];
    (proptest::array::uniform4(limb), 0..=4usize).prop_map(|(mut limbs, len)| {
        limbs[len..].fill(0);
        U256::from_limbs(limbs)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn sums_and_products_are_right(a in number(), b in number(), modulus in number()) {
        check(a, b, modulus);
        check(a, b, Int::not(U256::from(modulus.low_u64())));
    }

    #[test]
    fn quotients_are_right(a in number(), b in number()) {
        match Int::div_rem(a, b) {
            None => prop_assert!(b.is_nought()),
            Some((quotient, remainder)) => {
                prop_assert_eq!(big(quotient), big(a) / big(b));
                prop_assert_eq!(big(remainder), big(a) % big(b));
            }
        }
    }
}
