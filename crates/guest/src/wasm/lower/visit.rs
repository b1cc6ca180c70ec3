//! What the parser reads, handed on as values.

use wasmparser::{Operator, VisitOperator, VisitSimdOperator};

use super::Lower;

macro_rules! visits {
    ($(@$proposal:ident $operator:ident $({ $($arg:ident: $ty:ty),* })? => $visit:ident
        ($($arity:tt)*))*) => {
        $(fn $visit(&mut self $($(, $arg: $ty)*)?) {
            self.rare(&Operator::$operator $({ $($arg),* })?);
        })*
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
