//! From a module in a script to a module of the engine.

use lockstep::wasm::{Config, LoadErrorKind, Module};
use wast::{QuoteWat, QuoteWatTest};

use super::tally::Obstacle;
use crate::wasm_text;

/// Why a module was not loaded.
#[derive(Debug)]
pub(super) enum Unloaded {
    /// It needs what the engine does not offer.
    Unsupported(String),
    /// Its text or its bytes are wrong.
    Wrong(String),
}

impl From<Unloaded> for Obstacle {
    fn from(unloaded: Unloaded) -> Self {
        match unloaded {
            Unloaded::Unsupported(proposal) => Self::Skipped(proposal),
            Unloaded::Wrong(message) => Self::Failed(message),
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
        _ => Unloaded::Wrong(error.to_string()),
    })
}

fn encode(module: &mut QuoteWat<'_>) -> Result<Vec<u8>, Unloaded> {
    let wrong = |error: wast::Error| Unloaded::Wrong(error.message());
    match module.to_test().map_err(wrong)? {
        QuoteWatTest::Binary(bytes) => Ok(bytes),
        QuoteWatTest::Text(text) => {
            let text = String::from_utf8(text)
                .map_err(|_| Unloaded::Wrong("malformed UTF-8 encoding".into()))?;
            wasm_text::encode(&text).map_err(wrong)
        }
    }
}

/// Whether a module that the script holds to be malformed or invalid is refused.
///
/// # Errors
///
/// [`Obstacle`] when it is not, or when nobody can say.
pub(super) fn expect_refusal(module: &mut QuoteWat<'_>) -> Result<(), Obstacle> {
    match load(module) {
        Err(Unloaded::Wrong(_)) => Ok(()),
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
