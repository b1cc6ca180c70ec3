//! What an instance holds, as acts see it.

use alloc::sync::Arc;

use lockstep_ir::act::meaning::Instance;

use super::{StoreCore, func_ref};

/// One instance of a store.
#[derive(Debug)]
pub(crate) struct Held<'s> {
    pub(crate) store: &'s StoreCore,
    pub(crate) instance: u32,
}

impl Held<'_> {
    fn memory_id(&self, memory: u32) -> usize {
        self.store.memory_of(self.instance, memory) as usize
    }

    fn table_id(&self, table: u32) -> usize {
        self.store.table_of(self.instance, table) as usize
    }
}

impl Instance for Held<'_> {
    fn memory(&mut self, memory: u32) -> &mut [u8] {
        let id = self.memory_id(memory);
        self.store.inner().memories[id].bytes_mut()
    }

    fn grow_memory(&mut self, memory: u32, bytes: u64) -> bool {
        let id = self.memory_id(memory);
        self.store.inner().memories[id].grow(bytes)
    }

    fn copy_memory(&mut self, memories: [u32; 2], to: usize, from: usize, len: usize) {
        let [to_id, from_id] = memories.map(|memory| self.memory_id(memory));
        let memories = &mut self.store.inner().memories;
        if to_id == from_id {
            memories[to_id].bytes_mut().copy_within(from..from + len, to);
        } else {
            let [target, source] =
                memories.get_disjoint_mut([to_id, from_id]).expect("two memories of the store");
            target.bytes_mut()[to..to + len].copy_from_slice(&source.bytes_mut()[from..from + len]);
        }
    }

    fn table(&mut self, table: u32) -> &mut [u64] {
        let id = self.table_id(table);
        self.store.inner().tables[id].elements_mut()
    }

    fn grow_table(&mut self, table: u32, len: u64, fill: u64) -> bool {
        let id = self.table_id(table);
        self.store.inner().tables[id].grow(len, fill)
    }

    fn copy_table(&mut self, tables: [u32; 2], to: usize, from: usize, len: usize) {
        let [to_id, from_id] = tables.map(|table| self.table_id(table));
        let tables = &mut self.store.inner().tables;
        if to_id == from_id {
            tables[to_id].elements_mut().copy_within(from..from + len, to);
        } else {
            let [target, source] =
                tables.get_disjoint_mut([to_id, from_id]).expect("two tables of the store");
            target.elements_mut()[to..to + len]
                .copy_from_slice(&source.elements_mut()[from..from + len]);
        }
    }

    fn data(&self, segment: u32) -> Arc<[u8]> {
        self.store.inner().instances[self.instance as usize].data(segment)
    }

    fn drop_data(&mut self, segment: u32) {
        self.store.drop_data(self.instance, segment);
    }

    fn elem(&self, segment: u32) -> Arc<[u64]> {
        self.store.inner().instances[self.instance as usize].elem(segment)
    }

    fn drop_elem(&mut self, segment: u32) {
        self.store.set_elem(self.instance, segment, Arc::default());
    }

    fn func_ref(&mut self, func: u32) -> u64 {
        func_ref(self.store.inner(), self.instance, func)
    }
}
