//! Listings of eBPF programs: instructions with the names of functions, and what each function becomes.

use std::{
    io::{self, Write},
    path::Path,
};

use lockstep::ebpf::{Config, Program};
use lockstep_ir::{Func, Functions, text::print_func};

use super::{Form, write_registers};
use crate::error::InputError;

/// Lists the program `bytes`, the content of `path`.
///
/// # Errors
///
/// When it is none.
pub(super) fn list(
    out: &mut dyn Write,
    path: &Path,
    bytes: &[u8],
    forms: &[Form],
) -> Result<io::Result<()>, InputError> {
    let refuse = |message| InputError::Module { path: path.to_owned(), message };
    let config = Config { accepts_unknown: true, ..Config::default() };
    let program = Program::load(bytes, &config).map_err(|error| refuse(error.to_string()))?;
    Ok(write(out, &program, forms))
}

fn write(out: &mut dyn Write, program: &Program, forms: &[Form]) -> io::Result<()> {
    let guest = program.guest();
    let mut rows = lockstep::ebpf::list(guest).into_iter().peekable();
    while let Some(first) = rows.peek().map(|row| row.slot) {
        let func = guest.function_at(first).expect("a function begins where one ended");
        let end = guest.range(func).end;
        while let Some(row) = rows.next_if(|row| row.slot < end) {
            if !forms.contains(&Form::Opcodes) {
                continue;
            }
            for label in &row.labels {
                writeln!(out, "{label}:")?;
            }
            writeln!(out, "    {:#06x}  {}", row.slot, row.text)?;
        }
        let mut lowered = Func::default();
        guest.lower(func, &mut lowered);
        if forms.contains(&Form::Dmir) {
            let text = print_func(guest.interface(), &format!("f{first}"), &lowered);
            out.write_all(text.as_bytes())?;
        }
        if forms.contains(&Form::Registers) {
            write_registers(out, lockstep::list_program_function(program, &lowered))?;
        }
    }
    Ok(())
}
