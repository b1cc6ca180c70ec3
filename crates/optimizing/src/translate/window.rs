//! Programs with a window: where slots are at home, and how control goes to heads that the function does not hold.
//!
//! Invariant: the base is the window's lowest slot from the function's beginning to its end, so every offset is known.

use cranelift_codegen::ir::{self, InstBuilder};
use lockstep_ir::{Edge, Operand, Trap, Type};
use lockstep_rt::native::{Helpers, Layout, NoCode};

use super::{Translation, word::is_word};
use crate::{abi::WORD, slot::store};

impl Translation<'_, '_, '_> {
    /// Where slot `slot` is at home: an address and an offset.
    pub(super) fn home(&mut self, slot: i16, ty: Type) -> (ir::Value, i32) {
        let context = self.context;
        let low = self.b.ins().load(WORD, self.flags.fixed, context, Layout::WINDOW_LOW);
        (low, i32::from(slot) * ty.slots() as i32 * 8)
    }

    pub(super) fn set_home(&mut self, slot: i16, ty: Type, value: Operand) -> Result<(), NoCode> {
        let (base, offset) = self.home(slot, ty);
        let flags = self.flags.stack;
        if is_word(ty) {
            for (at, limb) in self.word(value)?.into_iter().enumerate() {
                self.b.ins().store(flags, limb, base, offset + at as i32 * 8);
            }
            return Ok(());
        }
        let value = self.exact(value, ty)?;
        store(self.b, flags, (ty, value), (base, offset));
        Ok(())
    }

    /// The window is empty where the function begins.
    pub(super) fn window_check(&mut self, need: u16, grow: u16) -> Result<(), NoCode> {
        let limit = self.interface.window.map_or(0, |window| window.limit);
        let trap = match (need, grow) {
            (1.., _) => Trap::StackUnderflow,
            _ if grow > limit => Trap::StackOverflow,
            _ => return Ok(()),
        };
        let always = self.constant(Type::I8, [1, 0])?;
        self.trap_if(always, trap);
        Ok(())
    }

    /// Goes on in the tier below where `edge` leads, with the slots in use at home.
    pub(super) fn resume_below(&mut self, edge: Edge) -> Result<(), NoCode> {
        // Nothing comes back: whoever called the function would wait for ever.
        if !self.may_leave {
            return Err(NoCode("a function that others call and that goes on below"));
        }
        let ty = self.interface.window.map_or(Type::I256, |window| window.ty);
        let (head, shift, target) = match edge {
            Edge::Enter { head, shift } => (i64::from(head.0), shift, None),
            Edge::EnterDyn { target, shift } => (0, shift, Some(target)),
            Edge::Goto(_) | Edge::Trap(_) => return Err(NoCode("an edge that stays")),
        };
        let place = match target {
            Some(target) => self.spilled(target, ty)?,
            None => self.zero,
        };
        self.store_gas();
        let context = self.b.ins().get_pinned_reg(WORD);
        let head = self.b.ins().iconst(WORD, head);
        let slots = self.b.ins().iconst(WORD, i64::from(shift) * i64::from(ty.slots()));
        self.helper(Helpers::RESUME, &[context, head, slots, place], None);
        self.leave();
        Ok(())
    }

    /// A word on our stack.
    fn spilled(&mut self, operand: Operand, ty: Type) -> Result<ir::Value, NoCode> {
        if !is_word(ty) {
            return Err(NoCode("a jump to what is no word"));
        }
        let word = self.word(operand)?;
        let place = self.operand_room(ty.slots());
        for (at, limb) in word.into_iter().enumerate() {
            self.b.ins().store(self.flags.stack, limb, place, at as i32 * 8);
        }
        Ok(place)
    }
}
