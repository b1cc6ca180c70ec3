//! What listings consist of, and how they are written: as text, one part after the other, or as one JSON document.
//!
//! ```text
//! { "guest": "evm", "fork": "Osaka", "codes": [{ "name": "code", "blocks": [part...] }] }
//! { "guest": "wasm", "fields": [{ "pc": 11, "text": "(type ..." }...], "functions": [part...] }
//! { "guest": "ebpf", "functions": [part...] }
//!
//! part: { "name": "at_3", "pc": 3, "instructions": [{ "pc": 3, "bytes": "5b", "mnemonic": "JUMPDEST", "operands": [],
//!         "gas": 1 }...], "dmir": ["func @at_3..."...], "registers": [{ "pc": 3, "words": 2, "text": "..." }...] }
//! ```
//!
//! Invariant: names in these documents stay; others may come. A form that was not asked for is not there, and `gas` is there
//! where the text shows it.

use std::io::{self, Write};

use lockstep::{CodeError, Fork, Line};
use serde::Serialize;

use super::Form;

/// A block, a function, or what lies between functions.
#[derive(Debug, Default)]
pub(super) struct Part {
    /// What its dMIR is called; nothing for what lies between functions.
    pub(super) name: Option<String>,
    /// Where it begins.
    pub(super) pc: u32,
    /// The line that stands above it, whatever is listed.
    pub(super) head: Option<String>,
    /// Its lines; none where nobody asked for them.
    pub(super) rows: Vec<Row>,
    /// Its dMIR.
    pub(super) dmir: Option<String>,
    /// Its register bytecode.
    pub(super) registers: Option<Result<Vec<Line>, CodeError>>,
}

/// A line of a part.
#[derive(Debug)]
pub(super) struct Row {
    /// Names of this place, each on a line above.
    pub(super) labels: Vec<String>,
    /// The line.
    pub(super) line: String,
    /// What is on it behind its place.
    pub(super) text: String,
    /// The instruction on it; in what lies between functions a line has none.
    pub(super) instruction: Option<Instruction>,
}

/// An instruction of a guest.
#[derive(Debug, Serialize)]
pub(super) struct Instruction {
    pub(super) pc: u32,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) labels: Vec<String>,
    /// Digits.
    pub(super) bytes: String,
    /// Nothing for what the rules do not define.
    pub(super) mnemonic: Option<String>,
    pub(super) operands: Vec<String>,
    /// The static price, of a guest whose listings show prices.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) gas: Option<Option<u64>>,
}

/// Where parts go.
pub(super) enum Listing<'w> {
    /// Written at once.
    Text(&'w mut dyn Write),
    /// Kept until all are there.
    Json(Box<Document>),
}

/// The document of a listing.
#[derive(Debug, Default, Serialize)]
pub(super) struct Document {
    /// Whether instructions are listed.
    #[serde(skip)]
    has_instructions: bool,
    guest: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    fork: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    codes: Option<Vec<CodeRow>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<FieldRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    functions: Option<Vec<PartRow>>,
}

#[derive(Debug, Serialize)]
struct CodeRow {
    name: String,
    blocks: Vec<PartRow>,
}

#[derive(Debug, Serialize)]
struct FieldRow {
    pc: u32,
    text: String,
}

#[derive(Debug, Serialize)]
struct PartRow {
    name: String,
    pc: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    instructions: Option<Vec<Instruction>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dmir: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    registers: Option<Vec<RegisterRow>>,
    /// Why there is no register bytecode.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<String>,
}

#[derive(Debug, Serialize)]
struct RegisterRow {
    pc: u32,
    words: u32,
    text: String,
}

impl Listing<'_> {
    /// A document without parts, which are to have these forms.
    pub(super) fn json(forms: &[Form]) -> Self {
        let has_instructions = forms.contains(&Form::Opcodes);
        Self::Json(Box::new(Document { has_instructions, ..Document::default() }))
    }

    /// Whose code this is.
    pub(super) fn guest(&mut self, guest: &'static str, fork: Option<Fork>) {
        if let Self::Json(document) = self {
            let is_evm = fork.is_some();
            **document = Document {
                guest,
                fork: fork.map(|fork| fork.to_string()),
                codes: is_evm.then(Vec::new),
                functions: (!is_evm).then(Vec::new),
                has_instructions: document.has_instructions,
                ..Document::default()
            };
        }
    }

    /// Begins one of several codes, whose name stands above it in text that `is_headed`.
    pub(super) fn code(&mut self, name: &str, is_headed: bool) -> io::Result<()> {
        match self {
            Self::Text(out) if is_headed => writeln!(out, "; {name}"),
            Self::Text(_) => Ok(()),
            Self::Json(document) => {
                let code = CodeRow { name: name.to_owned(), blocks: Vec::new() };
                document.codes.get_or_insert_default().push(code);
                Ok(())
            }
        }
    }

    /// Adds a part.
    pub(super) fn part(&mut self, part: Part) -> io::Result<()> {
        match self {
            Self::Text(out) => part.write(&mut **out),
            Self::Json(document) => {
                document.add(part);
                Ok(())
            }
        }
    }

    /// All that was added, if it was kept.
    pub(super) fn document(self) -> Option<Box<Document>> {
        match self {
            Self::Text(_) => None,
            Self::Json(document) => Some(document),
        }
    }
}

impl Document {
    fn add(&mut self, part: Part) {
        let Part { name, pc, head: _, rows, dmir, registers } = part;
        let Some(name) = name else {
            let field = |row: Row| FieldRow { pc, text: row.text.trim().to_owned() };
            return self.fields.extend(rows.into_iter().map(field));
        };
        let (registers, refused) = match registers {
            None => (None, None),
            Some(Err(error)) => (None, Some(error.to_string())),
            Some(Ok(lines)) => {
                let row = |Line { pc, words, text, .. }| RegisterRow { pc, words, text };
                (Some(lines.into_iter().map(row).collect()), None)
            }
        };
        let instructions = || rows.into_iter().filter_map(|row| row.instruction).collect();
        let instructions = self.has_instructions.then(instructions);
        let dmir = dmir.map(|text: String| text.lines().map(str::to_owned).collect());
        let part = PartRow { name, pc, instructions, dmir, registers, refused };
        let parts = match &mut self.codes {
            Some(codes) => &mut codes.last_mut().expect("a code was begun").blocks,
            None => self.functions.get_or_insert_default(),
        };
        parts.push(part);
    }
}

impl Part {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        if let Some(head) = &self.head {
            writeln!(out, "{head}")?;
        }
        for row in &self.rows {
            row.labels.iter().try_for_each(|label| writeln!(out, "{label}:"))?;
            writeln!(out, "{}", row.line)?;
        }
        if let Some(dmir) = &self.dmir {
            out.write_all(dmir.as_bytes())?;
        }
        match &self.registers {
            None => Ok(()),
            Some(Err(error)) => writeln!(out, "    not for the interpreter: {error}"),
            Some(Ok(lines)) => lines.iter().try_for_each(|Line { pc, words, text, .. }| {
                writeln!(out, "    {pc:#06x}  {words:>2} words  {text}")
            }),
        }
    }
}

/// Writes a document on lines of its own.
pub(super) fn write_json(out: &mut dyn Write, document: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, document)?;
    writeln!(out)
}
