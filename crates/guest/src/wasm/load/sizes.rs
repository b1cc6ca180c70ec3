//! Sections that hold too much, refused before they are read.

use core::ops::Range;

use wasmparser::{BinaryReader, Payload, TypeRef};

use super::{limit, sections::Sections};
use crate::wasm::{error::LoadError, limits};

/// What begins a function type, and what begins a value type of more than one byte (Wasm 3.0, 5.3).
const FUNC_TYPE: u8 = 0x60;
const REF_PREFIXES: [u8; 2] = [0x63, 0x64];

impl Sections {
    /// Refuses a section that holds too much.
    pub(super) fn limits(&self, bytes: &[u8], payload: &Payload<'_>) -> Result<(), LoadError> {
        let (at, what, max, found) = match payload {
            Payload::TypeSection(s) => {
                (s.range().start, "types", limits::TYPES_MAX, u64::from(s.count()))
            }
            Payload::ImportSection(s) => {
                (s.range().start, "imports", limits::IMPORTS_MAX, u64::from(s.count()))
            }
            Payload::FunctionSection(s) => {
                (s.range().start, "functions", limits::FUNCTIONS_MAX, u64::from(s.count()))
            }
            Payload::TableSection(s) => {
                let all = self.tables.len() as u64 + u64::from(s.count());
                (s.range().start, "tables", limits::TABLES_MAX, all)
            }
            Payload::MemorySection(s) => {
                let all = self.memories.len() as u64 + u64::from(s.count());
                (s.range().start, "memories", limits::MEMORIES_MAX, all)
            }
            Payload::GlobalSection(s) => {
                let all = self.globals.len() as u64 + u64::from(s.count());
                (s.range().start, "globals", limits::GLOBALS_MAX, all)
            }
            Payload::ExportSection(s) => {
                (s.range().start, "exports", limits::EXPORTS_MAX, u64::from(s.count()))
            }
            Payload::ElementSection(s) => {
                let what = "element segments";
                (s.range().start, what, limits::ELEM_SEGMENTS_MAX, u64::from(s.count()))
            }
            Payload::DataCountSection { count, range } => {
                let what = "data segments";
                (range.start, what, limits::DATA_SEGMENTS_MAX, u64::from(*count))
            }
            Payload::DataSection(s) => {
                let what = "data segments";
                (s.range().start, what, limits::DATA_SEGMENTS_MAX, u64::from(s.count()))
            }
            Payload::CodeSectionEntry(body) => {
                let range = body.range();
                let len = range.end - range.start;
                (range.start, "bytes of a function", limits::BODY_BYTES_MAX, len)
            }
            _ => return Ok(()),
        };
        limit(at, what, max, found)?;
        declared_sizes(bytes, payload)
    }
}

/// Refuses imported memories that are too many and types that are too large; what cannot be read is left to the validator.
fn declared_sizes(bytes: &[u8], payload: &Payload<'_>) -> Result<(), LoadError> {
    match payload {
        Payload::TypeSection(section) => type_sizes(bytes, section.range()),
        Payload::ImportSection(section) => {
            let imports = section.clone().into_imports_with_offsets().map_while(Result::ok);
            let memories = imports.filter(|(_, import)| matches!(import.ty, TypeRef::Memory(_)));
            for (number, (offset, _)) in (1..).zip(memories) {
                limit(offset, "memories", limits::MEMORIES_MAX, number)?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// The parser has the same limits on types, without telling them from malformed bytes.
fn type_sizes(bytes: &[u8], range: Range<u64>) -> Result<(), LoadError> {
    let Some(section) = bytes.get(range.start as usize..range.end as usize) else { return Ok(()) };
    let mut reader = BinaryReader::new(section, range.start);
    let Ok(count) = reader.read_var_u32() else { return Ok(()) };
    for _ in 0..count {
        if reader.read_u8().ok() != Some(FUNC_TYPE) {
            return Ok(());
        }
        for (what, max) in [("parameters", limits::PARAMS_MAX), ("results", limits::RESULTS_MAX)] {
            let offset = reader.original_position();
            let Ok(len) = reader.read_var_u32() else { return Ok(()) };
            limit(offset, what, max, u64::from(len))?;
            for _ in 0..len {
                if !reader.read_u8().is_ok_and(|byte| !REF_PREFIXES.contains(&byte)) {
                    return Ok(());
                }
            }
        }
    }
    Ok(())
}
