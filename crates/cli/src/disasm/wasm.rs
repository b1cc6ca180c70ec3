//! Listings of Wasm modules: the module's text with the place of each line in the bytes; below each function what it
//! becomes, by the same places.

use std::{io, path::Path};

use lockstep::{
    encode_hex, list_function,
    wasm::{Config, Module},
};
use lockstep_ir::{Func, FuncId, Functions, text::print_func};

use super::{
    Form,
    part::{Instruction, Listing, Part, Row},
};
use crate::error::InputError;

/// What the printer begins a function with, and how it ends one of several lines.
const HEAD: &str = "  (func ";
const END: &str = "  )";
/// What it begins each line inside a function with.
const INSIDE: &str = "    ";

/// Lists the module `bytes`, the content of `path`.
///
/// # Errors
///
/// When it is no module.
pub(super) fn list(
    listing: &mut Listing<'_>,
    path: &Path,
    bytes: &[u8],
    forms: &[Form],
) -> Result<io::Result<()>, InputError> {
    let refuse = |message| InputError::Module { path: path.to_owned(), message };
    let module = Module::load(bytes, &Config::default());
    let module = module.map_err(|error| refuse(error.to_string()))?;
    let mut text = String::new();
    let lines = wasmprinter::Config::new().offsets_and_lines(bytes, &mut text);
    let lines = lines.map_err(|error| refuse(error.to_string()))?;
    let lines: Vec<_> = lines.collect();
    Ok(Lines { listing, module: &module, forms, next: 0, open: None }.list(&lines))
}

struct Lines<'a, 'w> {
    listing: &'a mut Listing<'w>,
    module: &'a Module,
    forms: &'a [Form],
    /// The next of the module's own functions.
    next: u32,
    /// The function whose lines are at hand.
    open: Option<Part>,
}

impl Lines<'_, '_> {
    fn list(mut self, lines: &[(Option<u64>, &str)]) -> io::Result<()> {
        let mut pc = 0;
        for (number, (offset, line)) in lines.iter().enumerate() {
            let line = line.trim_end();
            if !line.starts_with(INSIDE) && line != END {
                self.close()?;
            }
            pc = offset.map_or(pc, |offset| offset as u32);
            let next = lines[number + 1..].iter().find_map(|(offset, _)| *offset);
            let row = Row {
                labels: Vec::new(),
                line: match offset {
                    Some(offset) => format!("    {offset:#06x}  {line}"),
                    None => format!("            {line}"),
                },
                text: line.to_owned(),
                instruction: offset.and_then(|_| self.instruction((pc, next?), line)),
            };
            if line.starts_with(HEAD) {
                self.open(pc, row.line);
            } else if self.forms.contains(&Form::Opcodes) {
                match &mut self.open {
                    Some(part) => part.rows.push(row),
                    None => self.listing.part(Part { pc, rows: vec![row], ..Part::default() })?,
                }
            }
        }
        self.close()
    }

    /// Begins the next function, whose body lies at `pc`.
    fn open(&mut self, pc: u32, head: String) {
        let imported = self.module.guest().interface().imports.len();
        let name = Some(format!("f{}", self.next as usize + imported));
        self.next += 1;
        self.open = Some(Part { name, pc, head: Some(head), ..Part::default() });
    }

    /// Lists the function whose lines are over, if there is one, with what it becomes.
    fn close(&mut self) -> io::Result<()> {
        let Some(mut part) = self.open.take() else { return Ok(()) };
        let guest = self.module.guest();
        let mut func = Func::default();
        guest.lower(FuncId(self.next - 1), &mut func);
        let name = part.name.as_deref().unwrap_or_default();
        if self.forms.contains(&Form::Dmir) {
            part.dmir = Some(print_func(guest.interface(), name, &func));
        }
        if self.forms.contains(&Form::Registers) {
            part.registers = Some(list_function(self.module, &func));
        }
        self.listing.part(part)
    }

    /// The instruction on a line inside a function, which ends where the next line begins.
    fn instruction(&self, (pc, next): (u32, u64), line: &str) -> Option<Instruction> {
        let mut words = words(line).into_iter();
        let mnemonic = words.next().filter(|word| !word.starts_with(['(', ')']))?;
        let bytes = self.module.guest().bytes().get(pc as usize..next as usize)?;
        Some(Instruction {
            pc,
            labels: Vec::new(),
            bytes: encode_hex(bytes).to_string(),
            mnemonic: Some(mnemonic),
            operands: words.collect(),
            gas: None,
        })
    }
}

/// The words of a line: what parentheses or quotes hold together is one, and remarks are none.
fn words(line: &str) -> Vec<String> {
    let line = line.split(" ;; ").next().unwrap_or_default();
    let (mut words, mut word, mut depth, mut is_quoted) = (Vec::new(), String::new(), 0_u32, false);
    for letter in line.trim().chars().chain([' ']) {
        match letter {
            '"' => is_quoted = !is_quoted,
            '(' if !is_quoted => depth += 1,
            ')' if !is_quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        if letter != ' ' || depth > 0 || is_quoted {
            word.push(letter);
        } else {
            words.push(std::mem::take(&mut word));
        }
    }
    words.retain(|word| !word.is_empty() && !word.starts_with("(;"));
    words
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn words_are_held_together_and_remarks_are_none() {
        let cases: [(&str, &[&str]); 5] = [
            ("    i32.load offset=8 align=2", &["i32.load", "offset=8", "align=2"]),
            ("    br_table 0 (;@1;) 1 (;@2;)", &["br_table", "0", "1"]),
            ("    block (result i32) ;; label = @1", &["block", "(result i32)"]),
            ("    f32.const 0x1.8p+0 (;=1.5;)", &["f32.const", "0x1.8p+0"]),
            (r#"    call $"a (b c" 1"#, &["call", r#"$"a (b c""#, "1"]),
        ];
        for (line, expected) in cases {
            assert_eq!(words(line), expected);
        }
    }
}
