//! Opening a path.
//!
//! A guest gets the rights that it asks for, that its directory passes on, and that what it opens can use; the rest is
//! left out silently, as the specification allows, for guests ask for all they know. Writing is the exception: a file
//! that could not be written is not opened for it.

use std::{
    fs::File,
    os::fd::{AsFd, OwnedFd},
};

use rustix::fs::{FileType, Mode, OFlags, fstat, openat};

use crate::wasi::{
    Errno, Wasi,
    flag::{LOOKUP_FOLLOW, fd_flag, open_flag, right},
    memory::Memory,
    resolve::{Last, Place, resolve},
    table::{Descriptor, Directory, Kind},
};

/// Bytes of a descriptor's number.
const FD_BYTES: u32 = 4;

/// What a new file may be used for by others, before the process's mask (POSIX `open`'s habit).
const NEW_FILE_MODE: u32 = 0o666;

/// The place of the path at `path` below `directory`.
pub(crate) fn place<'a>(
    directory: &'a Directory,
    memory: &Memory<'_>,
    lookup: u32,
    path: u32,
    path_len: u32,
) -> Result<Place<'a>, Errno> {
    let last = match lookup {
        0 => Last::Keep,
        LOOKUP_FOLLOW => Last::Follow,
        _ => return Err(Errno::Inval),
    };
    let path = memory.path(path, path_len)?;
    // Behind a slash a link is never meant itself.
    let last = if path.ends_with(b"/") { Last::Follow } else { last };
    resolve(directory.fd.as_fd(), &path, last)
}

pub(crate) fn path_open(
    host: &mut Wasi,
    memory: &mut Memory<'_>,
    args: (u32, u32, u32, u32, u32, u64, u64, u32, u32),
) -> Result<(), Errno> {
    let (fd, lookup, path, path_len, open_flags, base, inheriting, fd_flags, result) = args;
    memory.check(result, FD_BYTES)?;
    host.table.free()?;
    let request = Request::new(open_flags, fd_flags, base, inheriting)?;
    let descriptor = host.table.get(fd)?;
    let directory = host.table.directory(fd, request.rights_needed())?;
    let request = request.within(descriptor.inheriting)?;
    // A file that must be new is no link's target.
    let lookup = if request.has(open_flag::EXCLUSIVE) { lookup & !LOOKUP_FOLLOW } else { lookup };
    let place = place(directory, memory, lookup, path, path_len)?;
    if place.is_slashed && request.has(open_flag::CREATE) {
        return Err(Errno::Isdir);
    }
    let mut flags = request.flags();
    if place.is_slashed {
        flags |= OFlags::DIRECTORY;
    }
    let opened = openat(place.dir(), &*place.name, flags, Mode::from_raw_mode(NEW_FILE_MODE as _))?;
    let fd = host.table.insert(request.descriptor(opened)?)?;
    memory.put_u32(result, fd)
}

/// What a guest asks for.
struct Request {
    open_flags: u32,
    fd_flags: u16,
    base: u64,
    inheriting: u64,
}

impl Request {
    fn new(open_flags: u32, fd_flags: u32, base: u64, inheriting: u64) -> Result<Self, Errno> {
        let fd_flags = u16::try_from(fd_flags).map_err(|_| Errno::Inval)?;
        let contradicts = open_flag::CREATE | open_flag::DIRECTORY;
        if open_flags & !open_flag::ALL != 0
            || fd_flags & !fd_flag::ALL != 0
            || open_flags & contradicts == contradicts
        {
            return Err(Errno::Inval);
        }
        // A right that no directory can use is not asked for.
        let base = match open_flags & open_flag::DIRECTORY {
            0 => base,
            _ => base & right::DIRECTORY,
        };
        Ok(Self { open_flags, fd_flags, base, inheriting })
    }

    fn has(&self, flag: u32) -> bool {
        self.open_flags & flag != 0
    }

    /// What the directory must be good for.
    fn rights_needed(&self) -> u64 {
        let mut rights = right::PATH_OPEN;
        if self.has(open_flag::CREATE) {
            rights |= right::PATH_CREATE_FILE;
        }
        if self.has(open_flag::TRUNCATE) {
            rights |= right::PATH_FILESTAT_SET_SIZE;
        }
        rights
    }

    /// The request cut to what a directory passes on.
    fn within(self, passed_on: u64) -> Result<Self, Errno> {
        let cuts_writing = self.base & !passed_on & right::FD_WRITE != 0;
        if cuts_writing || (self.has(open_flag::TRUNCATE) && passed_on & right::FD_WRITE == 0) {
            return Err(Errno::Notcapable);
        }
        let (base, inheriting) = (self.base & passed_on, self.inheriting & passed_on);
        Ok(Self { base, inheriting, ..self })
    }

    /// How the host opens it: never through a link, never waiting for the other end of a pipe.
    fn flags(&self) -> OFlags {
        let changing = right::FD_WRITE | right::FD_ALLOCATE | right::FD_FILESTAT_SET_SIZE;
        let reads = self.base & right::FD_READ != 0;
        let writes = self.base & changing != 0 || self.has(open_flag::TRUNCATE);
        let mut flags = match (reads, writes) {
            (true, true) => OFlags::RDWR,
            (false, true) => OFlags::WRONLY,
            _ => OFlags::RDONLY,
        };
        flags |= OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
        let sync = fd_flag::SYNC | fd_flag::RSYNC;
        for (is_set, flag) in [
            (self.has(open_flag::CREATE), OFlags::CREATE),
            (self.has(open_flag::DIRECTORY), OFlags::DIRECTORY),
            (self.has(open_flag::EXCLUSIVE), OFlags::EXCL),
            (self.has(open_flag::TRUNCATE), OFlags::TRUNC),
            (self.fd_flags & fd_flag::APPEND != 0, OFlags::APPEND),
            (self.fd_flags & fd_flag::DSYNC != 0, OFlags::DSYNC),
            (self.fd_flags & sync != 0, OFlags::SYNC),
        ] {
            if is_set {
                flags |= flag;
            }
        }
        flags
    }

    /// What was opened, if it is something that a guest may have: no device, no pipe.
    fn descriptor(&self, opened: OwnedFd) -> Result<Descriptor, Errno> {
        let kind = FileType::from_raw_mode(fstat(&opened)?.st_mode);
        let (kind, usable, passed_on) = match kind {
            FileType::RegularFile => (Kind::File(File::from(opened)), right::FILE, 0),
            FileType::Directory => {
                let directory = Directory { fd: opened, preopen: None, listing: None };
                (Kind::Directory(directory), right::DIRECTORY, u64::MAX)
            }
            _ => return Err(Errno::Notsup),
        };
        Ok(Descriptor {
            kind,
            base: self.base & usable,
            inheriting: self.inheriting & passed_on,
            flags: self.fd_flags,
        })
    }
}
