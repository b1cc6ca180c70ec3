//! What a run gets: arguments, environment, streams, directories, time, seed.

use std::{
    fmt,
    io::{self, Write},
    path::PathBuf,
};

use super::{clock::Clock, random::SEED_BYTES};

/// Bytes that arguments, or the environment, may have together with the NULs that end them.
pub const STRINGS_BYTES_MAX: usize = 1 << 20;

/// Bytes that a captured stream keeps; a guest that writes more is told that no space is left.
pub const CAPTURE_BYTES_MAX: usize = 64 << 20;

/// Bytes that a guest may write to files unless the configuration says otherwise.
pub const FILE_BYTES_DEFAULT: u64 = 1 << 30;

/// What a run gets. The default is an empty one: no arguments, no directories, captured output, time 0, seed 0.
#[derive(Debug)]
pub struct Config {
    /// Arguments; the first is the program's name by habit.
    pub args: Vec<Vec<u8>>,
    /// The environment: names and values.
    pub env: Vec<(Vec<u8>, Vec<u8>)>,
    /// Directories that the guest finds open, from descriptor 3 upwards.
    pub preopens: Vec<Preopen>,
    /// What standard input holds.
    pub stdin: Vec<u8>,
    /// Where standard output goes.
    pub stdout: Sink,
    /// Where standard error goes.
    pub stderr: Sink,
    /// Time.
    pub clock: Clock,
    /// What random bytes come from.
    pub seed: [u8; SEED_BYTES],
    /// Whether the guest sees the times of files. They come from the machine's clock, so by default they read 0.
    pub shows_file_times: bool,
    /// Bytes that the guest may write to files, or grow them by, all together.
    pub file_bytes_max: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            args: Vec::new(),
            env: Vec::new(),
            preopens: Vec::new(),
            stdin: Vec::new(),
            stdout: Sink::default(),
            stderr: Sink::default(),
            clock: Clock::default(),
            seed: [0; SEED_BYTES],
            shows_file_times: false,
            file_bytes_max: FILE_BYTES_DEFAULT,
        }
    }
}

/// A directory that the guest finds open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preopen {
    /// The directory.
    pub host: PathBuf,
    /// What the guest calls it.
    pub guest: String,
    /// Whether the guest may change it and what is in it.
    pub is_writable: bool,
}

/// Where an output stream goes.
pub enum Sink {
    /// Into the host, which keeps the bytes.
    Captured(Vec<u8>),
    /// Through a writer.
    Writer(Box<dyn Write + Send>),
}

impl Default for Sink {
    fn default() -> Self {
        Self::Captured(Vec::new())
    }
}

impl fmt::Debug for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Captured(bytes) => write!(f, "Captured({} bytes)", bytes.len()),
            Self::Writer(_) => f.write_str("Writer"),
        }
    }
}

impl Sink {
    /// What was captured; nothing from a writer.
    pub fn captured(&self) -> &[u8] {
        match self {
            Self::Captured(bytes) => bytes,
            Self::Writer(_) => &[],
        }
    }

    /// Writes some of `bytes` and returns how many.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Captured(kept) => {
                let len = bytes.len().min(CAPTURE_BYTES_MAX.saturating_sub(kept.len()));
                if len == 0 && !bytes.is_empty() {
                    return Err(rustix::io::Errno::NOSPC.into());
                }
                kept.extend_from_slice(&bytes[..len]);
                Ok(len)
            }
            Self::Writer(writer) => {
                writer.write_all(bytes)?;
                writer.flush()?;
                Ok(bytes.len())
            }
        }
    }
}

/// Why a configuration cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A string that must end at its first NUL contains one.
    #[error("an argument, variable or directory name contains a NUL byte")]
    Nul,
    /// The name of a variable is empty or contains `=`.
    #[error("the name of an environment variable is empty or contains `=`")]
    VariableName,
    /// The strings are longer than [`STRINGS_BYTES_MAX`].
    #[error("arguments or environment have more than {STRINGS_BYTES_MAX} bytes")]
    TooLong,
    /// More directories than descriptors.
    #[error("too many preopened directories")]
    TooManyPreopens,
    /// A directory does not open.
    #[error("cannot open directory {}", path.display())]
    Preopen {
        /// The directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// `strings` as the guest gets them: each with a NUL behind it.
pub(crate) fn terminated(
    strings: impl Iterator<Item = Vec<u8>>,
) -> Result<Vec<Vec<u8>>, ConfigError> {
    let mut total = 0_usize;
    let mut all = Vec::new();
    for mut string in strings {
        if string.contains(&0) {
            return Err(ConfigError::Nul);
        }
        string.push(0);
        total = total.saturating_add(string.len());
        if total > STRINGS_BYTES_MAX {
            return Err(ConfigError::TooLong);
        }
        all.push(string);
    }
    Ok(all)
}

/// `env` as the strings `name=value` that the guest gets.
pub(crate) fn variables(env: Vec<(Vec<u8>, Vec<u8>)>) -> Result<Vec<Vec<u8>>, ConfigError> {
    if env.iter().any(|(name, _)| name.is_empty() || name.contains(&b'=')) {
        return Err(ConfigError::VariableName);
    }
    terminated(env.into_iter().map(|(name, value)| [name, value].join(&b'=')))
}
