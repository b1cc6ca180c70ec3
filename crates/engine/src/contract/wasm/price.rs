//! What it costs to begin a message to a module: the gas that its instance takes, before its first instruction.
//!
//! What an instruction could do later costs the same here: pages as `memory.grow`, elements as `table.grow`, bytes as
//! `memory.init`.

use lockstep_guest::wasm::{ConstExpr, GasSchedule, Module, SegmentMode};

/// A word of code, which is read and validated: what EIP-3860 takes for a word of initialization code.
const CODE_WORD: u64 = 2;
const WORD_BYTES: u64 = 32;
/// Anything that a module declares: a type, an import, a function, a table, a memory, a global, a segment.
const ITEM: u64 = 4;
/// An instruction of a constant expression: what a global, an element or the place of a segment begins with.
const CONST_OP: u64 = 1;

/// The price of an instance of `module`, but for the input.
pub(super) fn instance(module: &Module) -> u64 {
    let schedule = module.schedule();
    let code = (module.bytes().len() as u64).div_ceil(WORD_BYTES) * CODE_WORD;
    let pages: u64 = module.memories().iter().map(|memory| memory.min_pages).sum();
    let elements: u64 = module.tables().iter().map(|table| table.min).sum();
    let bytes: u64 = module
        .datas()
        .iter()
        .filter(|data| matches!(data.mode, SegmentMode::Active { .. }))
        .map(|data| data.bytes.len() as u64)
        .sum();
    let parts = [
        code,
        declared(module) * ITEM,
        const_ops(module) * CONST_OP,
        schedule.pages.price(pages),
        schedule.bulk_elements.price(elements),
        schedule.bulk_bytes.price(bytes),
    ];
    parts.into_iter().fold(0, u64::saturating_add)
}

/// The price of an input of `len_bytes`, which is copied for the program.
pub(super) fn input(schedule: &GasSchedule, len_bytes: usize) -> u64 {
    schedule.bulk_bytes.price(len_bytes as u64)
}

fn declared(module: &Module) -> u64 {
    let interface = module.interface();
    let counts = [
        module.types().len(),
        module.imports().len(),
        interface.signatures.len(),
        module.tables().len(),
        module.memories().len(),
        module.globals().len(),
        module.elems().len(),
        module.datas().len(),
    ];
    counts.iter().map(|count| *count as u64).sum()
}

fn const_ops(module: &Module) -> u64 {
    let place = |mode: &SegmentMode| match mode {
        SegmentMode::Active { offset, .. } => offset.0.len(),
        _ => 0,
    };
    let exprs = |exprs: &[ConstExpr]| exprs.iter().map(|expr| expr.0.len()).sum::<usize>();
    let tables = module.table_inits().iter().flatten().map(|init| init.0.len()).sum::<usize>();
    let elems = module.elems().iter().map(|elem| place(&elem.mode) + elem.items.ops());
    let datas = module.datas().iter().map(|data| place(&data.mode));
    let ops = exprs(module.global_inits()) + tables + elems.chain(datas).sum::<usize>();
    ops as u64
}
