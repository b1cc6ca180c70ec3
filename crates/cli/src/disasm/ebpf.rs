//! Listings of eBPF programs: instructions with the names of functions, and what each function becomes.

use std::{io, path::Path};

use lockstep::{
    ebpf::{Config, Program},
    encode_hex,
};
use lockstep_ir::{Func, Functions, text::print_func};

use super::{
    Form,
    part::{Instruction, Listing, Part, Row},
};
use crate::error::InputError;

/// Lists the program `bytes`, the content of `path`.
///
/// # Errors
///
/// When it is none.
pub(super) fn list(
    listing: &mut Listing<'_>,
    path: &Path,
    bytes: &[u8],
    forms: &[Form],
) -> Result<io::Result<()>, InputError> {
    let refuse = |message| InputError::Module { path: path.to_owned(), message };
    let config = Config { accepts_unknown: true, ..Config::default() };
    let program = Program::load(bytes, &config).map_err(|error| refuse(error.to_string()))?;
    Ok(functions(listing, &program, forms))
}

fn functions(listing: &mut Listing<'_>, program: &Program, forms: &[Form]) -> io::Result<()> {
    let guest = program.guest();
    let mut rows = lockstep::ebpf::list(guest).into_iter().peekable();
    while let Some(first) = rows.peek().map(|row| row.slot) {
        let func = guest.function_at(first).expect("a function begins where one ended");
        let end = guest.range(func).end;
        let own = std::iter::from_fn(|| rows.next_if(|row| row.slot < end));
        let own: Vec<Row> = own.map(row).collect();
        let mut lowered = Func::default();
        guest.lower(func, &mut lowered);
        let name = format!("f{first}");
        let (has_dmir, has_registers) =
            (forms.contains(&Form::Dmir), forms.contains(&Form::Registers));
        listing.part(Part {
            pc: first,
            head: None,
            rows: if forms.contains(&Form::Opcodes) { own } else { Vec::new() },
            dmir: has_dmir.then(|| print_func(guest.interface(), &name, &lowered)),
            registers: has_registers.then(|| lockstep::list_program_function(program, &lowered)),
            name: Some(name),
        })?;
    }
    Ok(())
}

fn row(listed: lockstep::ebpf::Listing) -> Row {
    let lockstep::ebpf::Listing { slot, labels, text, bytes } = listed;
    let (mnemonic, operands) = text.split_once(' ').unwrap_or((&text, ""));
    let operands = operands.split(", ").filter(|operand| !operand.is_empty());
    let is_defined = !text.starts_with("(undefined");
    let instruction = Instruction {
        pc: slot,
        labels: labels.clone(),
        bytes: encode_hex(&bytes).to_string(),
        mnemonic: is_defined.then(|| mnemonic.to_owned()),
        operands: operands.filter(|_| is_defined).map(str::to_owned).collect(),
        gas: None,
    };
    let line = format!("    {slot:#06x}  {text}");
    Row { labels, line, text, instruction: Some(instruction) }
}
