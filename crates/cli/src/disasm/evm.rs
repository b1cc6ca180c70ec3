//! Listings of EVM code, block by block, with the static gas of each opcode.

use std::{collections::BTreeSet, io, sync::Arc};

use lockstep::{
    Fork, encode_hex,
    evm::{self, Mode},
    list_registers,
};
use lockstep_ir::{Edge, Func, Head, Lazy, Terminator, text::print_func};

use super::{
    Form,
    part::{Instruction, Listing, Part, Row},
};

/// Lists `code` under the rules of `fork`.
pub(super) fn list(
    listing: &mut Listing<'_>,
    code: Vec<u8>,
    fork: Fork,
    forms: &[Form],
) -> io::Result<()> {
    let program = Arc::new(evm::Program::new(Arc::from(code), fork, Mode::Plain));
    let rows: Vec<_> = evm::disassemble(program.code(), fork).collect();
    let blocks = blocks(&program, &rows);
    let mut rows = rows.iter().peekable();
    for (i, (head, func)) in blocks.iter().enumerate() {
        let end = blocks.get(i + 1).map_or(u32::MAX, |(next, _)| *next);
        let name = format!("at_{head:x}");
        let own = std::iter::from_fn(|| rows.next_if(|row| row.pc < end));
        let own: Vec<Row> = own.map(|listed| row(listed, fork)).collect();
        let (has_dmir, has_registers) =
            (forms.contains(&Form::Dmir), forms.contains(&Form::Registers));
        listing.part(Part {
            pc: *head,
            head: Some(format!("block {head:#06x}")),
            rows: if forms.contains(&Form::Opcodes) { own } else { Vec::new() },
            dmir: has_dmir.then(|| print_func(program.interface(), &name, func)),
            registers: has_registers.then(|| list_registers(&program, func)),
            name: Some(name),
        })?;
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

fn row(row: &evm::Listing<'_>, fork: Fork) -> Row {
    let known = evm::OPCODES.binary_search_by_key(&row.byte, |known| known.byte).ok();
    let gas = known.and_then(|i| evm::OPCODES[i].price(fork)).map(u64::from);
    let price = gas.map_or(String::new(), |gas| gas.to_string());
    let immediate = encode_hex(row.immediate).to_string();
    let operands: Vec<String> = match row.immediate {
        [] => Vec::new(),
        _ => vec![format!("0x{immediate}")],
    };
    let words = std::iter::once(row.name.unwrap_or("(undefined)"));
    let text: Vec<&str> = words.chain(operands.iter().map(String::as_str)).collect();
    let text = text.join(" ");
    Row {
        labels: Vec::new(),
        line: format!("    {:#06x}  {:02x}  {text:<24} {price:>6}", row.pc, row.byte),
        text,
        instruction: Some(Instruction {
            pc: row.pc,
            labels: Vec::new(),
            bytes: format!("{:02x}{immediate}", row.byte),
            mnemonic: row.name.map(str::to_owned),
            operands,
            gas: Some(gas),
        }),
    }
}
