//! What a frame asks about accounts, and SELFDESTRUCT.

use std::sync::Arc;

use lockstep_base::{Address, Fork, Hash, U256};
use lockstep_rt::Stop;

use super::{
    Ethereum, World,
    access::access_account,
    call::brings_into_being,
    gas::{COLD_ACCOUNT, COLD_ACCOUNT_EXTRA, Gas, NEW_ACCOUNT, SELFDESTRUCT_REFUND},
    storage::require_writable,
};

/// How far back a guest may ask for the hash of a block (Yellow Paper 9.4, BLOCKHASH).
const BLOCK_HASHES: u64 = 256;

/// BALANCE.
pub(super) fn balance<W: World>(
    host: &mut Ethereum<W>,
    gas: &mut Gas,
    address: U256,
) -> Result<U256, Stop> {
    let id = access_account(host, gas, Address::from_word(address), COLD_ACCOUNT_EXTRA)?;
    Ok(host.world.info(id).balance)
}

/// EXTCODESIZE and EXTCODECOPY: the code as it is; a delegation is not followed (EIP-7702).
pub(super) fn code<W: World>(
    host: &mut Ethereum<W>,
    gas: &mut Gas,
    address: U256,
) -> Result<Arc<[u8]>, Stop> {
    let id = access_account(host, gas, Address::from_word(address), COLD_ACCOUNT_EXTRA)?;
    let code = host.world.code(id).cloned();
    Ok(host.kept(code)?)
}

/// EXTCODEHASH: zero for an account that is absent or empty (EIP-1052).
pub(super) fn code_hash<W: World>(
    host: &mut Ethereum<W>,
    gas: &mut Gas,
    address: U256,
) -> Result<U256, Stop> {
    let id = access_account(host, gas, Address::from_word(address), COLD_ACCOUNT_EXTRA)?;
    let hash = if host.world.is_dead(id) { Hash::ZERO } else { host.world.info(id).code_hash };
    Ok(hash.into_word())
}

/// BLOCKHASH: zero but for the 256 blocks before this one.
pub(super) fn block_hash<W: World>(host: &mut Ethereum<W>, number: U256) -> Result<U256, Stop> {
    let Ok(number) = u64::try_from(number) else { return Ok(U256::ZERO) };
    match host.block.number.checked_sub(number) {
        Some(1..=BLOCK_HASHES) => {
            let hash = host.world.block_hash(number);
            Ok(host.kept(hash)?.into_word())
        }
        _ => Ok(U256::ZERO),
    }
}

/// SELFDESTRUCT: the balance goes to `beneficiary`, and the account at the end of the transaction; since EIP-6780
/// only an account that was created in it.
pub(super) fn self_destruct<W: World>(
    host: &mut Ethereum<W>,
    gas: &mut Gas,
    beneficiary: U256,
) -> Result<(), Stop> {
    require_writable(host)?;
    let own = host.frame.account;
    let heir = access_account(host, gas, Address::from_word(beneficiary), COLD_ACCOUNT)?;
    let balance = host.world.info(own).balance;
    if host.has(Fork::Tangerine) && brings_into_being(host, heir, !balance.is_zero()) {
        gas.charge(NEW_ACCOUNT)?;
    }
    if !host.has(Fork::London) && !host.world.is_destroyed(own) {
        host.world.add_refund(SELFDESTRUCT_REFUND);
    }
    let is_deleted = !host.has(Fork::Cancun) || host.world.is_created(own);
    if heir != own {
        // A sum beyond 256 bits needs more coins than any chain has; the balance then stays where it is.
        let _ = host.world.transfer(own, heir, balance);
    } else if is_deleted {
        host.world.set_balance(own, U256::ZERO);
    }
    if is_deleted {
        host.world.destroy(own);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
