//! Charges of a block that are made at once.
//!
//! ```text
//! charge 2, check, charge 3, check, charge 1      6 are left: all are taken, and a trap gives back what comes after it
//!                                                 else: a twin takes them one by one; the last fails, if nothing before does
//! ```
//!
//! # Invariants
//!
//! 1. Between the charges nothing looks at the counter but traps, and nothing takes from it.
//! 2. The twin ends the guest: what it defines nobody else sees, and what it checked neither.
//! 3. After the last charge nothing is prepaid.

use cranelift_codegen::ir::{InstBuilder, condcodes::IntCC};
use lockstep_ir::{Growth, Inst, Trap};
use lockstep_rt::native::NoCode;

use super::Translation;
use crate::plant::{self, Bug};

/// What is known on the way through a block.
#[derive(Default)]
pub(super) struct Span {
    /// Where the block's instructions end.
    pub(super) end: usize,
    /// What was taken for charges that are still to come, and how many these are.
    pub(super) prepaid: i64,
    paid: u32,
    /// Whether the builder is in a twin.
    pub(super) is_twin: bool,
}

/// The charges that can be made with the first of them.
struct Ahead {
    charges: u32,
    gas: i64,
    /// Where the last of them is.
    last: usize,
}

impl Translation<'_, '_, '_> {
    /// Makes the charge that is translated, unless it was made with one before.
    pub(super) fn charge_in_span(&mut self, gas: u32) -> Result<(), NoCode> {
        if self.span.paid > 0 {
            self.span.paid -= 1;
            self.span.prepaid -= i64::from(gas);
            return Ok(());
        }
        match self.ahead() {
            Some(ahead) => self.charge_ahead(&ahead, gas),
            None => {
                self.charge(gas);
                Ok(())
            }
        }
    }

    /// The charges that can be made with the one that is translated, if there are others.
    fn ahead(&self) -> Option<Ahead> {
        // With guard pages the counter in the context has to be what the guest has left.
        let is_alone = self.span.is_twin
            || self.guard.is_on
            || self.interface.window.is_some()
            || plant::is(Bug::Charge);
        if is_alone {
            return None;
        }
        let mut ahead = Ahead { charges: 0, gas: 0, last: 0 };
        for at in self.at..self.span.end {
            match self.func.insts[at] {
                Inst::Charge { gas } => {
                    ahead.gas += i64::from(gas);
                    // What a comparison holds as it is: what follows is for the next span.
                    if i32::try_from(ahead.gas).is_err() {
                        ahead.gas -= i64::from(gas);
                        break;
                    }
                    ahead.charges += 1;
                    ahead.last = at;
                }
                inst if self.is_blind(inst) => {}
                _ => break,
            }
        }
        (ahead.charges > 1).then_some(ahead)
    }

    /// Whether an instruction neither takes from the counter nor looks at it but to trap.
    fn is_blind(&self, inst: Inst) -> bool {
        match inst {
            Inst::Op { op, .. } => !op.is_checked(),
            Inst::Check { memory, .. } => {
                !matches!(self.interface.memories[memory].growth, Growth::OnTouch { .. })
            }
            Inst::Copy { .. }
            | Inst::Set { .. }
            | Inst::TrapIf { .. }
            | Inst::Load { .. }
            | Inst::Store { .. } => true,
            _ => false,
        }
    }

    fn charge_ahead(&mut self, ahead: &Ahead, gas: u32) -> Result<(), NoCode> {
        let before = self.b.use_var(self.gas);
        let is_less = self.b.ins().icmp_imm_s(IntCC::SignedLessThan, before, ahead.gas);
        let twin = self.b.create_block();
        self.b.set_cold_block(twin);
        self.branch_away(is_less, twin, &[]);
        self.b.seal_block(twin);
        let next = self.b.current_block().expect("just switched to");
        self.b.switch_to_block(twin);
        self.twin(ahead)?;
        self.b.switch_to_block(next);
        let left = self.b.ins().iadd_imm_s(before, -ahead.gas);
        self.set_gas(left);
        self.span.paid = ahead.charges - 1;
        self.span.prepaid = ahead.gas - i64::from(gas);
        Ok(())
    }

    /// What is translated up to the last charge, for which not enough is left.
    fn twin(&mut self, ahead: &Ahead) -> Result<(), NoCode> {
        let first = self.at;
        self.span.is_twin = true;
        self.nans.try_out();
        for at in first..ahead.last {
            self.at = at;
            self.inst(self.func.insts[at])?;
        }
        let target = self.trap_target(Trap::OutOfGas);
        self.jump(target);
        self.span.is_twin = false;
        self.nans.take_back();
        self.at = first;
        Ok(())
    }
}
