//! Reading what users name: files, standard input.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use crate::error::InputError;

/// No fixture, artifact or program that we read is longer.
const MAX_BYTES: u64 = 1 << 30;

/// The content of `path`; `-` is standard input.
///
/// # Errors
///
/// [`InputError::Read`], [`InputError::TooLong`].
pub(crate) fn read_bytes(path: &Path) -> Result<Vec<u8>, InputError> {
    let failed = |cause| InputError::Read { path: path.to_owned(), cause };
    let source: Box<dyn Read> = match path.as_os_str() == "-" {
        true => Box::new(io::stdin()),
        false => Box::new(File::open(path).map_err(failed)?),
    };
    let mut bytes = Vec::new();
    source.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(InputError::TooLong { path: path.to_owned(), max_bytes: MAX_BYTES });
    }
    Ok(bytes)
}

/// The content of `path` as text; `-` is standard input.
///
/// # Errors
///
/// As for [`read_bytes`], and when it is not UTF-8.
pub(crate) fn read_text(path: &Path) -> Result<String, InputError> {
    String::from_utf8(read_bytes(path)?).map_err(|error| InputError::Read {
        path: path.to_owned(),
        cause: io::Error::new(io::ErrorKind::InvalidData, error),
    })
}
