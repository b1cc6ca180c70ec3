//! Storage: SLOAD, SSTORE with every price it ever had, and transient storage.

use lockstep_base::{Fork, U256};
use lockstep_rt::{Stop, Trap};
use lockstep_state::SlotStore;

use super::{
    Ethereum, World,
    gas::{CALL_STIPEND, COLD_SLOT, COLD_SLOT_EXTRA, Gas, WARM_ACCESS},
};

/// SLOAD: the value of slot `key`. One probe of the journal when gas is not nearly gone.
#[inline]
pub(super) fn load<W: World>(
    host: &mut Ethereum<W>,
    gas: &mut Gas,
    key: U256,
) -> Result<U256, Stop> {
    let account = host.frame.account;
    let has_cold = host.has(Fork::Berlin);
    if has_cold && gas.left() < COLD_SLOT_EXTRA && !host.world.is_slot_warm(account, key) {
        return Err(Trap::OutOfGas.into());
    }
    let slot = host.world.load_slot(account, key);
    let slot = host.kept(slot)?;
    if has_cold && slot.was_cold {
        gas.charge(COLD_SLOT_EXTRA)?;
    }
    Ok(slot.value)
}

/// SSTORE: stores `value` in slot `key` and takes the whole price.
///
/// The write precedes the charge: a frame that runs out of gas is undone anyway. The slot is asked for only when
/// a first access can be paid, because from Istanbul on more than the stipend must be left (EIP-2200).
#[inline]
pub(super) fn store<W: World>(
    host: &mut Ethereum<W>,
    gas: &mut Gas,
    key: U256,
    value: U256,
) -> Result<(), Stop> {
    require_writable(host)?;
    if host.has(Fork::Istanbul) && gas.left() <= CALL_STIPEND {
        return Err(Trap::OutOfGas.into());
    }
    let store = host.world.store_slot(host.frame.account, key, value);
    let store = host.kept(store)?;
    let (cost, refund) = price(host.config.fork, &store, value);
    gas.charge(cost)?;
    if refund != 0 {
        host.world.add_refund(refund);
    }
    Ok(())
}

/// Fails where writing is forbidden (EIP-214).
#[inline]
pub(super) fn require_writable<W: World>(host: &Ethereum<W>) -> Result<(), Stop> {
    match host.frame.is_static {
        true => Err(Trap::StaticViolation.into()),
        false => Ok(()),
    }
}

/// The numbers by which net-metered stores are priced.
struct NetPrices {
    /// A store that changes nothing, or a slot that was changed before.
    same: u64,
    /// Zero becomes something.
    set: u64,
    /// Something becomes something else.
    reset: u64,
    /// What clearing gives back.
    clear_refund: i64,
}

const EIP_1283: NetPrices = NetPrices { same: 200, set: 20_000, reset: 5000, clear_refund: 15_000 };
const EIP_2200: NetPrices = NetPrices { same: 800, set: 20_000, reset: 5000, clear_refund: 15_000 };
const EIP_2929: NetPrices =
    NetPrices { same: WARM_ACCESS, set: 20_000, reset: 5000 - COLD_SLOT, clear_refund: 15_000 };
const EIP_3529: NetPrices = NetPrices { clear_refund: 4800, ..EIP_2929 };

/// What a store of `new` costs and what it gives back, which may be negative.
fn price(fork: Fork, store: &SlotStore, new: U256) -> (u64, i64) {
    match fork {
        Fork::Constantinople => net_price(&EIP_1283, store, new),
        fork if fork < Fork::Istanbul => plain_price(store.previous, new),
        Fork::Istanbul => net_price(&EIP_2200, store, new),
        fork => {
            let prices = if fork < Fork::London { &EIP_2929 } else { &EIP_3529 };
            let (cost, refund) = net_price(prices, store, new);
            (cost + if store.was_cold { COLD_SLOT } else { 0 }, refund)
        }
    }
}

/// The price before net metering (Yellow Paper app. G, `G_sset`, `G_sreset`, `R_sclear`).
fn plain_price(current: U256, new: U256) -> (u64, i64) {
    match (current.is_zero(), new.is_zero()) {
        (true, false) => (20_000, 0),
        (false, true) => (5000, 15_000),
        _ => (5000, 0),
    }
}

/// The price with net metering: what the transaction began with counts, not only what is there now.
fn net_price(prices: &NetPrices, store: &SlotStore, new: U256) -> (u64, i64) {
    let (original, current) = (store.original, store.previous);
    if current == new {
        return (prices.same, 0);
    }
    if original == current {
        return match (original.is_zero(), new.is_zero()) {
            (true, _) => (prices.set, 0),
            (false, true) => (prices.reset, prices.clear_refund),
            (false, false) => (prices.reset, 0),
        };
    }
    let mut refund = 0;
    if !original.is_zero() {
        if current.is_zero() {
            refund -= prices.clear_refund;
        } else if new.is_zero() {
            refund += prices.clear_refund;
        }
    }
    if original == new {
        let first = if original.is_zero() { prices.set } else { prices.reset };
        refund += (first - prices.same) as i64;
    }
    (prices.same, refund)
}

#[cfg(test)]
mod tests;
