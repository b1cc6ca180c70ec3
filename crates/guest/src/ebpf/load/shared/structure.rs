//! What a file of v0 to v2 is made of: headers, sections, and what the dynamic table names.
//!
//! The reference loader reads files in its own way and refuses what does not hold: tables may not overlap, sections stand in
//! the order of their places, names are short, and relocations and symbols are where the dynamic table says.

use core::ops::Range;

use object::{
    LittleEndian as LE,
    elf::{self, Dyn64, ProgramHeader64, Rel64, SectionHeader64, Sym64},
    pod::{Pod, slice_from_all_bytes},
    read::elf::{Dyn, FileHeader, ProgramHeader, SectionHeader},
};

use super::{super::object::malformed, Header};
use crate::ebpf::error::LoadError;

/// Bytes of a section's name with its end, of a symbol's.
const SECTION_NAME_MAX: usize = 16;
const SYMBOL_NAME_MAX: usize = 64;
/// Bytes of the headers.
const FILE_HEADER: usize = 64;
const PROGRAM_HEADER: u16 = 56;
const SECTION_HEADER: u16 = 64;

pub(super) type Section = SectionHeader64<LE>;
type Segment = ProgramHeader64<LE>;

/// A file's parts.
pub(super) struct Structure<'d> {
    bytes: &'d [u8],
    pub(super) sections: &'d [Section],
    names: Range<usize>,
    /// Relocations and symbols of the dynamic table, and the names of these.
    pub(super) relocations: &'d [Rel64<LE>],
    pub(super) symbols: &'d [Sym64<LE>],
    symbol_names: Option<&'d Section>,
}

fn refuse(what: &str) -> LoadError {
    malformed(0, what)
}

/// The range of `count` items of `size` bytes.
fn table(at: u64, count: u16, size: u16) -> Result<Range<usize>, LoadError> {
    let start = usize::try_from(at).map_err(|_| refuse("a table past the end of the file"))?;
    let end = start.checked_add(usize::from(count) * usize::from(size));
    Ok(start..end.ok_or_else(|| refuse("a table past the end of the file"))?)
}

fn apart(a: &Range<usize>, b: &Range<usize>) -> Result<(), LoadError> {
    match a.end <= b.start || b.end <= a.start {
        true => Ok(()),
        false => Err(refuse("parts of the file that overlap")),
    }
}

/// Items that fill a range of the file, which is aligned like them.
fn items<T: Pod>(bytes: &[u8], range: Range<usize>) -> Result<&[T], LoadError> {
    let is_aligned = range.start.is_multiple_of(align_of::<u64>());
    let found = bytes.get(range).filter(|_| is_aligned);
    let found = found.ok_or_else(|| refuse("a table that is not all there"))?;
    slice_from_all_bytes(found).map_err(|()| refuse("a table that is not all there"))
}

/// Where the bytes of a section lie.
fn range_of(section: &Section) -> Result<Range<usize>, LoadError> {
    let start = section.sh_offset(LE) as usize;
    let end = start.checked_add(section.sh_size(LE) as usize);
    Ok(start..end.ok_or_else(|| refuse("a section past the end of the file"))?)
}

impl<'d> Structure<'d> {
    pub(super) fn read(header: &Header, bytes: &'d [u8]) -> Result<Self, LoadError> {
        check_header(header)?;
        let head = 0..FILE_HEADER;
        let segments_at = table(header.e_phoff(LE), header.e_phnum(LE), PROGRAM_HEADER)?;
        apart(&head, &segments_at)?;
        let segments: &[Segment] = items(bytes, segments_at.clone())?;
        let sections_at = table(header.e_shoff(LE), header.e_shnum(LE), SECTION_HEADER)?;
        apart(&head, &sections_at)?;
        apart(&segments_at, &sections_at)?;
        let sections: &[Section] = items(bytes, sections_at.clone())?;
        if sections.first().is_none_or(|first| first.sh_type(LE) != elf::SHT_NULL) {
            return Err(refuse("no empty section at first"));
        }
        check_segments(segments, bytes.len())?;
        check_sections(sections, [&head, &segments_at, &sections_at], bytes.len())?;
        let names = usize::from(header.e_shstrndx(LE).0);
        let names = sections.get(names).filter(|_| names != 0);
        let names = names.ok_or_else(|| refuse("no names of sections"))?;
        let mut structure = Self {
            bytes,
            sections,
            names: strings(names)?,
            relocations: &[],
            symbols: &[],
            symbol_names: None,
        };
        structure.name_sections()?;
        structure.read_dynamic(segments)?;
        Ok(structure)
    }

