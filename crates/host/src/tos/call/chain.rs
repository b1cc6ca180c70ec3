//! What a program may know of where it runs.

use super::system_call;

macro_rules! hashes {
    ($($(#[$doc:meta])* $name:ident = $text:literal, |$invocation:ident| $value:expr;)*) => {$(
        system_call!(
            $(#[$doc])*
            $name = $text,
            |caller: &mut Caller, to, _b, _c, _d, _e| {
                let cost = caller.cost($text);
                caller.charge(cost.of(0))?;
                let $invocation = caller.context();
                let hash = $value;
                caller.write(to, &hash)?;
                Ok(0)
            }
        );
    )*};
}

hashes! {
    /// `tos_get_block_hash(to)`: writes 32 bytes.
    TosGetBlockHash = "tos_get_block_hash", |invocation| invocation.known_block_hash()?;
    /// `tos_get_tx_hash(to)`: writes 32 bytes.
    TosGetTxHash = "tos_get_tx_hash", |invocation| invocation.transaction_hash();
    /// `tos_get_tx_sender(to)`: writes 32 bytes.
    TosGetTxSender = "tos_get_tx_sender", |invocation| invocation.sender_hash();
    /// `tos_get_contract_hash(to)`: writes 32 bytes.
    TosGetContractHash = "tos_get_contract_hash", |invocation| invocation.own_hash();
}

system_call!(
    /// `tos_get_block_height()`.
    TosGetBlockHeight = "tos_get_block_height",
    |caller: &mut Caller, _a, _b, _c, _d, _e| {
        let cost = caller.cost("tos_get_block_height");
        caller.charge(cost.of(0))?;
        Ok(caller.context().height())
    }
);
