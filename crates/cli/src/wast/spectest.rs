//! The module `spectest`, which scripts may import: the host's functions, and a few definitions.

use std::collections::BTreeMap;

use lockstep::{
    ReserveError,
    spectest::{Spectest, functions},
    wasm::{Extern, GlobalType, Instances, MemoryType, TableType, ValType, Value},
};

/// What comes before a function's name in the host's table.
const PREFIX: &str = "spectest.";
/// What its globals hold.
const NUMBER: u32 = 666;
const FRACTION: f64 = 666.6;
/// Elements of its tables, at first and at most.
const TABLE: (u64, u64) = (10, 20);
/// Pages of its memory, at first and at most.
const MEMORY: (u64, u64) = (1, 2);

/// Makes the module in `instances`; what it exports, by name.
///
/// # Errors
///
/// [`ReserveError`] when there is no memory.
pub(super) fn make(
    instances: &mut Instances<Spectest>,
) -> Result<BTreeMap<String, Extern>, ReserveError> {
    let mut exports = BTreeMap::new();
    for row in functions() {
        let name = row.name.strip_prefix(PREFIX).unwrap_or(row.name);
        exports.insert(name.to_owned(), Extern::Func(instances.host_func(&row)));
    }
    let globals = [
        ("global_i32", Value::I32(NUMBER)),
        ("global_i64", Value::I64(u64::from(NUMBER))),
        ("global_f32", Value::F32((FRACTION as f32).to_bits())),
        ("global_f64", Value::F64(FRACTION.to_bits())),
    ];
    for (name, value) in globals {
        let ty = GlobalType { ty: value.ty(), is_mutable: false };
        exports.insert(name.to_owned(), Extern::Global(instances.new_global(ty, value)));
    }
    for (name, is_64) in [("table", false), ("table64", true)] {
        let (min, max) = (TABLE.0, Some(TABLE.1));
        let ty = TableType { element: ValType::FuncRef, is_64, min, max };
        exports.insert(name.to_owned(), Extern::Table(instances.new_table(ty)));
    }
    let (min_pages, max_pages) = (MEMORY.0, Some(MEMORY.1));
    let memory = instances.new_memory(MemoryType { is_64: false, min_pages, max_pages })?;
    exports.insert("memory".to_owned(), Extern::Memory(memory));
    Ok(exports)
}
