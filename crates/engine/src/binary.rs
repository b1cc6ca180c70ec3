//! [`Binary`]: a program with its machine code, made ahead of time and kept in a file.
//!
//! # Shape
//!
//! ```text
//! magic | version | bytes of the rest | build | target | guest | configuration | hash of the code | code | functions | checksum
//! ```
//!
//! # Invariants
//!
//! 1. What is read was written whole by this very engine, for a processor like this one: anything else is a typed error, and
//!    every byte is under the checksum.
//! 2. The checksum finds damage, not malice: **a binary is trusted as a program is**. Whoever can change the file can run
//!    what he wants.
//! 3. Code means the same wherever it lies but for distances of calls within the program, whose places are listed; it is
//!    published like any other, on pages that are written first and then executable.
//! 4. Reading takes memory in proportion to the file, which is limited.

mod error;
mod make;
mod prepared;
mod read;
#[cfg(test)]
mod tests;
mod write;

use std::sync::Arc;

use lockstep_base::Hash;
use lockstep_ir::FuncId;
use lockstep_rt::native::{Compiled, Layout};
use lockstep_state::keccak256;

pub use error::BinaryError;
pub(crate) use prepared::native_program;

/// What a file begins with: no text, and damaged by whoever takes it for some.
const MAGIC: [u8; 8] = *b"\x89LSB\r\n\x1a\n";
/// The form of the file.
const VERSION: u32 = 1;
/// Bytes that a binary may have.
const BYTES_MAX: u64 = 1 << 29;
/// Bytes of the checksum at the end: Keccak-256 of all before.
const CHECKSUM_BYTES: usize = 32;
/// Bytes before what the length counts.
const HEAD_BYTES: usize = MAGIC.len() + 4 + 8;

/// Whose program it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BinaryGuest {
    /// EVM code as it lies in an account.
    Evm,
    /// A Wasm module.
    Wasm,
    /// An eBPF program, as an ELF file.
    Ebpf,
}

impl BinaryGuest {
    const ALL: [Self; 3] = [Self::Evm, Self::Wasm, Self::Ebpf];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Evm => "evm",
            Self::Wasm => "wasm",
            Self::Ebpf => "ebpf",
        }
    }
}

/// A function of a binary.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Function {
    /// It is compiled when it is called, like one that has no binary.
    Missing,
    /// Its code.
    Code(Compiled),
    /// The tier refuses it: what calls the tier below.
    Below(Compiled),
}

/// A program with its machine code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binary {
    build: Hash,
    target: Vec<String>,
    guest: BinaryGuest,
    /// The rules that the code was made for: fork, schedule, profile, what a loader was told.
    configuration: String,
    code: Arc<[u8]>,
    functions: Vec<Function>,
}

/// What a binary consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BinaryStatistics {
    /// Functions with machine code.
    pub compiled: usize,
    /// Functions that the tier refuses.
    pub below: usize,
    /// Functions that are compiled when they are called.
    pub missing: usize,
    /// Bytes of machine code.
    pub code_bytes: usize,
}

impl Binary {
    /// Whose program it is.
    pub fn guest(&self) -> BinaryGuest {
        self.guest
    }

    /// The guest's code.
    pub fn code(&self) -> &Arc<[u8]> {
        &self.code
    }

    /// What it consists of.
    pub fn statistics(&self) -> BinaryStatistics {
        let mut all = BinaryStatistics::default();
        for function in &self.functions {
            match function {
                Function::Missing => all.missing += 1,
                Function::Code(code) => {
                    all.compiled += 1;
                    all.code_bytes += code.body.len() + code.door.len();
                }
                Function::Below(_) => all.below += 1,
            }
        }
        all
    }

    fn function(&self, func: FuncId) -> &Function {
        self.functions.get(func.0 as usize).unwrap_or(&Function::Missing)
    }

    /// Refuses it where it was made for other rules, or is another guest's.
    fn expect(&self, guest: BinaryGuest, configuration: &str) -> Result<(), BinaryError> {
        if self.guest != guest {
            return Err(BinaryError::Guest { found: self.guest, expected: guest });
        }
        if self.configuration != configuration {
            let found = self.configuration.clone();
            return Err(BinaryError::Configuration { found, expected: configuration.to_owned() });
        }
        Ok(())
    }
}

/// What tells this engine from others whose code must not run here: its version, its sources, and where code finds what it
/// needs.
fn build() -> Hash {
    let mut text = concat!(env!("CARGO_PKG_VERSION"), " ", env!("LOCKSTEP_SOURCES")).to_owned();
    text.extend(Layout::numbers().iter().map(|number| format!(" {number}")));
    keccak256(text.as_bytes())
}
