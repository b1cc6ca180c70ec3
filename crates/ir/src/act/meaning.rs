//! What each act means, over a trait that says what an instance holds.

use alloc::sync::Arc;

use super::Act;
use crate::{module::PAGE_BYTES, trap::Trap};

/// The null reference.
pub const NULL: u64 = 0;

/// The answer of an act that refuses to grow.
pub const REFUSED: u64 = u64::MAX;

/// What an instance holds, by the numbers of its module.
pub trait Instance {
    /// The bytes of a memory.
    fn memory(&mut self, memory: u32) -> &mut [u8];

    /// Makes a memory `bytes` long, the new ones zero; false when it may not become so long.
    fn grow_memory(&mut self, memory: u32, bytes: u64) -> bool;

    /// Copies `len` bytes between two memories (which may be one), which the caller has found to exist.
    fn copy_memory(&mut self, memories: [u32; 2], to: usize, from: usize, len: usize);

    /// The elements of a table.
    fn table(&mut self, table: u32) -> &mut [u64];

    /// Makes a table `len` long, the new elements `fill`; false when it may not become so long.
    fn grow_table(&mut self, table: u32, len: u64, fill: u64) -> bool;

    /// Copies `len` elements between two tables (which may be one), which the caller has found to exist.
    fn copy_table(&mut self, tables: [u32; 2], to: usize, from: usize, len: usize);

    /// A data segment; empty once dropped.
    fn data(&self, segment: u32) -> Arc<[u8]>;

    /// Empties a data segment.
    fn drop_data(&mut self, segment: u32);

    /// An element segment; empty once dropped.
    fn elem(&self, segment: u32) -> Arc<[u64]>;

    /// Empties an element segment.
    fn drop_elem(&mut self, segment: u32);

    /// A reference to a function; imports are counted first.
    fn func_ref(&mut self, func: u32) -> u64;
}

/// The range of `len` items at `at` when all of them exist.
fn range(at: u64, len: u64, have: usize) -> Option<core::ops::Range<usize>> {
    let end = at.checked_add(len).filter(|end| *end <= have as u64)?;
    Some(at as usize..end as usize)
}

fn bytes(at: u64, len: u64, have: usize) -> Result<core::ops::Range<usize>, Trap> {
    range(at, len, have).ok_or(Trap::MemoryOutOfBounds)
}

fn elements(at: u64, len: u64, have: usize) -> Result<core::ops::Range<usize>, Trap> {
    range(at, len, have).ok_or(Trap::TableOutOfBounds)
}

/// Does `act` on what `on` names, with as many arguments as its row says (the rest is not read); zero when it has no
/// result.
///
/// # Errors
///
/// The trap that the row names; then nothing has changed.
pub fn perform(
    act: Act,
    on: [u32; 2],
    [a, b, c]: [u64; 3],
    instance: &mut dyn Instance,
) -> Result<u64, Trap> {
    match act {
        Act::MemoryGrow => return Ok(memory_grow(on[0], a, instance)),
        Act::MemoryFill => {
            let memory = instance.memory(on[0]);
            let range = bytes(a, c, memory.len())?;
            memory[range].fill(b as u8);
        }
        Act::MemoryCopy => {
            let to = bytes(a, c, instance.memory(on[0]).len())?;
            let from = bytes(b, c, instance.memory(on[1]).len())?;
            instance.copy_memory(on, to.start, from.start, to.len());
        }
        Act::MemoryInit => {
            let segment = instance.data(on[1]);
            let memory = instance.memory(on[0]);
            let to = bytes(a, c, memory.len())?;
            memory[to].copy_from_slice(&segment[bytes(b, c, segment.len())?]);
        }
        Act::DataDrop => instance.drop_data(on[0]),
        Act::TableGet => {
            let table = instance.table(on[0]);
            return Ok(table[elements(a, 1, table.len())?.start]);
        }
        Act::TableSet => {
            let table = instance.table(on[0]);
            table[elements(a, 1, table.len())?.start] = b;
        }
        Act::TableSize => return Ok(instance.table(on[0]).len() as u64),
        Act::TableGrow => return Ok(table_grow(on[0], a, b, instance)),
        Act::TableFill => {
            let table = instance.table(on[0]);
            let range = elements(a, c, table.len())?;
            table[range].fill(b);
        }
        Act::TableCopy => {
            let to = elements(a, c, instance.table(on[0]).len())?;
            let from = elements(b, c, instance.table(on[1]).len())?;
            instance.copy_table(on, to.start, from.start, to.len());
        }
        Act::TableInit => {
            let segment = instance.elem(on[1]);
            let table = instance.table(on[0]);
            let to = elements(a, c, table.len())?;
            table[to].copy_from_slice(&segment[elements(b, c, segment.len())?]);
        }
        Act::ElemDrop => instance.drop_elem(on[0]),
        Act::FuncRef => return Ok(instance.func_ref(on[0])),
    }
    Ok(0)
}

fn memory_grow(memory: u32, pages: u64, instance: &mut dyn Instance) -> u64 {
    let before = instance.memory(memory).len() as u64;
    let after = pages.checked_mul(PAGE_BYTES).and_then(|more| before.checked_add(more));
    match after {
        Some(after) if instance.grow_memory(memory, after) => before / PAGE_BYTES,
        _ => REFUSED,
    }
}

fn table_grow(table: u32, by: u64, fill: u64, instance: &mut dyn Instance) -> u64 {
    let before = instance.table(table).len() as u64;
    match before.checked_add(by) {
        Some(after) if instance.grow_table(table, after, fill) => before,
        _ => REFUSED,
    }
}
