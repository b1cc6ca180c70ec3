//! Descriptors as such: what they are, may and hold; closing and renumbering; preopened directories.

use rustix::fs::{FallocateFlags, OFlags, fallocate, fcntl_setfl};

use crate::wasi::{
    Errno, Wasi,
    flag::{ADVICE_LAST, PREOPEN_DIRECTORY, fd_flag, file_type, right},
    memory::Memory,
    table::{Directory, Kind},
};

/// Bytes of an `fdstat`.
const FDSTAT_BYTES: usize = 24;

/// Bytes of a `prestat`.
const PRESTAT_BYTES: usize = 8;

pub(crate) fn fd_close(host: &mut Wasi, _: &mut Memory<'_>, (fd,): (u32,)) -> Result<(), Errno> {
    host.table.remove(fd).map(drop)
}

pub(crate) fn fd_renumber(
    host: &mut Wasi,
    _: &mut Memory<'_>,
    (from, to): (u32, u32),
) -> Result<(), Errno> {
    host.table.renumber(from, to)
}

/// Advice is checked and not needed: it could only change how fast a file is read.
pub(crate) fn fd_advise(
    host: &mut Wasi,
    _: &mut Memory<'_>,
    (fd, _offset, _len, advice): (u32, u64, u64, u32),
) -> Result<(), Errno> {
    host.table.file(fd, right::FD_ADVISE)?;
    if advice > ADVICE_LAST { Err(Errno::Inval) } else { Ok(()) }
}

pub(crate) fn fd_allocate(
    host: &mut Wasi,
    _: &mut Memory<'_>,
    (fd, offset, len): (u32, u64, u64),
) -> Result<(), Errno> {
    host.table.file(fd, right::FD_ALLOCATE)?;
    let end = offset.checked_add(len).ok_or(Errno::Fbig)?;
    if len == 0 {
        return Err(Errno::Inval);
    }
    if end > i64::MAX as u64 {
        return Err(Errno::Fbig);
    }
    host.spend_file_bytes(len)?;
    fallocate(host.table.file(fd, right::FD_ALLOCATE)?, FallocateFlags::empty(), offset, len)?;
    Ok(())
}

pub(crate) fn fd_datasync(host: &mut Wasi, _: &mut Memory<'_>, (fd,): (u32,)) -> Result<(), Errno> {
    Ok(host.table.file(fd, right::FD_DATASYNC)?.sync_data()?)
}

pub(crate) fn fd_sync(host: &mut Wasi, _: &mut Memory<'_>, (fd,): (u32,)) -> Result<(), Errno> {
    Ok(host.table.file(fd, right::FD_SYNC)?.sync_all()?)
}

/// Streams have no file type: a character device would make guests believe in a terminal.
pub(crate) fn fd_fdstat_get(
    host: &mut Wasi,
    memory: &mut Memory<'_>,
    (fd, result): (u32, u32),
) -> Result<(), Errno> {
    let descriptor = host.table.get(fd)?;
    let mut row = [0; FDSTAT_BYTES];
    row[0] = match descriptor.kind {
        Kind::File(_) => file_type::REGULAR_FILE,
        Kind::Directory(_) => file_type::DIRECTORY,
        _ => file_type::UNKNOWN,
    };
    row[2..4].copy_from_slice(&descriptor.flags.to_le_bytes());
    row[8..16].copy_from_slice(&descriptor.base.to_le_bytes());
    row[16..].copy_from_slice(&descriptor.inheriting.to_le_bytes());
    memory.put(result, &row)
}

/// Appending is a file's affair; not blocking is noted only, as nothing here blocks. The rest is settled at opening.
pub(crate) fn fd_fdstat_set_flags(
    host: &mut Wasi,
    _: &mut Memory<'_>,
    (fd, flags): (u32, u32),
) -> Result<(), Errno> {
    let descriptor = host.table.get_mut(fd)?;
    if matches!(descriptor.kind, Kind::Directory(_)) {
        return Err(Errno::Badf);
    }
    descriptor.require(right::FD_FDSTAT_SET_FLAGS)?;
    let flags = u16::try_from(flags).map_err(|_| Errno::Inval)?;
    if flags & !fd_flag::ALL != 0 {
        return Err(Errno::Inval);
    }
    let changeable = fd_flag::APPEND | fd_flag::NONBLOCK;
    if (flags ^ descriptor.flags) & !changeable != 0 {
        return Err(Errno::Notsup);
    }
    if let Kind::File(file) = &descriptor.kind {
        let append = match flags & fd_flag::APPEND {
            0 => OFlags::empty(),
            _ => OFlags::APPEND,
        };
        fcntl_setfl(file, append)?;
    }
    descriptor.flags = flags;
    Ok(())
}

/// Rights are given up, never won.
pub(crate) fn fd_fdstat_set_rights(
    host: &mut Wasi,
    _: &mut Memory<'_>,
    (fd, base, inheriting): (u32, u64, u64),
) -> Result<(), Errno> {
    let descriptor = host.table.get_mut(fd)?;
    if base & !descriptor.base != 0 || inheriting & !descriptor.inheriting != 0 {
        return Err(Errno::Notcapable);
    }
    (descriptor.base, descriptor.inheriting) = (base, inheriting);
    Ok(())
}

pub(crate) fn fd_prestat_get(
    host: &mut Wasi,
    memory: &mut Memory<'_>,
    (fd, result): (u32, u32),
) -> Result<(), Errno> {
    let name = preopen(host, fd)?;
    let mut row = [0; PRESTAT_BYTES];
    row[0] = PREOPEN_DIRECTORY;
    let len = u32::try_from(name.len()).map_err(|_| Errno::Overflow)?;
    row[4..].copy_from_slice(&len.to_le_bytes());
    memory.put(result, &row)
}

pub(crate) fn fd_prestat_dir_name(
    host: &mut Wasi,
    memory: &mut Memory<'_>,
    (fd, at, len): (u32, u32, u32),
) -> Result<(), Errno> {
    let name = preopen(host, fd)?;
    if name.len() > len as usize {
        return Err(Errno::Nametoolong);
    }
    memory.put(at, name)
}

/// The name of the preopened directory `fd`. Guests ask one number after another until none is left.
fn preopen(host: &Wasi, fd: u32) -> Result<&[u8], Errno> {
    match &host.table.get(fd)?.kind {
        Kind::Directory(Directory { preopen: Some(name), .. }) => Ok(name),
        _ => Err(Errno::Badf),
    }
}
