//! The world as guests change it: one journal over a read-only [`Storage`], its roots and its backends.
//!
//! ```text
//! Journal  --reads misses-->  Storage (memory, disk, ...)
//!    |                           ^
//!    +--changes()--> Changes ----+ apply: one atomic batch per block
//! ```
//!
//! Invariants: a machine fault is a [`StorageError`] and never a guest's result; nothing observable depends
//! on a hash seed or on the order in which entries were loaded. Absent on purpose: gas, forks, guests.
#![forbid(unsafe_code)]

mod account;
mod backend;
mod changes;
mod index;
mod journal;
mod keccak;
mod log;
mod root;
mod slot;
mod storage;
mod trie;

pub use account::AccountId;
pub use backend::MemoryStorage;
pub use changes::{AccountChange, Changes};
pub use journal::{
    AccountLoad, BalanceError, Checkpoint, EmptyAccounts, Journal, SlotLoad, SlotStore,
};
pub use keccak::keccak256;
pub use log::{Log, LogRef};
pub use root::{encode_logs, logs_hash, state_root, storage_root};
pub use storage::{AccountInfo, Storage, StorageError};
pub use trie::{EMPTY_TRIE_ROOT, ordered_trie_root, secure_trie_root, trie_root};
