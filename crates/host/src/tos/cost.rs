//! What system calls cost: data with a version.
//!
//! As text a line for each: `tos_log 100 1` is 100 units and one more for each byte; `version 2` names the table.

use core::fmt;

/// What a system call costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Units of each call.
    pub base: u64,
    /// Units of each byte.
    pub per_byte: u64,
}

impl Cost {
    /// What a call with so many bytes costs; all there can be when that exceeds 64 bits.
    pub const fn of(self, bytes: u64) -> u64 {
        self.base.saturating_add(self.per_byte.saturating_mul(bytes))
    }
}

/// The costs of the version in force. The source's table leaves out four, which its engine charges like the block's hash.
/// Version 2 is the first with calls of other contracts.
const ROWS: &[(&str, Cost)] = &[
    ("tos_log", Cost { base: 100, per_byte: 1 }),
    ("tos_get_block_hash", Cost { base: 50, per_byte: 0 }),
    ("tos_get_block_height", Cost { base: 50, per_byte: 0 }),
    ("tos_get_tx_hash", Cost { base: 50, per_byte: 0 }),
    ("tos_get_tx_sender", Cost { base: 50, per_byte: 0 }),
    ("tos_get_contract_hash", Cost { base: 50, per_byte: 0 }),
    ("tos_get_balance", Cost { base: 100, per_byte: 0 }),
    ("tos_transfer", Cost { base: 500, per_byte: 0 }),
    ("tos_storage_read", Cost { base: 200, per_byte: 1 }),
    ("tos_storage_write", Cost { base: 500, per_byte: 2 }),
    ("tos_storage_delete", Cost { base: 300, per_byte: 0 }),
    ("tos_set_return_data", Cost { base: 100, per_byte: 1 }),
    ("tos_get_return_data", Cost { base: 50, per_byte: 0 }),
    ("tos_invoke", Cost { base: 1000, per_byte: 1 }),
    ("tos_get_caller", Cost { base: 50, per_byte: 0 }),
    ("tos_get_call_value", Cost { base: 50, per_byte: 0 }),
];
const VERSION: u32 = 2;

/// A table of costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CostTable {
    /// The version, by which records name it.
    pub version: u32,
    rows: Vec<(String, Cost)>,
}

impl Default for CostTable {
    fn default() -> Self {
        let rows = ROWS.iter().map(|(name, cost)| ((*name).to_owned(), *cost));
        Self { version: VERSION, rows: rows.collect() }
    }
}

/// Text that is no table of costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CostError {
    /// The line, counted from 1.
    pub line: usize,
}

impl fmt::Display for CostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: expected NAME BASE PER_BYTE, or version N", self.line)
    }
}

impl core::error::Error for CostError {}

impl CostTable {
    /// What the system call of this name costs; nothing when the table does not know it.
    pub fn cost(&self, name: &str) -> Cost {
        let row = self.rows.iter().find(|(known, _)| known == name);
        row.map_or(Cost { base: 0, per_byte: 0 }, |(_, cost)| *cost)
    }

    /// This table with the rows that `text` has.
    ///
    /// # Errors
    ///
    /// [`CostError`] with the first line that is none.
    pub fn with(mut self, text: &str) -> Result<Self, CostError> {
        for (number, line) in text.lines().enumerate() {
            let error = CostError { line: number + 1 };
            let words: Vec<&str> =
                line.split('#').next().unwrap_or_default().split_whitespace().collect();
            let read = |word: &str| word.parse::<u64>().map_err(|_| error.clone());
            match words[..] {
                [] => {}
                ["version", version] => {
                    self.version = u32::try_from(read(version)?).map_err(|_| error)?;
                }
                [name, base, per_byte] => {
                    let cost = Cost { base: read(base)?, per_byte: read(per_byte)? };
                    self.rows.retain(|(known, _)| known != name);
                    self.rows.push((name.to_owned(), cost));
                }
                _ => return Err(error),
            }
        }
        Ok(self)
    }
}
