//! What a program begins with: its memory, the table of its functions, and where things lie.

use std::sync::Arc;

use lockstep_guest::ebpf::Module as Guest;
use lockstep_host::mapping::{MemoryMapping, MemoryRegion};
use lockstep_ir::op::meaning::Bits;
use lockstep_rt::{InstanceParts, MemoryPool, OwnedMemory, ReserveError, Store};

use super::program::Program;

/// An instance in `store` whose memory holds the program's data and `input`.
pub(crate) fn instance<H>(
    program: &Program,
    store: &Store<H>,
    pool: &Arc<MemoryPool>,
    input: &[u8],
) -> Result<u32, ReserveError> {
    let loaded = &program.0;
    let guest = &*loaded.guest;
    let mut parts: Box<InstanceParts> = store.parts();
    parts.types = store.type_ids(&loaded.types);
    parts.func_types = Arc::clone(&loaded.func_types);
    let at = guest.layout().input_offset();
    let len = at + input.len() as u64;
    let memory = store.add_memory(OwnedMemory::new(pool, len, len)?);
    let write = |at, bytes: &[u8]| {
        store.write_memory(memory, at, bytes).expect("memory has room for its content");
    };
    write(0, guest.image());
    write(at, input);
    parts.memories.push(memory);
    let table = guest.layout().table(input.len() as u64);
    if !table.is_empty() {
        let len = table.len() as u64;
        let memory = store.add_memory(OwnedMemory::new(pool, len, len)?);
        store.write_memory(memory, 0, &table).expect("memory has room for its content");
        parts.memories.push(memory);
    }
    let interface = guest.interface();
    for (_, table) in interface.tables.iter() {
        parts.tables.push(store.add_table(table.initial, table.max, 0));
    }
    let has_table = !parts.tables.is_empty();
    let instance = store.add_instance(parts);
    if has_table {
        fill_table(store, instance, guest);
    }
    Ok(instance)
}

/// What the entry gets: where the input lies, and its length. RFC 9669 leaves arguments to the host; programs of sBPF get
/// their input alone.
pub(crate) fn entry_args(guest: &Guest, input_bytes: u64) -> Vec<Bits> {
    let len = if guest.dialect().is_sbpf() { 0 } else { input_bytes };
    let given = [guest.layout().input_address(), len, 0, 0, 0];
    let bits = |value: u64| -> Bits { [value, 0, 0, 0, 0, 0, 0, 0] };
    guest.entry_args(given).into_iter().map(bits).collect()
}

/// Where the memory of a program lies whose input has so many bytes.
pub(crate) fn mapping(guest: &Guest, input_bytes: u64) -> MemoryMapping {
    let region = |region: lockstep_guest::ebpf::Region| MemoryRegion {
        start: region.start,
        len: region.len,
        offset: region.offset,
        is_writable: region.is_writable,
        gap: region.gap,
    };
    MemoryMapping { regions: guest.layout().regions(input_bytes).into_iter().map(region).collect() }
}

/// Puts each function where indirect calls look for it: at the slot where it begins.
fn fill_table<H>(store: &Store<H>, instance: u32, guest: &Guest) {
    let slots = guest.insns().len() as u32;
    let reference = |slot| match guest.function_at(slot) {
        Some(func) => store.func_of(instance, func.0),
        None => 0,
    };
    let elements: Vec<u64> = (0..slots).map(reference).collect();
    let table = store.table_of(instance, 0);
    store.write_table(table, 0, &elements).expect("the table has an element for each slot");
}
