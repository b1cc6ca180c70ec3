//! Charge spans: what the instructions up to the next call or the block's end cost.

use lockstep_ir::{Inst, Operand, Terminator, Type};

use super::Lower;
use crate::wasm::schedule::{Class, Rate};

/// The open charge.
#[derive(Default)]
pub(super) struct Span {
    position: usize,
    gas: u32,
}

impl Lower<'_, '_> {
    /// Begins a span here.
    pub(super) fn open_span(&mut self) {
        self.span = Span { position: self.b.open_charge(), gas: 0 };
    }

    /// Ends the span with what its instructions cost.
    pub(super) fn close_span(&mut self) {
        self.b.set_charge(self.span.position, self.span.gas);
    }

    /// The span has one more instruction.
    pub(super) fn pay(&mut self, class: Class) {
        let price = self.module.schedule.price(class);
        match self.span.gas.checked_add(price) {
            Some(gas) => self.span.gas = gas,
            // More than a charge can say: another one goes on.
            None => {
                self.close_span();
                self.open_span();
                self.span.gas = price;
            }
        }
    }

    /// Charges for `amount: i64` at `rate`.
    pub(super) fn pay_by(&mut self, amount: Operand, rate: Rate) {
        if rate.per != 0 {
            let (per, unit) = (rate.per, rate.unit.get());
            self.b.push(Inst::ChargeBy { ty: Type::I64, amount, per, unit });
        }
    }

    /// Ends the block.
    pub(super) fn end_block(&mut self, terminator: Terminator) {
        self.close_span();
        self.b.terminate(terminator);
    }
}
