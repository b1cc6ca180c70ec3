//! Files of v0 to v2: sections by their names, relocations carried out in the file's bytes.

use std::collections::BTreeMap;

use object::{
    LittleEndian as LE,
    elf::{self, Rel64, Sym64},
    read::elf::{FileHeader, Rel, SectionHeader, Sym},
};

use super::{
    super::{object::malformed, program::Parts},
    Header,
    structure::{Section, Structure},
};
use crate::ebpf::{
    config::Config,
    error::{LoadError, LoadErrorKind},
    hash::{murmur3, own_key},
    insn::{Insn, SLOT_BYTES},
    layout::REGION_BYTES,
};

/// Sections whose bytes the program may read.
const READ_ONLY: [&[u8]; 4] = [b".text", b".rodata", b".data.rel.ro", b".eh_frame"];
/// The name under which the first function is registered.
const ENTRYPOINT: &[u8] = b"entrypoint";
/// Where the immediate of a slot begins.
const IMM: usize = 4;

pub(super) fn read(header: &Header, bytes: &[u8], config: &Config) -> Result<Parts, LoadError> {
    let structure = Structure::read(header, bytes)?;
    let text = check(header, &structure, bytes)?;
    let hashes = config.helpers.iter().map(|helper| murmur3(helper.name.as_bytes())).collect();
    let mut reading = Reading { bytes: bytes.to_vec(), text, keys: BTreeMap::new(), hashes };
    reading.number_calls()?;
    for relocation in structure.relocations {
        reading.relocation(relocation, &structure)?;
    }
    let entry = reading.entry(header)?;
    reading.parts(&structure, entry)
}

/// What the reference asks of headers and sections; the section with the text.
fn check<'d>(
    header: &Header,
    structure: &Structure<'d>,
    bytes: &[u8],
) -> Result<&'d Section, LoadError> {
    if header.e_ident().os_abi != elf::ELFOSABI_NONE {
        return Err(malformed(7, "an ABI that is not the plain one"));
    }
    let is_text = |section: &&Section| structure.name(section).is_ok_and(|name| name == b".text");
    let mut texts = structure.sections.iter().filter(is_text);
    let (Some(text), None) = (texts.next(), texts.next()) else {
        return Err(malformed(40, "not one section .text"));
    };
    for section in structure.sections {
        if is_for_writing(section, structure.name(section)?) {
            return Err(malformed(section.sh_offset(LE) as usize, "a section that may be written"));
        }
        let end = section.sh_offset(LE).checked_add(section.sh_size(LE));
        if end.is_none_or(|end| end > bytes.len() as u64) {
            return Err(malformed(40, "a section past the end of the file"));
        }
    }
    let begins_inside = header.e_entry(LE).checked_sub(text.sh_addr(LE));
    if begins_inside.is_none_or(|at| at >= text.sh_size(LE)) {
        return Err(malformed(24, "an entry outside of the text"));
    }
    if text.sh_addr(LE) >= REGION_BYTES {
        return Err(malformed(40, "a text outside of its region"));
    }
    Ok(text)
}

/// Whether a section is data that a program could write, which none may have.
fn is_for_writing(section: &Section, name: &[u8]) -> bool {
    let both = elf::SHF_ALLOC.0 | elf::SHF_WRITE.0;
    let is_writable = section.sh_flags(LE).0 & both == both;
    let is_data = name.starts_with(b".data") && !name.starts_with(b".data.rel");
    name.starts_with(b".bss") || is_writable && is_data
}

/// A file that is patched.
struct Reading<'d> {
    bytes: Vec<u8>,
    text: &'d Section,
    /// Slots of functions by the keys that calls name.
    keys: BTreeMap<u32, u32>,
    /// Keys of the host's functions.
    hashes: std::collections::BTreeSet<u32>,
}

