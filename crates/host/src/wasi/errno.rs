//! Error numbers, as `errno` of the preview 1 specification numbers them (`witx/typenames.witx`).
//!
//! One row per error: the host's own name for it stands beside its number, so no other place translates errors.
//! Invariant: an error that has no row here reaches the guest as [`Errno::Io`].

use rustix::io::Errno as HostErrno;

/// Declares errors: `Name = number, host's name;`.
macro_rules! errors {
    ($($(#[$doc:meta])* $name:ident = $number:literal $(, $host:ident)?;)*) => {
        /// Why a call failed. Success is no error: a call that worked returns 0.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u16)]
        pub enum Errno {
            $($(#[$doc])* $name = $number,)*
        }

        impl From<HostErrno> for Errno {
            fn from(error: HostErrno) -> Self {
                match error {
                    $($(HostErrno::$host => Self::$name,)?)*
                    _ => Self::Io,
                }
            }
        }
    };
}

errors! {
    /// Permission denied.
    Acces = 2, ACCESS;
    /// Try again later.
    Again = 6, AGAIN;
    /// No such descriptor, or one of another kind.
    Badf = 8, BADF;
    /// The thing is in use.
    Busy = 10, BUSY;
    /// A deadlock would follow.
    Deadlk = 16, DEADLK;
    /// The quota is used up.
    Dquot = 19, DQUOT;
    /// It exists already.
    Exist = 20, EXIST;
    /// A pointer leads outside the guest's memory.
    Fault = 21, FAULT;
    /// The file would become too large.
    Fbig = 22, FBIG;
    /// A string is no UTF-8.
    Ilseq = 25, ILSEQ;
    /// A signal interrupted the call.
    Intr = 27, INTR;
    /// An argument makes no sense.
    Inval = 28, INVAL;
    /// The device failed.
    Io = 29, IO;
    /// It is a directory.
    Isdir = 31, ISDIR;
    /// Too many symbolic links, or one where none is followed.
    Loop = 32, LOOP;
    /// The guest has too many descriptors.
    Mfile = 33, MFILE;
    /// The file has too many links.
    Mlink = 34, MLINK;
    /// A name or path is too long.
    Nametoolong = 37, NAMETOOLONG;
    /// The system has too many descriptors.
    Nfile = 41, NFILE;
    /// No such device.
    Nodev = 43, NODEV;
    /// No such file or directory.
    Noent = 44, NOENT;
    /// The machine is out of memory.
    Nomem = 48, NOMEM;
    /// No space is left.
    Nospc = 51, NOSPC;
    /// No such function.
    Nosys = 52, NOSYS;
    /// It is no directory.
    Notdir = 54, NOTDIR;
    /// The directory has entries.
    Notempty = 55, NOTEMPTY;
    /// What the call asks for is not supported.
    Notsup = 58, NOTSUP;
    /// No such device or address.
    Nxio = 60, NXIO;
    /// The value does not fit its type.
    Overflow = 61, OVERFLOW;
    /// The operation is not permitted, such as leaving a preopened directory.
    Perm = 63, PERM;
    /// Nobody reads the other end.
    Pipe = 64, PIPE;
    /// The file system is read-only.
    Rofs = 69, ROFS;
    /// The descriptor cannot seek.
    Spipe = 70, SPIPE;
    /// The file is gone from its server.
    Stale = 72, STALE;
    /// It took too long.
    Timedout = 73, TIMEDOUT;
    /// The program file is being run.
    Txtbsy = 74, TXTBSY;
    /// A link would cross file systems.
    Xdev = 75, XDEV;
    /// The descriptor lacks the right to do this.
    Notcapable = 76;
}

impl Errno {
    /// What a call returns to the guest.
    pub fn code(self) -> u32 {
        u32::from(self as u16)
    }
}

impl From<std::io::Error> for Errno {
    fn from(error: std::io::Error) -> Self {
        match HostErrno::from_io_error(&error) {
            Some(number) => number.into(),
            None if error.kind() == std::io::ErrorKind::BrokenPipe => Self::Pipe,
            None => Self::Io,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_specification() {
        let numbers = [Errno::Acces, Errno::Badf, Errno::Fault, Errno::Noent, Errno::Notcapable];
        assert_eq!(numbers.map(Errno::code), [2, 8, 21, 44, 76]);
    }

    #[test]
    fn errors_of_the_host_find_their_row() {
        assert_eq!(Errno::from(HostErrno::NOTEMPTY), Errno::Notempty);
        assert_eq!(Errno::from(HostErrno::NOTCONN), Errno::Io, "no row");
        assert_eq!(Errno::from(std::io::Error::from(HostErrno::ROFS)), Errno::Rofs);
    }
}
