//! Shared objects of v0: what their dynamic tables relocate.

use super::{
    super::{Config, Dialect, LoadErrorKind, Module},
    slots,
};

/// Where things lie, one after the other, addresses as in the file.
const TEXT_AT: u64 = 64;
const PROGBITS: u32 = 1;
const STRTAB: u32 = 3;
const DYNAMIC: u32 = 6;
const REL: u32 = 9;

/// A file of v0 whose dynamic table names these relocations: place, type, symbol.
fn file(text: &str, relocations: &[(u64, u32, u32)]) -> Vec<u8> {
    let text = slots(text, Dialect::V0).bytes();
    let relocations: Vec<u8> = relocations
        .iter()
        .flat_map(|(at, kind, symbol)| [*at, u64::from(*symbol) << 32 | u64::from(*kind)])
        .flat_map(u64::to_le_bytes)
        .collect();
    let relocations_at = TEXT_AT + text.len() as u64;
    // DT_REL, DT_RELSZ, DT_RELENT, DT_NULL.
    let table = [17, relocations_at, 18, relocations.len() as u64, 19, 16, 0, 0];
    let table: Vec<u8> = table.into_iter().flat_map(u64::to_le_bytes).collect();
    let names = b"\0.text\0.rel\0.dynamic\0.names\0\0\0\0\0".to_vec();
    let sections =
        [(1, PROGBITS, text), (7, REL, relocations), (12, DYNAMIC, table), (21, STRTAB, names)];
    let mut bytes = vec![0; TEXT_AT as usize];
    let mut headers = vec![0; 64];
    for (name, kind, content) in sections {
        let (at, len) = (bytes.len() as u64, content.len() as u64);
        headers.extend([name, kind].into_iter().flat_map(u32::to_le_bytes));
        headers.extend([0, at, at, len].into_iter().flat_map(u64::to_le_bytes));
        headers.extend([0_u64, 8, 0].into_iter().flat_map(u64::to_le_bytes));
        bytes.extend(content);
    }
    let mut header = b"\x7fELF\x02\x01\x01".to_vec();
    header.resize(16, 0);
    // ET_DYN, EM_BPF, version 1; entry, no segments, sections behind all.
    header.extend([3_u16, 247].into_iter().flat_map(u16::to_le_bytes));
    header.extend(1_u32.to_le_bytes());
    header.extend([TEXT_AT, 0, bytes.len() as u64].into_iter().flat_map(u64::to_le_bytes));
    header.extend(0_u32.to_le_bytes());
    header.extend([64_u16, 56, 0, 64, 5, 4].into_iter().flat_map(u16::to_le_bytes));
    bytes[..header.len()].copy_from_slice(&header);
    bytes.extend(headers);
    bytes
}

#[test]
fn relocations_of_unknown_types_are_refused_and_that_of_none_is_one() {
    let text = "lddw %r0, 0x40\nexit";
    let load = |kind| Module::load(&file(text, &[(TEXT_AT, kind, 0)]), &Config::default());
    assert_eq!(load(8).expect("R_BPF_64_RELATIVE is carried out").dialect(), Dialect::V0);
    for kind in [0, 2, 9, 11, 1 << 31] {
        let error = load(kind).expect_err("there is no such relocation");
        let is_meant = matches!(&error.kind, LoadErrorKind::Relocation(_));
        assert!(is_meant && error.offset == TEXT_AT as usize, "{kind}: {error}");
    }
}
