//! Storage and transient storage of the frame's account.

use lockstep_base::U256;
use lockstep_rt::{HostFunction, Stop, View};

use super::{Ethereum, World, host_functions, metered};
use crate::ethereum::storage;

host_functions! {
    /// SLOAD.
    Sload = "eth.sload" (key: U256) -> (U256), view =>
        Ok((metered(view, |host, gas| storage::load(host, gas, key))?,));
    /// SSTORE, with its whole price.
    Sstore = "eth.sstore" (key: U256, value: U256) -> (), view =>
        metered(view, |host, gas| storage::store(host, gas, key, value));
    /// TLOAD (EIP-1153).
    Tload = "eth.tload" (key: U256) -> (U256), view => {
        let host = view.host();
        Ok((host.world.load_transient(host.frame.account, key),))
    };
    /// TSTORE (EIP-1153).
    Tstore = "eth.tstore" (key: U256, value: U256) -> (), view => {
        let host = view.host();
        storage::require_writable(host)?;
        host.world.store_transient(host.frame.account, key, value);
        Ok(())
    };
}
