//! Calls of other contracts, and what a contract knows of who called it.

use super::system_call;
use crate::{mapping::AccessType, tos::invocation::Invoke};

system_call!(
    /// `tos_invoke(contract, input, input_len, amount, units)`: calls the contract of these 32 bytes with the input and the
    /// amount; zero if it succeeded. One if it failed or was not run: then nothing is left of it but what it returned.
    ///
    /// It gets at most `units` and all but one 64th of what is left; what it leaves comes back.
    TosInvoke = "tos_invoke",
    |caller: &mut Caller, contract, input, input_len, amount, units| {
        let cost = caller.cost("tos_invoke");
        caller.charge(cost.of(input_len))?;
        let contract = caller.hash_at(contract)?;
        let input = caller.place(AccessType::Load, input, input_len)?;
        Ok(u64::from(!caller.invoke(Invoke { contract, input, amount, units, depth: 0 })?))
    }
);

system_call!(
    /// `tos_get_caller(to)`: writes the 32 bytes of who called: a contract, or the transaction's sender.
    TosGetCaller = "tos_get_caller",
    |caller: &mut Caller, to, _b, _c, _d, _e| {
        let cost = caller.cost("tos_get_caller");
        caller.charge(cost.of(0))?;
        let hash = caller.context().caller_hash();
        caller.write(to, &hash)?;
        Ok(0)
    }
);

system_call!(
    /// `tos_get_call_value()`: the amount that was sent along.
    TosGetCallValue = "tos_get_call_value",
    |caller: &mut Caller, _a, _b, _c, _d, _e| {
        let cost = caller.cost("tos_get_call_value");
        caller.charge(cost.of(0))?;
        caller.context().amount()
    }
);
