//! ELF objects of eBPF from assembly, for tests that want what a compiler would emit and no compiler.
//!
//! ```text
//! mov %r1, 5
//! call tos_log          a function of the host: an undefined symbol and a relocation
//! lddw %r1, @data       the address of the read-only data
//! exit
//! ```
//!
//! Whatever else a line holds is the assembler's (`lockstep::ebpf::assemble`). The program begins with its first line.

use std::collections::BTreeMap;

use lockstep_guest::ebpf::{Dialect, assemble, murmur3};

/// Sections of every file, by number; the first is the empty one.
const TEXT: u16 = 1;
const RODATA: u16 = 2;
const SYMTAB: u32 = 3;
const STRTAB: u32 = 4;
const SHSTRTAB: u16 = 6;
/// `sh_type` and `sh_flags` (System V ABI, "Sections").
const PROGBITS: u32 = 1;
const ALLOC: u64 = 2;
const EXEC: u64 = 4;
/// Relocations of the BPF psABI: a 64-bit immediate, a call.
const R_BPF_64_64: u64 = 1;
const R_BPF_64_32: u64 = 10;
/// Symbols before those of the host's functions: none, the entry, the data.
const OWN_SYMBOLS: u64 = 3;
const DATA_SYMBOL: u64 = 2;

/// The object that `text` comes to, without data.
///
/// # Panics
///
/// On a line that is no assembly: tests are ours.
pub fn object(text: &str) -> Vec<u8> {
    object_with(text, &[])
}

/// The object that `text` comes to, with `data` to read.
///
/// # Panics
///
/// As [`object`].
pub fn object_with(text: &str, data: &[u8]) -> Vec<u8> {
    let mut relocations: BTreeMap<String, (u64, String)> = BTreeMap::new();
    let mut lines = String::new();
    for (number, line) in text.lines().map(str::trim).enumerate() {
        let label = format!("relocated_{number}");
        let is_named = |name: &str| name.starts_with(|c: char| c.is_alphabetic());
        let called = line.strip_prefix("call ").map(str::trim);
        match (called, line.strip_suffix("@data")) {
            (Some(name), _) if is_named(name) && !name.starts_with("local ") => {
                relocations.insert(label.clone(), (R_BPF_64_32, name.to_owned()));
                lines += &format!("{label}: call 0\n");
            }
            (_, Some(load)) => {
                relocations.insert(label.clone(), (R_BPF_64_64, String::new()));
                lines += &format!("{label}: {load} 0\n");
            }
            _ => lines += &format!("{line}\n"),
        }
    }
    let assembled = assemble(&lines, Dialect::Rfc);
    let assembled = assembled.unwrap_or_else(|error| panic!("{error}\n{lines}"));
    let mut names: Vec<String> = Vec::new();
    let mut table = Vec::new();
    for symbol in &assembled.labels {
        let Some((kind, name)) = relocations.get(&symbol.name) else { continue };
        let index = match *kind {
            R_BPF_64_64 => DATA_SYMBOL,
            _ => {
                let known = names.iter().position(|known| known == name);
                let at = known.unwrap_or_else(|| {
                    names.push(name.clone());
                    names.len() - 1
                });
                OWN_SYMBOLS + at as u64
            }
        };
        table.extend((u64::from(symbol.slot) * 8).to_le_bytes());
        table.extend((index << 32 | kind).to_le_bytes());
    }
    file(&assembled.bytes(), data, &names, table)
}

