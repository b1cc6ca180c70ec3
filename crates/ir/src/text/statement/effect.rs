//! Lines that define nothing: instructions without a result, and edges.

use alloc::vec::Vec;

use super::{Parsed, Statements, head};
use crate::{
    builder::Builder,
    inst::{Edge, Inst, Source},
    text::{
        cursor::{Cursor, unknown},
        lex::Token,
    },
    types::Type,
};

impl<'t> Statements<'_, 't> {
    /// An instruction without a result.
    pub(super) fn effect(
        &mut self,
        cursor: &mut Cursor<'_, 't>,
        token: Token<'t>,
        word: &str,
    ) -> Parsed<Inst> {
        Ok(match word {
            "set" => {
                let token = cursor.peek();
                let name = cursor.word("a variable")?;
                let Some(Source::Var(var)) = self.locals.operands.get(name).copied() else {
                    return Err(unknown(token, "variable", name));
                };
                cursor.sign(",")?;
                let ty = self.func.vars[var].ty;
                Inst::Set { var, value: self.operand(cursor, ty)? }
            }
            "global_set" => {
                let global = self.items.global(cursor)?;
                cursor.sign(",")?;
                let ty = self.interface.globals[global].ty;
                Inst::GlobalSet { global, value: self.operand(cursor, ty)? }
            }
            "charge" => Inst::Charge { gas: cursor.number("a price")? },
            "charge_by" => {
                let ty = self.dotted(cursor)?;
                let amount = self.operand(cursor, ty)?;
                cursor.sign(",")?;
                cursor.keyword("per")?;
                let per = cursor.number("a price")?;
                cursor.sign(",")?;
                cursor.keyword("unit")?;
                Inst::ChargeBy { ty, amount, per, unit: cursor.number("a unit")? }
            }
            "trap_if" => {
                let cond = self.operand(cursor, Type::I8)?;
                cursor.sign(",")?;
                Inst::TrapIf { cond, trap: cursor.trap()? }
            }
            "store" => {
                let (ty, order) = (self.dotted(cursor)?, self.order(cursor)?);
                let (token, offset) = self.address(cursor)?;
                cursor.sign(",")?;
                Inst::Store { ty, order, token, offset, value: self.operand(cursor, ty)? }
            }
            "copy_padded" => {
                let token = self.defined(cursor)?;
                cursor.sign(",")?;
                let memory = self.items.memory(cursor)?;
                cursor.sign(",")?;
                let from = self.operand(cursor, Type::I256)?;
                cursor.sign(",")?;
                Inst::CopyPadded { token, memory, from, len: self.length(cursor, token)? }
            }
            "copy_within" => {
                let to = self.defined(cursor)?;
                cursor.sign(",")?;
                let from = self.defined(cursor)?;
                cursor.sign(",")?;
                Inst::CopyWithin { to, from, len: self.length(cursor, to)? }
            }
            "window_check" => {
                cursor.keyword("need")?;
                let need = cursor.number("a count of slots")?;
                cursor.sign(",")?;
                cursor.keyword("grow")?;
                Inst::WindowCheck { need, grow: cursor.number("a count of slots")? }
            }
            "put_slots" => {
                let at = self.operand(cursor, Type::I64)?;
                let ty = self.interface.window.map_or(Type::I256, |window| window.ty);
                let mut values = Vec::new();
                while cursor.try_sign(",") {
                    values.push(self.operand(cursor, ty)?);
                }
                Inst::PutSlots { at, values: Builder::new(self.func).list(&values) }
            }
            "move_base" => Inst::MoveBase { to: self.operand(cursor, Type::I64)? },
            "show" => {
                let ty = self.dotted(cursor)?;
                Inst::Show { ty, value: self.operand(cursor, ty)? }
            }
            "step" => {
                cursor.keyword("prepaid")?;
                let prepaid = cursor.number("a price")?;
                cursor.sign(",")?;
                cursor.keyword("height")?;
                Inst::Step { prepaid, height: cursor.number("a height")? }
            }
            _ => return Err(token.expected("an instruction")),
        })
    }

    pub(super) fn some_edge(&mut self, cursor: &mut Cursor<'_, 't>) -> Parsed<Edge> {
        if cursor.try_keyword("trap") {
            return cursor.trap().map(Edge::Trap);
        }
        let token = cursor.peek();
        self.edge(cursor)?.ok_or_else(|| token.expected("goto, enter, enter_dyn or trap"))
    }

    /// An edge that is no trap, if one comes next.
    pub(super) fn edge(&mut self, cursor: &mut Cursor<'_, 't>) -> Parsed<Option<Edge>> {
        if cursor.try_keyword("goto") {
            let token = cursor.peek();
            let name = cursor.word("a block")?;
            let block = self.locals.blocks.get(name).copied();
            return block.map(Edge::Goto).map(Some).ok_or_else(|| unknown(token, "block", name));
        }
        if cursor.try_keyword("enter") {
            return Ok(Some(Edge::Enter { head: head(cursor)?, shift: shift(cursor)? }));
        }
        if cursor.try_keyword("enter_dyn") {
            let target = self.operand(cursor, Type::I256)?;
            return Ok(Some(Edge::EnterDyn { target, shift: shift(cursor)? }));
        }
        Ok(None)
    }
}

/// `shift 2`, or nothing.
fn shift(cursor: &mut Cursor<'_, '_>) -> Parsed<i16> {
    if cursor.try_keyword("shift") { cursor.number("a shift") } else { Ok(0) }
}
