//! From the parser's visitor to the lowering, without an operator between where it matters.
//!
//! A visit knows its instruction, so the rows of frequent instructions are found when this is compiled: reading and
//! lowering an instruction is one jump. Rare instructions are handed on as values.

use lockstep_ir::{Type, Var};
use wasmparser::{Operator, VisitOperator, VisitSimdOperator};

use super::{Lower, memory, numeric};
use crate::wasm::schedule::Class;

macro_rules! visits {
    ($(@$proposal:ident $operator:ident $({ $($arg:ident: $ty:ty),* })? => $visit:ident
        ($($arity:tt)*))*) => {
        $(visits!(one $proposal $operator $visit $({ $($arg: $ty),* })?);)*
    };
    (one mvp $($rest:tt)*) => { visits!(with frequent $($rest)*); };
    (one sign_extension $($rest:tt)*) => { visits!(with frequent $($rest)*); };
    (one $proposal:ident $($rest:tt)*) => { visits!(with rare $($rest)*); };
    (with $way:ident $operator:ident $visit:ident $({ $($arg:ident: $ty:ty),* })?) => {
        fn $visit(&mut self $($(, $arg: $ty)*)?) {
            self.$way(Operator::$operator $({ $($arg),* })?);
        }
    };
}

impl<'a> VisitOperator<'a> for Lower<'_, '_> {
    type Output = ();

    fn simd_visitor(&mut self) -> Option<&mut dyn VisitSimdOperator<'a, Output = ()>> {
        Some(self)
    }

    wasmparser::for_each_visit_operator!(visits);
}

impl<'a> VisitSimdOperator<'a> for Lower<'_, '_> {
    wasmparser::for_each_visit_simd_operator!(visits);
}

impl Lower<'_, '_> {
    /// Lowers an instruction that is known where this is inlined.
    #[inline(always)]
    fn frequent(&mut self, operator: Operator<'_>) {
        if !self.is_reachable {
            return self.unreachable_operator(&operator);
        }
        if let Some(row) = numeric::row(&operator) {
            return self.numeric(row);
        }
        if let Some(row) = memory::row(&operator) {
            return self.access(row);
        }
        match operator {
            Operator::LocalGet { local_index } => {
                self.pay(Class::Local);
                self.push_local(Var(local_index));
            }
            Operator::LocalSet { local_index } => {
                self.pay(Class::Local);
                self.set_local(Var(local_index));
            }
            Operator::LocalTee { local_index } => self.tee_local(Var(local_index)),
            Operator::I32Const { value } => self.constant(u64::from(value as u32), Type::I32),
            Operator::I64Const { value } => self.constant(value as u64, Type::I64),
            Operator::F32Const { value } => self.constant(u64::from(value.bits()), Type::F32),
            Operator::F64Const { value } => self.constant(value.bits(), Type::F64),
            other => self.other(&other),
        }
    }

    #[inline(never)]
    fn rare(&mut self, operator: Operator<'_>) {
        if self.is_reachable {
            self.other(&operator);
        }
    }

    fn tee_local(&mut self, local: Var) {
        self.pay(Class::Local);
        let is_constant = self.top_is_constant();
        let value = self.set_local(local);
        if is_constant {
            let ty = self.b.func().vars[local].ty;
            self.push(value, ty);
        } else {
            self.push_local(local);
        }
    }

    fn constant(&mut self, bits: u64, ty: Type) {
        self.pay(Class::Constant);
        let constant = self.b.constant(bits, ty);
        self.push(constant, ty);
    }

    /// What is not worth a jump of its own.
    #[inline(never)]
    fn other(&mut self, operator: &Operator<'_>) {
        let done = numeric::row(operator).map(|row| self.numeric(row)).is_some()
            || memory::row(operator).map(|row| self.access(row)).is_some()
            || self.control(operator)
            || self.calls(operator)
            || self.memories(operator)
            || self.tables(operator)
            || self.vectors(operator)
            || self.wide(operator);
        assert!(done, "the validator admits no other instruction: {operator:?}");
    }
}
