//! The register bytecode of a piece of a program, for people who look.

use std::sync::Arc;

use lockstep_guest::evm::Program;
use lockstep_interp::{Code, CodeError, Line};
use lockstep_ir::{Func, Lazy, verify_func};

use crate::{ebpf, wasm::Module};

/// What the interpreter makes of `fragment`, lowered from `program`.
///
/// # Errors
///
/// [`CodeError`] when the fragment does not verify or does not fit.
pub fn list_registers(program: &Arc<Program>, fragment: &Func) -> Result<Vec<Line>, CodeError> {
    let code = Code::lazy(program.clone());
    let verified = verify_func(program.interface(), fragment).map_err(CodeError::Refused)?;
    code.list(verified)
}

/// What the interpreter makes of `func`, lowered from a function of `module`.
///
/// # Errors
///
/// As for [`list_registers`].
pub fn list_function(module: &Module, func: &Func) -> Result<Vec<Line>, CodeError> {
    let code = module.code();
    let verified = verify_func(code.interface(), func).map_err(CodeError::Refused)?;
    code.list(verified)
}

/// What the interpreter makes of `func`, lowered from a function of an eBPF program.
///
/// # Errors
///
/// As for [`list_registers`].
pub fn list_program_function(program: &ebpf::Program, func: &Func) -> Result<Vec<Line>, CodeError> {
    let code = program.code();
    let verified = verify_func(code.interface(), func).map_err(CodeError::Refused)?;
    code.list(verified)
}

#[cfg(test)]
mod tests {
    use lockstep_base::Fork;
    use lockstep_guest::evm::Mode;
    use lockstep_ir::Head;

    use super::*;

    /// A check and the load after it are one instruction; a value set to a slot is born there.
    #[test]
    fn a_listing_shows_where_operands_lie_and_what_was_fused() {
        // PUSH0 MLOAD DUP2 ADD PUSH1 6 JUMP... ends by falling off the code.
        let code: Arc<[u8]> = Arc::from([0x5f, 0x51, 0x81, 0x01, 0x00].as_slice());
        let program = Arc::new(Program::new(code, Fork::LATEST, Mode::Plain));
        let mut func = Func::default();
        program.lower(Head(0), None, &mut func);
        let lines = list_registers(&program, &func).expect("a fragment of ours");
        let texts: Vec<_> = lines.iter().map(|line| line.text.as_str()).collect();
        assert!(texts[0].starts_with("enter need 1 grow 2"), "{texts:?}");
        assert!(texts.iter().any(|text| text.contains("load.i256 -")), "{texts:?}");
        assert!(texts.iter().any(|text| text.contains("iadd.i256") && text.contains("r-4")));
        assert!(lines.iter().all(|line| line.words > 0 || line.text.ends_with("of its own)")));
    }
}
