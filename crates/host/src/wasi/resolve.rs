//! From a guest's path to a place: an open directory and a name in it that contains no slash.
//!
//! ```text
//! "a/b/../link/file"   enter a, enter b, leave b, link -> its text joins the path, ..., place(dir, "file")
//! ```
//!
//! # Invariants
//!
//! 1. Every step opens one name in an open directory without following a link, so a step leads down or not at all;
//!    `..` returns to the directory that the walk came from, and never above the one where it began. What other
//!    processes rename or replace meanwhile can make a walk fail or see their change; it cannot lead it outside.
//! 2. Links are followed by hand, [`LINKS_MAX`] in one path; an absolute one leads outside and is refused.
//! 3. Callers use a [`Place`] with calls that do not follow links either (`O_NOFOLLOW`, `AT_SYMLINK_NOFOLLOW`).
//!
//! Not checked: mount points below a directory belong to it, as the user has mounted them.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::{
    fs::{AtFlags, Mode, OFlags, Stat, openat, readlinkat, statat},
    io::Errno as HostErrno,
};

use super::Errno;

/// Links that one path may lead through (`MAXSYMLINKS` of Linux).
const LINKS_MAX: u32 = 40;

/// Directories that one path may descend through, each held open during the walk.
const DEPTH_MAX: usize = 128;

/// How a directory is opened on the way: to pass through it, not to read it.
const PASSING: OFlags =
    OFlags::DIRECTORY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC).union(THROUGH);

#[cfg(any(target_os = "linux", target_os = "android"))]
const THROUGH: OFlags = OFlags::PATH;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const THROUGH: OFlags = OFlags::RDONLY;

/// What to do when the last name of a path is a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Last {
    /// The link itself is meant.
    Keep,
    /// What it leads to is meant.
    Follow,
}

/// A name in an open directory.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    dir: Dir<'a>,
    /// The name: no slash, not `..`; `.` is the directory itself.
    pub(crate) name: Vec<u8>,
    /// Whether the path ended in a slash: only a directory can be meant.
    pub(crate) is_slashed: bool,
}

#[derive(Debug)]
enum Dir<'a> {
    Base(BorrowedFd<'a>),
    Below(OwnedFd),
}

impl Place<'_> {
    /// The directory.
    pub(crate) fn dir(&self) -> BorrowedFd<'_> {
        match &self.dir {
            Dir::Base(fd) => *fd,
            Dir::Below(fd) => fd.as_fd(),
        }
    }

    /// What is there; a link is itself. After a slash nothing but a directory is.
    pub(crate) fn stat(&self) -> Result<Stat, Errno> {
        let stat = statat(self.dir(), &*self.name, AtFlags::SYMLINK_NOFOLLOW)?;
        if self.is_slashed && !is_directory(&stat) {
            return Err(Errno::Notdir);
        }
        Ok(stat)
    }
}

/// Says whether `stat` is a directory's.
pub(crate) fn is_directory(stat: &Stat) -> bool {
    rustix::fs::FileType::from_raw_mode(stat.st_mode).is_dir()
}

/// The place that `path` names below `base`. Nothing need be there.
///
/// # Errors
///
/// [`Errno::Perm`] when the path leads outside, [`Errno::Noent`] and [`Errno::Notdir`] when it does not exist up to its
/// last name, [`Errno::Loop`] and [`Errno::Nametoolong`] when it has too many links or directories.
pub(crate) fn resolve<'a>(
    base: BorrowedFd<'a>,
    path: &[u8],
    last: Last,
) -> Result<Place<'a>, Errno> {
    let mut walk = Walk { base, below: Vec::new(), names: Vec::new(), links: 0, is_slashed: false };
    walk.push(path)?;
    while let Some(name) = walk.names.pop() {
        let is_last = walk.names.is_empty();
        match name.as_slice() {
            b".." => walk.leave()?,
            b"." if !is_last => {}
            _ if !is_last => walk.enter(&name)?,
            _ => match walk.link_to_follow(&name, last)? {
                Some(target) => walk.push(&target)?,
                None => return Ok(walk.end(name)),
            },
        }
    }
    // The last name was `..`.
    Ok(walk.end(b".".to_vec()))
}

/// A walk on its way.
struct Walk<'a> {
    base: BorrowedFd<'a>,
    /// Directories entered and not left, each in the one before.
    below: Vec<OwnedFd>,
    /// Names still to come, the next one last.
    names: Vec<Vec<u8>>,
    links: u32,
    is_slashed: bool,
}

impl<'a> Walk<'a> {
    fn top(&self) -> BorrowedFd<'_> {
        self.below.last().map_or(self.base, AsFd::as_fd)
    }

    /// Puts the names of `path` before those still to come.
    fn push(&mut self, path: &[u8]) -> Result<(), Errno> {
        match path {
            [] => return Err(Errno::Noent),
            [b'/', ..] => return Err(Errno::Perm),
            _ => {}
        }
        if self.names.is_empty() {
            self.is_slashed |= path.ends_with(b"/");
        }
        let names = path.split(|byte| *byte == b'/').filter(|name| !name.is_empty());
        self.names.extend(names.rev().map(<[u8]>::to_vec));
        Ok(())
    }

    /// Goes down into `name`, or to where it leads if it is a link.
    fn enter(&mut self, name: &[u8]) -> Result<(), Errno> {
        if self.below.len() == DEPTH_MAX {
            return Err(Errno::Nametoolong);
        }
        match openat(self.top(), name, PASSING, Mode::empty()) {
            Ok(fd) => self.below.push(fd),
            // Which of the two a link gives depends on the system.
            Err(HostErrno::NOTDIR | HostErrno::LOOP) => {
                let target = self.link(name)?.ok_or(Errno::Notdir)?;
                self.push(&target)?;
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// Goes back to where the walk came from.
    fn leave(&mut self) -> Result<(), Errno> {
        self.below.pop().map(drop).ok_or(Errno::Perm)
    }

    /// Where the last name leads, if it is a link and not meant itself.
    fn link_to_follow(&mut self, name: &[u8], last: Last) -> Result<Option<Vec<u8>>, Errno> {
        match last {
            Last::Keep => Ok(None),
            Last::Follow => self.link(name),
        }
    }

    /// The text of the link `name`, if it is one.
    fn link(&mut self, name: &[u8]) -> Result<Option<Vec<u8>>, Errno> {
        match readlinkat(self.top(), name, Vec::new()) {
            Ok(_) if self.links == LINKS_MAX => Err(Errno::Loop),
            Ok(target) => {
                self.links += 1;
                Ok(Some(target.into_bytes()))
            }
            // No link, or nothing at all.
            Err(HostErrno::INVAL | HostErrno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn end(mut self, name: Vec<u8>) -> Place<'a> {
        let dir = self.below.pop().map_or(Dir::Base(self.base), Dir::Below);
        Place { dir, name, is_slashed: self.is_slashed }
    }
}
