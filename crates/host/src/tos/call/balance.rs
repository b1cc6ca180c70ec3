//! What accounts hold, and how it moves.

use super::system_call;
use crate::tos::error::TosError;

system_call!(
    /// `tos_get_balance(address)`: what the account of these 32 bytes holds.
    TosGetBalance = "tos_get_balance",
    |caller: &mut Caller, address, _b, _c, _d, _e| {
        let cost = caller.cost("tos_get_balance");
        caller.charge(cost.of(0))?;
        let address = caller.hash_at(address)?;
        caller.metered(|invocation, units| invocation.balance(units, &address))
    }
);

system_call!(
    /// `tos_transfer(recipient, amount)`: sends from the contract to the account of these 32 bytes.
    TosTransfer = "tos_transfer",
    |caller: &mut Caller, recipient, amount, _c, _d, _e| {
        let cost = caller.cost("tos_transfer");
        caller.charge(cost.of(0))?;
        if amount == 0 {
            return Err(TosError::InvalidAmount);
        }
        let recipient = caller.hash_at(recipient)?;
        caller.metered(|invocation, units| invocation.send(units, &recipient, amount))?;
        Ok(0)
    }
);
