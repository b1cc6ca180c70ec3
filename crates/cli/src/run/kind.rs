//! What a Wasm module is run as.
//!
//! ```text
//! --invoke FUNCTION           a module
//! exports `_start`            a module: a program of WASI
//! exports `main: () -> ()`,
//!   or imports from `eth`     a contract, if the chain would let it be deployed; else it is refused
//! anything else               a module, which wants --invoke
//! ```

use std::path::Path;

use lockstep::{
    ContractError, check_contract,
    wasm::{Config, ExternKind, Module},
};

use super::Arguments;
use crate::error::InputError;

/// The module name of what contracts import.
const CHAIN: &str = "eth";
/// What runs for each message.
const ENTRY: &str = "main";
/// What a program of WASI begins with.
const START: &str = "_start";

/// What a module is run as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The code of an account, which gets messages.
    Contract,
    /// Functions to call, or a program.
    Module,
}

/// What `bytes`, the content of `path`, is run as.
///
/// # Errors
///
/// When it is no module, or means to be a contract and may not be one.
pub(super) fn of(path: &Path, bytes: &[u8], arguments: &Arguments) -> Result<Kind, InputError> {
    let refuse = |message| InputError::Module { path: path.to_owned(), message };
    let module = Module::load(bytes, &Config::default());
    let module = module.map_err(|error| refuse(error.to_string()))?;
    if arguments.wasm.invokes() || !is_meant_as_contract(&module) {
        return Ok(Kind::Module);
    }
    match check_contract(bytes, arguments.fork) {
        Ok(()) => Ok(Kind::Contract),
        Err(error) => {
            let error = said(&error, &module);
            Err(refuse(format!("no contract under {}: {error}", arguments.fork)))
        }
    }
}

/// The error with the names of what it counts.
fn said(error: &ContractError, module: &Module) -> String {
    let name = |index: usize| {
        let import = &module.guest().imports()[index];
        format!("{}.{}", import.module, import.name)
    };
    match *error {
        ContractError::UnknownImport(index) => format!("{} is not offered", name(index)),
        ContractError::ImportType(index) => format!("{} has another type", name(index)),
        _ => error.to_string(),
    }
}

fn is_meant_as_contract(module: &Module) -> bool {
    let guest = module.guest();
    let exports = |name: &str| {
        let is_it = |kind, found: &str| kind == ExternKind::Func && found == name;
        guest.exports().iter().find(|export| is_it(export.kind, &export.name))
    };
    let is_entry = exports(ENTRY).is_some_and(|export| {
        let ty = guest.func_type(export.index);
        ty.params.is_empty() && ty.results.is_empty()
    });
    let imports = guest.imports();
    let is_for_chain = imports.iter().any(|import| import.module == CHAIN);
    let is_alone = imports.iter().all(|import| import.module == CHAIN);
    exports(START).is_none() && (is_for_chain || is_entry && is_alone)
}
