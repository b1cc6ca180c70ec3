//! What messages to programs cost before their first instruction: data with a version.

/// Prices in gas. A unit, which is what an instruction costs, is a gas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// The version, by which records name it.
    pub version: u32,
    /// A word of 32 bytes of code, which is read and validated: what EIP-3860 takes for one of initialization code.
    pub code_word: u64,
    /// A slot of the text, which is decoded and verified, and perhaps has a place in the table of functions.
    pub slot: u64,
    /// Bytes of memory that a gas pays for.
    pub memory_unit_bytes: u64,
    /// Bytes of data and input that a gas pays to copy.
    pub copy_unit_bytes: u64,
}

/// The prices in force. A page of 4 KiB costs sixteen, which is some 20 ns for a gas when all of it is touched.
pub const SCHEDULE: Schedule =
    Schedule { version: 1, code_word: 2, slot: 1, memory_unit_bytes: 256, copy_unit_bytes: 64 };
