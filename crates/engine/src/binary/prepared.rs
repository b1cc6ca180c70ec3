//! The code of a binary, handed out as if it were compiled.

use std::sync::Arc;

use lockstep_ir::{FuncId, Functions, Interface};
use lockstep_optimizing::Optimizing;
use lockstep_rt::native::{Compiled, Compiler, NativeProgram, NoCode};

use super::{Binary, BinaryError, Function};
use crate::function::with_label;

/// What is not in the binary is compiled.
struct Prepared {
    binary: Binary,
    missing: Optimizing,
}

impl Compiler for Prepared {
    fn interface(&self) -> &Arc<Interface> {
        self.missing.interface()
    }

    fn name(&self, func: FuncId) -> String {
        self.missing.name(func)
    }

    fn is_loaded(&self, func: FuncId) -> bool {
        matches!(self.binary.function(func), Function::Code(_))
    }

    fn compile(&self, func: FuncId) -> Result<Compiled, NoCode> {
        match self.binary.function(func) {
            Function::Missing => self.missing.compile(func),
            Function::Code(code) => Ok(code.clone()),
            Function::Below(_) => Err(NoCode("refused when the binary was made")),
        }
    }

    fn compile_below(&self, func: FuncId) -> Result<Compiled, NoCode> {
        match self.binary.function(func) {
            Function::Below(code) => Ok(code.clone()),
            _ => self.missing.compile_below(func),
        }
    }
}

/// The program of `guest` with the code of `binary`.
///
/// # Errors
///
/// [`BinaryError::NoTarget`], [`BinaryError::Reserve`], or that the binary has other functions.
pub(crate) fn native_program(
    binary: &Binary,
    guest: Arc<dyn Functions>,
    label: Option<String>,
) -> Result<NativeProgram, BinaryError> {
    if binary.functions.len() != guest.interface().signatures.len() {
        return Err(BinaryError::Content);
    }
    let missing = Optimizing::functions(guest).ok_or(BinaryError::NoTarget)?;
    let missing = with_label(missing, label);
    let prepared = Prepared { binary: binary.clone(), missing };
    NativeProgram::new(Box::new(prepared)).map_err(|_| BinaryError::Reserve)
}