/// The sBPF file of version 3 that `text` comes to (SIMD-0189): one segment, calls by the hashes of names.
///
/// # Panics
///
/// As [`object`].
pub fn shared(text: &str) -> Vec<u8> {
    let mut lines = String::new();
    for line in text.lines().map(str::trim) {
        match line.strip_prefix("call ").filter(|name| !name.starts_with("local ")) {
            Some(name) => lines += &format!("call {}\n", murmur3(name.trim().as_bytes()) as i32),
            None => lines += &format!("{line}\n"),
        }
    }
    let assembled = assemble(&lines, Dialect::V3);
    let text = assembled.unwrap_or_else(|error| panic!("{error}\n{lines}")).bytes();
    const TEXT_ADDRESS: u64 = 1 << 32;
    // ET_DYN, EM_BPF; the entry; where program headers are; version 3.
    let mut file = start(3);
    for field in [TEXT_ADDRESS, 64, 0] {
        file.extend(field.to_le_bytes());
    }
    file.extend(3_u32.to_le_bytes());
    for field in [64_u16, 56, 1, 64, 0, 0] {
        file.extend(field.to_le_bytes());
    }
    // PT_LOAD, PF_X: offset, addresses, sizes, alignment.
    for field in [1_u32, 1] {
        file.extend(field.to_le_bytes());
    }
    let len = text.len() as u64;
    for field in [120, TEXT_ADDRESS, TEXT_ADDRESS, len, len, 8] {
        file.extend(field.to_le_bytes());
    }
    file.extend(text);
    file
}

/// The beginning of a file of this type: ELFCLASS64, little-endian, version 1, EM_BPF.
fn start(kind: u16) -> Vec<u8> {
    let mut file = b"\x7fELF\x02\x01\x01".to_vec();
    file.resize(16, 0);
    for field in [kind, 247] {
        file.extend(field.to_le_bytes());
    }
    file.extend(1_u32.to_le_bytes());
    file
}

/// The file of these sections; `names` are the undefined symbols.
fn file(text: &[u8], data: &[u8], names: &[String], relocations: Vec<u8>) -> Vec<u8> {
    let (mut strings, mut symbols) = (b"\0main\0data\0".to_vec(), vec![0; 24]);
    // Global functions and objects: 0x12, 0x11; undefined ones have no type.
    let mut symbol = |name: u32, info: u8, section: u16| {
        symbols.extend(name.to_le_bytes());
        symbols.extend([info, 0]);
        symbols.extend(section.to_le_bytes());
        symbols.extend([0; 16]);
    };
    symbol(1, 0x12, TEXT);
    symbol(6, 0x11, RODATA);
    for name in names {
        symbol(strings.len() as u32, 0x10, 0);
        strings.extend(name.bytes().chain([0]));
    }
    let section_names = b"\0.text\0.rodata\0.symtab\0.strtab\0.rel.text\0.shstrtab\0".to_vec();
    // Name, type, flags; content; link, info, size of an entry.
    let sections = [
        ((1_u32, PROGBITS, ALLOC | EXEC), text.to_vec(), (0, 0, 0)),
        ((7, PROGBITS, ALLOC), data.to_vec(), (0, 0, 0)),
        ((15, 2, 0), symbols, (STRTAB, 1, 24_u64)),
        ((23, 3, 0), strings, (0, 0, 0)),
        ((31, 9, 0), relocations, (SYMTAB, TEXT.into(), 16)),
        ((41, 3, 0), section_names, (0, 0, 0)),
    ];
    let (mut headers, mut body) = (vec![0; 64], Vec::new());
    for ((name, kind, flags), content, (link, info, entry)) in sections {
        for field in [name, kind] {
            headers.extend(field.to_le_bytes());
        }
        for field in [flags, 0, 64 + body.len() as u64, content.len() as u64] {
            headers.extend(field.to_le_bytes());
        }
        for field in [link, info] {
            let field: u32 = field;
            headers.extend(field.to_le_bytes());
        }
        for field in [8, entry] {
            headers.extend(field.to_le_bytes());
        }
        body.extend(content);
        body.resize(body.len().next_multiple_of(8), 0);
    }
    // ET_REL.
    let mut file = start(1);
    for field in [0, 0, 64 + body.len() as u64] {
        file.extend(field.to_le_bytes());
    }
    file.extend(0_u32.to_le_bytes());
    for field in [64, 0, 0, 64, 7, SHSTRTAB] {
        file.extend(field.to_le_bytes());
    }
    file.extend(body);
    file.extend(headers);
    file
}
