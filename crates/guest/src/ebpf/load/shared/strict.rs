//! Files of v3 (SIMD-0189): headers say everything, sections are for people.

use object::{
    LittleEndian as LE, elf,
    pod::slice_from_bytes,
    read::elf::{FileHeader, ProgramHeader},
};

use super::{
    super::{object::malformed, program::Parts},
    Header,
};
use crate::ebpf::{error::LoadError, insn::SLOT_BYTES, layout::REGION_BYTES};

/// Bytes of the file's header.
const HEADER_BYTES: usize = 64;
/// Bytes of a program header.
const PROGRAM_HEADER_BYTES: usize = 56;
/// What segments there are: flags and address. The first may be left out.
const SEGMENTS: [(u32, u64); 2] = [(elf::PF_R.0, 0), (elf::PF_X.0, REGION_BYTES)];

type Segment = elf::ProgramHeader64<LE>;

pub(super) fn read(header: &Header, bytes: &[u8]) -> Result<Parts, LoadError> {
    let count = usize::from(header.e_phnum(LE));
    let table_end = HEADER_BYTES + count * PROGRAM_HEADER_BYTES;
    if !is_plain(header) || count == 0 || table_end > bytes.len() {
        return Err(malformed(0, "a file header that v3 does not allow"));
    }
    let table = slice_from_bytes::<Segment>(&bytes[HEADER_BYTES..], count);
    let (table, _) = table.map_err(|()| malformed(HEADER_BYTES, "no program headers"))?;
    let has_data = table[0].p_flags(LE).0 == SEGMENTS[0].0;
    let expected = if has_data { &SEGMENTS[..] } else { &SEGMENTS[1..] };
    if table.len() < expected.len() {
        return Err(malformed(0, "fewer program headers than v3 wants"));
    }
    let mut offset = table_end as u64;
    for (at, (segment, (flags, address))) in table.iter().zip(expected).enumerate() {
        if !fits(segment, (*flags, *address), offset, bytes.len() as u64) {
            let at = HEADER_BYTES + at * PROGRAM_HEADER_BYTES;
            return Err(malformed(at, "a program header that v3 does not allow"));
        }
        offset += segment.p_filesz(LE);
    }
    let content = |segment: &Segment| {
        let at = segment.p_offset(LE) as usize;
        bytes[at..at + segment.p_filesz(LE) as usize].to_vec()
    };
    let code = &table[expected.len() - 1];
    let distance = header.e_entry(LE).wrapping_sub(REGION_BYTES);
    let slot_bytes = SLOT_BYTES as u64;
    if !distance.is_multiple_of(slot_bytes)
        || distance.saturating_add(slot_bytes) > code.p_memsz(LE)
    {
        return Err(malformed(24, "an entry that is no instruction"));
    }
    Ok(Parts {
        text: content(code),
        text_base: REGION_BYTES,
        image: if has_data { content(&table[0]) } else { Vec::new() },
        image_at: 0,
        entry: (distance / slot_bytes) as u32,
        ..Parts::default()
    })
}

/// Whether the file's header says what all of v3 say.
fn is_plain(header: &Header) -> bool {
    let ident = header.e_ident();
    let is_plain_ident = ident.class == elf::ELFCLASS64
        && ident.data == elf::ELFDATA2LSB
        && ident.version == elf::EV_CURRENT
        && ident.os_abi == elf::ELFOSABI_NONE
        && ident.abi_version == 0
        && ident.padding == [0; 7];
    is_plain_ident
        && header.e_machine(LE) == elf::EM_BPF
        && header.e_version(LE) == u32::from(elf::EV_CURRENT.0)
        && header.e_phoff(LE) == HEADER_BYTES as u64
        && usize::from(header.e_ehsize(LE)) == HEADER_BYTES
        && usize::from(header.e_phentsize(LE)) == PROGRAM_HEADER_BYTES
}

/// Whether a segment has such flags and address and lies at `offset` of a file of `len` bytes.
fn fits(segment: &Segment, (flags, address): (u32, u64), offset: u64, len: u64) -> bool {
    let (at, size) = (segment.p_offset(LE), segment.p_filesz(LE));
    segment.p_type(LE) == elf::PT_LOAD
        && segment.p_flags(LE).0 == flags
        && at == offset
        && at < len
        && at.is_multiple_of(SLOT_BYTES as u64)
        && segment.p_vaddr(LE) == address
        && segment.p_paddr(LE) == address
        && size == segment.p_memsz(LE)
        && size <= len - at
        && size.is_multiple_of(SLOT_BYTES as u64)
        && size < REGION_BYTES
}
