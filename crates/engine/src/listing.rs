//! The register bytecode of a piece of a program, for people who look.

use std::sync::Arc;

use lockstep_guest::evm::Program;
use lockstep_interp::{Code, CodeError, Line};
use lockstep_ir::{Func, FuncId, Functions, Lazy, pass::Whole, verify_func};
use lockstep_optimizing::{NativeListing, Optimizing};
use lockstep_rt::native::NoCode;

use crate::{ebpf, wasm::Module};

/// The machine code of EVM code: where it begins, then the functions that were found in it.
///
/// # Errors
///
/// For each, [`NoCode`] where there is none.
pub fn list_native(program: &Arc<Program>) -> Vec<Result<NativeListing, NoCode>> {
    let whole = Arc::new(Whole::new(program.clone()));
    let functions = whole.interface().signatures.len() as u32;
    (0..functions).map(|func| native(whole.clone(), FuncId(func), false)).collect()
}

/// The machine code of a function of `module`; imports are not counted. If `is_guarded`, as it is for memories with guard
/// pages.
///
/// # Errors
///
/// [`NoCode`] where there is none.
pub fn list_native_function(
    module: &Module,
    func: FuncId,
    is_guarded: bool,
) -> Result<NativeListing, NoCode> {
    native(module.shared_guest(), func, is_guarded)
}

/// The machine code of a function of an eBPF program.
///
/// # Errors
///
/// [`NoCode`] where there is none.
pub fn list_native_program_function(
    program: &ebpf::Program,
    func: FuncId,
) -> Result<NativeListing, NoCode> {
    native(program.shared_guest(), func, false)
}

fn native(
    guest: Arc<dyn Functions>,
    func: FuncId,
    is_guarded: bool,
) -> Result<NativeListing, NoCode> {
    let none = NoCode("no machine code is made for this processor");
    let plain = Optimizing::functions(guest).ok_or(none)?;
    if is_guarded { plain.guarded() } else { plain }.list(func)
}

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

    /// What is listed is what is compiled, byte for byte; lines have most of it.
    #[test]
    fn a_listing_of_machine_code_is_of_the_code_that_runs() {
        use lockstep_rt::native::Compiler;

        let token = include_str!("../../../examples/token.hex");
        let code: Arc<[u8]> = lockstep_base::decode_hex(token.trim()).expect("digits").into();
        let program = Arc::new(Program::new(code, Fork::LATEST, Mode::Plain));
        let Some(compiler) = Optimizing::functions(Arc::new(Whole::new(program.clone()))) else {
            println!("no machine code for this processor: SKIPPED");
            return;
        };
        for (listed, func) in list_native(&program).into_iter().zip(0..) {
            let compiled = compiler.compile(FuncId(func)).expect("it is compiled");
            let listing = listed.expect("it is listed");
            assert_eq!(listing.code, compiled.body);
            assert_eq!(listing.calls, compiled.calls);
            let end = listing.code.len() as u32;
            let is_rising = listing.blocks.is_sorted_by(|one, next| one < next && *next < end);
            assert!(is_rising && !listing.blocks.is_empty(), "{:?}", listing.blocks);
            let pieces = || listing.lines.iter().flat_map(|line| &line.code);
            assert!(pieces().all(|piece| piece.start < piece.end && piece.end <= end));
            assert!(pieces().map(|piece| piece.len()).sum::<usize>() > listing.code.len() / 2);
            assert!(listing.lines.iter().all(|line| !line.text.is_empty()));
        }
    }
}
