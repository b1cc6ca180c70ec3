//! The list of authorizations of a transaction (EIP-7702, "Behavior").

use lockstep_base::{Address, U256};
use lockstep_rt::Faulted;

use super::Authorization;
use crate::{
    crypto::secp256k1,
    ethereum::{Ethereum, World, delegation, encoding},
};

/// What an authorization of an account that exists gives back (EIP-7702, `PER_EMPTY_ACCOUNT_COST` less
/// `PER_AUTH_BASE_COST`).
const EXISTING_ACCOUNT_REFUND: i64 = 25_000 - 12_500;

/// Applies all that hold and skips the others. What this writes stays, however the transaction ends.
pub(super) fn apply<W: World>(
    host: &mut Ethereum<W>,
    authorizations: &[Authorization],
) -> Result<(), Faulted> {
    for authorization in authorizations {
        apply_one(host, authorization)?;
    }
    Ok(())
}

/// The order of the checks is the EIP's: the signer is warm as soon as it is known.
fn apply_one<W: World>(
    host: &mut Ethereum<W>,
    authorization: &Authorization,
) -> Result<(), Faulted> {
    let chain = U256::from(host.config.chain_id);
    if !authorization.chain_id.is_zero() && authorization.chain_id != chain {
        return Ok(());
    }
    if authorization.nonce == u64::MAX {
        return Ok(());
    }
    let Some(authority) = signer(authorization) else { return Ok(()) };
    let load = host.world.warm_account(authority);
    let id = host.kept(load)?.id;
    let code = host.world.code(id).cloned();
    let code = host.kept(code)?;
    if !code.is_empty() && delegation::delegate_of(&code).is_none() {
        return Ok(());
    }
    if host.world.info(id).nonce != authorization.nonce {
        return Ok(());
    }
    if host.world.exists(id) {
        host.world.add_refund(EXISTING_ACCOUNT_REFUND);
    }
    let code = match authorization.address == Address::ZERO {
        true => [].into(),
        false => delegation::delegation_to(authorization.address),
    };
    host.world.set_code(id, code);
    host.world.set_nonce(id, authorization.nonce + 1);
    Ok(())
}

/// Who signed, if the signature is one.
fn signer(authorization: &Authorization) -> Option<Address> {
    let Authorization { chain_id, address, nonce, y_parity, r, s } = authorization;
    if *y_parity > 1 || !secp256k1::is_low_s(*s) {
        return None;
    }
    let hash = encoding::authorization_hash(*chain_id, *address, *nonce);
    secp256k1::recover(&hash, &r.to_be_bytes(), &s.to_be_bytes(), *y_parity == 1)
}
