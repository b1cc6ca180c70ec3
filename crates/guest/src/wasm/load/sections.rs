//! What the sections say, one after the other.
//!
//! Invariant: `limits` (in `sizes`) sees a section before the validator does, `payload` after it.

use core::ops::Range;

use wasmparser::{
    ElementItems, ElementKind, ExternalKind, FunctionBody, Payload, TableInit, TypeRef,
};

use super::{
    Read,
    constant::constant,
    limit, malformed,
    types::{func_type, global_type, memory_type, ref_type, table_type},
};
use crate::wasm::{
    limits,
    segment::{ConstExpr, Data, Elem, Items, SegmentMode},
    types::{
        Export, ExternKind, ExternType, FuncType, GlobalType, Import, MemoryType, TableType,
        ValType,
    },
};

/// Everything that a module says outside its bodies.
#[derive(Default)]
pub(super) struct Sections {
    pub(super) types: Vec<FuncType>,
    pub(super) imports: Vec<Import>,
    pub(super) exports: Vec<Export>,
    pub(super) func_types: Vec<u32>,
    pub(super) imported_funcs: usize,
    pub(super) tables: Vec<TableType>,
    pub(super) memories: Vec<MemoryType>,
    pub(super) globals: Vec<GlobalType>,
    pub(super) global_inits: Vec<ConstExpr>,
    pub(super) table_inits: Vec<Option<ConstExpr>>,
    pub(super) elems: Vec<Elem>,
    pub(super) datas: Vec<Data>,
    pub(super) start: Option<u32>,
    pub(super) bodies: Vec<Range<u32>>,
    /// Instructions of constant expressions so far.
    const_ops: u64,
    /// Parameters and results of all functions so far.
    signature_types: u64,
}

