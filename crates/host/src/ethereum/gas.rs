//! Gas as the host counts it: a meter that never wraps, and what things cost.
//!
//! Only costs that depend on the state are here, and those of whole transactions. What an opcode costs in itself is
//! in the guest's table.

use lockstep_rt::{Stop, Trap};

/// A first access to an account, on top of a warm one (EIP-2929: 2600 - 100).
pub(super) const COLD_ACCOUNT_EXTRA: u64 = 2500;
/// A first access to an account in whole (EIP-2929), for opcodes without a warm price.
pub(super) const COLD_ACCOUNT: u64 = 2600;
/// An access to an account that is warm (EIP-2929).
pub(super) const WARM_ACCESS: u64 = 100;
/// A first access to a slot by SLOAD, on top of a warm one (EIP-2929: 2100 - 100).
pub(super) const COLD_SLOT_EXTRA: u64 = 2000;
/// A first access to a slot by SSTORE (EIP-2929).
pub(super) const COLD_SLOT: u64 = 2100;
/// A call that moves value (Yellow Paper app. G, `G_callvalue`).
pub(super) const CALL_VALUE: u64 = 9000;
/// What a callee gets on top when value moves (Yellow Paper app. G, `G_callstipend`).
pub(super) const CALL_STIPEND: u64 = 2300;
/// An account that a call or SELFDESTRUCT brings into being (Yellow Paper app. G, `G_newaccount`).
pub(super) const NEW_ACCOUNT: u64 = 25_000;
/// One byte of deployed code (Yellow Paper app. G, `G_codedeposit`).
pub(super) const CODE_DEPOSIT_BYTE: u64 = 200;
/// A word that is copied (Yellow Paper app. G, `G_copy`); here and below for guests whose front end knows no such price.
pub(super) const COPY_WORD: u64 = 3;
/// A word that is hashed (Yellow Paper app. G, `G_keccak256word`).
pub(super) const KECCAK_WORD: u64 = 6;
/// A byte that is logged (Yellow Paper app. G, `G_logdata`).
pub(super) const LOG_BYTE: u64 = 8;
/// A topic of a log (Yellow Paper app. G, `G_logtopic`).
pub(super) const LOG_TOPIC: u64 = 375;
/// A word of initialization code (EIP-3860).
pub(super) const INIT_CODE_WORD: u64 = 2;
/// What SELFDESTRUCT gives back before EIP-3529.
pub(super) const SELFDESTRUCT_REFUND: i64 = 24_000;

/// Gas in hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Gas {
    left: u64,
}

impl Gas {
    pub(super) const fn new(left: u64) -> Self {
        Self { left }
    }

    /// What is left.
    #[inline]
    pub(super) const fn left(self) -> u64 {
        self.left
    }

    /// Takes `amount`.
    ///
    /// # Errors
    ///
    /// Out of gas when less is left; then nothing is taken.
    #[inline]
    pub(super) fn charge(&mut self, amount: u64) -> Result<(), Stop> {
        self.left = self.left.checked_sub(amount).ok_or(Trap::OutOfGas)?;
        Ok(())
    }

    /// Gives back what was taken before, or adds a stipend that was paid for.
    ///
    /// # Panics
    ///
    /// When the sum exceeds 64 bits: somebody made gas.
    #[inline]
    pub(super) fn give_back(&mut self, amount: u64) {
        self.left = self.left.checked_add(amount).expect("gas given back was taken before");
    }
}

/// All but one 64th (EIP-150).
pub(super) const fn all_but_one_64th(gas: u64) -> u64 {
    gas - gas / 64
}
