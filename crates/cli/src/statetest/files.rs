//! The files that a path names.

use std::path::{Path, PathBuf};

use crate::{
    error::InputError,
    files::{Kind, collect},
};

/// The files that `path` names: itself, or all `.json` files in the folder, sorted.
///
/// # Errors
///
/// When it cannot be read, or is a folder without such files.
pub fn collect_files(path: &Path) -> Result<Vec<PathBuf>, InputError> {
    collect(path, Kind { content: "state tests", extension: "json" })
}
