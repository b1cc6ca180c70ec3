//! `lockstep gas`: the static price of each opcode, from the table that the front end charges by.

use std::io::{self, Write};

use clap::Args;
use lockstep::{Fork, evm};
use serde::Serialize;

use crate::{error::InputError, exit};

/// Lists the opcodes of a fork with their static prices.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The rules.
    #[arg(long, default_value_t = Fork::LATEST)]
    fork: Fork,
    /// Prints a JSON array.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Row {
    opcode: u8,
    name: &'static str,
    gas: u16,
    pops: u8,
    pushes: u8,
    immediate: u8,
    since: &'static str,
}

/// Runs the command.
///
/// # Errors
///
/// When results cannot be written.
pub fn run(arguments: &Arguments) -> Result<u8, InputError> {
    let rows: Vec<_> = evm::rows(arguments.fork)
        .map(|(opcode, gas)| Row {
            opcode: opcode.byte,
            name: opcode.name,
            gas,
            pops: opcode.pops,
            pushes: opcode.pushes,
            immediate: opcode.immediate,
            since: opcode.gas.first().map_or("", |(fork, _)| fork.name()),
        })
        .collect();
    write(&rows, arguments.json).map_err(|cause| InputError::Write { cause })?;
    Ok(exit::GOOD)
}

fn write(rows: &[Row], json: bool) -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    if json {
        serde_json::to_writer_pretty(&mut out, rows)?;
        writeln!(out)?;
    } else {
        writeln!(out, "op  {:<15} {:>6}  pops pushes  since", "name", "gas")?;
        for Row { opcode, name, gas, pops, pushes, since, .. } in rows {
            writeln!(out, "{opcode:02x}  {name:<15} {gas:>6}  {pops:>4} {pushes:>6}  {since}")?;
        }
    }
    out.flush()
}
