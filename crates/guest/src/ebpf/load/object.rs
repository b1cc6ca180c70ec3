//! ELF files: which kind, and plain objects as `clang -target bpf` writes them.
//!
//! ```text
//! sections with code -> the text, one after the other      relocations -> patched slots, patched data, named calls
//! read-only data, then other data, then .bss -> the image
//! ```
//!
//! Invariant: every relocation of a section that is loaded is carried out or refused.

use std::collections::BTreeMap;

use object::{
    LittleEndian, Object, ObjectSection, ObjectSymbol, RelocationFlags, RelocationTarget,
    SectionFlags, SectionIndex, SymbolIndex, SymbolKind, elf,
    read::elf::{ElfFile64, ElfSection64, FileHeader},
};

use super::program::{Parts, module};
use crate::ebpf::{
    config::Config,
    dialect::Dialect,
    error::{LoadError, LoadErrorKind, limit},
    insn::{Insn, SLOT_BYTES},
    layout::{ALIGN, BASE, TEXT_BASE},
    limits,
    module::{Module, Symbol},
};

/// What an ELF file says its machine is when it is sBPF.
const EM_SBPF: u16 = 0x107;
/// Where a program begins when nobody says so.
const ENTRIES: [&str; 3] = ["entrypoint", "entry", "main"];
/// Where calls hold -1 until they are relocated: one slot before what they mean.
const CALL_BIAS: i64 = 1;

type File<'d> = ElfFile64<'d, LittleEndian>;
type Section<'d, 'f> = ElfSection64<'d, 'f, LittleEndian>;

pub(in crate::ebpf) fn elf(bytes: &[u8], config: &Config) -> Result<Module, LoadError> {
    limit("bytes of the file", limits::FILE_BYTES_MAX, bytes.len() as u64)?;
    let header = elf::FileHeader64::<LittleEndian>::parse(bytes);
    let header = header.map_err(|error| malformed(0, &error))?;
    let (machine, kind) = (header.e_machine(LittleEndian), header.e_type(LittleEndian));
    if machine != elf::EM_BPF && machine != elf::Machine(EM_SBPF) {
        return Err(malformed(18, "not a file for eBPF"));
    }
    match kind {
        elf::ET_REL if header.e_phnum(LittleEndian) == 0 => {
            let file = File::parse(bytes).map_err(|error| malformed(0, &error))?;
            Loading::new(&file)?.load(config)
        }
        // v3 does not look at the type.
        _ if kind == elf::ET_DYN || header.e_flags(LittleEndian).0 == 3 => {
            super::shared::load(bytes, config)
        }
        _ => Err(malformed(16, "neither a relocatable object nor a shared one")),
    }
}

pub(super) fn malformed(offset: usize, what: &(impl ToString + ?Sized)) -> LoadError {
    LoadError { offset, kind: LoadErrorKind::Malformed(what.to_string()) }
}

/// Where a section lies.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// At this slot of the text.
    Text(u32),
    /// At this byte of the image.
    Data(u64),
}

/// A file that is read.
struct Loading<'d, 'f> {
    file: &'f File<'d>,
    places: BTreeMap<usize, Place>,
    parts: Parts,
}

impl<'d, 'f> Loading<'d, 'f> {
    /// Gives each section that is loaded its place, and its content.
    fn new(file: &'f File<'d>) -> Result<Self, LoadError> {
        let mut loading = Self { file, places: BTreeMap::new(), parts: Parts::default() };
        let count = file.sections().count() as u64;
        limit("sections", limits::SECTIONS_MAX, count)?;
        for section in loading.sections(|flags| flags & elf::SHF_EXECINSTR.0 != 0) {
            loading.add_text(&section)?;
        }
        let is_data = |flags: u64| flags & elf::SHF_EXECINSTR.0 == 0;
        for section in loading.sections(|flags| is_data(flags) && flags & elf::SHF_WRITE.0 == 0) {
            loading.add_data(&section)?;
        }
        loading.pad_image(ALIGN);
        loading.parts.read_only = loading.parts.image.len() as u64;
        for section in loading.sections(|flags| is_data(flags) && flags & elf::SHF_WRITE.0 != 0) {
            loading.add_data(&section)?;
        }
        Ok(loading)
    }

    /// The sections that are loaded and have such flags.
    fn sections(&self, is_wanted: impl Fn(u64) -> bool) -> Vec<Section<'d, 'f>> {
        let flags = |section: &Section<'d, 'f>| match section.flags() {
            SectionFlags::Elf { sh_flags, .. } => sh_flags.0,
            _ => 0,
        };
        let is_loaded = |section: &Section<'d, 'f>| {
            flags(section) & elf::SHF_ALLOC.0 != 0 && is_wanted(flags(section))
        };
        self.file.sections().filter(is_loaded).collect()
    }

