//! Bytes: hashing, return data, logs.

use lockstep_base::{Hash, U256};
use lockstep_rt::{HostFunction, Reading, Stop, Trap, View, read, slice};
use lockstep_state::LogRef;

use super::{Ethereum, World, host_functions};
use crate::ethereum::storage::require_writable;

host_functions! {
    /// KECCAK256 of (offset, length).
    Keccak256 = "eth.keccak256" (offset: u64, len: u64) -> (U256), view => {
        let Reading { host, memory } = view.reading();
        let bytes = read(memory, offset, len)?;
        Ok((host.memo.keccak256(bytes).into_word(),))
    };
    /// RETURNDATASIZE (EIP-211).
    ReturnDataSize = "eth.returndatasize" () -> (u64), view =>
        Ok((view.host().return_data.len() as u64,));
    /// RETURNDATACOPY (EIP-211): (offset in memory, offset in the data, length); traps beyond the data.
    ReturnDataCopy = "eth.returndatacopy" (to: u64, from: U256, len: u64) -> (), view => {
        let parts = view.parts();
        let data = range_of(&parts.host.return_data, from, len).ok_or(Trap::ReturnDataOutOfBounds)?;
        slice(parts.memory, to, len)?.copy_from_slice(data);
        Ok(())
    };
    /// LOG0 of (offset, length).
    Log0 = "eth.log0" (offset: u64, len: u64) -> (), view => log(view, offset, len, &[]);
    /// LOG1.
    Log1 = "eth.log1" (offset: u64, len: u64, a: U256) -> (), view => log(view, offset, len, &[a]);
    /// LOG2.
    Log2 = "eth.log2" (offset: u64, len: u64, a: U256, b: U256) -> (), view =>
        log(view, offset, len, &[a, b]);
    /// LOG3.
    Log3 = "eth.log3" (offset: u64, len: u64, a: U256, b: U256, c: U256) -> (), view =>
        log(view, offset, len, &[a, b, c]);
    /// LOG4.
    Log4 = "eth.log4" (offset: u64, len: u64, a: U256, b: U256, c: U256, d: U256) -> (), view =>
        log(view, offset, len, &[a, b, c, d]);
}

/// `len` bytes of `data` at `from`, even none of them only up to its end.
pub(in crate::ethereum) fn range_of(data: &[u8], from: U256, len: u64) -> Option<&[u8]> {
    let from = usize::try_from(from).ok()?;
    let end = from.checked_add(usize::try_from(len).ok()?)?;
    data.get(from..end)
}

/// Fills `target` with `source` from `from` on, and with zeros beyond its end.
pub(in crate::ethereum) fn copy_padded(source: &[u8], from: U256, target: &mut [u8]) {
    let from = usize::try_from(from).unwrap_or(usize::MAX).min(source.len());
    let copied = target.len().min(source.len() - from);
    target[..copied].copy_from_slice(&source[from..from + copied]);
    target[copied..].fill(0);
}

/// Most topics of a log (Yellow Paper app. H.2, LOG4).
pub(in crate::ethereum) const TOPICS_MAX: usize = 4;

/// Appends a log of the frame's account.
///
/// # Panics
///
/// When there are more than [`TOPICS_MAX`] topics.
pub(in crate::ethereum) fn log<W: World>(
    view: &mut View<'_, Ethereum<W>>,
    offset: u64,
    len: u64,
    topics: &[U256],
) -> Result<(), Stop> {
    let parts = view.parts();
    require_writable(parts.host)?;
    let data = &*slice(parts.memory, offset, len)?;
    let mut hashes = [Hash::ZERO; TOPICS_MAX];
    for (hash, topic) in hashes.iter_mut().zip(topics) {
        *hash = Hash::from_word(*topic);
    }
    let address = parts.host.frame.address;
    parts.host.world.append_log(LogRef { address, topics: &hashes[..topics.len()], data });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn return_data_ends_where_it_ends() {
        let data = [1, 2, 3];
        let at = |from: u64, len| range_of(&data, U256::from(from), len);
        assert_eq!(at(1, 2), Some(&data[1..]));
        assert_eq!(at(3, 0), Some(&[][..]));
        assert_eq!(at(4, 0), None);
        assert_eq!(at(2, 2), None);
        assert_eq!(at(u64::MAX, 1), None);
        assert_eq!(at(1, u64::MAX), None);
        assert_eq!(range_of(&data, U256::MAX, 0), None);
    }
}
