//! What accounts hold, and how it moves.

use crate::{
    declare_syscall,
    tos::{context::Hash, error::TosError, memory::translate_type},
};

declare_syscall!(
    /// `tos_get_balance(address)`: what the account of these 32 bytes holds.
    TosGetBalance = "tos_get_balance",
    |caller: &mut Caller, address, _b, _c, _d, _e| {
        let cost = caller.cost("tos_get_balance");
        caller.charge(cost.of(0))?;
        caller.with_memory(|context, memory| {
            let address: Hash = translate_type(memory, address, true)?;
            Ok(context.get_balance(&address)?)
        })
    }
);

declare_syscall!(
    /// `tos_transfer(recipient, amount)`: sends from the contract to the account of these 32 bytes.
    TosTransfer = "tos_transfer",
    |caller: &mut Caller, recipient, amount, _c, _d, _e| {
        let cost = caller.cost("tos_transfer");
        caller.charge(cost.of(0))?;
        if amount == 0 {
            return Err(TosError::InvalidAmount);
        }
        caller.with_memory(|context, memory| {
            let recipient: Hash = translate_type(memory, recipient, true)?;
            context.transfer(&recipient, amount)?;
            Ok(0)
        })
    }
);
