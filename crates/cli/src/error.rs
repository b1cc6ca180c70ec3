//! Why a command could not do what it was asked: always with the place, and with what was expected there.

use std::{
    io,
    path::{Path, PathBuf},
};

use lockstep::HexError;
use miette::{Diagnostic, NamedSource, SourceSpan};
use thiserror::Error;

/// Longer lines are cut where an error shows them.
const LINE_BYTES_MAX: usize = 160;

/// Input that cannot be used.
#[derive(Debug, Error, Diagnostic)]
pub enum InputError {
    /// A file that cannot be read.
    #[error("cannot read {}: {cause}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        cause: io::Error,
    },
    /// Results that cannot be written.
    #[error("cannot write results: {cause}")]
    Write {
        /// What the operating system says.
        cause: io::Error,
    },
    /// A file that cannot be written.
    #[error("cannot write {}: {cause}", path.display())]
    WriteFile {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        cause: io::Error,
    },
    /// A file that is too long to be anything we know.
    #[error("{} is longer than {max_bytes} bytes", path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
        /// What is allowed.
        max_bytes: u64,
    },
    /// JSON that is malformed, or not of the shape that was expected.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Json(Box<JsonError>),
    /// A file of state tests without any.
    #[error("{} holds no test", .0.display())]
    #[diagnostic(help(
        "a file of state tests is an object: name -> {{env, pre, transaction, post}}"
    ))]
    NoTests(PathBuf),
    /// A folder without files of the kind that was asked for.
    #[error("no file of {content} in {}", path.display())]
    #[diagnostic(help("files of {content} end in .{extension}"))]
    NoFiles {
        /// The folder.
        path: PathBuf,
        /// What such files hold.
        content: &'static str,
        /// How their names end.
        extension: &'static str,
    },
    /// A script or module in WebAssembly's text format that does not parse.
    #[error("{}:{line}:{column}: {message}", path.display())]
    WasmText {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// The column, counted from 1.
        column: usize,
        /// What is wrong there.
        message: String,
    },
    /// A test whose parts do not fit together.
    #[error("{}: test {test:?}: {what}", path.display())]
    Test {
        /// The file.
        path: PathBuf,
        /// The test.
        test: String,
        /// What is wrong.
        what: String,
    },
    /// Text that should be hexadecimal.
    #[error("{place}: {cause}")]
    Hex {
        /// Where it comes from.
        place: String,
        /// What is wrong with it.
        cause: HexError,
    },
    /// Content that is nothing we run.
    #[error("{place}: {what}")]
    #[diagnostic(help(
        "expected EVM code (hexadecimal text or bytes), a JSON artifact of solc, Foundry or Hardhat, a Wasm module or its text, an ELF file for eBPF, a binary of `lockstep compile`, or dMIR text"
    ))]
    Content {
        /// Where it comes from.
        place: String,
        /// What it seems to be.
        what: String,
    },
    /// What was compiled ahead of time, and is damaged or belongs to another build.
    #[error("{place}: {what}")]
    #[diagnostic(help("`lockstep compile FILE -o BINARY` makes it anew from its source"))]
    Binary {
        /// Where it comes from.
        place: String,
        /// Why it is refused.
        what: String,
    },
    /// A Wasm module or an eBPF program that cannot be loaded or linked.
    #[error("{}: {message}", path.display())]
    Module {
        /// The file.
        path: PathBuf,
        /// Why not.
        message: String,
    },
    /// An instruction for a program of sBPF that cannot be laid out.
    #[error("{}: {what}", path.display())]
    #[diagnostic(help(
        "an instruction is an object: {{program_id, accounts: [{{key, owner, is_signer, is_writable, lamports, data}}], instruction_data}}"
    ))]
    Instruction {
        /// The file.
        path: PathBuf,
        /// What is wrong, with the field.
        what: String,
    },
    /// dMIR text that does not parse or verify.
    #[error("{}:{message}", path.display())]
    Dmir {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and column where there are any.
        message: String,
    },
    /// A machine that failed.
    #[error("{0}")]
    Machine(String),
    /// An argument that cannot be used.
    #[error("{0}")]
    Usage(String),
}

/// JSON that cannot be used, with the place.
#[derive(Debug, Error, Diagnostic)]
#[error("{}: {message}", path.display())]
pub struct JsonError {
    path: PathBuf,
    /// What is wrong, with line and column.
    message: String,
    /// The file's text, or what of it can be shown.
    #[source_code]
    text: NamedSource<String>,
    /// Where it is wrong.
    #[label("here")]
    at: SourceSpan,
}

impl InputError {
    /// Wraps what the JSON reader says about `text`, the content of `path`.
    pub fn json(path: &Path, text: String, error: &serde_json::Error) -> Self {
        let offset = offset_of(&text, error.line(), error.column());
        let (text, offset) = excerpt(text, offset);
        Self::Json(Box::new(JsonError {
            path: path.to_owned(),
            message: error.to_string(),
            at: SourceSpan::new(offset.into(), usize::from(offset < text.len())),
            text: NamedSource::new(path.display().to_string(), text),
        }))
    }
}

/// `text` as it is shown around `offset`, and the offset in that: all of it, unless that line would fill screens.
fn excerpt(text: String, offset: usize) -> (String, usize) {
    let start = text[..offset].rfind('\n').map_or(0, |at| at + 1);
    let end = text[offset..].find('\n').map_or(text.len(), |at| offset + at);
    if end - start <= LINE_BYTES_MAX {
        return (text, offset);
    }
    let boundary = |at: usize| (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let start = boundary(start.max(offset.saturating_sub(LINE_BYTES_MAX / 2)));
    let end = boundary(end.min(offset + LINE_BYTES_MAX / 2));
    (text[start..end].to_owned(), offset - start)
}

/// The offset of a line and column, both counted from 1, within `text`.
fn offset_of(text: &str, line: usize, column: usize) -> usize {
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let offset = (before + column.saturating_sub(1)).min(text.len());
    // Spans must begin at a character.
    (0..=offset).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}
