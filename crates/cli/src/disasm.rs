//! `lockstep disasm`: what code says, as opcodes and as dMIR: EVM code block by block, a Wasm module
//! or an eBPF program function by function.
//!
//! Invariant: blocks and functions are those that the front end lowers. Listings of further forms go where [`Form`] says.

mod ebpf;
mod native;
mod wasm;

use std::{
    collections::BTreeSet,
    io::{self, Write},
    path::Path,
    sync::Arc,
};

use clap::{Args, ValueEnum};
use lockstep::{
    CodeError, Fork, Line, encode_hex,
    evm::{self, Mode},
    list_registers,
};
use lockstep_ir::{Edge, Func, Head, Lazy, Terminator, text::print_func};

use crate::{
    code::{self, Code},
    error::InputError,
    exit,
};

/// Lists code: opcodes, and with --form dmir what they become.
#[derive(Debug, Args)]
pub struct Arguments {
    /// A file, - for standard input, or hexadecimal digits.
    #[arg(required = true, value_name = "FILE|-|HEX")]
    code: Vec<String>,
    /// The rules.
    #[arg(long, default_value_t = Fork::LATEST)]
    fork: Fork,
    /// What to list; may be given several times.
    #[arg(long = "form", value_enum, default_values_t = [Form::Opcodes])]
    forms: Vec<Form>,
    /// The same as --form opcodes --form dmir --form registers.
    #[arg(long, conflicts_with = "forms")]
    ir: bool,
    /// Lists machine code instead, beside the dMIR it comes of.
    #[arg(long, conflicts_with_all = ["forms", "ir"])]
    native: bool,
    /// Prints machine code as one JSON array.
    #[arg(long, requires = "native")]
    json: bool,
}

/// A form that code has on its way to being run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// The guest's instructions.
    Opcodes,
    /// The IR of each block or function.
    Dmir,
    /// The interpreter's register bytecode of each block or function, by the guest's pc; `r4` is the frame's slot 4.
    Registers,
}

/// Runs the command.
///
/// # Errors
///
/// When the code cannot be read.
pub fn run(arguments: &Arguments) -> Result<u8, InputError> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let forms: &[Form] =
        if arguments.ir { &[Form::Opcodes, Form::Dmir, Form::Registers] } else { &arguments.forms };
    let loaded = code::load(&arguments.code)?;
    if let (Code::Wasm(path, _), [_, _, ..]) = (&loaded, &arguments.code[..]) {
        let message = format!("nothing may follow {}, which is a Wasm module", path.display());
        return Err(InputError::Usage(message));
    }
    let written = match loaded {
        loaded if arguments.native => {
            native::list(&mut out, loaded, arguments.fork, arguments.json)?
        }
        Code::Evm(code) => list(&mut out, code, arguments.fork, forms),
        Code::Artifact(contracts) => contracts.into_iter().try_for_each(|contract| {
            writeln!(out, "; {}: code", contract.name)?;
            list(&mut out, contract.runtime, arguments.fork, forms)?;
            writeln!(out, "; {}: creation code", contract.name)?;
            list(&mut out, contract.creation, arguments.fork, forms)
        }),
        Code::Wasm(path, module) => wasm::list(&mut out, &path, &module, forms)?,
        Code::Ebpf(path, file) => ebpf::list(&mut out, &path, &file, forms)?,
        Code::Compiled(path, _) => {
            return Err(listed_already(&path, "what is compiled already; list its source"));
        }
        Code::Dmir(path, _) => {
            return Err(listed_already(&path, "dMIR text is its own listing"));
        }
    };
    written.and_then(|()| out.flush()).map_err(|cause| InputError::Write { cause })?;
    Ok(exit::GOOD)
}

/// Refuses the content of `path`, of which there is no listing.
fn listed_already(path: &Path, what: &str) -> InputError {
    InputError::Content { place: path.display().to_string(), what: what.into() }
}

