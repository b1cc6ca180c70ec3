//! Programs that others call: found by their files, loaded once.

use std::{cell::RefCell, collections::BTreeMap, sync::Arc};

use lockstep_base::Hash;
use lockstep_guest::ebpf::Config;
use lockstep_state::keccak256;

use super::program::Program;

/// Bytes of files whose programs are kept; beyond them all are forgotten.
const KEPT_BYTES: usize = 16 << 20;

/// Programs that were called, by the hash of their files. What it holds changes no result.
#[derive(Debug, Default)]
pub(super) struct Called(RefCell<Known>);

#[derive(Debug, Default)]
struct Known {
    /// What they were loaded for: whom a call means depends on it.
    config: Config,
    programs: BTreeMap<Hash, Program>,
    file_bytes: usize,
}

impl Called {
    /// The program of a file, if it is one under `config`.
    pub(super) fn program(&self, file: &Arc<[u8]>, config: &Config) -> Option<Program> {
        let hash = keccak256(file);
        let mut known = self.0.borrow_mut();
        if known.config != *config {
            *known = Known { config: config.clone(), ..Known::default() };
        }
        if let Some(program) = known.programs.get(&hash) {
            return Some(program.clone());
        }
        let program = Program::load(file, config).ok()?;
        if known.file_bytes + file.len() > KEPT_BYTES {
            known.programs.clear();
            known.file_bytes = 0;
        }
        known.file_bytes += file.len();
        known.programs.insert(hash, program.clone());
        Some(program)
    }
}
