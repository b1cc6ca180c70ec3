//! Files of scripts, side by side.

use std::path::{Path, PathBuf};

use lockstep::{Heat, Tier};

use super::{script, skip, tally::Tally};
use crate::{
    error::InputError,
    files::{Kind, collect},
    input, parallel,
    totals::{Counted, Totals},
};

/// How scripts are run. Nothing here changes a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Way {
    /// What runs the code.
    pub tier: Tier,
    /// Whether each instruction is shown, as tracers want it.
    pub is_observed: bool,
    /// Whether memories lie between guard pages.
    pub is_guarded: bool,
    /// When the adaptive tier compiles.
    pub heat: Heat,
}

/// What became of a file.
#[derive(Debug)]
pub struct FileReport {
    /// The file.
    pub path: PathBuf,
    /// Its directives; an error when it could not be read.
    pub tally: Result<Tally, InputError>,
}

impl Counted for FileReport {
    fn count(&self, totals: &mut Totals) {
        match &self.tally {
            Err(_) => totals.unreadable += 1,
            Ok(tally) => {
                let counts = tally.counts();
                totals.passed += counts.passed;
                totals.failed += counts.failed;
                totals.skipped += counts.skipped;
            }
        }
    }
}

/// The scripts that `path` names: itself, or all `.wast` files in the folder and below, sorted.
///
/// # Errors
///
/// When it cannot be read, or is a folder without scripts.
pub fn collect_scripts(path: &Path) -> Result<Vec<PathBuf>, InputError> {
    collect(path, Kind { content: "WebAssembly scripts", extension: "wast" })
}

/// Runs `files` on all cores and shows each report as soon as it is there; returns them in the order of the files.
pub fn run_scripts(
    files: &[PathBuf],
    way: Way,
    on_file: &(dyn Fn(&FileReport) + Sync),
) -> Vec<FileReport> {
    parallel::map(
        files,
        || (),
        |(), path| {
            let report = FileReport { path: path.clone(), tally: run_script(path, way) };
            on_file(&report);
            report
        },
    )
}

fn run_script(path: &Path, way: Way) -> Result<Tally, InputError> {
    let text = input::read_text(path)?;
    match skip::reason(path) {
        Some(reason) => Ok(skip::all(&text, reason)),
        None => script::run(path, &text, way),
    }
}