    fn add_text(&mut self, section: &Section<'d, 'f>) -> Result<(), LoadError> {
        let data = section.data().map_err(|error| malformed(offset_of(section), &error))?;
        if !data.len().is_multiple_of(SLOT_BYTES) {
            return Err(malformed(offset_of(section), "code that is no whole instructions"));
        }
        let slot = (self.parts.text.len() / SLOT_BYTES) as u32;
        self.places.insert(section.index().0, Place::Text(slot));
        self.parts.text.extend_from_slice(data);
        Ok(())
    }

    fn add_data(&mut self, section: &Section<'d, 'f>) -> Result<(), LoadError> {
        let data = section.data().map_err(|error| malformed(offset_of(section), &error))?;
        let align = section.align().clamp(1, limits::FRAME_BYTES);
        if !align.is_power_of_two() {
            return Err(malformed(offset_of(section), "an alignment that is no power of two"));
        }
        self.pad_image(align);
        let at = self.parts.image.len() as u64;
        let end = at.saturating_add(section.size());
        limit("bytes of data", limits::DATA_BYTES_MAX, end)?;
        self.places.insert(section.index().0, Place::Data(at));
        // What has no bytes in the file is zero.
        self.parts.image.extend_from_slice(data);
        self.parts.image.resize(end as usize, 0);
        Ok(())
    }

    fn pad_image(&mut self, align: u64) {
        let len = (self.parts.image.len() as u64).next_multiple_of(align);
        self.parts.image.resize(len as usize, 0);
    }

    fn load(mut self, config: &Config) -> Result<Module, LoadError> {
        if self.parts.text.is_empty() {
            return Err(malformed(0, "no section with code"));
        }
        self.read_symbols()?;
        for section in self.file.sections() {
            if let Some(place) = self.places.get(&section.index().0).copied() {
                self.relocate(&section, place)?;
            }
        }
        self.parts.entry = self.entry(config.entry.as_deref())?;
        self.parts.dialect = Dialect::Rfc;
        module(self.parts, config)
    }

    /// Notes where functions begin.
    fn read_symbols(&mut self) -> Result<(), LoadError> {
        for symbol in self.file.symbols() {
            let section = symbol.section_index().map(|index| index.0);
            let place = section.and_then(|section| self.places.get(&section));
            let (SymbolKind::Text, Some(Place::Text(first))) = (symbol.kind(), place) else {
                continue;
            };
            let slot = slot_of(u64::from(*first), symbol.address(), self.parts.text.len());
            let slot =
                slot.ok_or_else(|| malformed(0, "a function that begins where no code is"))?;
            let name = symbol.name().map_err(|error| malformed(0, &error))?.to_owned();
            self.parts.functions.insert(slot);
            self.parts.symbols.push(Symbol { slot, name });
        }
        self.parts.symbols.sort();
        Ok(())
    }

    fn relocate(&mut self, section: &Section<'d, 'f>, place: Place) -> Result<(), LoadError> {
        for (offset, relocation) in section.relocations() {
            let at = offset_of(section).saturating_add(offset as usize);
            let refuse = |what: &str| LoadError {
                offset: at,
                kind: LoadErrorKind::Relocation(what.to_owned()),
            };
            let (RelocationTarget::Symbol(symbol), RelocationFlags::Elf { r_type }) =
                (relocation.target(), relocation.flags())
            else {
                return Err(refuse("a relocation without a symbol"));
            };
            if offset >= section.size() {
                return Err(refuse("a relocation past the end of its section"));
            }
            let done = match (place, r_type.0) {
                (_, 0) => Ok(()),
                (Place::Text(first), 1) => self.wide(first, offset, symbol),
                (Place::Text(first), 10) => self.call(first, offset, symbol),
                (Place::Data(first), 2) => self.pointer(first + offset, symbol),
                (_, r_type) => Err(format!("relocations of type {r_type} are not offered here")),
            };
            done.map_err(|what| refuse(&what))?;
        }
        Ok(())
    }

    /// Guest address of a symbol plus a distance; where that is code, a function begins there.
    fn address(&mut self, index: SymbolIndex, addend: u64) -> Result<u64, String> {
        let symbol = self.file.symbol_by_index(index).map_err(|error| error.to_string())?;
        let section = symbol.section_index().and_then(|SectionIndex(at)| self.places.get(&at));
        let distance = symbol.address().wrapping_add(addend);
        match section.copied() {
            Some(Place::Data(at)) => Ok(BASE.wrapping_add(at).wrapping_add(distance)),
            Some(Place::Text(first)) => {
                let slot = slot_of(u64::from(first), distance, self.parts.text.len());
                let slot = slot.ok_or("the address of code that is none")?;
                self.parts.functions.insert(slot);
                Ok(TEXT_BASE + u64::from(slot) * SLOT_BYTES as u64)
            }
            None => Err(format!("{} is not in this file", symbol.name().unwrap_or_default())),
        }
    }

