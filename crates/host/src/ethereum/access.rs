//! Access to accounts: the price of the first one, paid before the state is asked (EIP-2929).

use lockstep_base::{Address, Fork};
use lockstep_rt::{Stop, Trap};
use lockstep_state::AccountId;

use super::{Ethereum, World, gas::Gas, precompile};

/// The account at `address`, loaded and warm; takes `cold_cost` if this is its first access.
///
/// Precompiled contracts count as warm from the start. Before Berlin nothing is warm and nothing is charged.
///
/// # Errors
///
/// Out of gas, before the state is asked; or a fault.
#[inline]
pub(super) fn access_account<W: World>(
    host: &mut Ethereum<W>,
    gas: &mut Gas,
    address: Address,
    cold_cost: u64,
) -> Result<AccountId, Stop> {
    if !host.has(Fork::Berlin) {
        return Ok(host.load(address)?);
    }
    if gas.left() < cold_cost && is_cold(host, address) {
        return Err(Trap::OutOfGas.into());
    }
    let load = host.world.warm_account(address);
    let load = host.kept(load)?;
    if load.was_cold && precompile::lookup(host.config.fork, address).is_none() {
        gas.charge(cold_cost)?;
    }
    Ok(load.id)
}

/// Whether the next access to `address` is its first.
#[cold]
pub(super) fn is_cold<W: World>(host: &Ethereum<W>, address: Address) -> bool {
    !host.world.is_address_warm(address) && precompile::lookup(host.config.fork, address).is_none()
}
