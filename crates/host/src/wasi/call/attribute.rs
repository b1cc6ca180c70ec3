//! Attributes of files: reading them, setting size and times.

use rustix::fs::{AtFlags, fstat, ftruncate, futimens, utimensat};

use crate::wasi::{
    Errno, Wasi,
    call::open::place,
    flag::{file_type, right},
    memory::Memory,
    stat::{FILESTAT_BYTES, filestat, row, times},
    table::Kind,
};

pub(crate) fn fd_filestat_get(
    host: &mut Wasi,
    memory: &mut Memory<'_>,
    (fd, result): (u32, u32),
) -> Result<(), Errno> {
    let descriptor = host.table.get(fd)?;
    descriptor.require(right::FD_FILESTAT_GET)?;
    let stat = match &descriptor.kind {
        Kind::File(file) => fstat(file)?,
        Kind::Directory(directory) => fstat(&directory.fd)?,
        _ => return memory.put(result, &stream(fd)),
    };
    memory.put(result, &filestat(&stat, host.shows_file_times))
}

/// The `filestat` of a stream: its number, one link, nothing else.
fn stream(fd: u32) -> [u8; FILESTAT_BYTES] {
    row([0, u64::from(fd), u64::from(file_type::UNKNOWN), 1, 0, 0, 0, 0])
}

pub(crate) fn fd_filestat_set_size(
    host: &mut Wasi,
    _: &mut Memory<'_>,
    (fd, size): (u32, u64),
) -> Result<(), Errno> {
    if size > i64::MAX as u64 {
        return Err(Errno::Inval);
    }
    let file = host.table.file(fd, right::FD_FILESTAT_SET_SIZE)?;
    let growth = size.saturating_sub(file.metadata()?.len());
    host.spend_file_bytes(growth)?;
    Ok(ftruncate(host.table.file(fd, right::FD_FILESTAT_SET_SIZE)?, size)?)
}

pub(crate) fn fd_filestat_set_times(
    host: &mut Wasi,
    _: &mut Memory<'_>,
    (fd, access, modification, flags): (u32, u64, u64, u32),
) -> Result<(), Errno> {
    let descriptor = host.table.get(fd)?;
    descriptor.require(right::FD_FILESTAT_SET_TIMES)?;
    let times = times(&mut host.clocks, access, modification, flags)?;
    match &descriptor.kind {
        Kind::File(file) => Ok(futimens(file, &times)?),
        Kind::Directory(directory) => Ok(futimens(&directory.fd, &times)?),
        _ => Err(Errno::Badf),
    }
}

pub(crate) fn path_filestat_get(
    host: &mut Wasi,
    memory: &mut Memory<'_>,
    (fd, lookup, path, path_len, result): (u32, u32, u32, u32, u32),
) -> Result<(), Errno> {
    let directory = host.table.directory(fd, right::PATH_FILESTAT_GET)?;
    let stat = place(directory, memory, lookup, path, path_len)?.stat()?;
    memory.put(result, &filestat(&stat, host.shows_file_times))
}

pub(crate) fn path_filestat_set_times(
    host: &mut Wasi,
    memory: &mut Memory<'_>,
    args: (u32, u32, u32, u32, u64, u64, u32),
) -> Result<(), Errno> {
    let (fd, lookup, path, path_len, access, modification, flags) = args;
    let directory = host.table.directory(fd, right::PATH_FILESTAT_SET_TIMES)?;
    let place = place(directory, memory, lookup, path, path_len)?;
    place.stat()?;
    let times = times(&mut host.clocks, access, modification, flags)?;
    Ok(utimensat(place.dir(), &*place.name, &times, AtFlags::SYMLINK_NOFOLLOW)?)
}
