//! What profilers ask of whoever makes machine code: names of its functions. Opt-in, once for a process.
//!
//! ```text
//! perf map   perf-PID.map: a line `BEGIN SIZE NAME` for each piece, hexadecimal without prefix
//! jitdump    jit-PID.dump: a header, a record with name and bytes for each piece; `perf inject --jit` reads it
//! ```
//!
//! Invariants: without a profile publishing code costs one look; a profile changes no result; a file that exists is
//! never written over, so nobody can make us write elsewhere.

use core::fmt::Write as _;
use std::{
    format,
    fs::{File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    string::String,
    sync::{Mutex, OnceLock, PoisonError},
    vec::Vec,
};

/// The form of a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProfileKind {
    /// Linux' `perf` map.
    PerfMap,
    /// Linux' jitdump, version 1.
    JitDump,
}

static PROFILE: OnceLock<Profile> = OnceLock::new();

/// Where names go.
#[derive(Debug)]
struct Profile {
    kind: ProfileKind,
    /// The file, and how many pieces it holds.
    state: Mutex<(File, u64)>,
}

/// Names all code that is published from here on in a new file in `folder`; returns its path. `perf` looks for maps in
/// `/tmp`.
///
/// # Errors
///
/// When there is a profile already, or the operating system refuses; also when the file exists.
pub fn profile(kind: ProfileKind, folder: &Path) -> io::Result<PathBuf> {
    let pid = std::process::id();
    let path = folder.join(match kind {
        ProfileKind::PerfMap => format!("perf-{pid}.map"),
        ProfileKind::JitDump => format!("jit-{pid}.dump"),
    });
    if is_profiled() {
        return Err(io::Error::other("the process has a profile already"));
    }
    let mut file = OpenOptions::new().read(true).write(true).create_new(true).open(&path)?;
    if kind == ProfileKind::JitDump {
        file.write_all(&header(pid, now()))?;
        mark(&file)?;
    }
    let made = PROFILE.set(Profile { kind, state: Mutex::new((file, 0)) });
    made.map_err(|_| io::Error::other("the process has a profile already"))?;
    Ok(path)
}

/// Whether names are written.
pub fn is_profiled() -> bool {
    PROFILE.get().is_some()
}

/// Writes the name of a piece of code, if somebody wants it; a file that cannot be written any more is nobody's fault.
pub(super) fn published(name: impl FnOnce() -> String, address: usize, code: &[u8]) {
    let Some(profile) = PROFILE.get() else { return };
    let name = name();
    let mut state = profile.state.lock().unwrap_or_else(PoisonError::into_inner);
    let (file, pieces) = &mut *state;
    let bytes = match profile.kind {
        ProfileKind::PerfMap => map_line(&name, address, code.len()).into_bytes(),
        ProfileKind::JitDump => record(&name, address, code, (*pieces, now())),
    };
    *pieces += 1;
    let _ = file.write_all(&bytes);
}

fn map_line(name: &str, address: usize, len: usize) -> String {
    let mut line = String::new();
    // Writing to a string succeeds.
    let _ = writeln!(line, "{address:x} {len:x} {name}");
    line
}

/// Bytes of a jitdump's header, and of what each record begins with.
const HEADER_BYTES: u32 = 40;
const PREFIX_BYTES: usize = 16;
/// "JiTD".
const MAGIC: u32 = 0x4a69_5444;
const VERSION: u32 = 1;
/// x86-64, as ELF calls it.
const MACHINE: u32 = 62;
/// The record of a piece of code.
const CODE_LOAD: u32 = 0;

fn header(pid: u32, nanoseconds: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    for field in [MAGIC, VERSION, HEADER_BYTES, MACHINE, 0, pid] {
        bytes.extend(field.to_ne_bytes());
    }
    // No flags: the clock is the monotonic one.
    [nanoseconds, 0].iter().for_each(|field| bytes.extend(field.to_ne_bytes()));
    bytes
}

/// The record of the piece `number` that was published at a time.
fn record(name: &str, address: usize, code: &[u8], (number, nanoseconds): (u64, u64)) -> Vec<u8> {
    let pid = std::process::id();
    let mut content = Vec::new();
    [pid, pid].iter().for_each(|field| content.extend(field.to_ne_bytes()));
    for field in [address as u64, address as u64, code.len() as u64, number] {
        content.extend(field.to_ne_bytes());
    }
    content.extend(name.bytes().filter(|byte| *byte != 0));
    content.push(0);
    content.extend(code);
    let mut bytes = Vec::new();
    let len = (PREFIX_BYTES + content.len()) as u32;
    [CODE_LOAD, len].iter().for_each(|field| bytes.extend(field.to_ne_bytes()));
    bytes.extend(nanoseconds.to_ne_bytes());
    bytes.extend(content);
    bytes
}

/// The monotonic clock, by which `perf` orders records; no result depends on it.
fn now() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call writes one such value.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// Maps the dump executable: by that `perf` finds it among what the process did.
fn mark(file: &File) -> io::Result<()> {
    use std::os::fd::AsRawFd;

    // SAFETY: a new private mapping of a page at an address of the kernel's choice, which is never accessed.
    unsafe {
        let rights = libc::PROT_READ | libc::PROT_EXEC;
        let page =
            libc::mmap(core::ptr::null_mut(), 4096, rights, libc::MAP_PRIVATE, file.as_raw_fd(), 0);
        if page == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        // It stays mapped, as `perf record` may begin later.
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(bytes: &[u8], at: usize, len: usize) -> u64 {
        let mut number = [0; 8];
        number[..len].copy_from_slice(&bytes[at..at + len]);
        u64::from_le_bytes(number)
    }

    #[test]
    fn lines_and_records_are_as_perf_reads_them() {
        assert_eq!(
            map_line("wasm:01020304:f7", 0x7f00_1000, 0x2a),
            "7f001000 2a wasm:01020304:f7\n"
        );
        let header = header(77, 5);
        assert_eq!(header.len(), HEADER_BYTES as usize);
        assert_eq!(&header[..4], b"DTiJ");
        let fields = [1, 40, 62, 0, 77];
        for (place, field) in fields.into_iter().enumerate() {
            assert_eq!(number(&header, 4 + 4 * place, 4), field);
        }
        let record = record("f7", 0x1234, &[0x90, 0xc3], (9, 6));
        assert_eq!(record.len() as u64, number(&record, 4, 4));
        assert_eq!((number(&record, 0, 4), number(&record, 8, 8)), (0, 6));
        let rest = [0x1234, 0x1234, 2, 9];
        for (place, field) in rest.into_iter().enumerate() {
            assert_eq!(number(&record, 24 + 8 * place, 8), field);
        }
        assert_eq!(&record[56..], b"f7\0\x90\xc3");
    }
}
