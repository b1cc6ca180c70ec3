//! What a program may know of where it runs.

use crate::declare_syscall;

macro_rules! hashes {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $field:ident;)*) => {$(
        declare_syscall!(
            $(#[$doc])*
            $name = $text,
            |caller: &mut Caller, to, _b, _c, _d, _e| {
                let cost = caller.cost($text);
                caller.charge(cost.of(0))?;
                let hash = caller.context().$field;
                caller.write(to, &hash)?;
                Ok(0)
            }
        );
    )*};
}

hashes! {
    /// `tos_get_block_hash(to)`: writes 32 bytes.
    TosGetBlockHash = "tos_get_block_hash", block_hash;
    /// `tos_get_tx_hash(to)`: writes 32 bytes.
    TosGetTxHash = "tos_get_tx_hash", tx_hash;
    /// `tos_get_tx_sender(to)`: writes 32 bytes.
    TosGetTxSender = "tos_get_tx_sender", tx_sender;
    /// `tos_get_contract_hash(to)`: writes 32 bytes.
    TosGetContractHash = "tos_get_contract_hash", contract_hash;
}

declare_syscall!(
    /// `tos_get_block_height()`.
    TosGetBlockHeight = "tos_get_block_height",
    |caller: &mut Caller, _a, _b, _c, _d, _e| {
        let cost = caller.cost("tos_get_block_height");
        caller.charge(cost.of(0))?;
        Ok(caller.context().block_height)
    }
);
