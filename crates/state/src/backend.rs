//! Where the state lives between blocks.

mod memory;

pub use memory::MemoryStorage;
