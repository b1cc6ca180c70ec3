//! WebAssembly's text format.

use std::path::Path;

use wast::{
    Error, Wat,
    lexer::Lexer,
    parser::{self, ParseBuffer},
    token::Span,
};

use crate::error::InputError;

/// The tokens of `text`. Characters that may deceive readers are for readers to judge: names may hold any.
///
/// # Errors
///
/// When it is not made of tokens.
pub(crate) fn tokens(text: &str) -> Result<ParseBuffer<'_>, Error> {
    let mut lexer = Lexer::new(text);
    lexer.allow_confusing_unicode(true);
    ParseBuffer::new_with_lexer(lexer)
}

/// The bytes of the module `text`.
///
/// # Errors
///
/// When it is no module.
pub(crate) fn encode(text: &str) -> Result<Vec<u8>, Error> {
    parser::parse::<Wat<'_>>(&tokens(text)?)?.encode()
}

/// The error in `text`, the content of `path`, with its place.
pub(crate) fn refuse(path: &Path, text: &str, error: &Error) -> InputError {
    let (line, column) = place(text, error.span());
    InputError::WasmText { path: path.to_owned(), line, column, message: error.message() }
}

/// Line and column of `span`, counted from 1.
pub(crate) fn place(text: &str, span: Span) -> (usize, usize) {
    let (line, column) = span.linecol_in(text);
    (line + 1, column + 1)
}
