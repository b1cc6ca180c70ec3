//! Listings of Wasm modules: the module's text with the place of each line in the bytes; below each function what it
//! becomes, by the same places.

use std::{
    io::{self, Write},
    path::Path,
};

use lockstep::{
    list_function,
    wasm::{Config, Module},
};
use lockstep_ir::{Func, FuncId, Functions, text::print_func};

use super::{Form, write_registers};
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
    out: &mut dyn Write,
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
    Ok(Listing { out, module: &module, forms, next: 0, is_open: false }.write(lines))
}

struct Listing<'a> {
    out: &'a mut dyn Write,
    module: &'a Module,
    forms: &'a [Form],
    /// The next of the module's own functions.
    next: u32,
    /// Whether the lines at hand are of the function before it.
    is_open: bool,
}

impl Listing<'_> {
    fn write<'t>(mut self, lines: impl Iterator<Item = (Option<u64>, &'t str)>) -> io::Result<()> {
        let has_opcodes = self.forms.contains(&Form::Opcodes);
        for (offset, line) in lines {
            let line = line.trim_end();
            if self.is_open && !line.starts_with(INSIDE) && line != END {
                self.close()?;
            }
            let is_head = line.starts_with(HEAD);
            if is_head {
                self.next += 1;
                self.is_open = true;
            }
            match offset {
                _ if !has_opcodes && !is_head => {}
                Some(offset) => writeln!(self.out, "    {offset:#06x}  {line}")?,
                None => writeln!(self.out, "            {line}")?,
            }
        }
        if self.is_open { self.close() } else { Ok(()) }
    }

    /// Writes what the function whose lines are over becomes.
    fn close(&mut self) -> io::Result<()> {
        self.is_open = false;
        let guest = self.module.guest();
        let number = self.next - 1;
        let imported = guest.interface().imports.len();
        let mut func = Func::default();
        guest.lower(FuncId(number), &mut func);
        if self.forms.contains(&Form::Dmir) {
            let name = format!("f{}", number as usize + imported);
            let text = print_func(guest.interface(), &name, &func);
            self.out.write_all(text.as_bytes())?;
        }
        match self.forms.contains(&Form::Registers) {
            true => write_registers(self.out, list_function(self.module, &func)),
            false => Ok(()),
        }
    }
}
