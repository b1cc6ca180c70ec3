//! Whether what is offered may be imported (Wasm 2.0, 3.2.7).

use lockstep_guest::wasm::{ExternType, GlobalType, MemoryType, TableType};

/// What is offered: the types it was declared with, and how long it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Offer {
    Func,
    Table(TableType, u64),
    Memory(MemoryType, u64),
    Global(GlobalType),
}

/// Whether `offer` may stand where `want` is imported; functions are compared by their types' numbers elsewhere.
pub(super) fn admits(want: &ExternType, offer: &Offer) -> bool {
    match (want, offer) {
        (ExternType::Func(_), Offer::Func) => true,
        (ExternType::Table(want), Offer::Table(have, len)) => {
            want.element == have.element
                && want.is_64 == have.is_64
                && limits((want.min, want.max), (*len, have.max))
        }
        (ExternType::Memory(want), Offer::Memory(have, pages)) => {
            want.is_64 == have.is_64
                && limits((want.min_pages, want.max_pages), (*pages, have.max_pages))
        }
        (ExternType::Global(want), Offer::Global(have)) => want == have,
        _ => false,
    }
}

/// At least as long, and never longer than wanted.
fn limits((min, max): (u64, Option<u64>), (len, have): (u64, Option<u64>)) -> bool {
    let bounded = max.is_none_or(|max| have.is_some_and(|have| have <= max));
    len >= min && bounded
}
