//! From a module in a script to a module of the engine.

use lockstep::wasm::{Config, LoadErrorKind, Module};
use wast::{QuoteWat, QuoteWatTest};

use super::tally::{Obstacle, Place};
use crate::wasm_text;

/// Why a module was not loaded.
#[derive(Debug)]
pub(super) enum Unloaded {
    /// It needs what the engine does not offer.
    Unsupported(String),
    /// Its text or its bytes are wrong; where, if the place lies in them.
    Wrong(String, Option<Place>),
}

impl From<Unloaded> for Obstacle {
    fn from(unloaded: Unloaded) -> Self {
        match unloaded {
            Unloaded::Unsupported(proposal) => Self::Skipped(proposal),
            Unloaded::Wrong(message, _) => Self::Failed(message),
        }
    }
}

/// Loads the module as it stands in the script: as text, in quotes, or as bytes.
///
/// # Errors
///
/// [`Unloaded`] when it is not loaded.
pub(super) fn load(module: &mut QuoteWat<'_>) -> Result<Module, Unloaded> {
    let bytes = encode(module)?;
    Module::load(&bytes, &Config::default()).map_err(|error| match error.kind {
        LoadErrorKind::Unsupported(proposal) => Unloaded::Unsupported(proposal.to_owned()),
        _ => {
            let place = (error.offset <= bytes.len()).then_some(Place::Byte);
            Unloaded::Wrong(error.to_string(), place)
        }
    })
}

fn encode(module: &mut QuoteWat<'_>) -> Result<Vec<u8>, Unloaded> {
    let begin = module.span().offset();
    let in_script = |error: wast::Error| {
        let place = (error.span().offset() >= begin).then_some(Place::LineAndColumn);
        Unloaded::Wrong(error.message(), place)
    };
    match module.to_test().map_err(in_script)? {
        QuoteWatTest::Binary(bytes) => Ok(bytes),
        QuoteWatTest::Text(text) => {
            let text = String::from_utf8(text).map_err(|error| {
                // What comes before is text, which has lines.
                let text =
                    std::str::from_utf8(&error.as_bytes()[..error.utf8_error().valid_up_to()]);
                let place = text.ok().map(|_| Place::LineAndColumn);
                Unloaded::Wrong("malformed UTF-8 encoding".into(), place)
            })?;
            wasm_text::encode(&text).map_err(|error| {
                let (line, column) = wasm_text::place(&text, error.span());
                let len = text.split('\n').nth(line - 1).map_or(0, str::len);
                let place = (column <= len + 1).then_some(Place::LineAndColumn);
                Unloaded::Wrong(error.message(), place)
            })
        }
    }
}

/// Whether a module that the script holds to be malformed or invalid is refused, and where.
///
/// # Errors
///
/// [`Obstacle`] when it is not, when the refusal names no place, or when nobody can say.
pub(super) fn expect_refusal(module: &mut QuoteWat<'_>) -> Result<Place, Obstacle> {
    match load(module) {
        Err(Unloaded::Wrong(_, Some(place))) => Ok(place),
        Err(Unloaded::Wrong(message, None)) => {
            Err(Obstacle::Failed(format!("refused without a place: {message}")))
        }
        Err(unloaded) => Err(unloaded.into()),
        Ok(_) => Err(Obstacle::failed("the module was loaded")),
    }
}

/// Whether a module is refused for an annotation or custom section, which only its text tells: the engine does not
/// read custom sections (Wasm 2.0, 7.1.5: an implementation may ignore them).
///
/// # Errors
///
/// [`Obstacle::Skipped`] when its text is good.
pub(super) fn expect_custom_refusal(module: &mut QuoteWat<'_>) -> Result<(), Obstacle> {
    match encode(module) {
        Err(_) => Ok(()),
        Ok(_) => Err(Obstacle::Skipped("custom sections are not read".into())),
    }
}