    /// Type 1: the 64-bit immediate of a wide instruction.
    fn wide(&mut self, first: u32, offset: u64, symbol: SymbolIndex) -> Result<(), String> {
        let at = first as usize * SLOT_BYTES + offset as usize;
        let slots =
            self.parts.text.get(at..at + 2 * SLOT_BYTES).filter(|_| at.is_multiple_of(SLOT_BYTES));
        let slots = slots.ok_or("a wide relocation of what is no wide instruction")?;
        let read =
            |at: usize| u32::from_le_bytes(slots[at..at + 4].try_into().expect("four bytes"));
        let addend = u64::from(read(4)) | u64::from(read(12)) << 32;
        let address = self.address(symbol, addend)?;
        self.parts.text[at + 4..at + 8].copy_from_slice(&(address as u32).to_le_bytes());
        self.parts.text[at + 12..at + 16].copy_from_slice(&((address >> 32) as u32).to_le_bytes());
        Ok(())
    }

    /// Type 10: whom a call means.
    fn call(&mut self, first: u32, offset: u64, index: SymbolIndex) -> Result<(), String> {
        let at = first as usize * SLOT_BYTES + offset as usize;
        let slot = (at / SLOT_BYTES) as u32;
        let bytes = self.parts.text.get(at..).and_then(|rest| rest.first_chunk());
        let bytes = bytes.filter(|_| at.is_multiple_of(SLOT_BYTES)).ok_or("no call")?;
        let mut insn = Insn::decode(*bytes);
        let symbol = self.file.symbol_by_index(index).map_err(|error| error.to_string())?;
        if symbol.is_undefined() {
            let name = symbol.name().map_err(|error| error.to_string())?;
            self.parts.named_calls.insert(slot, name.to_owned());
            (insn.src, insn.imm) = (0, 0);
        } else {
            let bytes = (i64::from(insn.imm) + CALL_BIAS) * SLOT_BYTES as i64;
            let target = self.address(index, bytes as u64)?;
            let target = (target.wrapping_sub(TEXT_BASE) / SLOT_BYTES as u64) as i64;
            let distance = i32::try_from(target - i64::from(slot) - 1);
            (insn.src, insn.imm) = (1, distance.map_err(|_| "a call of what is no code")?);
        }
        self.parts.text[at..at + SLOT_BYTES].copy_from_slice(&insn.encode());
        Ok(())
    }

    /// Type 2: 64 bits of data.
    fn pointer(&mut self, at: u64, symbol: SymbolIndex) -> Result<(), String> {
        let at = at as usize;
        let bytes = self.parts.image.get(at..).and_then(|rest| rest.first_chunk::<8>());
        let addend = u64::from_le_bytes(*bytes.ok_or("a pointer that is cut off")?);
        let address = self.address(symbol, addend)?;
        self.parts.image[at..at + 8].copy_from_slice(&address.to_le_bytes());
        Ok(())
    }

    /// The slot to begin at.
    fn entry(&self, wanted: Option<&str>) -> Result<u32, LoadError> {
        let globals: Vec<Symbol> = self
            .file
            .symbols()
            .filter(|symbol| symbol.is_global())
            .filter_map(|symbol| {
                let name = symbol.name().ok()?;
                self.parts.symbols.iter().find(|known| known.name == name).cloned()
            })
            .collect();
        let named = |name: &str| globals.iter().find(|symbol| symbol.name == name);
        let found = match wanted {
            Some(name) => named(name),
            None if globals.len() == 1 => globals.first(),
            None => ENTRIES.iter().find_map(|name| named(name)),
        };
        found.map(|symbol| symbol.slot).ok_or_else(|| {
            let names: Vec<_> = globals.iter().map(|symbol| symbol.name.as_str()).collect();
            let wanted = wanted
                .map_or("no function to begin with".into(), |name| format!("no function {name}"));
            let text = format!("{wanted}; the file has: {}", names.join(", "));
            LoadError { offset: 0, kind: LoadErrorKind::NoEntry(text) }
        })
    }
}

/// The slot at a byte of a section that begins at slot `first`.
fn slot_of(first: u64, byte: u64, text_len: usize) -> Option<u32> {
    let slot = first.checked_add(byte / SLOT_BYTES as u64)?;
    let exists = byte.is_multiple_of(SLOT_BYTES as u64) && slot < (text_len / SLOT_BYTES) as u64;
    exists.then_some(slot as u32)
}

/// Where a section lies in the file.
fn offset_of(section: &Section<'_, '_>) -> usize {
    section.file_range().map_or(0, |(offset, _)| offset as usize)
}
