//! Markers of an instrumented compilation: before each instruction that control can reach, what is on the stack.
//!
//! Invariants: markers neither pay nor change what is on the stack, so results, gas and depth are those of a plain
//! compilation; what a function shows is bounded, so lowering stays linear.

use lockstep_ir::Inst;

use super::Lower;
use crate::wasm::limits;

impl Lower<'_, '_> {
    /// Shows the instruction that comes next.
    pub(super) fn show_step(&mut self) {
        let is_first = self.span_is_empty();
        let height = self.stack.height();
        let always = height.min(limits::SHOWN_ALWAYS as usize);
        let count = height.min(self.shown_left).max(always);
        self.shown_left = self.shown_left.saturating_sub(count);
        for position in height - count..height {
            let (value, ty) = self.shown(position);
            self.b.push(Inst::Show { ty, value });
        }
        self.push_step(is_first);
    }
}
