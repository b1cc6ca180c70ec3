//! Tables, element segments, references.

use lockstep_ir::{Act, Inst, Op, Operand, Trap, Type};
use wasmparser::Operator;

use super::Lower;
use crate::wasm::{limits, schedule::Class};

impl Lower<'_, '_> {
    /// Lowers what concerns tables and references; false when it is nothing of that.
    pub(super) fn tables(&mut self, operator: &Operator<'_>) -> bool {
        match *operator {
            Operator::TableGet { table } => {
                self.pay(Class::Element);
                let index = self.pop_index(self.is_table_64(table));
                let element = self.b.act(Act::TableGet, [table, 0], &[index]);
                self.push(element.expect("the act has a result"), Type::Ref);
            }
            Operator::TableSet { table } => {
                self.pay(Class::Element);
                let element = self.pop();
                let index = self.pop_index(self.is_table_64(table));
                self.b.act(Act::TableSet, [table, 0], &[index, element]);
            }
            Operator::TableSize { table } => {
                self.pay(Class::Size);
                let size = self.table_size(table);
                self.push_index(size, self.is_table_64(table));
            }
            Operator::TableGrow { table } => self.table_grow(table),
            Operator::TableFill { table } => {
                self.pay(Class::Bulk);
                let is_64 = self.is_table_64(table);
                let len = self.pop_index(is_64);
                let element = self.pop();
                let to = self.pop_index(is_64);
                self.bulk_elements(Act::TableFill, [table, 0], [to, element, len]);
            }
            Operator::TableCopy { dst_table, src_table } => {
                self.pay(Class::Bulk);
                let (to_64, from_64) = (self.is_table_64(dst_table), self.is_table_64(src_table));
                let len = self.pop_index(to_64 && from_64);
                let from = self.pop_index(from_64);
                let to = self.pop_index(to_64);
                self.bulk_elements(Act::TableCopy, [dst_table, src_table], [to, from, len]);
            }
            Operator::TableInit { elem_index, table } => {
                self.pay(Class::Bulk);
                let len = self.pop_index(false);
                let from = self.pop_index(false);
                let to = self.pop_index(self.is_table_64(table));
                self.bulk_elements(Act::TableInit, [table, elem_index], [to, from, len]);
            }
            Operator::ElemDrop { elem_index } => {
                self.pay(Class::Bulk);
                self.b.act(Act::ElemDrop, [elem_index, 0], &[]);
            }
            _ => return self.references(operator),
        }
        true
    }

    fn references(&mut self, operator: &Operator<'_>) -> bool {
        match *operator {
            Operator::RefNull { .. } => {
                self.pay(Class::Constant);
                self.push(Operand::ZERO, Type::Ref);
            }
            Operator::RefFunc { function_index } => {
                self.pay(Class::Constant);
                let reference = self.b.act(Act::FuncRef, [function_index, 0], &[]);
                self.push(reference.expect("the act has a result"), Type::Ref);
            }
            Operator::RefIsNull => {
                self.pay(Class::Constant);
                let reference = self.pop();
                if reference.is_const() {
                    // Null is the one reference that is known here.
                    return self.push_known_null();
                }
                let bits = self.b.convert(Op::Bitcast, Type::Ref, Type::I64, reference);
                let is_null = self.b.op(Op::Ieq, Type::I64, &[bits, Operand::ZERO]);
                self.push_truth(is_null);
            }
            _ => return false,
        }
        true
    }

    fn push_known_null(&mut self) -> bool {
        self.push_truth(Operand::imm(1));
        true
    }

    fn is_table_64(&self, table: u32) -> bool {
        self.module.tables[table as usize].is_64
    }

    /// An act on as many elements as the last argument says, of the table that `on` names first. More than it has trap,
    /// whatever gas is left: the length is bounded before it is priced, unless it is small and a constant.
    fn bulk_elements(&mut self, act: Act, on: [u32; 2], args: [Operand; 3]) {
        let rate = self.module.schedule.bulk_elements;
        if rate.per != 0 && !self.pay_ahead(args[2], rate) {
            let size = self.table_size(on[0]);
            let cond = self.b.op(Op::Iugt, Type::I64, &[args[2], size]);
            self.b.push(Inst::TrapIf { cond, trap: Trap::TableOutOfBounds });
            self.pay_by(args[2], rate);
        }
        self.b.act(act, on, &args);
    }

    /// Length of a table, an i64.
    fn table_size(&mut self, table: u32) -> Operand {
        self.b.act(Act::TableSize, [table, 0], &[]).expect("the act has a result")
    }

    fn table_grow(&mut self, table: u32) {
        self.pay(Class::Grow);
        let is_64 = self.is_table_64(table);
        let more = self.pop_index(is_64);
        let element = self.pop();
        let declared = self.module.tables[table as usize].max.unwrap_or(u64::MAX);
        let size = self.table_size(table);
        let paid = self.growth(more, size, declared.min(limits::TABLE_ELEMENTS_MAX));
        self.pay_by(paid, self.module.schedule.bulk_elements);
        let before = self.b.act(Act::TableGrow, [table, 0], &[more, element]);
        self.push_index(before.expect("the act has a result"), is_64);
    }
}
