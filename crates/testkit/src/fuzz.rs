//! What fuzz targets do with the bytes they are given. An ordinary test replays their corpora.
//!
//! Invariant: whatever the bytes, a target ends soon: gas, blocks, memory and input are bounded here, not by a timeout.

mod dmir;
mod evm;
mod state_test;
mod wasm;

pub use dmir::dmir;
pub use evm::evm;
pub use state_test::state_test;
pub use wasm::{wasm_load, wasm_smith, wasm_text};

/// A fuzz target: its name, which is that of its corpus folder, and what it does.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: [Target; 6] = [
    ("dmir", dmir),
    ("evm", evm),
    ("state_test", state_test),
    ("wasm_load", wasm_load),
    ("wasm_smith", wasm_smith),
    ("wasm_text", wasm_text),
];
