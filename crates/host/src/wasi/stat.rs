//! Attributes of files, as `filestat` shows them, and times, as guests set them.
//!
//! Device, inode and number of links are the host's: a guest compares them to know files apart. Times are shown when
//! the configuration says so, and "now" is the configured clock, so a run leaves no trace of the machine's.

use rustix::fs::{FileType, Stat, Timespec, Timestamps, UTIME_OMIT};

use super::{
    Errno,
    clock::Clocks,
    flag::{file_type as types, time_flag},
};

/// Bytes of a `filestat`.
pub(crate) const FILESTAT_BYTES: usize = 64;

const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// The `filetype` of a kind of file.
pub(crate) fn file_type(kind: FileType) -> u8 {
    match kind {
        FileType::RegularFile => types::REGULAR_FILE,
        FileType::Directory => types::DIRECTORY,
        FileType::Symlink => types::SYMBOLIC_LINK,
        FileType::CharacterDevice => types::CHARACTER_DEVICE,
        FileType::BlockDevice => types::BLOCK_DEVICE,
        FileType::Socket => types::SOCKET_STREAM,
        _ => types::UNKNOWN,
    }
}

/// `stat` as a `filestat`.
// The fields' types differ between systems; all fit.
#[allow(clippy::unnecessary_cast, clippy::useless_conversion)]
pub(crate) fn filestat(stat: &Stat, shows_times: bool) -> [u8; FILESTAT_BYTES] {
    let time = |seconds: i64, nanos: i64| match shows_times {
        true => nanos_since_1970(seconds, nanos),
        false => 0,
    };
    row([
        stat.st_dev as u64,
        stat.st_ino as u64,
        u64::from(file_type(FileType::from_raw_mode(stat.st_mode))),
        stat.st_nlink as u64,
        u64::try_from(stat.st_size).unwrap_or(0),
        time(stat.st_atime as i64, stat.st_atime_nsec as i64),
        time(stat.st_mtime as i64, stat.st_mtime_nsec as i64),
        time(stat.st_ctime as i64, stat.st_ctime_nsec as i64),
    ])
}

/// A `filestat` of its eight fields. The file type, a byte in the low end of its field, is the third.
pub(crate) fn row(fields: [u64; 8]) -> [u8; FILESTAT_BYTES] {
    let mut row = [0; FILESTAT_BYTES];
    for (at, field) in row.chunks_exact_mut(8).zip(fields) {
        at.copy_from_slice(&field.to_le_bytes());
    }
    row
}

/// Times before 1970 are 0; those after 2554 are the last that fits.
fn nanos_since_1970(seconds: i64, nanos: i64) -> u64 {
    let (Ok(seconds), Ok(nanos)) = (u64::try_from(seconds), u64::try_from(nanos)) else {
        return 0;
    };
    seconds.saturating_mul(NANOS_PER_SECOND).saturating_add(nanos)
}

/// The times to set, from a call's arguments.
///
/// # Errors
///
/// [`Errno::Inval`] for unknown flags, or a time that is to be both given and now.
pub(crate) fn times(
    clocks: &mut Clocks,
    access: u64,
    modification: u64,
    flags: u32,
) -> Result<Timestamps, Errno> {
    let both_of_one = |given, now| flags & given != 0 && flags & now != 0;
    if flags & !time_flag::ALL != 0
        || both_of_one(time_flag::ACCESS, time_flag::ACCESS_NOW)
        || both_of_one(time_flag::MODIFICATION, time_flag::MODIFICATION_NOW)
    {
        return Err(Errno::Inval);
    }
    let now = match flags & (time_flag::ACCESS_NOW | time_flag::MODIFICATION_NOW) {
        0 => 0,
        _ => clocks.read(0)?,
    };
    let pick = |given_flag, now_flag, given| match flags & (given_flag | now_flag) {
        0 => Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT },
        bit if bit == given_flag => timespec(given),
        _ => timespec(now),
    };
    Ok(Timestamps {
        last_access: pick(time_flag::ACCESS, time_flag::ACCESS_NOW, access),
        last_modification: pick(time_flag::MODIFICATION, time_flag::MODIFICATION_NOW, modification),
    })
}

fn timespec(nanos: u64) -> Timespec {
    // Both fit: 2^64 nanoseconds are 2^34 seconds.
    Timespec { tv_sec: (nanos / NANOS_PER_SECOND) as _, tv_nsec: (nanos % NANOS_PER_SECOND) as _ }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wasi::clock::Clock;

    #[test]
    fn times_are_given_now_or_left() {
        let mut clocks =
            Clocks::new(Clock { real_nanos: 5_000_000_007, step_nanos: 1, ..Clock::default() });
        let flags = time_flag::ACCESS | time_flag::MODIFICATION_NOW;
        let set = times(&mut clocks, 2_000_000_003, 99, flags).expect("flags are good");
        assert_eq!((set.last_access.tv_sec, set.last_access.tv_nsec), (2, 3));
        assert_eq!((set.last_modification.tv_sec, set.last_modification.tv_nsec), (5, 7));
        let kept = times(&mut clocks, 1, 1, 0).expect("flags are good");
        assert_eq!(kept.last_access.tv_nsec, UTIME_OMIT);
        for flags in [3, 12, 15, 16, u32::MAX] {
            assert_eq!(times(&mut clocks, 0, 0, flags).map(|_| ()), Err(Errno::Inval));
        }
    }
}
