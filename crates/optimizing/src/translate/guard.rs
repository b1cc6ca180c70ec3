//! Accesses that guard pages check.
//!
//! ```text
//! check t = addr, len ; load t + offset      with offset + the load's size = len: it faults exactly where the check fails
//! ```
//!
//! # Invariants
//!
//! 1. A check is left to an access only when that follows at once and touches the last byte that is checked: nothing has
//!    happened in between, and whatever lies behind the memory is its reservation, since both numbers have 32 bits.
//! 2. The counter in the context is current at such an access.

use cranelift_codegen::ir::{self, MemFlagsData};
use lockstep_ir::{Inst, Value};

use super::Translation;

/// Bytes that a check may ask for to be left to an access: an offset of 32 bits and the longest access.
const LEN_MAX: u64 = (1 << 32) + 15;

/// What is known on the way through a block.
#[derive(Default)]
pub(super) struct Guard {
    /// Whether there are guard pages.
    pub(super) is_on: bool,
    /// The check that the next access makes.
    left: Option<Value>,
    /// The counter that the context holds.
    gas: Option<ir::Value>,
}

impl Guard {
    /// What the context holds depends on where control came from.
    pub(super) fn begin_block(&mut self) {
        self.gas = None;
    }
}

impl Translation<'_, '_, '_> {
    /// Whether the check, of an address that has 32 bits if it `is_narrow` and of a length that is a constant if it is
    /// `known`, is left to what follows.
    pub(super) fn leave_check(
        &mut self,
        (is_narrow, known): (bool, Option<u64>),
        token: Value,
    ) -> bool {
        if !self.guard.is_on || !is_narrow {
            return false;
        }
        let Some(len) = known.filter(|len| *len <= LEN_MAX) else {
            return false;
        };
        let end = match self.func.insts.get(self.at + 1) {
            Some(
                Inst::Load { ty, token: of, offset, .. }
                | Inst::Store { ty, token: of, offset, .. },
            ) if *of == token => u64::from(*offset) + u64::from(ty.bits()).div_ceil(8),
            _ => return false,
        };
        let is_left = end == len;
        self.guard.left = is_left.then_some(token);
        is_left
    }

    /// How the access by `token` is made; the one that a check was left to makes the counter current.
    pub(super) fn access(&mut self, token: Value) -> MemFlagsData {
        if self.guard.left.take() != Some(token) {
            return self.flags.heap;
        }
        let gas = self.b.use_var(self.gas);
        if self.guard.gas.replace(gas) != Some(gas) {
            self.store_gas();
        }
        self.flags.guarded
    }
}
