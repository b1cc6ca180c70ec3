//! Segments and initial values written into an instance (Wasm 2.0, 4.5.4).
//!
//! # Invariants
//!
//! 1. Active segments are written in order, and what was written before one trapped stays.
//! 2. Where one trapped, functions of the instance may have come into a table of another one, and run: for them passive
//!    segments are there, and so are the active ones from that which trapped on.

use lockstep_guest::wasm::{ConstExpr, Elem, Items, Module as Guest, SegmentMode};
use lockstep_rt::{Store, Trap};

use super::constant::evaluate;

/// Gives what an instance owns its first content: globals and tables, then active segments in order, which are dropped.
///
/// # Errors
///
/// The trap of a segment that does not fit.
pub(crate) fn fill<H>(store: &Store<H>, guest: &Guest, number: u32) -> Result<(), Trap> {
    let filling = Filling { store, guest, number };
    filling.initialize();
    filling.keep_elements(0, |mode| matches!(mode, SegmentMode::Passive));
    filling.write_elements().map_err(|(trap, segment)| {
        filling.keep_elements(segment, |mode| matches!(mode, SegmentMode::Active { .. }));
        filling.keep_data(0);
        trap
    })?;
    filling.write_data().map_err(|(trap, segment)| {
        filling.keep_data(segment);
        trap
    })
}

/// An instance that is filled.
struct Filling<'a, H> {
    store: &'a Store<H>,
    guest: &'a Guest,
    number: u32,
}

impl<H> Filling<'_, H> {
    /// What a constant expression of the instance yields.
    fn constant(&self, expr: &ConstExpr) -> [u64; 2] {
        let Self { store, number, .. } = *self;
        let global = |index: u32| store.global(store.global_of(number, index));
        evaluate(expr, global, |func| store.func_of(number, func))
    }

    /// Gives own globals and tables what they begin with.
    fn initialize(&self) {
        let Self { store, guest, number } = *self;
        let imported = guest.globals().len() - guest.global_inits().len();
        for (own, init) in guest.global_inits().iter().enumerate() {
            let global = store.global_of(number, (imported + own) as u32);
            store.set_global(global, self.constant(init));
        }
        let imported = guest.tables().len() - guest.table_inits().len();
        for (own, init) in guest.table_inits().iter().enumerate() {
            if let Some(init) = init {
                let [fill, _] = self.constant(init);
                store.fill_table(store.table_of(number, (imported + own) as u32), fill);
            }
        }
    }

    fn elements(&self, elem: &Elem) -> Vec<u64> {
        let func = |func: &u32| self.store.func_of(self.number, *func);
        match &elem.items {
            Items::Funcs(funcs) => funcs.iter().map(func).collect(),
            Items::Exprs(exprs) => exprs.iter().map(|expr| self.constant(expr)[0]).collect(),
        }
    }

    /// Gives element segments from `first` on their content, where their mode `is_kept`.
    fn keep_elements(&self, first: usize, is_kept: fn(&SegmentMode) -> bool) {
        for (segment, elem) in self.guest.elems().iter().enumerate().skip(first) {
            if is_kept(&elem.mode) {
                self.store.set_elem(self.number, segment as u32, self.elements(elem).into());
            }
        }
    }

    /// Gives data segments their content, but for active ones before `first`.
    fn keep_data(&self, first: usize) {
        let Self { store, guest, number } = *self;
        store.set_datas(number, guest.data_bytes(|_| true));
        for (segment, data) in guest.datas().iter().enumerate().take(first) {
            if matches!(data.mode, SegmentMode::Active { .. }) {
                store.drop_data(number, segment as u32);
            }
        }
    }

    /// Writes active element segments in order; fails with the number of the one that does not fit.
    fn write_elements(&self) -> Result<(), (Trap, usize)> {
        let Self { store, guest, number } = *self;
        for (segment, elem) in guest.elems().iter().enumerate() {
            if let SegmentMode::Active { index, offset } = &elem.mode {
                let [at, _] = self.constant(offset);
                let table = store.table_of(number, *index);
                let written = store.write_table(table, at, &self.elements(elem));
                written.map_err(|trap| (trap, segment))?;
            }
        }
        Ok(())
    }

    /// Writes active data segments in order; fails with the number of the one that does not fit.
    fn write_data(&self) -> Result<(), (Trap, usize)> {
        let Self { store, guest, number } = *self;
        for (segment, data) in guest.datas().iter().enumerate() {
            if let SegmentMode::Active { index, offset } = &data.mode {
                let [at, _] = self.constant(offset);
                let bytes = &guest.bytes()[data.bytes.clone()];
                let written = store.write_memory(store.memory_of(number, *index), at, bytes);
                written.map_err(|trap| (trap, segment))?;
            }
        }
        Ok(())
    }
}