impl Reading<'_> {
    fn refuse(at: u64, what: &str) -> LoadError {
        LoadError { offset: at as usize, kind: LoadErrorKind::Relocation(what.to_owned()) }
    }

    /// Bytes of the file that lie in the text.
    fn text_range(&self) -> core::ops::Range<u64> {
        let at = self.text.sh_offset(LE);
        at..at + self.text.sh_size(LE)
    }

    /// Gives calls that say how far away their function is the key of that function.
    fn number_calls(&mut self) -> Result<(), LoadError> {
        let range = self.text_range();
        let slots = (range.end - range.start) / SLOT_BYTES as u64;
        for slot in 0..slots {
            let at = (range.start + slot * SLOT_BYTES as u64) as usize;
            let insn = Insn::decode(*self.bytes[at..].first_chunk().expect("inside of the file"));
            if insn.opcode != 0x85 || insn.imm == -1 {
                continue;
            }
            let target = slot as i64 + 1 + i64::from(insn.imm);
            if !(0..slots as i64).contains(&target) {
                return Err(Self::refuse(at as u64, "a call of what is no instruction"));
            }
            let key = self.register(at as u64, target as u32)?;
            self.put(at + IMM, &key.to_le_bytes());
        }
        Ok(())
    }

    /// The key of the function at a slot.
    fn register(&mut self, at: u64, slot: u32) -> Result<u32, LoadError> {
        let key = own_key(slot);
        let collides = self.keys.get(&key).is_some_and(|known| *known != slot);
        if self.hashes.contains(&key) || collides {
            return Err(Self::refuse(at, "two functions have the same key"));
        }
        self.keys.insert(key, slot);
        Ok(key)
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
    }

    /// 32 bits at a place, if there are as many.
    fn word(&self, at: u64) -> Result<u32, LoadError> {
        let bytes = usize::try_from(at).ok().and_then(|at| self.bytes.get(at..)?.first_chunk());
        let bytes =
            bytes.ok_or_else(|| Self::refuse(at, "a relocation past the end of the file"))?;
        Ok(u32::from_le_bytes(*bytes))
    }

    fn relocation(
        &mut self,
        relocation: &Rel64<LE>,
        structure: &Structure<'_>,
    ) -> Result<(), LoadError> {
        let at = relocation.r_offset(LE);
        let symbol = || {
            let index = relocation.r_sym(LE) as usize;
            structure.symbols.get(index).ok_or_else(|| Self::refuse(at, "no such symbol"))
        };
        match relocation.r_type(LE).0 {
            1 => self.wide(at, symbol()?),
            8 => self.relative(at),
            10 => self.call(at, symbol()?, structure),
            _ => Err(Self::refuse(at, "a relocation of an unknown type")),
        }
    }

    /// Writes an address into a wide instruction.
    fn put_wide(&mut self, at: u64, address: u64) -> Result<(), LoadError> {
        let (low, high) = (at.saturating_add(IMM as u64), at.saturating_add(12));
        self.word(low)?;
        self.word(high)?;
        self.put(low as usize, &(address as u32).to_le_bytes());
        self.put(high as usize, &((address >> 32) as u32).to_le_bytes());
        Ok(())
    }

    fn wide(&mut self, at: u64, symbol: &Sym64<LE>) -> Result<(), LoadError> {
        let addend = u64::from(self.word(at.saturating_add(IMM as u64))?);
        let address = placed(symbol.st_value(LE).saturating_add(addend));
        self.put_wide(at, address)
    }

    fn relative(&mut self, at: u64) -> Result<(), LoadError> {
        let low = u64::from(self.word(at.saturating_add(IMM as u64))?);
        if self.text_range().contains(&at) {
            let high = u64::from(self.word(at.saturating_add(12))?);
            let address = low | high << 32;
            if address == 0 {
                return Err(Self::refuse(at, "the address zero"));
            }
            return self.put_wide(at, placed(address));
        }
        // Old toolchains wrote the address into the upper half, and files of theirs are in use.
        let address = REGION_BYTES + low;
        self.put(at as usize, &address.to_le_bytes());
        Ok(())
    }

    fn call(
        &mut self,
        at: u64,
        symbol: &Sym64<LE>,
        structure: &Structure<'_>,
    ) -> Result<(), LoadError> {
        self.word(at.saturating_add(IMM as u64))?;
        let name = structure.symbol_name(symbol.st_name(LE))?;
        let value = symbol.st_value(LE);
        let key = if symbol.st_type() == elf::STT_FUNC && value != 0 {
            let distance = value.checked_sub(self.text.sh_addr(LE));
            let distance = distance.filter(|distance| *distance < self.text.sh_size(LE));
            let distance =
                distance.ok_or_else(|| Self::refuse(at, "a function outside of the text"))?;
            self.register(at, (distance / SLOT_BYTES as u64) as u32)?
        } else {
            murmur3(name)
        };
        self.put(at as usize + IMM, &key.to_le_bytes());
        Ok(())
    }

    /// The slot of the first function, which is registered.
    fn entry(&mut self, header: &Header) -> Result<u32, LoadError> {
        let distance = header.e_entry(LE) - self.text.sh_addr(LE);
        if !distance.is_multiple_of(SLOT_BYTES as u64) {
            return Err(malformed(24, "an entry that is no instruction"));
        }
        let slot = (distance / SLOT_BYTES as u64) as u32;
        self.keys.insert(murmur3(ENTRYPOINT), slot);
        Ok(slot)
    }

    /// What may be read, in one piece, and the text.
    fn parts(self, structure: &Structure<'_>, entry: u32) -> Result<Parts, LoadError> {
        let is_read =
            |section: &Section| structure.name(section).is_ok_and(|name| READ_ONLY.contains(&name));
        let all: Vec<(usize, &Section)> =
            structure.sections.iter().enumerate().filter(|(_, section)| is_read(section)).collect();
        let end = |section: &Section| section.sh_addr(LE).saturating_add(section.sh_size(LE));
        let lowest = all.iter().map(|(_, section)| section.sh_addr(LE)).min().unwrap_or(0);
        let highest = all.iter().map(|(_, section)| end(section)).max().unwrap_or(0);
        if all.iter().any(|(_, section)| section.sh_addr(LE) > REGION_BYTES) {
            return Err(malformed(40, "data outside of its region"));
        }
        let is_in_place =
            all.iter().all(|(_, section)| section.sh_addr(LE) == section.sh_offset(LE));
        let is_together = all.windows(2).all(|pair| pair[0].0 + 1 == pair[1].0);
        let image = match is_in_place && is_together {
            true => self.bytes[lowest as usize..highest as usize].to_vec(),
            false => self.collect(&all, lowest, highest)?,
        };
        let image_at = placed(lowest);
        if image_at / REGION_BYTES != 1 {
            return Err(malformed(40, "data outside of its region"));
        }
        let text_at = (self.text.sh_addr(LE) - lowest) as usize;
        let text_range = text_at..text_at + self.text.sh_size(LE) as usize;
        let text = match image.get(text_range) {
            Some(text) => text.to_vec(),
            None => return Err(malformed(40, "a text outside of what may be read")),
        };
        Ok(Parts {
            text,
            text_base: REGION_BYTES + self.text.sh_addr(LE),
            image,
            image_at,
            entry,
            keys: self.keys,
            ..Parts::default()
        })
    }

    /// Sections that lie apart, with zeros between.
    fn collect(
        &self,
        all: &[(usize, &Section)],
        lowest: u64,
        highest: u64,
    ) -> Result<Vec<u8>, LoadError> {
        let len = highest.saturating_sub(lowest);
        if len > self.bytes.len() as u64 {
            return Err(malformed(40, "data that is longer than the file"));
        }
        let mut image = vec![0; len as usize];
        for (_, section) in all {
            let to = (section.sh_addr(LE) - lowest) as usize;
            let from = section.sh_offset(LE) as usize;
            let size = section.sh_size(LE) as usize;
            image[to..to + size].copy_from_slice(&self.bytes[from..from + size]);
        }
        Ok(image)
    }
}

/// An address as the program sees it, whose linker may not know of regions.
const fn placed(address: u64) -> u64 {
    if address < REGION_BYTES { REGION_BYTES + address } else { address }
}
