//! The files that a path names.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::error::InputError;

/// Folders deeper than this are a loop of links.
const DEPTH_MAX: u32 = 64;

/// A kind of files.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind {
    /// What they hold.
    pub(crate) content: &'static str,
    /// How their names end.
    pub(crate) extension: &'static str,
}

/// The files that `path` names: itself, or all files of `kind` in the folder and below, sorted.
///
/// # Errors
///
/// When it cannot be read, or is a folder without such files.
pub(crate) fn collect(path: &Path, kind: Kind) -> Result<Vec<PathBuf>, InputError> {
    let failed = |cause| InputError::Read { path: path.to_owned(), cause };
    if !fs::metadata(path).map_err(failed)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    walk(path, kind, DEPTH_MAX, &mut files)?;
    if files.is_empty() {
        let Kind { content, extension } = kind;
        return Err(InputError::NoFiles { path: path.to_owned(), content, extension });
    }
    files.sort();
    Ok(files)
}

fn walk(folder: &Path, kind: Kind, depth: u32, files: &mut Vec<PathBuf>) -> Result<(), InputError> {
    let failed = |cause| InputError::Read { path: folder.to_owned(), cause };
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            if depth > 0 {
                walk(&path, kind, depth - 1, files)?;
            }
        } else if path.extension().is_some_and(|extension| extension == kind.extension) {
            files.push(path);
        }
    }
    Ok(())
}
