//! What the sections come to: the interface of dMIR, and the module.

use std::sync::Arc;

use lockstep_base::{Index, IndexVec};
use lockstep_ir::{
    GlobalDef, Growth, Import, Interface, MemoryDef, PAGE_BYTES, Signature, TableDef,
};

use super::sections::Sections;
use crate::wasm::{
    config::Config,
    limits,
    module::Module,
    types::{ExternType, FuncType, GlobalType, MemoryType, TableType},
};

pub(super) fn module(sections: Sections, bytes: Arc<[u8]>, config: &Config) -> Module {
    let interface = Arc::new(interface(&sections));
    Module {
        bytes,
        schedule: Arc::clone(&config.schedule),
        interface,
        imports: sections.imports,
        exports: sections.exports,
        types: sections.types,
        func_types: sections.func_types,
        tables: sections.tables,
        memories: sections.memories,
        globals: sections.globals,
        global_inits: sections.global_inits,
        table_inits: sections.table_inits,
        elems: sections.elems,
        datas: sections.datas,
        start: sections.start,
        bodies: sections.bodies,
    }
}

fn indexed<I: Index, T>(items: impl Iterator<Item = T>) -> IndexVec<I, T> {
    items.collect()
}

fn interface(sections: &Sections) -> Interface {
    let types: Vec<Signature> = sections.types.iter().map(signature).collect();
    let own = &sections.func_types[sections.imported_funcs..];
    let imports = sections.imports.iter().filter_map(|import| match &import.ty {
        ExternType::Func(ty) => Some(Import {
            name: format!("{}.{}", import.module, import.name),
            signature: signature(ty),
        }),
        _ => None,
    });
    Interface {
        imports: indexed(imports),
        memories: indexed(sections.memories.iter().map(memory)),
        window: None,
        signatures: indexed(own.iter().map(|ty| types[*ty as usize].clone())),
        types: indexed(types.into_iter()),
        tables: indexed(sections.tables.iter().map(table)),
        globals: indexed(sections.globals.iter().map(global)),
        data_segments: sections.datas.len() as u32,
        elem_segments: sections.elems.len() as u32,
        depth_limit: limits::DEPTH_LIMIT,
        traps_take_all: false,
    }
}

fn signature(ty: &FuncType) -> Signature {
    Signature {
        params: ty.params.iter().map(|ty| ty.dmir()).collect(),
        results: ty.results.iter().map(|ty| ty.dmir()).collect(),
    }
}

/// A module may declare more than there is to have: it has no instance then, but it is valid.
fn memory(ty: &MemoryType) -> MemoryDef {
    let pages = ty.max_pages.unwrap_or(u64::MAX).min(limits::MEMORY_PAGES_MAX);
    MemoryDef {
        initial_bytes: ty.min_pages.min(pages) * PAGE_BYTES,
        growth: Growth::Explicit { max_bytes: pages * PAGE_BYTES },
    }
}

fn table(ty: &TableType) -> TableDef {
    let max = ty.max.unwrap_or(u64::MAX).min(limits::TABLE_ELEMENTS_MAX);
    TableDef { initial: ty.min.min(max), max }
}

fn global(ty: &GlobalType) -> GlobalDef {
    GlobalDef { ty: ty.ty.dmir(), is_mutable: ty.is_mutable }
}
