//! Which function is called, and with what.

use lockstep::wasm::{ExternKind, FuncType, Module, ValType, Value};

use crate::{error::InputError, wasm_value};

/// What a program of WASI begins with.
const START: &str = "_start";

/// The exported function called `name`, or where a program starts.
///
/// # Errors
///
/// What could be called instead.
pub(super) fn choose<'m>(
    module: &'m Module,
    name: Option<&str>,
) -> Result<(&'m str, &'m FuncType), String> {
    let wanted = name.unwrap_or(START);
    if let Some(found) = functions(module).find(|(name, _)| *name == wanted) {
        return Ok(found);
    }
    let known: Vec<_> =
        functions(module).map(|(name, ty)| format!("{name}{}", type_text(ty))).collect();
    Err(match known.is_empty() {
        true => "the module exports no function".to_owned(),
        false => format!("expected --invoke with one of: {}", known.join(", ")),
    })
}

/// The functions that the module exports, by name.
fn functions(module: &Module) -> impl Iterator<Item = (&str, &FuncType)> {
    let guest = module.guest();
    let functions = guest.exports().iter().filter(|export| export.kind == ExternKind::Func);
    functions.map(|export| (export.name.as_str(), guest.func_type(export.index)))
}

fn type_text(ty: &FuncType) -> String {
    let list = |types: &[ValType]| types.iter().map(|ty| ty.name()).collect::<Vec<_>>().join(", ");
    match &*ty.results {
        [] => format!("({})", list(&ty.params)),
        results => format!("({}) -> {}", list(&ty.params), list(results)),
    }
}

/// The arguments that `words` write.
///
/// # Errors
///
/// When they are not as many, or not such, as the function takes.
pub(super) fn read_values(
    name: &str,
    ty: &FuncType,
    words: &[String],
) -> Result<Vec<Value>, InputError> {
    let (want, have) = (ty.params.len(), words.len());
    if want != have {
        let ty = type_text(ty);
        let message = format!("{name}{ty} takes {want} arguments, found {have}");
        return Err(InputError::Usage(message));
    }
    let value = |(i, (ty, word)): (usize, (&ValType, &String))| {
        let refuse = |what| InputError::Usage(format!("argument {} of {name}: {what}", i + 1));
        wasm_value::parse(*ty, word).map_err(refuse)
    };
    ty.params.iter().zip(words).enumerate().map(value).collect()
}
