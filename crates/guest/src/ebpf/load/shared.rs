//! sBPF shared objects: the dialect from the flags, then one of two ways to read a file.
//!
//! ```text
//! v0, v1, v2: sections by name, relocations in place, calls by hash      v3: two program headers and nothing else
//! ```
//!
//! Both follow what the reference loader accepts and refuses; offsets of the file stand for addresses where that does.

mod lenient;
mod strict;
mod structure;

use object::{
    LittleEndian as LE,
    elf::{self, FileHeader64},
    read::elf::{FileHeader, SectionHeader, Sym},
};

use super::{
    object::malformed,
    program::{Parts, module},
};
use crate::ebpf::{
    config::Config,
    dialect::Dialect,
    error::LoadError,
    insn::SLOT_BYTES,
    module::{Module, Symbol},
};

type Header = FileHeader64<LE>;

/// Byte of the flags in a file's header.
const FLAGS_AT: usize = 48;

pub(super) fn load(bytes: &[u8], config: &Config) -> Result<Module, LoadError> {
    let header = Header::parse(bytes).map_err(|error| malformed(0, &error))?;
    let dialect = match header.e_flags(LE).0 {
        0 => Dialect::V0,
        1 => Dialect::V1,
        2 => Dialect::V2,
        3 => Dialect::V3,
        other => {
            return Err(malformed(FLAGS_AT, &format!("version {other} of sBPF is not offered")));
        }
    };
    let mut parts = match dialect {
        Dialect::V3 => strict::read(header, bytes)?,
        _ => lenient::read(header, bytes, config)?,
    };
    parts.dialect = dialect;
    parts.symbols = symbols(header, bytes, &parts).unwrap_or_default();
    if let Some(name) = &config.entry {
        let named = parts.symbols.iter().find(|symbol| symbol.name == *name);
        let missing = || malformed(0, &format!("no function {name}"));
        parts.entry = named.ok_or_else(missing)?.slot;
    }
    module(parts, config)
}

/// Names of functions; where they cannot be read there are none.
fn symbols(header: &Header, bytes: &[u8], parts: &Parts) -> Option<Vec<Symbol>> {
    let sections = header.sections(LE, bytes).ok()?;
    let text = sections.section_by_name(LE, b".text").map(|(_, text)| text.sh_addr(LE));
    let base = text.map_or(parts.text_base, |at| if at == 0 { 0 } else { at });
    let table = sections.symbols(LE, bytes, elf::SHT_SYMTAB).ok()?;
    let slots = (parts.text.len() / SLOT_BYTES) as u64;
    let mut symbols = Vec::new();
    for symbol in table.iter().filter(|symbol| symbol.st_type() == elf::STT_FUNC) {
        let Some(at) = symbol.st_value(LE).checked_sub(base) else { continue };
        let slot = at / SLOT_BYTES as u64;
        let name = table.symbol_name(LE, symbol).ok()?;
        if slot < slots {
            let name = String::from_utf8_lossy(name).into_owned();
            symbols.push(Symbol { slot: slot as u32, name });
        }
    }
    symbols.sort();
    Some(symbols)
}
