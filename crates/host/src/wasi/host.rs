//! The host of one run: its configuration, its descriptors, and how it ended.

use std::{io, os::fd::OwnedFd};

use rustix::fs::{Mode, OFlags, open};

use super::{
    Config, ConfigError, Errno, Preopen, Sink,
    clock::Clocks,
    config::{terminated, variables},
    flag::right,
    random::Random,
    table::{DESCRIPTORS_MAX, Descriptor, Directory, Kind, Table},
};

/// The host of one program.
#[derive(Debug)]
pub struct Wasi {
    /// Arguments, each with a NUL behind it.
    pub(crate) args: Vec<Vec<u8>>,
    /// Variables as `name=value`, each with a NUL behind it.
    pub(crate) env: Vec<Vec<u8>>,
    pub(crate) table: Table,
    pub(crate) stdin: Vec<u8>,
    /// Bytes of standard input that were read.
    pub(crate) stdin_read: usize,
    pub(crate) stdout: Sink,
    pub(crate) stderr: Sink,
    pub(crate) clocks: Clocks,
    pub(crate) random: Random,
    pub(crate) shows_file_times: bool,
    /// Bytes that the guest may still write to files.
    pub(crate) file_bytes_left: u64,
    pub(crate) exit_code: Option<u32>,
}

impl Wasi {
    /// A host as `config` says, its directories open.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] when a string has no form that the guest could read, or a directory does not open.
    pub fn new(config: Config) -> Result<Self, ConfigError> {
        let mut table = Table::default();
        for descriptor in streams() {
            table.insert(descriptor).map_err(|_| ConfigError::TooManyPreopens)?;
        }
        if config.preopens.len() > DESCRIPTORS_MAX / 2 {
            return Err(ConfigError::TooManyPreopens);
        }
        for preopen in config.preopens {
            table.insert(directory(preopen)?).map_err(|_| ConfigError::TooManyPreopens)?;
        }
        Ok(Self {
            args: terminated(config.args.into_iter())?,
            env: variables(config.env)?,
            table,
            stdin: config.stdin,
            stdin_read: 0,
            stdout: config.stdout,
            stderr: config.stderr,
            clocks: Clocks::new(config.clock),
            random: Random::new(config.seed),
            shows_file_times: config.shows_file_times,
            file_bytes_left: config.file_bytes_max,
            exit_code: None,
        })
    }

    /// The code that the guest gave to `proc_exit`; `None` while it has not, also when it returned from its start.
    pub fn exit_code(&self) -> Option<u32> {
        self.exit_code
    }

    /// Standard output.
    pub fn stdout(&self) -> &Sink {
        &self.stdout
    }

    /// Standard error.
    pub fn stderr(&self) -> &Sink {
        &self.stderr
    }

    /// Pays for `bytes` more in files.
    pub(crate) fn spend_file_bytes(&mut self, bytes: u64) -> Result<(), Errno> {
        self.file_bytes_left = self.file_bytes_left.checked_sub(bytes).ok_or(Errno::Nospc)?;
        Ok(())
    }
}

/// Standard input, output and error, in the order of their numbers.
fn streams() -> [Descriptor; 3] {
    let common = right::FD_FILESTAT_GET | right::FD_FDSTAT_SET_FLAGS | right::POLL_FD_READWRITE;
    let stream = |kind, base| Descriptor { kind, base: base | common, inheriting: 0, flags: 0 };
    [
        stream(Kind::Input, right::FD_READ),
        stream(Kind::Output, right::FD_WRITE),
        stream(Kind::ErrorOutput, right::FD_WRITE),
    ]
}

fn directory(preopen: Preopen) -> Result<Descriptor, ConfigError> {
    if preopen.guest.contains('\0') {
        return Err(ConfigError::Nul);
    }
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let opened: Result<OwnedFd, _> = open(&preopen.host, flags, Mode::empty());
    let fd = opened.map_err(|error| ConfigError::Preopen {
        path: preopen.host,
        source: io::Error::from(error),
    })?;
    let (base, inheriting) = match preopen.is_writable {
        true => (right::DIRECTORY, right::DIRECTORY | right::FILE),
        false => (right::DIRECTORY_READING, right::DIRECTORY_READING | right::FILE_READING),
    };
    let kind =
        Kind::Directory(Directory { fd, preopen: Some(preopen.guest.into_bytes()), listing: None });
    Ok(Descriptor { kind, base, inheriting, flags: 0 })
}
