//! Where the data lies.

use std::path::{Path, PathBuf};

/// The folder `below` the conformance data; `None`, said loudly, when it is absent.
///
/// # Panics
///
/// When it is absent and `CI` is set.
pub(crate) fn find(below: &str) -> Option<PathBuf> {
    let base = std::env::var_os("LOCKSTEP_CONFORMANCE").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance"),
        PathBuf::from,
    );
    let folder = base.join(below);
    if folder.exists() {
        return Some(folder);
    }
    assert!(std::env::var_os("CI").is_none(), "{} is ABSENT", folder.display());
    eprintln!("ABSENT: {}; nothing of it was tested", folder.display());
    None
}
