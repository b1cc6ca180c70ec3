//! Programs with a window: where slots are at home, and how control goes to heads that the function does not hold.
//!
//! Invariant: the base is the window's lowest slot until a block moves it, which then touches no slot relative to it; so
//! every offset is known.

use cranelift_codegen::ir::{self, InstBuilder, condcodes::IntCC};
use lockstep_ir::{Edge, List, Operand, Trap, Type};
use lockstep_rt::native::{Helpers, Layout, NoCode};

use super::{Translation, word::is_word};
use crate::{
    abi::WORD,
    slot::{store, store_all},
};

impl Translation<'_, '_, '_> {
    /// Where slot `slot` is at home: an address and an offset.
    pub(super) fn home(&mut self, slot: i16, ty: Type) -> (ir::Value, i32) {
        let context = self.context_here();
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

    fn window(&self) -> (Type, i64) {
        self.interface.window.map_or((Type::I256, 0), |window| (window.ty, window.limit.into()))
    }

    /// Traps where slot number `at` is beyond `last`.
    fn slot_number(&mut self, at: Operand, last: i64) -> Result<ir::Value, NoCode> {
        let at = self.exact(at, Type::I64)?;
        let last = self.b.ins().iconst(WORD, last);
        let is_beyond = self.b.ins().icmp(IntCC::UnsignedGreaterThan, at, last);
        self.trap_if(is_beyond, Trap::StackOverflow);
        Ok(at)
    }

    pub(super) fn put_slots(&mut self, at: Operand, values: List) -> Result<(), NoCode> {
        let (ty, limit) = self.window();
        let last = limit - i64::from(values.len);
        if last < 0 {
            let always = self.constant(Type::I8, [1, 0])?;
            self.trap_if(always, Trap::StackOverflow);
            return Ok(());
        }
        let at = self.slot_number(at, last)?;
        let slot_bytes = i64::from(ty.slots()) * 8;
        let offset = self.b.ins().imul_imm_s(at, slot_bytes);
        let (low, _) = self.home(0, ty);
        let base = self.b.ins().iadd(low, offset);
        let values = self.func.list(values);
        let limbs = self.parts(values, &vec![ty; values.len()])?;
        store_all(self.b, &vec![ty; values.len()], &limbs, (base, 0));
        Ok(())
    }

    pub(super) fn move_base(&mut self, to: Operand) -> Result<(), NoCode> {
        let (_, limit) = self.window();
        self.base = Some(self.slot_number(to, limit)?);
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
        let context = self.context_arg();
        let head = self.b.ins().iconst(WORD, head);
        let shift = i64::from(shift) * i64::from(ty.slots());
        let slots = match self.base {
            Some(base) => {
                let slots = self.b.ins().imul_imm_s(base, i64::from(ty.slots()));
                self.b.ins().iadd_imm_s(slots, shift)
            }
            None => self.b.ins().iconst(WORD, shift),
        };
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
