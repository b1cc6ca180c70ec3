//! Charge spans: what the instructions up to the next call or the block's end cost.

use lockstep_ir::{Inst, Operand, Terminator, Type};

use super::Lower;
use crate::wasm::{
    limits,
    schedule::{Class, Rate},
};

/// The open charge.
#[derive(Default)]
pub(super) struct Span {
    position: usize,
    gas: u32,
    /// Steps shown since it began: position, and what the instructions before cost.
    steps: Vec<(usize, u32)>,
}

impl Lower<'_, '_> {
    /// Begins a span here.
    pub(super) fn open_span(&mut self) {
        (self.span.position, self.span.gas) = (self.b.open_charge(), 0);
    }

    /// Ends the span with what its instructions cost.
    pub(super) fn close_span(&mut self) {
        self.b.set_charge(self.span.position, self.span.gas);
        for (position, before) in self.span.steps.drain(..) {
            let prepaid = self.span.gas - before;
            *self.b.inst_mut(position) = Inst::Step { prepaid, height: 0 };
        }
    }

    /// Whether nothing was lowered or paid since the span began.
    pub(super) fn span_is_empty(&self) -> bool {
        self.span.position + 1 == self.b.position() && self.span.gas == 0
    }

    /// Appends a step. The first of a span is shown before the span is paid for, so that it is seen where there is too
    /// little gas; those after it have been paid for ahead.
    pub(super) fn push_step(&mut self, is_first: bool) {
        let step = Inst::Step { prepaid: 0, height: 0 };
        if is_first {
            self.close_span();
            self.b.push(step);
            return self.open_span();
        }
        self.span.steps.push((self.b.position(), self.span.gas));
        self.b.push(step);
    }

    /// The span has one more instruction.
    pub(super) fn pay(&mut self, class: Class) {
        self.pay_price(self.module.schedule.price(class));
    }

    #[inline(always)]
    fn pay_price(&mut self, price: u32) {
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

    /// Pays for `amount: i64` at `rate` with the span, if it is the constant right before the instruction and small: by what
    /// the guest says and not by what is known of it, so that prices are those of guest instructions.
    pub(super) fn pay_ahead(&mut self, amount: Operand, rate: Rate) -> bool {
        let is_said = self.constant_end == self.b.pc();
        let known = self.b.func().const_low(amount).filter(|_| is_said);
        let small = known.filter(|known| *known <= limits::AMOUNT_AHEAD_MAX);
        let price = small.and_then(|known| u32::try_from(rate.price(known)).ok());
        price.map(|price| self.pay_price(price)).is_some()
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
