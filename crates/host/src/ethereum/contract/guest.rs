//! Which guest a program is of, and what a program of a guest beside the EVM can ask about itself.

use std::sync::Arc;

use lockstep_base::Address;
use lockstep_rt::Program;

use crate::{
    ethereum::{Config, Ethereum, World},
    mapping::MemoryMapping,
};

/// Whose code a program is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Guest {
    /// The Ethereum virtual machine's.
    Evm,
    /// WebAssembly's.
    Wasm,
    /// eBPF's.
    Ebpf,
}

/// What code of a guest begins with, and whether a chain has such contracts.
struct Row {
    guest: Guest,
    prefix: &'static [u8],
    is_allowed: fn(&Config) -> bool,
}

/// A row for each guest beside the EVM, whose code is whatever is not of another.
const ROWS: &[Row] = &[
    // The binary format's version 1 (Wasm 2.0, 5.5.16).
    Row {
        guest: Guest::Wasm,
        prefix: b"\0asm\x01\0\0\0",
        is_allowed: |config| config.wasm_contracts,
    },
    // The identification of ELF files (System V ABI, "ELF Identification").
    Row { guest: Guest::Ebpf, prefix: b"\x7fELF", is_allowed: |config| config.ebpf_contracts },
];

impl Guest {
    /// The guest of `code` on a chain of this configuration: its first bytes say it.
    #[inline]
    pub fn of(code: &[u8], config: &Config) -> Self {
        // Neither prefix is long or common: the first byte tells most code apart.
        let is_of = |row: &&Row| code.starts_with(row.prefix) && (row.is_allowed)(config);
        ROWS.iter().find(is_of).map_or(Self::Evm, |row| row.guest)
    }
}

impl<W: World> Ethereum<W> {
    /// The guest of `code` on this chain.
    #[inline]
    pub fn guest_of(&self, code: &[u8]) -> Guest {
        Guest::of(code, &self.config)
    }

    /// Says where the memory of the program that begins lies, for guests whose addresses are no places in it, and that
    /// its depth units count from those of its callers.
    pub fn begin_mapped(&mut self, mapping: Arc<MemoryMapping>) {
        self.running.mapping = mapping;
        self.running.units = self.frame.units;
    }

    /// What the program that ends gave as its output, for guests that end by returning.
    pub fn take_returned(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.running.returned)
    }
}

/// What the innermost program beside the EVM's was called with and says: the EVM's see theirs as memories.
#[derive(Debug, Clone, Default)]
pub(in crate::ethereum) struct Running {
    pub(in crate::ethereum) input: Vec<u8>,
    code: Option<Arc<[u8]>>,
    /// Where its memory lies, if its addresses are no places.
    pub(in crate::ethereum) mapping: Arc<MemoryMapping>,
    /// Depth units of its callers, if its own begin with none.
    pub(in crate::ethereum) units: u64,
    /// What it says that it returns.
    pub(in crate::ethereum) returned: Vec<u8>,
    /// Whether it said so after its last call.
    pub(in crate::ethereum) has_returned: bool,
    /// Whom it called last.
    pub(in crate::ethereum) callee: Address,
}

impl Running {
    pub(in crate::ethereum) fn of(program: &Program<'_>) -> Self {
        Self {
            input: program.input.to_vec(),
            code: Some(Arc::clone(program.code)),
            ..Self::default()
        }
    }

    /// The program's code.
    pub(in crate::ethereum) fn code(&self) -> &[u8] {
        self.code.as_deref().unwrap_or_default()
    }
}
