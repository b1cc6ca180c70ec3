//! `base ^ exponent mod modulus` on big-endian numbers of any length.
//!
//! A caller may declare numbers longer than the bytes it sends; the rest is zeros. [`Operand`] keeps such a tail as a
//! count, so an exponent of gigabytes costs no memory. Callers bound base and modulus before they come here.

use aurora_engine_modexp::modexp as modular_power;

/// Zero bytes of an exponent that one step of [`raise_by_tail`] takes.
const TAIL_STEP_BYTES: u64 = 1024;

/// A big-endian number: some bytes, then `tail_bytes` zero bytes.
#[derive(Debug, Clone, Copy)]
pub struct Operand<'a> {
    /// The most significant bytes.
    pub head: &'a [u8],
    /// How many zero bytes follow them.
    pub tail_bytes: u64,
}

impl Operand<'_> {
    /// The number as plain bytes without leading zeros; the tail must fit memory.
    fn to_bytes(self) -> Vec<u8> {
        let mut bytes = significant(self.head).to_vec();
        if !bytes.is_empty() {
            bytes.resize(bytes.len() + self.tail_bytes as usize, 0);
        }
        bytes
    }
}

/// `base ^ exponent mod modulus`, as many bytes long as the modulus with its tail. `0 ^ 0` is 1, anything modulo
/// zero is 0, and a modulus of no bytes gives no bytes.
pub fn modexp(base: Operand<'_>, exponent: Operand<'_>, modulus: Operand<'_>) -> Vec<u8> {
    let length = modulus.head.len() + modulus.tail_bytes as usize;
    let modulus = modulus.to_bytes();
    let result = match modulus.as_slice() {
        [] | [1] => Vec::new(),
        modulus => power(base, exponent, modulus),
    };
    let digits = significant(&result);
    let mut output = vec![0; length];
    output[length - digits.len()..].copy_from_slice(digits);
    output
}

/// The power for a modulus of at least two.
fn power(base: Operand<'_>, exponent: Operand<'_>, modulus: &[u8]) -> Vec<u8> {
    let head = significant(exponent.head);
    if head.is_empty() {
        return vec![1];
    }
    let base = base.to_bytes();
    if base.is_empty() {
        return Vec::new();
    }
    raise_by_tail(modular_power(&base, head, modulus), exponent.tail_bytes, modulus)
}

/// `value ^ (256 ^ tail_bytes) mod modulus`.
fn raise_by_tail(mut value: Vec<u8>, mut tail_bytes: u64, modulus: &[u8]) -> Vec<u8> {
    let mut step = vec![0; TAIL_STEP_BYTES as usize + 1];
    step[0] = 1;
    while tail_bytes > 0 {
        if matches!(significant(&value), [] | [1]) {
            break;
        }
        let taken = tail_bytes.min(TAIL_STEP_BYTES);
        value = modular_power(&value, &step[..=taken as usize], modulus);
        tail_bytes -= taken;
    }
    value
}

/// `bytes` without leading zeros.
fn significant(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    &bytes[zeros..]
}

#[cfg(test)]
mod tests {
    use num_bigint::BigUint;
    use proptest::prelude::*;

    use super::*;

    fn run(base: (&[u8], u64), exponent: (&[u8], u64), modulus: (&[u8], u64)) -> Vec<u8> {
        let operand = |(head, tail_bytes)| Operand { head, tail_bytes };
        modexp(operand(base), operand(exponent), operand(modulus))
    }

    fn model(base: (&[u8], u64), exponent: (&[u8], u64), modulus: (&[u8], u64)) -> Vec<u8> {
        let number = |(head, tail): (&[u8], u64)| BigUint::from_bytes_be(head) << (8 * tail);
        let length = modulus.0.len() + modulus.1 as usize;
        let modulus = number(modulus);
        let value = if modulus == BigUint::ZERO {
            BigUint::ZERO
        } else {
            number(base).modpow(&number(exponent), &modulus)
        };
        let digits = value.to_bytes_be();
        let mut output = vec![0; length];
        if value != BigUint::ZERO {
            output[length - digits.len()..].copy_from_slice(&digits);
        }
        output
    }

    #[test]
    fn edges_of_zero_and_one() {
        let (none, zero, one, two): (&[u8], &[u8], &[u8], &[u8]) = (&[], &[0], &[1], &[2]);
        for base in [none, zero, one, two] {
            for exponent in [none, zero, one, two] {
                for modulus in [none, zero, one, two, &[0, 0, 3], &[1, 0]] {
                    for tail in [0, 1, 3] {
                        let (b, e, m) = ((base, tail), (exponent, tail), (modulus, tail));
                        assert_eq!(run(b, e, m), model(b, e, m), "{b:?} {e:?} {m:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn an_exponent_longer_than_memory_costs_none() {
        // 1 has order one, and 2^(2^k) becomes 0 modulo a power of two: both stop at once.
        let exponent = (&[1][..], 1 << 50);
        assert_eq!(run((&[9], 0), exponent, (&[8], 0)), [1]);
        assert_eq!(run((&[2], 0), exponent, (&[8], 0)), [0]);
    }

    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            prop::collection::vec(any::<u8>(), 0..80),
            prop::collection::vec(prop_oneof![Just(0u8), Just(0xff), Just(1)], 0..80),
        ]
    }

    proptest! {
        #[test]
        fn agrees_with_schoolbook_numbers(
            base in bytes(), exponent in bytes(), modulus in bytes(),
            tails in prop::array::uniform3(prop_oneof![Just(0u64), 0u64..20]),
        ) {
            let (b, e, m) = ((&base[..], tails[0]), (&exponent[..], tails[1]), (&modulus[..], tails[2]));
            prop_assert_eq!(run(b, e, m), model(b, e, m));
        }
    }
}
