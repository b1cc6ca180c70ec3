//! Changing what names stand for what: directories, links, renames, removals.
//!
//! Names are meant themselves here: a link at the end of a path is renamed or removed, not followed. The host's calls
//! get single names without slashes, so what a slash at the end demands is checked by hand.

use std::os::fd::AsFd;

use rustix::{
    fs::{AtFlags, Mode, linkat, mkdirat, readlinkat, renameat, statat, symlinkat, unlinkat},
    io::Errno as HostErrno,
};

use crate::wasi::{
    Errno, Wasi,
    call::open::place,
    flag::right,
    memory::Memory,
    resolve::{Last, Place, is_directory, resolve},
    table::Directory,
};

/// What a new directory may be used for by others, before the process's mask (POSIX `mkdir`'s habit).
const NEW_DIRECTORY_MODE: u32 = 0o777;

/// Bytes of a `size`.
const SIZE_BYTES: u32 = 4;

/// The place of a path whose last name is meant itself, slash or not.
fn kept<'a>(
    directory: &'a Directory,
    memory: &Memory<'_>,
    path: u32,
    path_len: u32,
) -> Result<Place<'a>, Errno> {
    resolve(directory.fd.as_fd(), &memory.path(path, path_len)?, Last::Keep)
}

pub(crate) fn path_create_directory(
    host: &mut Wasi,
    memory: &mut Memory<'_>,
    (fd, path, path_len): (u32, u32, u32),
) -> Result<(), Errno> {
    let directory = host.table.directory(fd, right::PATH_CREATE_DIRECTORY)?;
    let place = kept(directory, memory, path, path_len)?;
    Ok(mkdirat(place.dir(), &*place.name, Mode::from_raw_mode(NEW_DIRECTORY_MODE as _))?)
}

pub(crate) fn path_link(
    host: &mut Wasi,
    memory: &mut Memory<'_>,
    args: (u32, u32, u32, u32, u32, u32, u32),
) -> Result<(), Errno> {
    let (old_fd, lookup, old_path, old_len, new_fd, new_path, new_len) = args;
    let old_directory = host.table.directory(old_fd, right::PATH_LINK_SOURCE)?;
    let new_directory = host.table.directory(new_fd, right::PATH_LINK_TARGET)?;
    let old = place(old_directory, memory, lookup, old_path, old_len)?;
    let new = kept(new_directory, memory, new_path, new_len)?;
    old.stat()?;
    refuse_slash(&new)?;
    Ok(linkat(old.dir(), &*old.name, new.dir(), &*new.name, AtFlags::empty())?)
}

pub(crate) fn path_symlink(
    host: &mut Wasi,
    memory: &mut Memory<'_>,
    (text, text_len, fd, path, path_len): (u32, u32, u32, u32, u32),
) -> Result<(), Errno> {
    let directory = host.table.directory(fd, right::PATH_SYMLINK)?;
    let text = memory.path(text, text_len)?;
    match text.first() {
        None => return Err(Errno::Noent),
        // It could never be followed, and would lead others astray.
        Some(b'/') => return Err(Errno::Perm),
        Some(_) => {}
    }
    let place = kept(directory, memory, path, path_len)?;
    refuse_slash(&place)?;
    Ok(symlinkat(&*text, place.dir(), &*place.name)?)
}

/// Refuses a name for something that is no directory when a slash demands one.
fn refuse_slash(place: &Place<'_>) -> Result<(), Errno> {
    if !place.is_slashed {
        return Ok(());
    }
    place.stat()?;
    Err(Errno::Exist)
}

/// A link that leads outside by an absolute text keeps that text to itself: it tells of the host.
pub(crate) fn path_readlink(
    host: &mut Wasi,
    memory: &mut Memory<'_>,
    (fd, path, path_len, buffer, buffer_len, result): (u32, u32, u32, u32, u32, u32),
) -> Result<(), Errno> {
    memory.check(buffer, buffer_len)?;
    memory.check(result, SIZE_BYTES)?;
    let directory = host.table.directory(fd, right::PATH_READLINK)?;
    let place = place(directory, memory, 0, path, path_len)?;
    let text = readlinkat(place.dir(), &*place.name, Vec::new())?.into_bytes();
    if text.starts_with(b"/") {
        return Err(Errno::Perm);
    }
    std::str::from_utf8(&text).map_err(|_| Errno::Ilseq)?;
    let len = text.len().min(buffer_len as usize);
    memory.put(buffer, &text[..len])?;
    memory.put_u32(result, len as u32)
}

pub(crate) fn path_remove_directory(
    host: &mut Wasi,
    memory: &mut Memory<'_>,
    (fd, path, path_len): (u32, u32, u32),
) -> Result<(), Errno> {
    let directory = host.table.directory(fd, right::PATH_REMOVE_DIRECTORY)?;
    let place = kept(directory, memory, path, path_len)?;
    match unlinkat(place.dir(), &*place.name, AtFlags::REMOVEDIR) {
        // POSIX lets systems say either.
        Err(HostErrno::EXIST) => Err(Errno::Notempty),
        done => Ok(done?),
    }
}

pub(crate) fn path_unlink_file(
    host: &mut Wasi,
    memory: &mut Memory<'_>,
    (fd, path, path_len): (u32, u32, u32),
) -> Result<(), Errno> {
    let directory = host.table.directory(fd, right::PATH_UNLINK_FILE)?;
    let place = kept(directory, memory, path, path_len)?;
    // Some systems let a privileged process unlink a directory, and others have another error for it.
    if is_directory(&place.stat()?) {
        return Err(Errno::Isdir);
    }
    Ok(unlinkat(place.dir(), &*place.name, AtFlags::empty())?)
}

pub(crate) fn path_rename(
    host: &mut Wasi,
    memory: &mut Memory<'_>,
    (old_fd, old_path, old_len, new_fd, new_path, new_len): (u32, u32, u32, u32, u32, u32),
) -> Result<(), Errno> {
    let old_directory = host.table.directory(old_fd, right::PATH_RENAME_SOURCE)?;
    let new_directory = host.table.directory(new_fd, right::PATH_RENAME_TARGET)?;
    let old = kept(old_directory, memory, old_path, old_len)?;
    let new = kept(new_directory, memory, new_path, new_len)?;
    if (old.is_slashed || new.is_slashed)
        && !is_directory(&statat(old.dir(), &*old.name, AtFlags::SYMLINK_NOFOLLOW)?)
    {
        return Err(Errno::Notdir);
    }
    Ok(renameat(old.dir(), &*old.name, new.dir(), &*new.name)?)
}
