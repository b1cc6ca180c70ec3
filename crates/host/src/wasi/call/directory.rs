//! Reading a directory.
//!
//! A guest that begins (cookie 0) gets a listing of that moment: `.` and `..` first, then by name, so the order is the
//! same on every file system. The cookie of an entry is the number of entries up to it; a guest may go on from any
//! cookie it was given, and entries made or removed meanwhile do not move the others. Names that are no UTF-8 are left
//! out: no guest could open them.

use std::os::fd::{AsFd, BorrowedFd};

use rustix::fs::{AtFlags, Dir, FileType, fstat, statat};

use crate::wasi::{
    Errno, Wasi,
    flag::{file_type, right},
    memory::Memory,
    stat,
    table::{Entry, Kind},
};

/// Bytes of a `dirent`, which its name follows.
const ENTRY_BYTES: usize = 24;

/// Entries that the directories being read have together; each takes memory.
const ENTRIES_MAX: usize = 1 << 18;

/// Bytes of a `size`.
const SIZE_BYTES: u32 = 4;

pub(crate) fn fd_readdir(
    host: &mut Wasi,
    memory: &mut Memory<'_>,
    (fd, buffer, buffer_len, cookie, result): (u32, u32, u32, u64, u32),
) -> Result<(), Errno> {
    memory.check(result, SIZE_BYTES)?;
    host.table.directory(fd, right::FD_READDIR)?;
    let room = ENTRIES_MAX.saturating_sub(host.table.listed());
    let Kind::Directory(directory) = &mut host.table.get_mut(fd)?.kind else {
        return Err(Errno::Notdir);
    };
    let buffer = memory.get_mut(buffer, buffer_len)?;
    if cookie == 0 {
        directory.listing = None;
    }
    let listing = match directory.listing.take() {
        Some(listing) => listing,
        None => list(directory.fd.as_fd(), room)?,
    };
    let used = fill(buffer, &listing, cookie);
    // A buffer with room left says that this was the end; then nobody needs the listing.
    if used == buffer.len() {
        directory.listing = Some(listing);
    }
    memory.put_u32(result, used as u32)
}

/// Writes entries from `cookie` on until `buffer` is full, the last one cut short if need be.
fn fill(buffer: &mut [u8], listing: &[Entry], cookie: u64) -> usize {
    let start = usize::try_from(cookie).unwrap_or(usize::MAX).min(listing.len());
    let mut used = 0;
    for (number, entry) in listing.iter().enumerate().skip(start) {
        for bytes in [&header(entry, number as u64 + 1)[..], &entry.name] {
            let len = bytes.len().min(buffer.len() - used);
            buffer[used..used + len].copy_from_slice(&bytes[..len]);
            used += len;
        }
        if used == buffer.len() {
            break;
        }
    }
    used
}

fn header(entry: &Entry, next: u64) -> [u8; ENTRY_BYTES] {
    let mut row = [0; ENTRY_BYTES];
    row[..8].copy_from_slice(&next.to_le_bytes());
    row[8..16].copy_from_slice(&entry.inode.to_le_bytes());
    // Names have 255 bytes or so.
    row[16..20].copy_from_slice(&(entry.name.len() as u32).to_le_bytes());
    row[20] = entry.file_type;
    row
}

/// The entries of `directory`, sorted, if there are no more than `room`. What lies above it is not told: `..` shows the directory's own number.
fn list(directory: BorrowedFd<'_>, room: usize) -> Result<Vec<Entry>, Errno> {
    let own = fstat(directory)?.st_ino;
    let mut named = Vec::new();
    for entry in Dir::read_from(directory)? {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if name == b"." || name == b".." || std::str::from_utf8(name).is_err() {
            continue;
        }
        if named.len() >= room {
            return Err(Errno::Overflow);
        }
        let file_type = match entry.file_type() {
            // Some file systems keep no types in their directories.
            FileType::Unknown => statat(directory, name, AtFlags::SYMLINK_NOFOLLOW)
                .map_or(FileType::Unknown, |stat| FileType::from_raw_mode(stat.st_mode)),
            known => known,
        };
        let file_type = stat::file_type(file_type);
        named.push(Entry { name: name.to_vec(), inode: entry.ino(), file_type });
    }
    named.sort_unstable();
    let dots = [&b"."[..], b".."].map(|name| Entry {
        name: name.to_vec(),
        inode: own,
        file_type: file_type::DIRECTORY,
    });
    Ok(dots.into_iter().chain(named).collect())
}
