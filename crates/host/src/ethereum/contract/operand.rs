//! Operands in the guest's memory 0: words, addresses, ranges, what they cost, and how each guest names places there.

use core::fmt;

use lockstep_base::U256;
use lockstep_rt::{Stop, Trap, View};

use crate::{
    ethereum::{Ethereum, World},
    mapping::AccessType,
};

/// Bytes of a word.
const WORD_BYTES: u64 = 32;
/// Bytes of an address.
pub(super) const ADDRESS_BYTES: u64 = 20;

/// How a guest names its memory.
pub(super) trait Abi: fmt::Debug {
    /// Where in memory 0 bytes `address .. address + len` lie; whether memory 0 is as long is asked when they are touched.
    ///
    /// # Errors
    ///
    /// A trap when they may not be accessed so. No bytes lie anywhere.
    fn place<W: World>(
        view: &mut View<'_, Ethereum<W>>,
        access: AccessType,
        address: u64,
        len: u64,
    ) -> Result<u64, Stop>;
}

/// WebAssembly: addresses are places.
#[derive(Debug)]
pub(super) enum Wasm {}

impl Abi for Wasm {
    #[inline]
    fn place<W: World>(
        _: &mut View<'_, Ethereum<W>>,
        _: AccessType,
        address: u64,
        _: u64,
    ) -> Result<u64, Stop> {
        Ok(address)
    }
}

/// eBPF: addresses lie in regions with rights.
#[derive(Debug)]
pub(super) enum Ebpf {}

impl Abi for Ebpf {
    fn place<W: World>(
        view: &mut View<'_, Ethereum<W>>,
        access: AccessType,
        address: u64,
        len: u64,
    ) -> Result<u64, Stop> {
        if len == 0 {
            return Ok(0);
        }
        let found = view.host().running.mapping.find(access, address, len);
        found.map_err(|_| Trap::MemoryOutOfBounds.into())
    }
}

/// Where bytes that are read lie.
pub(super) fn load<A: Abi, W: World>(
    view: &mut View<'_, Ethereum<W>>,
    at: u64,
    len: u64,
) -> Result<u64, Stop> {
    A::place(view, AccessType::Load, at, len)
}

/// Where bytes that are written lie.
pub(super) fn store<A: Abi, W: World>(
    view: &mut View<'_, Ethereum<W>>,
    at: u64,
    len: u64,
) -> Result<u64, Stop> {
    A::place(view, AccessType::Store, at, len)
}

/// The word at `at`.
pub(super) fn word<A: Abi, W: World>(
    view: &mut View<'_, Ethereum<W>>,
    at: u64,
) -> Result<U256, Stop> {
    number::<A, W>(view, at, WORD_BYTES)
}

/// The address at `at`, as a word.
pub(super) fn address<A: Abi, W: World>(
    view: &mut View<'_, Ethereum<W>>,
    at: u64,
) -> Result<U256, Stop> {
    number::<A, W>(view, at, ADDRESS_BYTES)
}

fn number<A: Abi, W: World>(
    view: &mut View<'_, Ethereum<W>>,
    at: u64,
    len: u64,
) -> Result<U256, Stop> {
    let place = load::<A, W>(view, at, len)?;
    Ok(U256::from_be_slice(view.bytes(place, len)?))
}

/// Writes `word` to `at`.
pub(super) fn put_word<A: Abi, W: World>(
    view: &mut View<'_, Ethereum<W>>,
    at: u64,
    (word,): (U256,),
) -> Result<u64, Stop> {
    let place = store::<A, W>(view, at, WORD_BYTES)?;
    view.bytes(place, WORD_BYTES)?.copy_from_slice(&word.to_be_bytes::<32>());
    Ok(0)
}

/// Writes the address that `word` is to `at`.
pub(super) fn put_address<A: Abi, W: World>(
    view: &mut View<'_, Ethereum<W>>,
    at: u64,
    (word,): (U256,),
) -> Result<u64, Stop> {
    let bytes = word.to_be_bytes::<32>();
    let place = store::<A, W>(view, at, ADDRESS_BYTES)?;
    view.bytes(place, ADDRESS_BYTES)?.copy_from_slice(&bytes[12..]);
    Ok(0)
}

/// Takes `gas` for each word of `len` bytes.
pub(super) fn per_word<W: World>(
    view: &mut View<'_, Ethereum<W>>,
    len: u64,
    gas: u64,
) -> Result<(), Stop> {
    view.charge(len.div_ceil(WORD_BYTES).saturating_mul(gas))
}
