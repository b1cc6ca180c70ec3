//! TOS: a host of storage, accounts and a chain's state for programs of eBPF, all of it injected.
//!
//! ```text
//! providers -> InvokeContext -> Invocation -> functions() -> (program) -> a system call: charge, translate, act, answer
//!              another host --/                                            tos_invoke -> Machine::run -> (program)
//! ```
//!
//! # System calls
//!
//! Arguments are in r1 to r5, the answer in r0, pointers come before lengths. What is wrong ends the program; `costs` says what
//! each takes. Calls of other contracts:
//!
//! | name | r1 | r2 | r3 | r4 | r5 | r0 |
//! |---|---|---|---|---|---|---|
//! | `tos_invoke` | contract: 32 bytes | input | bytes of input | amount | most units | 0: it succeeded, 1: not |
//! | `tos_get_caller` | to: 32 bytes | | | | | 0 |
//! | `tos_get_call_value` | | | | | | the amount |
//!
//! The callee gets at most all but one 64th of what is left after the price; what it leaves comes back. It succeeded when it
//! returned zero. What it gave to `tos_set_return_data` is the caller's to get with `tos_get_return_data`, also when it returned
//! something else; not when it trapped. It is not run when [`INVOKE_DEPTH_MAX`] programs are inside one another, when there
//! is no such contract, or when the amount is not there.
//!
//! # Invariants
//!
//! 1. Nothing here knows a chain: storage and accounts are what [`StorageProvider`] and [`AccountProvider`] say.
//! 2. A system call charges before it acts: one that cannot be paid for has done nothing.
//! 3. A program names its own memory alone: every pointer is translated, or the call fails.
//! 4. A program that was called and failed has changed nothing.
//! 5. A provider that fails for a reason of the machine's is a fault, never an answer.

mod alone;
pub mod call;
mod context;
mod cost;
mod declare;
mod error;
mod invocation;
mod memory;
mod provider;
#[cfg(test)]
mod tests;
mod undo;

pub use crate::mapping::{AccessType, AccessViolation, MemoryMapping, MemoryRegion};
pub use call::functions;
pub use context::{Hash, INVOKE_DEPTH_MAX, InvokeContext};
pub use cost::{Cost, CostError, CostTable};
pub use declare::Caller;
pub use error::{ProviderError, TosError};
pub use invocation::{Invocation, Invoke};
pub use memory::{
    GuestMemory, Plain, Slice, SliceMut, TypeMut, translate_slice, translate_slice_mut,
    translate_string, translate_type, translate_type_mut,
};
pub use provider::{
    AccountProvider, InMemoryAccounts, InMemoryPrograms, InMemoryStorage, NoOpAccounts,
    NoOpStorage, NullStorage, ProgramProvider, StorageProvider,
};
