//! Calls, and the globals that outlive them.

use lockstep_ir::{FuncId, GlobalId, ImportId, Inst, Op, SigId, TableId, Terminator, Type, Value};
use wasmparser::Operator;

use super::Lower;
use crate::wasm::schedule::Class;

impl<'m> Lower<'m, '_> {
    /// Lowers a call or an access to a global; false when it is neither.
    pub(super) fn calls(&mut self, operator: &Operator<'_>) -> bool {
        match *operator {
            Operator::Call { function_index } => self.call(function_index),
            Operator::CallIndirect { type_index, table_index } => {
                self.pay(Class::CallIndirect);
                let signature = &self.module.interface.types[SigId(type_index)];
                self.indirect_args(signature.params.len(), table_index);
                let callee = (TableId(table_index), SigId(type_index));
                let first = self.b.call_indirect(callee, &self.args, &signature.results);
                self.after_call(first, &signature.results);
            }
            Operator::ReturnCall { function_index } => self.return_call(function_index),
            Operator::ReturnCallIndirect { type_index, table_index } => {
                self.pay(Class::CallIndirect);
                let params = self.module.interface.types[SigId(type_index)].params.len();
                self.indirect_args(params, table_index);
                let args = self.b.list(&self.args);
                let (table, sig) = (TableId(table_index), SigId(type_index));
                self.stop(Terminator::ReturnCallIndirect { table, sig, args });
            }
            Operator::GlobalGet { global_index } => {
                self.pay(Class::Global);
                let global = GlobalId(global_index);
                let ty = self.module.interface.globals[global].ty;
                let value = self.b.global_get(global, ty);
                self.push(value, ty);
            }
            Operator::GlobalSet { global_index } => {
                self.pay(Class::Global);
                let value = self.pop();
                self.b.push(Inst::GlobalSet { global: GlobalId(global_index), value });
            }
            _ => return false,
        }
        true
    }

    pub(super) fn call(&mut self, func: u32) {
        self.pay(Class::Call);
        match func.checked_sub(self.module.imported_funcs()) {
            None => self.call_import(ImportId(func)),
            Some(own) => {
                let signature = &self.module.interface.signatures[FuncId(own)];
                self.args.clear();
                self.pop_args(signature.params.len());
                let first = self.b.call(FuncId(own), &self.args, &signature.results);
                self.after_call(first, &signature.results);
            }
        }
    }

    fn call_import(&mut self, import: ImportId) {
        let signature = &self.module.interface.imports[import].signature;
        self.args.clear();
        self.pop_args(signature.params.len());
        let first = self.b.call_host(import, &self.args, &signature.results);
        self.after_call(first, &signature.results);
    }

    /// The span ended with the call; its results are on the stack.
    fn after_call(&mut self, first: Value, results: &'m [Type]) {
        self.close_span();
        self.open_span();
        for (number, ty) in results.iter().enumerate() {
            self.push(Value(first.0 + number as u32).into(), *ty);
        }
    }

    /// An import has no frame that ours could make way for: it is called, then the function returns.
    fn return_call(&mut self, func: u32) {
        self.pay(Class::Call);
        match func.checked_sub(self.module.imported_funcs()) {
            None => {
                self.call_import(ImportId(func));
                self.leave();
            }
            Some(own) => {
                let params = self.module.interface.signatures[FuncId(own)].params.len();
                self.args.clear();
                self.pop_args(params);
                let args = self.b.list(&self.args);
                self.stop(Terminator::ReturnCall { func: FuncId(own), args });
            }
        }
    }

    /// Takes the arguments of an indirect call, then the index as an i64.
    fn indirect_args(&mut self, params: usize, table: u32) {
        let is_64 = self.module.tables[table as usize].is_64;
        let index = self.pop_index(is_64);
        self.args.clear();
        self.pop_args(params);
        self.args.push(index);
    }

    /// The highest operand, an index, as an i64.
    pub(super) fn pop_index(&mut self, is_64: bool) -> lockstep_ir::Operand {
        let index = self.pop();
        self.widened_index(index, is_64)
    }

    /// An index of the guest's type as an i64.
    pub(super) fn widened_index(
        &mut self,
        index: lockstep_ir::Operand,
        is_64: bool,
    ) -> lockstep_ir::Operand {
        if is_64 { index } else { self.b.convert(Op::Uextend, Type::I32, Type::I64, index) }
    }

    /// Pushes a size or an index that is an i64 here and the guest's index type there.
    pub(super) fn push_index(&mut self, index: lockstep_ir::Operand, is_64: bool) {
        if is_64 {
            return self.push(index, Type::I64);
        }
        let narrow = self.b.convert(Op::Ireduce, Type::I64, Type::I32, index);
        self.push(narrow, Type::I32);
    }
}
