//! Which guest a program is of, and what a Wasm program can ask about itself.

use std::sync::Arc;

use lockstep_rt::Program;

use crate::ethereum::{Ethereum, World};

/// What a module of the binary format's version 1 begins with (Wasm 2.0, 5.5.16).
const PREFIX: &[u8] = b"\0asm\x01\0\0\0";

/// Whose code a program is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Guest {
    /// The Ethereum virtual machine's.
    Evm,
    /// WebAssembly's.
    Wasm,
}

impl<W: World> Ethereum<W> {
    /// Whether `code` is a Wasm program on this chain.
    pub fn is_wasm(&self, code: &[u8]) -> bool {
        self.guest_of(code) == Guest::Wasm
    }

    /// The guest of `code` on this chain: its first bytes say it.
    #[inline]
    pub fn guest_of(&self, code: &[u8]) -> Guest {
        match self.config.wasm_contracts && code.starts_with(PREFIX) {
            true => Guest::Wasm,
            false => Guest::Evm,
        }
    }
}

/// What the innermost Wasm program was called with: the EVM's see theirs as memories.
#[derive(Debug, Clone, Default)]
pub(in crate::ethereum) struct Running {
    pub(in crate::ethereum) input: Vec<u8>,
    code: Option<Arc<[u8]>>,
}

impl Running {
    pub(in crate::ethereum) fn of(program: &Program<'_>) -> Self {
        Self { input: program.input.to_vec(), code: Some(Arc::clone(program.code)) }
    }

    /// The program's code.
    pub(in crate::ethereum) fn code(&self) -> &[u8] {
        self.code.as_deref().unwrap_or_default()
    }
}
