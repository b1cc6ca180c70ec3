//! MODEXP: three prices (EIP-198, EIP-2565, EIP-7883), one bound (EIP-7823), one meaning.
//!
//! Input: the lengths of base, exponent and modulus (a word each), then the three numbers. What is missing is zeros,
//! so a short input may declare any length; nothing is allocated for it before the price is paid.

use super::{
    PrecompileError,
    input::{padded, slice},
};
use crate::crypto::modexp::{Operand, modexp};

/// Bytes of the three lengths.
const HEADER_BYTES: u64 = 3 * 32;
/// Bytes of the exponent that its price looks at.
const HEAD_BYTES: u64 = 32;

/// Longest base or modulus that can be paid for. At this length a call costs over 8 * 10^11 gas under every price, so
/// no block holds it; refusing longer ones as out of gas bounds memory.
const MAX_PAYABLE_BYTES: u64 = 1 << 24;

/// Longest base, exponent or modulus (EIP-7823).
const EIP_7823_MAX_BYTES: u64 = 1024;

/// EIP-198: the divisor of the product.
const EIP_198_DIVISOR: u128 = 20;
/// EIP-2565: the divisor of the product, and the least price.
const EIP_2565_DIVISOR: u128 = 3;
const EIP_2565_MINIMUM: u64 = 200;
/// EIP-7883: the least price, and the complexity of short numbers.
const EIP_7883_MINIMUM: u64 = 500;
const EIP_7883_SHORT_COMPLEXITY: u128 = 16;
const EIP_7883_SHORT_BYTES: u64 = 32;

/// Steps charged for each exponent byte past the head.
const STEPS_PER_BYTE: u128 = 8;
const EIP_7883_STEPS_PER_BYTE: u128 = 16;

/// The three lengths, each capped at `u64::MAX`.
#[derive(Clone, Copy)]
struct Lengths {
    base: u64,
    exponent: u64,
    modulus: u64,
}

impl Lengths {
    fn read(input: &[u8]) -> Self {
        let header: [u8; HEADER_BYTES as usize] = padded(input);
        let [base, exponent, modulus] = core::array::from_fn(|i| {
            let (high, low) = header[32 * i..32 * (i + 1)].split_at(24);
            let low = low.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
            if high.iter().all(|byte| *byte == 0) { low } else { u64::MAX }
        });
        Self { base, exponent, modulus }
    }

    /// The longer of base and modulus, which sets the cost of one multiplication.
    fn longer(self) -> Result<u64, PrecompileError> {
        let longer = self.base.max(self.modulus);
        if longer > MAX_PAYABLE_BYTES { Err(PrecompileError::OutOfGas) } else { Ok(longer) }
    }

    fn exponent_offset(self) -> u64 {
        HEADER_BYTES.saturating_add(self.base)
    }

    fn modulus_offset(self) -> u64 {
        self.exponent_offset().saturating_add(self.exponent)
    }

    /// Multiplications that the exponent asks for: its bit length less one, as far as the head shows it, and
    /// `steps_per_byte` for each byte past the head; at least one.
    fn steps(self, input: &[u8], steps_per_byte: u128) -> u128 {
        let head_bytes = self.exponent.min(HEAD_BYTES);
        let head = slice(input, self.exponent_offset(), head_bytes);
        let top = head.iter().position(|byte| *byte != 0);
        let head_steps = top.map_or(0, |at| {
            // The head may be cut short by the end of the input; the rest of it is zeros.
            let bits_below = 8 * (head_bytes - at as u64 - 1);
            bits_below + u64::from(head[at].ilog2())
        });
        let tail_bytes = u128::from(self.exponent.saturating_sub(HEAD_BYTES));
        (tail_bytes * steps_per_byte + u128::from(head_steps)).max(1)
    }
}

/// The price under EIP-198 (Byzantium).
pub(super) fn price_eip198(input: &[u8]) -> Result<u64, PrecompileError> {
    let lengths = Lengths::read(input);
    let x = u128::from(lengths.longer()?);
    let complexity = match x {
        0..=64 => x * x,
        65..=1024 => x * x / 4 + 96 * x - 3072,
        _ => x * x / 16 + 480 * x - 199_680,
    };
    Ok(clamp(complexity.saturating_mul(lengths.steps(input, STEPS_PER_BYTE)) / EIP_198_DIVISOR))
}

/// The price under EIP-2565 (Berlin).
pub(super) fn price_eip2565(input: &[u8]) -> Result<u64, PrecompileError> {
    let lengths = Lengths::read(input);
    let words = u128::from(lengths.longer()?.div_ceil(8));
    let product = (words * words).saturating_mul(lengths.steps(input, STEPS_PER_BYTE));
    Ok(clamp(product / EIP_2565_DIVISOR).max(EIP_2565_MINIMUM))
}

/// The price under EIP-7883, after the bound of EIP-7823 (Osaka).
pub(super) fn price_eip7883(input: &[u8]) -> Result<u64, PrecompileError> {
    let lengths = Lengths::read(input);
    let longer = lengths.longer()?;
    if longer.max(lengths.exponent) > EIP_7823_MAX_BYTES {
        return Err(PrecompileError::Length);
    }
    let words = u128::from(longer.div_ceil(8));
    let complexity =
        if longer > EIP_7883_SHORT_BYTES { 2 * words * words } else { EIP_7883_SHORT_COMPLEXITY };
    let product = complexity.saturating_mul(lengths.steps(input, EIP_7883_STEPS_PER_BYTE));
    Ok(clamp(product).max(EIP_7883_MINIMUM))
}

/// The power, as long as the modulus. The price has been paid, so base and modulus are of bounded length.
pub(super) fn run_modexp(input: &[u8]) -> Result<Vec<u8>, PrecompileError> {
    let lengths = Lengths::read(input);
    lengths.longer()?;
    if lengths.modulus == 0 {
        return Ok(Vec::new());
    }
    let operand = |offset, length| {
        let head = slice(input, offset, length);
        Operand { head, tail_bytes: length - head.len() as u64 }
    };
    Ok(modexp(
        operand(HEADER_BYTES, lengths.base),
        operand(lengths.exponent_offset(), lengths.exponent),
        operand(lengths.modulus_offset(), lengths.modulus),
    ))
}

/// `gas`, capped at what a meter can hold.
fn clamp(gas: u128) -> u64 {
    u64::try_from(gas).unwrap_or(u64::MAX)
}