impl Sections {
    /// Keeps what a valid section says.
    pub(super) fn payload(&mut self, payload: Payload<'_>) -> Read {
        match payload {
            Payload::TypeSection(section) => self.type_section(section),
            Payload::ImportSection(section) => {
                for import in section.into_imports_with_offsets() {
                    let (offset, import) = import.map_err(malformed)?;
                    self.import(&import, offset)?;
                }
                Ok(())
            }
            Payload::FunctionSection(section) => {
                for item in section.into_iter_with_offsets() {
                    let (offset, ty) = item.map_err(malformed)?;
                    self.function(ty, offset)?;
                }
                Ok(())
            }
            Payload::TableSection(section) => {
                for item in section.into_iter_with_offsets() {
                    let (offset, table) = item.map_err(malformed)?;
                    self.tables.push(table_type(&table.ty, offset)?);
                    let init = match &table.init {
                        TableInit::RefNull => None,
                        TableInit::Expr(expr) => Some(constant(expr, &mut self.const_ops)?),
                    };
                    self.table_inits.push(init);
                }
                Ok(())
            }
            Payload::MemorySection(section) => {
                for ty in section {
                    self.memories.push(memory_type(&ty.map_err(malformed)?));
                }
                Ok(())
            }
            Payload::GlobalSection(section) => {
                for item in section.into_iter_with_offsets() {
                    let (offset, global) = item.map_err(malformed)?;
                    self.globals.push(global_type(&global.ty, offset)?);
                    self.global_inits.push(constant(&global.init_expr, &mut self.const_ops)?);
                }
                Ok(())
            }
            Payload::ExportSection(section) => {
                for item in section.into_iter_with_offsets() {
                    let (offset, export) = item.map_err(malformed)?;
                    let bytes = export.name.len() as u64;
                    limit(offset, "bytes of a name", limits::NAME_BYTES_MAX, bytes)?;
                    let Some(kind) = extern_kind(export.kind) else { continue };
                    self.exports.push(Export {
                        name: export.name.into(),
                        kind,
                        index: export.index,
                    });
                }
                Ok(())
            }
            Payload::StartSection { func, .. } => {
                self.start = Some(func);
                Ok(())
            }
            Payload::ElementSection(section) => {
                for item in section.into_iter_with_offsets() {
                    let (offset, element) = item.map_err(malformed)?;
                    self.element(&element, offset)?;
                }
                Ok(())
            }
            Payload::DataSection(section) => {
                for data in section {
                    self.data(&data.map_err(malformed)?)?;
                }
                Ok(())
            }
            Payload::CodeSectionEntry(body) => {
                self.body(&body);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn type_section(&mut self, section: wasmparser::TypeSectionReader<'_>) -> Read {
        for group in section.into_iter_with_offsets() {
            let (offset, group) = group.map_err(malformed)?;
            for ty in group.types() {
                if let wasmparser::CompositeInnerType::Func(ty) = &ty.composite_type.inner {
                    self.types.push(func_type(ty, offset)?);
                }
            }
        }
        Ok(())
    }

    fn import(&mut self, import: &wasmparser::Import<'_>, offset: u64) -> Read {
        for name in [import.module, import.name] {
            limit(offset, "bytes of a name", limits::NAME_BYTES_MAX, name.len() as u64)?;
        }
        let ty = match &import.ty {
            TypeRef::Func(ty) | TypeRef::FuncExact(ty) => {
                self.function(*ty, offset)?;
                self.imported_funcs += 1;
                ExternType::Func(self.types[*ty as usize].clone())
            }
            TypeRef::Table(ty) => {
                let ty = table_type(ty, offset)?;
                self.tables.push(ty);
                ExternType::Table(ty)
            }
            TypeRef::Memory(ty) => {
                let ty = memory_type(ty);
                self.memories.push(ty);
                ExternType::Memory(ty)
            }
            TypeRef::Global(ty) => {
                let ty = global_type(ty, offset)?;
                self.globals.push(ty);
                ExternType::Global(ty)
            }
            // Validation refuses tags.
            TypeRef::Tag(_) => return Ok(()),
        };
        self.imports.push(Import { module: import.module.into(), name: import.name.into(), ty });
        Ok(())
    }

    fn function(&mut self, ty: u32, offset: u64) -> Read {
        let types = &self.types[ty as usize];
        self.signature_types += (types.params.len() + types.results.len()) as u64;
        let what = "parameters and results of all functions";
        limit(offset, what, limits::SIGNATURE_TYPES_MAX, self.signature_types)?;
        self.func_types.push(ty);
        Ok(())
    }

    fn element(&mut self, element: &wasmparser::Element<'_>, offset: u64) -> Read {
        let mode = match &element.kind {
            ElementKind::Passive => SegmentMode::Passive,
            ElementKind::Declared => SegmentMode::Declared,
            ElementKind::Active { table_index, offset_expr } => SegmentMode::Active {
                index: table_index.unwrap_or(0),
                offset: constant(offset_expr, &mut self.const_ops)?,
            },
        };
        let (ty, items) = match &element.items {
            ElementItems::Functions(section) => {
                let mut funcs = Vec::new();
                for func in section.clone() {
                    let func = func.map_err(malformed)?;
                    self.const_ops += 1;
                    let what = "instructions of constant expressions";
                    limit(offset, what, limits::CONST_OPS_MAX, self.const_ops)?;
                    funcs.push(func);
                }
                (ValType::FuncRef, Items::Funcs(funcs))
            }
            ElementItems::Expressions(ty, section) => {
                let mut exprs = Vec::new();
                for expr in section.clone() {
                    exprs.push(constant(&expr.map_err(malformed)?, &mut self.const_ops)?);
                }
                (ref_type(*ty, offset)?, Items::Exprs(exprs))
            }
        };
        self.elems.push(Elem { mode, ty, items });
        Ok(())
    }

    fn data(&mut self, data: &wasmparser::Data<'_>) -> Read {
        let mode = match &data.kind {
            wasmparser::DataKind::Passive => SegmentMode::Passive,
            wasmparser::DataKind::Active { memory_index, offset_expr } => SegmentMode::Active {
                index: *memory_index,
                offset: constant(offset_expr, &mut self.const_ops)?,
            },
        };
        // The bytes are the last of the segment.
        let end = data.range.end as usize;
        self.datas.push(Data { mode, bytes: end - data.data.len()..end });
        Ok(())
    }

    fn body(&mut self, body: &FunctionBody<'_>) {
        let range = body.range();
        // A module has at most `MODULE_BYTES_MAX` bytes.
        self.bodies.push(range.start as u32..range.end as u32);
    }
}

fn extern_kind(kind: ExternalKind) -> Option<ExternKind> {
    Some(match kind {
        ExternalKind::Func | ExternalKind::FuncExact => ExternKind::Func,
        ExternalKind::Table => ExternKind::Table,
        ExternalKind::Memory => ExternKind::Memory,
        ExternalKind::Global => ExternKind::Global,
        // Validation refuses tags.
        ExternalKind::Tag => return None,
    })
}
