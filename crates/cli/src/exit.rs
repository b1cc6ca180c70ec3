//! The codes that commands exit with.

/// All is well.
pub const GOOD: u8 = 0;
/// The guest, or a test, failed.
pub const FAILED: u8 = 1;
/// The command was misused, or its input could not be used.
pub const UNUSABLE: u8 = 2;
