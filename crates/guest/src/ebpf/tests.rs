//! Programs that are refused, and what others are lowered to.

mod assemble;
mod lower;
mod object;
mod shared;
mod verify;

use super::{Assembled, Config, Dialect, Helper, LoadError, Module, assemble as assembled};

/// What `text` comes to in a dialect.
fn slots(text: &str, dialect: Dialect) -> Assembled {
    assembled(text, dialect).unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

/// Loads what `text` comes to, on a host with one function, of number 1.
fn load(text: &str, dialect: Dialect) -> Result<Module, LoadError> {
    let config = Config { helpers: vec![Helper::numbered("host", 1)], ..Config::default() };
    Module::from_text(&slots(text, dialect).bytes(), dialect, &config)
}