fn list(out: &mut dyn Write, code: Vec<u8>, fork: Fork, forms: &[Form]) -> io::Result<()> {
    let program = Arc::new(evm::Program::new(Arc::from(code), fork, Mode::Plain));
    let rows: Vec<_> = evm::disassemble(program.code(), fork).collect();
    let blocks = blocks(&program, &rows);
    let mut rows = rows.iter().peekable();
    for (i, (head, func)) in blocks.iter().enumerate() {
        let end = blocks.get(i + 1).map_or(u32::MAX, |(next, _)| *next);
        writeln!(out, "block {head:#06x}")?;
        while let Some(row) = rows.next_if(|row| row.pc < end) {
            if forms.contains(&Form::Opcodes) {
                write_row(out, row, fork)?;
            }
        }
        if forms.contains(&Form::Dmir) {
            out.write_all(
                print_func(program.interface(), &format!("at_{head:x}"), func).as_bytes(),
            )?;
        }
        if forms.contains(&Form::Registers) {
            write_registers(out, list_registers(&program, func))?;
        }
    }
    Ok(())
}

/// The blocks of `program`, whose instructions are `rows`, by where they begin, lowered.
fn blocks(program: &evm::Program, rows: &[evm::Listing<'_>]) -> Vec<(u32, Func)> {
    let mut heads: BTreeSet<u32> = heads(program, rows);
    let mut blocks = Vec::new();
    let mut next = 0;
    while let Some(head) = heads.range(next..).next().copied() {
        let mut func = Func::default();
        program.lower(Head(head), None, &mut func);
        // A block that is too long goes on in another.
        for block in func.blocks.as_slice() {
            if let Terminator::Jump(Edge::Enter { head: Head(after), .. }) = block.terminator
                && rows.binary_search_by_key(&after, |row| row.pc).is_ok()
            {
                heads.insert(after);
            }
        }
        blocks.push((head, func));
        next = head + 1;
    }
    blocks
}

/// Where blocks begin: at the start, at jump destinations, and after what never goes on to the next instruction.
fn heads(program: &evm::Program, rows: &[evm::Listing<'_>]) -> BTreeSet<u32> {
    let begins = |i: usize, row: &evm::Listing<'_>| {
        i == 0 || program.is_jump_target(row.pc) || ends_block(&rows[i - 1])
    };
    rows.iter().enumerate().filter(|(i, row)| begins(*i, row)).map(|(_, row)| row.pc).collect()
}

/// Whether no instruction of the same block follows `row`.
fn ends_block(row: &evm::Listing<'_>) -> bool {
    const ENDS: [&str; 7] =
        ["STOP", "JUMP", "JUMPI", "RETURN", "REVERT", "INVALID", "SELFDESTRUCT"];
    row.name.is_none_or(|name| ENDS.contains(&name))
}

fn write_registers(out: &mut dyn Write, listed: Result<Vec<Line>, CodeError>) -> io::Result<()> {
    match listed {
        Err(error) => writeln!(out, "    not for the interpreter: {error}"),
        Ok(lines) => lines.iter().try_for_each(|Line { pc, words, text, .. }| {
            writeln!(out, "    {pc:#06x}  {words:>2} words  {text}")
        }),
    }
}

fn write_row(out: &mut dyn Write, row: &evm::Listing<'_>, fork: Fork) -> io::Result<()> {
    let known = evm::OPCODES.binary_search_by_key(&row.byte, |known| known.byte).ok();
    let price = known.and_then(|i| evm::OPCODES[i].price(fork));
    let price = price.map_or(String::new(), |gas| gas.to_string());
    let immediate = match row.immediate {
        [] => String::new(),
        bytes => format!(" 0x{}", encode_hex(bytes)),
    };
    let text = format!("{}{immediate}", row.name.unwrap_or("(undefined)"));
    writeln!(out, "    {:#06x}  {:02x}  {text:<24} {price:>6}", row.pc, row.byte)
}
