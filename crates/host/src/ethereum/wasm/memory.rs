//! Operands of the guest's memory 0: words, addresses, ranges, and what they cost.

use lockstep_base::U256;
use lockstep_rt::{Stop, View};

use crate::ethereum::{Ethereum, World};

/// Bytes of a word.
const WORD_BYTES: u64 = 32;
/// Bytes of an address.
pub(super) const ADDRESS_BYTES: u64 = 20;

/// The word at `at`.
pub(super) fn word<W: World>(view: &mut View<'_, Ethereum<W>>, at: u32) -> Result<U256, Stop> {
    Ok(U256::from_be_slice(view.bytes(at.into(), WORD_BYTES)?))
}

/// The address at `at`, as a word.
pub(super) fn address<W: World>(view: &mut View<'_, Ethereum<W>>, at: u32) -> Result<U256, Stop> {
    Ok(U256::from_be_slice(view.bytes(at.into(), ADDRESS_BYTES)?))
}

/// Writes `word` to `at`.
pub(super) fn put_word<W: World>(
    view: &mut View<'_, Ethereum<W>>,
    at: u32,
    (word,): (U256,),
) -> Result<(), Stop> {
    view.bytes(at.into(), WORD_BYTES)?.copy_from_slice(&word.to_be_bytes::<32>());
    Ok(())
}

/// Writes the address that `word` is to `at`.
pub(super) fn put_address<W: World>(
    view: &mut View<'_, Ethereum<W>>,
    at: u32,
    (word,): (U256,),
) -> Result<(), Stop> {
    let bytes = word.to_be_bytes::<32>();
    view.bytes(at.into(), ADDRESS_BYTES)?.copy_from_slice(&bytes[12..]);
    Ok(())
}

/// Takes `gas` for each word of `len` bytes.
pub(super) fn per_word<W: World>(
    view: &mut View<'_, Ethereum<W>>,
    len: u32,
    gas: u64,
) -> Result<(), Stop> {
    view.charge(u64::from(len).div_ceil(WORD_BYTES) * gas)
}
