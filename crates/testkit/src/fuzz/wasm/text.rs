//! WebAssembly's text format: refused with line and column, or a module like any other.

use std::path::Path;

use lockstep_cli::{
    code::{Code, recognize},
    error::InputError,
};

use super::load;

/// Longer texts say nothing new.
const TEXT_MAX_BYTES: usize = 64 << 10;

/// Reads text as the command does; what is read is loaded, translated and run.
///
/// # Panics
///
/// When a refusal has no place in the text, or when loading what was read panics.
pub fn wasm_text(bytes: &[u8]) {
    if bytes.len() > TEXT_MAX_BYTES {
        return;
    }
    match recognize(Path::new("fuzz.wat"), bytes.to_vec()) {
        Ok(Code::Wasm(_, module)) => load::check(&module),
        Ok(_) => {}
        Err(InputError::WasmText { line, column, message, .. }) => {
            let text = core::str::from_utf8(bytes).expect("only text is refused as text");
            let at = text.split('\n').nth(line.wrapping_sub(1));
            let at = at.unwrap_or_else(|| panic!("line {line} of text: {message}"));
            assert!((1..=at.len() + 1).contains(&column), "column {column}: {message}");
        }
        Err(error) => assert!(!error.to_string().is_empty(), "a refusal without a reason"),
    }
}
