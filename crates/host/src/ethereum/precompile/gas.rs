//! What calls cost: the shapes that prices take.

mod discount;

use super::PrecompileError;
pub(super) use discount::{G1_DISCOUNTS, G2_DISCOUNTS};

/// Bytes of an EVM word.
const WORD_BYTES: u64 = 32;
/// The unit of a discount: this many thousandths are the full price (EIP-2537).
const DISCOUNT_UNIT: u64 = 1000;

/// How a call is priced.
#[derive(Debug)]
pub(super) enum Gas {
    /// The same for every input.
    Flat(u64),
    /// A base, and more for each word begun.
    Words { base: u64, word: u64 },
    /// A base, and more for each whole record of `bytes` bytes.
    Records { base: u64, record: u64, bytes: u64 },
    /// So much for each whole record of `bytes` bytes, less a discount that grows with their number (EIP-2537).
    Discounted { record: u64, bytes: u64, discounts: &'static [u16; 128] },
    /// Anything else. The formula may refuse the input.
    Formula(fn(&[u8]) -> Result<u64, PrecompileError>),
}

impl Gas {
    /// The price of a call with `input`; it saturates.
    pub(super) fn price(&self, input: &[u8]) -> Result<u64, PrecompileError> {
        let length = input.len() as u64;
        Ok(match *self {
            Self::Flat(gas) => gas,
            Self::Words { base, word } => {
                base.saturating_add(word.saturating_mul(length.div_ceil(WORD_BYTES)))
            }
            Self::Records { base, record, bytes } => {
                base.saturating_add(record.saturating_mul(length / bytes))
            }
            Self::Discounted { record, bytes, discounts } => {
                discounted(length / bytes, record, discounts)
            }
            Self::Formula(formula) => formula(input)?,
        })
    }
}

/// The price of `count` records at `record` each; beyond the table its last discount holds.
fn discounted(count: u64, record: u64, discounts: &[u16; 128]) -> u64 {
    let Some(last) = count.checked_sub(1) else { return 0 };
    let row = usize::try_from(last).unwrap_or(usize::MAX).min(discounts.len() - 1);
    count.saturating_mul(record).saturating_mul(u64::from(discounts[row])) / DISCOUNT_UNIT
}
