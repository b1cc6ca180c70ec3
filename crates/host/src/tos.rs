//! TOS: a host of storage, accounts and a chain's state for programs of eBPF, all of it injected.
//!
//! ```text
//! providers -> InvokeContext -> functions() -> (program) -> a system call: charge, translate, act, answer
//! ```
//!
//! # Invariants
//!
//! 1. Nothing here knows a chain: storage and accounts are what [`StorageProvider`] and [`AccountProvider`] say.
//! 2. A system call charges before it acts: one that cannot be paid for has done nothing.
//! 3. A program names its own memory alone: every pointer is translated, or the call fails.
//! 4. A provider that fails for a reason of the machine's is a fault, never an answer.

pub mod call;
mod context;
mod cost;
mod declare;
mod error;
mod memory;
mod provider;
#[cfg(test)]
mod tests;

pub use crate::mapping::{AccessType, AccessViolation, MemoryMapping, MemoryRegion};
pub use call::functions;
pub use context::{Hash, InvokeContext};
pub use cost::{Cost, CostError, CostTable};
pub use declare::Caller;
pub use error::{ProviderError, TosError};
pub use memory::{
    GuestMemory, Plain, Slice, SliceMut, TypeMut, translate_slice, translate_slice_mut,
    translate_string, translate_type, translate_type_mut,
};
pub use provider::{
    AccountProvider, InMemoryAccounts, InMemoryStorage, NoOpAccounts, NoOpStorage, NullStorage,
    StorageProvider,
};
