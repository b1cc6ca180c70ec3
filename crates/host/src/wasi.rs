//! WASI preview 1 (`wasi_snapshot_preview1`): a host for programs outside consensus.
//!
//! ```text
//! Config -> Wasi -> functions() -> (guest) -> api row -> call::...(host, memory, args) -> errno
//!                                                          |-> table: streams, files, directories
//!                                                          '-> resolve: path -> open directory + name
//! ```
//!
//! # Invariants
//!
//! 1. A guest reaches what lies below its preopened directories and nothing else: paths are walked one name at a time
//!    from an open directory, links by hand; no call of the operating system ever follows a link or gets a slash.
//!    Directories are held open, not remembered by path, so renames by the guest or by others do not move the border.
//! 2. Read-only directories pass no right on that could change anything, also through links and renames.
//! 3. Clocks and random bytes come from the [`Config`]. Two runs with equal configurations and equal directories
//!    see the same, up to device and inode numbers and sizes of directories, which are the file system's.
//! 4. A bad pointer is an error of the call (`FAULT`); nothing traps and nothing panics. What a guest can make big
//!    is bounded: vectors, transfers, paths, links, descriptors, listings, captured output, bytes of files.
//!
//! # What remains
//!
//! Another process that writes to a preopened directory can change files and directories between two calls, or within
//! a walk; it can thus show the guest what it moved in, as it could by copying, but no name outside becomes reachable.
//! The number of files that a guest makes is the file system's to limit. Calls take no gas.
//!
//! Absent on purpose: sockets, signals, terminals, devices and pipes.

pub mod api;
mod call;
mod clock;
mod config;
mod errno;
mod flag;
mod host;
mod memory;
mod random;
mod resolve;
mod stat;
mod table;
#[cfg(test)]
mod tests;

pub use api::functions;
pub use clock::{Clock, STEP_NANOS};
pub use config::{
    CAPTURE_BYTES_MAX, Config, ConfigError, FILE_BYTES_DEFAULT, Preopen, STRINGS_BYTES_MAX, Sink,
};
pub use errno::Errno;
pub use host::Wasi;
pub use random::SEED_BYTES;
