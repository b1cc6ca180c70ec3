//! A listing of the opcodes in a piece of code.

use lockstep_base::Fork;

use super::opcodes::priced;

/// One instruction of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing<'c> {
    /// Where it stands.
    pub pc: u32,
    /// The byte.
    pub byte: u8,
    /// The mnemonic; `None` when the fork does not define the byte.
    pub name: Option<&'static str>,
    /// The bytes of its immediate that the code still has.
    pub immediate: &'c [u8],
}

/// The instructions of `code` under `fork`, in order; bytes nobody can reach are decoded all the same.
pub fn disassemble(code: &[u8], fork: Fork) -> impl Iterator<Item = Listing<'_>> {
    let mut pc = 0;
    core::iter::from_fn(move || {
        let byte = *code.get(pc)?;
        let row = priced(fork, byte).map(|priced| priced.row);
        let len = row.map_or(0, |row| usize::from(row.immediate));
        let rest = &code[pc + 1..];
        let immediate = &rest[..len.min(rest.len())];
        let listing = Listing { pc: pc as u32, byte, name: row.map(|row| row.name), immediate };
        pc += 1 + len;
        Some(listing)
    })
}
