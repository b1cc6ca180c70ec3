//! How large a program may be: what is longer is refused, with [`Limit`](super::LoadErrorKind::Limit).

use lockstep_ir::DepthLimit;

/// Bytes of a file.
pub const FILE_BYTES_MAX: u64 = 64 << 20;
/// Slots of a program's text.
pub const SLOTS_MAX: u64 = 1 << 22;
/// Bytes of a program's data, read-only and other.
pub const DATA_BYTES_MAX: u64 = 64 << 20;
/// Bytes of the heap, and of the input.
pub const HEAP_BYTES_MAX: u64 = 1 << 30;
/// See [`HEAP_BYTES_MAX`].
pub const INPUT_BYTES_MAX: u64 = 1 << 30;
/// Host functions that a program may know of.
pub const HELPERS_MAX: u64 = 10_000;
/// Sections of an object.
pub const SECTIONS_MAX: u64 = 10_000;

/// Functions inside one another, the first one counted: 63 nested calls.
pub const CALL_DEPTH_MAX: u64 = 64;
/// Bytes of a function's frame.
pub const FRAME_BYTES: u64 = 4096;
/// Depth units of a frame, enough for whatever a tier keeps of eleven registers.
pub const FRAME_UNITS: u64 = 256;
/// Depth units of all frames together.
pub const DEPTH_LIMIT: DepthLimit = DepthLimit(CALL_DEPTH_MAX * FRAME_UNITS);
