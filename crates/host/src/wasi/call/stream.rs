//! Reading, writing and seeking.
//!
//! A transfer goes vector by vector and stops at the first that is not served whole; an error after some bytes is left
//! for the next call to find.

use std::{
    io::{Read, Seek, SeekFrom, Write},
    os::unix::fs::FileExt,
};

use crate::wasi::{
    Errno, Sink, Wasi,
    flag::right,
    memory::{Memory, Span},
    table::{Kind, Table},
};

/// Bytes of a `size` that a call returns.
const SIZE_BYTES: u32 = 4;

/// Bytes of a `filesize` that a call returns.
const FILE_SIZE_BYTES: u32 = 8;

/// What `fd` reads from or writes to; directories do neither.
fn stream(table: &Table, fd: u32, right: u64) -> Result<&Kind, Errno> {
    let descriptor = table.get(fd)?;
    if matches!(descriptor.kind, Kind::Directory(_)) {
        return Err(Errno::Badf);
    }
    descriptor.require(right)?;
    Ok(&descriptor.kind)
}

pub(crate) fn fd_read(
    host: &mut Wasi,
    memory: &mut Memory<'_>,
    (fd, vectors, count, result): (u32, u32, u32, u32),
) -> Result<(), Errno> {
    let spans = transfer(memory, vectors, count, result)?;
    let len = match stream(&host.table, fd, right::FD_READ)? {
        Kind::Input => {
            let Wasi { stdin, stdin_read, .. } = host;
            each(&spans, |span, _| {
                let len = (&stdin[*stdin_read..]).read(memory.get_mut(span.at, span.len)?)?;
                *stdin_read += len;
                Ok(len)
            })?
        }
        Kind::File(file) => {
            let mut file = file;
            each(&spans, |span, _| Ok(file.read(memory.get_mut(span.at, span.len)?)?))?
        }
        _ => return Err(Errno::Badf),
    };
    memory.put_u32(result, len)
}

pub(crate) fn fd_pread(
    host: &mut Wasi,
    memory: &mut Memory<'_>,
    (fd, vectors, count, offset, result): (u32, u32, u32, u64, u32),
) -> Result<(), Errno> {
    let spans = transfer(memory, vectors, count, result)?;
    let file = host.table.file(fd, right::FD_READ | right::FD_SEEK)?;
    let len = each(&spans, |span, done| {
        let at = offset.checked_add(done).ok_or(Errno::Inval)?;
        Ok(file.read_at(memory.get_mut(span.at, span.len)?, at)?)
    })?;
    memory.put_u32(result, len)
}

pub(crate) fn fd_write(
    host: &mut Wasi,
    memory: &mut Memory<'_>,
    (fd, vectors, count, result): (u32, u32, u32, u32),
) -> Result<(), Errno> {
    let spans = transfer(memory, vectors, count, result)?;
    let len = match stream(&host.table, fd, right::FD_WRITE)? {
        Kind::Output => write_sink(&mut host.stdout, memory, &spans)?,
        Kind::ErrorOutput => write_sink(&mut host.stderr, memory, &spans)?,
        Kind::File(file) => {
            let mut file = file;
            let left = &mut host.file_bytes_left;
            each(&spans, |span, _| {
                let len = file.write(affordable(memory, span, *left)?)?;
                *left -= len as u64;
                Ok(len)
            })?
        }
        _ => return Err(Errno::Badf),
    };
    memory.put_u32(result, len)
}

pub(crate) fn fd_pwrite(
    host: &mut Wasi,
    memory: &mut Memory<'_>,
    (fd, vectors, count, offset, result): (u32, u32, u32, u64, u32),
) -> Result<(), Errno> {
    let spans = transfer(memory, vectors, count, result)?;
    let file = host.table.file(fd, right::FD_WRITE | right::FD_SEEK)?;
    let left = &mut host.file_bytes_left;
    let len = each(&spans, |span, done| {
        let at = offset.checked_add(done).ok_or(Errno::Inval)?;
        let len = file.write_at(affordable(memory, span, *left)?, at)?;
        *left -= len as u64;
        Ok(len)
    })?;
    memory.put_u32(result, len)
}

/// The vectors of a transfer whose result has a place.
fn transfer(
    memory: &Memory<'_>,
    vectors: u32,
    count: u32,
    result: u32,
) -> Result<Vec<Span>, Errno> {
    memory.check(result, SIZE_BYTES)?;
    memory.vectors(vectors, count)
}

fn write_sink(sink: &mut Sink, memory: &Memory<'_>, spans: &[Span]) -> Result<u32, Errno> {
    each(spans, |span, _| Ok(sink.write(memory.get(span.at, span.len)?)?))
}

/// As much of `span` as the guest may still write to files.
fn affordable<'a>(memory: &'a Memory<'_>, span: Span, left: u64) -> Result<&'a [u8], Errno> {
    if left == 0 && span.len > 0 {
        return Err(Errno::Nospc);
    }
    memory.get(span.at, u64::from(span.len).min(left) as u32)
}

/// Serves each span with `serve`, which is told how many bytes came before; returns how many came in all.
fn each(
    spans: &[Span],
    mut serve: impl FnMut(Span, u64) -> Result<usize, Errno>,
) -> Result<u32, Errno> {
    let mut done = 0_u32;
    for span in spans.iter().filter(|span| span.len > 0) {
        match serve(*span, u64::from(done)) {
            Ok(len) => {
                // No more than the vectors hold, and those hold `TRANSFER_BYTES_MAX` at most.
                done += len as u32;
                if len < span.len as usize {
                    break;
                }
            }
            Err(error) if done == 0 => return Err(error),
            Err(_) => break,
        }
    }
    Ok(done)
}

pub(crate) fn fd_seek(
    host: &mut Wasi,
    memory: &mut Memory<'_>,
    (fd, offset, whence, result): (u32, u64, u32, u32),
) -> Result<(), Errno> {
    memory.check(result, FILE_SIZE_BYTES)?;
    let target = match whence {
        0 if offset > i64::MAX as u64 => return Err(Errno::Inval),
        0 => SeekFrom::Start(offset),
        1 => SeekFrom::Current(offset as i64),
        2 => SeekFrom::End(offset as i64),
        _ => return Err(Errno::Inval),
    };
    // Asking where one is needs less than going elsewhere.
    let rights = match target {
        SeekFrom::Current(0) => right::FD_TELL,
        _ => right::FD_SEEK,
    };
    let position = seek(host, fd, rights, target)?;
    memory.put_u64(result, position)
}

pub(crate) fn fd_tell(
    host: &mut Wasi,
    memory: &mut Memory<'_>,
    (fd, result): (u32, u32),
) -> Result<(), Errno> {
    let position = seek(host, fd, right::FD_TELL, SeekFrom::Current(0))?;
    memory.put_u64(result, position)
}

fn seek(host: &mut Wasi, fd: u32, rights: u64, target: SeekFrom) -> Result<u64, Errno> {
    match host.table.get(fd)?.kind {
        Kind::Input | Kind::Output | Kind::ErrorOutput => Err(Errno::Spipe),
        _ => {
            let mut file = host.table.file(fd, rights)?;
            Ok(file.seek(target)?)
        }
    }
}
