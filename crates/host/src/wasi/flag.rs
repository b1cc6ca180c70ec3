//! Numbers of the preview 1 specification (`witx/typenames.witx`): rights, flags, kinds of file, clocks, events.

/// Rights that a descriptor may have, one bit each.
pub(crate) mod right {
    pub(crate) const FD_DATASYNC: u64 = 1 << 0;
    pub(crate) const FD_READ: u64 = 1 << 1;
    pub(crate) const FD_SEEK: u64 = 1 << 2;
    pub(crate) const FD_FDSTAT_SET_FLAGS: u64 = 1 << 3;
    pub(crate) const FD_SYNC: u64 = 1 << 4;
    pub(crate) const FD_TELL: u64 = 1 << 5;
    pub(crate) const FD_WRITE: u64 = 1 << 6;
    pub(crate) const FD_ADVISE: u64 = 1 << 7;
    pub(crate) const FD_ALLOCATE: u64 = 1 << 8;
    pub(crate) const PATH_CREATE_DIRECTORY: u64 = 1 << 9;
    pub(crate) const PATH_CREATE_FILE: u64 = 1 << 10;
    pub(crate) const PATH_LINK_SOURCE: u64 = 1 << 11;
    pub(crate) const PATH_LINK_TARGET: u64 = 1 << 12;
    pub(crate) const PATH_OPEN: u64 = 1 << 13;
    pub(crate) const FD_READDIR: u64 = 1 << 14;
    pub(crate) const PATH_READLINK: u64 = 1 << 15;
    pub(crate) const PATH_RENAME_SOURCE: u64 = 1 << 16;
    pub(crate) const PATH_RENAME_TARGET: u64 = 1 << 17;
    pub(crate) const PATH_FILESTAT_GET: u64 = 1 << 18;
    pub(crate) const PATH_FILESTAT_SET_SIZE: u64 = 1 << 19;
    pub(crate) const PATH_FILESTAT_SET_TIMES: u64 = 1 << 20;
    pub(crate) const FD_FILESTAT_GET: u64 = 1 << 21;
    pub(crate) const FD_FILESTAT_SET_SIZE: u64 = 1 << 22;
    pub(crate) const FD_FILESTAT_SET_TIMES: u64 = 1 << 23;
    pub(crate) const PATH_SYMLINK: u64 = 1 << 24;
    pub(crate) const PATH_REMOVE_DIRECTORY: u64 = 1 << 25;
    pub(crate) const PATH_UNLINK_FILE: u64 = 1 << 26;
    pub(crate) const POLL_FD_READWRITE: u64 = 1 << 27;

    /// What reading a regular file takes.
    pub(crate) const FILE_READING: u64 = FD_READ
        | FD_SEEK
        | FD_TELL
        | FD_SYNC
        | FD_DATASYNC
        | FD_ADVISE
        | FD_FDSTAT_SET_FLAGS
        | FD_FILESTAT_GET
        | POLL_FD_READWRITE;

    /// What else changing a regular file takes.
    pub(crate) const FILE_WRITING: u64 =
        FD_WRITE | FD_ALLOCATE | FD_FILESTAT_SET_SIZE | FD_FILESTAT_SET_TIMES;

    /// What any regular file can be used for.
    pub(crate) const FILE: u64 = FILE_READING | FILE_WRITING;

    /// What looking around in a directory takes.
    pub(crate) const DIRECTORY_READING: u64 =
        PATH_OPEN | FD_READDIR | PATH_READLINK | PATH_FILESTAT_GET | FD_FILESTAT_GET;

    /// What else changing a directory or what is in it takes. Links and renames are here with both ends: whoever may
    /// name a file elsewhere may write to it there.
    pub(crate) const DIRECTORY_WRITING: u64 = PATH_CREATE_DIRECTORY
        | PATH_CREATE_FILE
        | PATH_LINK_SOURCE
        | PATH_LINK_TARGET
        | PATH_RENAME_SOURCE
        | PATH_RENAME_TARGET
        | PATH_FILESTAT_SET_SIZE
        | PATH_FILESTAT_SET_TIMES
        | PATH_SYMLINK
        | PATH_REMOVE_DIRECTORY
        | PATH_UNLINK_FILE
        | FD_FILESTAT_SET_TIMES;

    /// What any directory can be used for.
    pub(crate) const DIRECTORY: u64 = DIRECTORY_READING | DIRECTORY_WRITING;
}

/// `fdflags`: how a descriptor writes.
pub(crate) mod fd_flag {
    pub(crate) const APPEND: u16 = 1 << 0;
    pub(crate) const DSYNC: u16 = 1 << 1;
    pub(crate) const NONBLOCK: u16 = 1 << 2;
    pub(crate) const RSYNC: u16 = 1 << 3;
    pub(crate) const SYNC: u16 = 1 << 4;
    /// All of them.
    pub(crate) const ALL: u16 = APPEND | DSYNC | NONBLOCK | RSYNC | SYNC;
}

/// `oflags`: how a path is opened.
pub(crate) mod open_flag {
    pub(crate) const CREATE: u32 = 1 << 0;
    pub(crate) const DIRECTORY: u32 = 1 << 1;
    pub(crate) const EXCLUSIVE: u32 = 1 << 2;
    pub(crate) const TRUNCATE: u32 = 1 << 3;
    /// All of them.
    pub(crate) const ALL: u32 = CREATE | DIRECTORY | EXCLUSIVE | TRUNCATE;
}

/// `fstflags`: which times change, and whether to the time of the clock.
pub(crate) mod time_flag {
    pub(crate) const ACCESS: u32 = 1 << 0;
    pub(crate) const ACCESS_NOW: u32 = 1 << 1;
    pub(crate) const MODIFICATION: u32 = 1 << 2;
    pub(crate) const MODIFICATION_NOW: u32 = 1 << 3;
    /// All of them.
    pub(crate) const ALL: u32 = ACCESS | ACCESS_NOW | MODIFICATION | MODIFICATION_NOW;
}

/// `lookupflags::symlink_follow`, the only one.
pub(crate) const LOOKUP_FOLLOW: u32 = 1 << 0;

/// `advice::noreuse`, the last one.
pub(crate) const ADVICE_LAST: u32 = 5;

/// `signal::none`, which raises nothing.
pub(crate) const SIGNAL_NONE: u32 = 0;
/// `signal::sys`, the last one.
pub(crate) const SIGNAL_LAST: u32 = 30;

/// `filetype`.
pub(crate) mod file_type {
    pub(crate) const UNKNOWN: u8 = 0;
    pub(crate) const BLOCK_DEVICE: u8 = 1;
    pub(crate) const CHARACTER_DEVICE: u8 = 2;
    pub(crate) const DIRECTORY: u8 = 3;
    pub(crate) const REGULAR_FILE: u8 = 4;
    pub(crate) const SOCKET_STREAM: u8 = 6;
    pub(crate) const SYMBOLIC_LINK: u8 = 7;
}

/// `eventtype`, also the tag of a subscription.
pub(crate) mod event_type {
    pub(crate) const CLOCK: u8 = 0;
    pub(crate) const FD_READ: u8 = 1;
    pub(crate) const FD_WRITE: u8 = 2;
}

/// `subclockflags::subscription_clock_abstime`, the only one.
pub(crate) const CLOCK_ABSOLUTE: u16 = 1 << 0;

/// `preopentype::dir`, the only one.
pub(crate) const PREOPEN_DIRECTORY: u8 = 0;