    /// The name of a section.
    pub(super) fn name(&self, section: &Section) -> Result<&'d [u8], LoadError> {
        self.string(&self.names, section.sh_name(LE), SECTION_NAME_MAX)
    }

    /// The name of a symbol of the dynamic table.
    pub(super) fn symbol_name(&self, name: u32) -> Result<&'d [u8], LoadError> {
        let names = self.symbol_names.ok_or_else(|| refuse("no names of symbols"))?;
        self.string(&strings(names)?, name, SYMBOL_NAME_MAX)
    }

    fn string(&self, table: &Range<usize>, at: u32, max: usize) -> Result<&'d [u8], LoadError> {
        let start = table.start.saturating_add(at as usize);
        let end = table.end.min(start.saturating_add(max));
        let bytes = self.bytes.get(start..end).ok_or_else(|| refuse("a name that is not there"))?;
        let end = bytes.iter().position(|byte| *byte == 0);
        Ok(&bytes[..end.ok_or_else(|| refuse("a name that is too long"))?])
    }

    /// Every section has a name, and tables of names and symbols are there once.
    fn name_sections(&mut self) -> Result<(), LoadError> {
        let mut seen = [false; 3];
        for section in self.sections {
            let name = self.name(section)?;
            let tables: [&[u8]; 3] = [b".symtab", b".strtab", b".dynstr"];
            let Some(at) = tables.iter().position(|table| *table == name) else { continue };
            if core::mem::replace(&mut seen[at], true) {
                return Err(refuse("two sections of one name"));
            }
            if at == 2 {
                self.symbol_names = Some(section);
            }
        }
        Ok(())
    }

    fn read_dynamic(&mut self, segments: &[Segment]) -> Result<(), LoadError> {
        let Some(dynamic) = self.dynamic(segments)? else { return Ok(()) };
        let value = |tag: elf::DynamicTag| {
            let used = dynamic.iter().take_while(|entry| entry.d_tag(LE) != elf::DT_NULL);
            let last = used.filter(|entry| entry.d_tag(LE) == tag).last();
            last.map_or(0, |entry| entry.d_val(LE))
        };
        let at = value(elf::DT_REL);
        if at != 0 {
            let size = value(elf::DT_RELSZ) as usize;
            if value(elf::DT_RELENT) as usize != size_of::<Rel64<LE>>() || size == 0 {
                return Err(refuse("relocations of another size"));
            }
            let start = self.place(segments, at)?;
            let end =
                start.checked_add(size).ok_or_else(|| refuse("relocations that are not there"))?;
            self.relocations = items(self.bytes, start..end)?;
        }
        let at = value(elf::DT_SYMTAB);
        if at != 0 {
            let section = self.section_at(at)?;
            if !matches!(section.sh_type(LE), elf::SHT_SYMTAB | elf::SHT_DYNSYM) {
                return Err(refuse("symbols in another kind of section"));
            }
            self.symbols = items(self.bytes, range_of(section)?)?;
        }
        Ok(())
    }

    /// The dynamic table: of the segment, or where that is none of the section.
    fn dynamic(&self, segments: &[Segment]) -> Result<Option<&'d [Dyn64<LE>]>, LoadError> {
        let segment = segments.iter().find(|segment| segment.p_type(LE) == elf::PT_DYNAMIC);
        let found = segment.and_then(|segment| {
            let start = segment.p_offset(LE) as usize;
            items(self.bytes, start..start.checked_add(segment.p_filesz(LE) as usize)?).ok()
        });
        if found.is_some() {
            return Ok(found);
        }
        let mut sections = self.sections.iter();
        match sections.find(|section| section.sh_type(LE) == elf::SHT_DYNAMIC) {
            Some(section) => items(self.bytes, range_of(section)?).map(Some),
            None => Ok(None),
        }
    }

    fn section_at(&self, address: u64) -> Result<&'d Section, LoadError> {
        let mut sections = self.sections.iter();
        let found = sections.find(|section| section.sh_addr(LE) == address);
        found.ok_or_else(|| refuse("a table that is no section"))
    }

    /// Where in the file an address lies: in a segment, or where a section begins.
    fn place(&self, segments: &[Segment], address: u64) -> Result<usize, LoadError> {
        for segment in segments {
            let start = segment.p_vaddr(LE);
            let end = start.checked_add(segment.p_memsz(LE));
            let end = end.ok_or_else(|| refuse("a segment past all addresses"))?;
            if (start..end).contains(&address) {
                let place = (address - start).checked_add(segment.p_offset(LE));
                return place
                    .map(|place| place as usize)
                    .ok_or_else(|| refuse("a table past all addresses"));
            }
        }
        self.section_at(address).map(|section| section.sh_offset(LE) as usize)
    }
}

/// Where the bytes of a table of names lie.
fn strings(section: &Section) -> Result<Range<usize>, LoadError> {
    match section.sh_type(LE) == elf::SHT_STRTAB {
        true => range_of(section),
        false => Err(refuse("names in another kind of section")),
    }
}

fn check_header(header: &Header) -> Result<(), LoadError> {
    let ident = header.e_ident();
    let is_known = ident.class == elf::ELFCLASS64
        && ident.data == elf::ELFDATA2LSB
        && ident.version == elf::EV_CURRENT
        && header.e_version(LE) == u32::from(elf::EV_CURRENT.0)
        && usize::from(header.e_ehsize(LE)) == FILE_HEADER
        && header.e_phentsize(LE) == PROGRAM_HEADER
        && header.e_shentsize(LE) == SECTION_HEADER
        && header.e_shstrndx(LE).0 < header.e_shnum(LE);
    if is_known { Ok(()) } else { Err(refuse("a file header that is not allowed")) }
}

/// Segments that are loaded stand in the order of their addresses and lie in the file.
fn check_segments(segments: &[Segment], len: usize) -> Result<(), LoadError> {
    let mut address = 0;
    for segment in segments.iter().filter(|segment| segment.p_type(LE) == elf::PT_LOAD) {
        let end = segment.p_offset(LE).checked_add(segment.p_filesz(LE));
        if segment.p_vaddr(LE) < address || end.is_none_or(|end| end > len as u64) {
            return Err(refuse("a segment out of order, or past the end of the file"));
        }
        address = segment.p_vaddr(LE);
    }
    Ok(())
}

/// Sections with bytes stand in the order of their places, apart from each other and from the headers.
fn check_sections(
    sections: &[Section],
    headers: [&Range<usize>; 3],
    len: usize,
) -> Result<(), LoadError> {
    let mut before = 0;
    for section in sections.iter().filter(|section| section.sh_type(LE) != elf::SHT_NOBITS) {
        let range = range_of(section)?;
        headers.iter().try_for_each(|header| apart(&range, header))?;
        if range.start < before || range.end > len {
            return Err(refuse("a section out of order, or past the end of the file"));
        }
        before = range.end;
    }
    Ok(())
}
