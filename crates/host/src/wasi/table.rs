//! Descriptors and the one table that holds them.
//!
//! Invariants: a new descriptor gets the lowest free number; the table holds [`DESCRIPTORS_MAX`] at most; what leaves
//! the table is closed by being dropped, so nothing leaks whatever is renumbered over what.

use std::{fs::File, os::fd::OwnedFd};

use super::Errno;

/// Descriptors that a guest may have open: half of what processes commonly have for all their affairs.
pub(crate) const DESCRIPTORS_MAX: usize = 512;

/// What a descriptor stands for.
#[derive(Debug)]
pub(crate) enum Kind {
    /// Standard input.
    Input,
    /// Standard output.
    Output,
    /// Standard error.
    ErrorOutput,
    /// A regular file.
    File(File),
    /// A directory.
    Directory(Directory),
}

/// An open directory.
#[derive(Debug)]
pub(crate) struct Directory {
    /// The directory itself, wherever it has been renamed to.
    pub(crate) fd: OwnedFd,
    /// What the guest calls it, for one that it found open.
    pub(crate) preopen: Option<Vec<u8>>,
    /// Its entries when the guest began to read it.
    pub(crate) listing: Option<Vec<Entry>>,
}

/// An entry of a directory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry {
    /// Its name.
    pub(crate) name: Vec<u8>,
    /// The number of its file.
    pub(crate) inode: u64,
    /// Its `filetype`.
    pub(crate) file_type: u8,
}

/// A descriptor.
#[derive(Debug)]
pub(crate) struct Descriptor {
    /// What it stands for.
    pub(crate) kind: Kind,
    /// What it may be used for.
    pub(crate) base: u64,
    /// What descriptors opened through it may be used for.
    pub(crate) inheriting: u64,
    /// Its `fdflags`.
    pub(crate) flags: u16,
}

impl Descriptor {
    /// Says whether it has all of `rights`.
    pub(crate) fn require(&self, rights: u64) -> Result<(), Errno> {
        if self.base & rights == rights { Ok(()) } else { Err(Errno::Notcapable) }
    }
}

/// The descriptors of a guest.
#[derive(Debug, Default)]
pub(crate) struct Table {
    slots: Vec<Option<Descriptor>>,
}

impl Table {
    /// The descriptor `fd`.
    pub(crate) fn get(&self, fd: u32) -> Result<&Descriptor, Errno> {
        self.slots.get(fd as usize).and_then(Option::as_ref).ok_or(Errno::Badf)
    }

    /// The descriptor `fd`, to change.
    pub(crate) fn get_mut(&mut self, fd: u32) -> Result<&mut Descriptor, Errno> {
        self.slots.get_mut(fd as usize).and_then(Option::as_mut).ok_or(Errno::Badf)
    }

    /// The regular file `fd`, if it may be used for `rights`.
    pub(crate) fn file(&self, fd: u32, rights: u64) -> Result<&File, Errno> {
        let descriptor = self.get(fd)?;
        let Kind::File(file) = &descriptor.kind else {
            return Err(Errno::Badf);
        };
        descriptor.require(rights)?;
        Ok(file)
    }

    /// The directory `fd`, if it may be used for `rights`.
    pub(crate) fn directory(&self, fd: u32, rights: u64) -> Result<&Directory, Errno> {
        let descriptor = self.get(fd)?;
        let Kind::Directory(directory) = &descriptor.kind else {
            return Err(Errno::Notdir);
        };
        descriptor.require(rights)?;
        Ok(directory)
    }

    /// The number that the next descriptor gets.
    pub(crate) fn free(&self) -> Result<u32, Errno> {
        let free = self.slots.iter().position(Option::is_none).unwrap_or(self.slots.len());
        if free < DESCRIPTORS_MAX { Ok(free as u32) } else { Err(Errno::Mfile) }
    }

    /// Entries in the listings of all directories.
    pub(crate) fn listed(&self) -> usize {
        let listings =
            self.slots.iter().flatten().filter_map(|descriptor| match &descriptor.kind {
                Kind::Directory(directory) => directory.listing.as_ref(),
                _ => None,
            });
        listings.map(Vec::len).sum()
    }

    /// Puts `descriptor` at the lowest free number.
    pub(crate) fn insert(&mut self, descriptor: Descriptor) -> Result<u32, Errno> {
        let fd = self.free()?;
        match self.slots.get_mut(fd as usize) {
            Some(slot) => *slot = Some(descriptor),
            None => self.slots.push(Some(descriptor)),
        }
        Ok(fd)
    }

    /// Takes `fd` out.
    pub(crate) fn remove(&mut self, fd: u32) -> Result<Descriptor, Errno> {
        self.slots.get_mut(fd as usize).and_then(Option::take).ok_or(Errno::Badf)
    }

    /// Moves `from` over `to`, which is closed. Both must be open, so that no number is made up.
    pub(crate) fn renumber(&mut self, from: u32, to: u32) -> Result<(), Errno> {
        self.get(from)?;
        self.get(to)?;
        if from != to {
            let moved = self.remove(from)?;
            *self.get_mut(to)? = moved;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(base: u64) -> Descriptor {
        Descriptor { kind: Kind::Input, base, inheriting: 0, flags: 0 }
    }

    fn numbers(table: &Table) -> Vec<u32> {
        (0..8).filter(|fd| table.get(*fd).is_ok()).collect()
    }

    #[test]
    fn the_lowest_free_number_is_next() {
        let mut table = Table::default();
        assert_eq!([0, 1, 2].map(|base| table.insert(stream(base))), [Ok(0), Ok(1), Ok(2)]);
        assert!(table.remove(1).is_ok());
        assert_eq!(table.remove(1).map(|_| ()), Err(Errno::Badf));
        assert_eq!(table.insert(stream(9)), Ok(1));
        assert_eq!(table.insert(stream(9)), Ok(3));
    }

    #[test]
    fn renumbering_moves_and_closes() {
        let mut table = Table::default();
        (0..4).for_each(|base| assert!(table.insert(stream(base)).is_ok()));
        assert_eq!(table.renumber(3, 1), Ok(()));
        assert_eq!(numbers(&table), [0, 1, 2]);
        assert_eq!(table.get(1).map(|d| d.base), Ok(3));
        assert_eq!(table.renumber(2, 2), Ok(()));
        assert_eq!(table.renumber(3, 0), Err(Errno::Badf));
        assert_eq!(table.renumber(0, 3), Err(Errno::Badf));
        assert_eq!(table.renumber(0, u32::MAX), Err(Errno::Badf));
        assert_eq!(numbers(&table), [0, 1, 2]);
    }

    #[test]
    fn a_full_table_takes_no_more() {
        let mut table = Table::default();
        (0..DESCRIPTORS_MAX).for_each(|_| assert!(table.insert(stream(0)).is_ok()));
        assert_eq!(table.insert(stream(0)), Err(Errno::Mfile));
        assert!(table.remove(300).is_ok());
        assert_eq!(table.insert(stream(0)), Ok(300));
    }
}
