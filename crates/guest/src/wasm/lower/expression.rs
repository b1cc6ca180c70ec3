//! Expressions: the operand that comes last waits in registers for what takes it, and mostly never lies on the stack.
//!
//! # Invariants
//!
//! 1. What is lowered is what would be if each operand were pushed. The most slots ever filled are the same too: an operand
//!    waits only where one was pushed before.
//! 2. What waits is a constant, a value or a local: pushing it appends nothing.

use lockstep_ir::{Operand, Source, Type, Var};

use super::{
    Lower,
    cursor::Cursor,
    decode::{Frequent, Table},
};
use crate::wasm::schedule::Class;

/// The operand that waits.
#[derive(Clone, Copy)]
pub(super) struct Waiting {
    pub(super) operand: Operand,
    pub(super) ty: Type,
}

impl Lower<'_, '_> {
    /// Lowers what is at `cursor` while each instruction takes or adds an operand. `waiting` is the highest one: it may wait,
    /// or the first instruction takes it. Each place that begins an expression has this code for itself: what comes after a
    /// local, a constant, or a result is guessed better apart.
    #[inline(always)]
    pub(super) fn expression(
        &mut self,
        table: &Table,
        mut waiting: Waiting,
        cursor: &mut Cursor<'_>,
    ) {
        loop {
            let frequent = &table[usize::from(cursor.bytes[cursor.at])];
            self.b.at_pc(cursor.pc());
            let Waiting { operand, ty } = waiting;
            match *frequent {
                Frequent::LocalGet => {
                    self.stack.push_again(operand, ty);
                    waiting = self.local_get(cursor);
                }
                Frequent::Constant(constant) => {
                    self.stack.push_again(operand, ty);
                    waiting = self.constant(constant, cursor);
                }
                Frequent::Binary(op, ty, class) => {
                    cursor.at += 1;
                    self.pay(class);
                    let other = self.pop_number();
                    let operand = self.b.binary(op, ty, ty, [other, operand]);
                    if let Source::Var(_) = operand.source() {
                        return self.push(operand, ty);
                    }
                    waiting = Waiting { operand, ty };
                }
                Frequent::Access(row) if cursor.is_plain_access() => {
                    let offset = cursor.access_offset();
                    self.pay(Class::Access);
                    match row.is_store() {
                        true => return self.store(row, (0, offset), operand),
                        false => waiting = self.load(row, (0, offset), operand),
                    }
                }
                Frequent::LocalSet => {
                    let local = self.named_local(cursor);
                    return self.set_local(local, operand);
                }
                Frequent::LocalTee => {
                    let local = self.named_local(cursor);
                    self.set_local(local, operand);
                    if !operand.is_const() {
                        waiting = self.what_is(local);
                    }
                }
                _ => return self.stack.push_again(operand, ty),
            }
            if !self.may_wait(waiting.ty) {
                return self.push(waiting.operand, waiting.ty);
            }
        }
    }

    /// Lowers `local.get` or a constant, and what takes it.
    #[inline(always)]
    pub(super) fn expression_from(
        &mut self,
        table: &Table,
        first: Waiting,
        cursor: &mut Cursor<'_>,
    ) {
        match self.may_wait(first.ty) {
            true => self.expression(table, first, cursor),
            false => self.push(first.operand, first.ty),
        }
    }

    /// Whether an operand may wait: nobody has to see it, and it takes one slot that was filled before.
    #[inline(always)]
    fn may_wait(&self, ty: Type) -> bool {
        self.stack.has_room() && ty != Type::V128
    }

    /// The local that the instruction at `cursor` names, which is paid for.
    #[inline(always)]
    fn named_local(&mut self, cursor: &mut Cursor<'_>) -> Var {
        cursor.at += 1;
        let local = Var(cursor.unsigned() as u32);
        self.pay(Class::Local);
        local
    }

    #[inline(always)]
    fn what_is(&self, local: Var) -> Waiting {
        Waiting { operand: local.into(), ty: self.b.func().vars[local].ty }
    }

    /// What `local.get` at `cursor` yields.
    #[inline(always)]
    pub(super) fn local_get(&mut self, cursor: &mut Cursor<'_>) -> Waiting {
        let local = self.named_local(cursor);
        self.what_is(local)
    }

    /// What the constant at `cursor` is.
    #[inline(always)]
    pub(super) fn constant(&mut self, ty: Type, cursor: &mut Cursor<'_>) -> Waiting {
        cursor.at += 1;
        let bits = match ty {
            Type::I32 => u64::from(cursor.signed() as u32),
            Type::I64 => cursor.signed(),
            Type::F32 => u64::from(u32::from_le_bytes(cursor.fixed())),
            _ => u64::from_le_bytes(cursor.fixed()),
        };
        self.constant_end = cursor.pc();
        self.pay(Class::Constant);
        Waiting { operand: self.b.constant(bits, ty), ty }
    }
}
