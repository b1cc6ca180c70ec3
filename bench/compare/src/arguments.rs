//! The command line.

use std::path::{Path, PathBuf};

use lockstep::Tier;

/// Measures Lockstep and revm on the same cases and checks their answers.
#[derive(Debug, clap::Parser)]
pub struct Arguments {
    /// Folder of the cases: one with `evm/` in it, or that folder itself [default: ../shared/bench beside the workspace].
    #[arg(long, value_name = "DIR")]
    pub cases: Option<PathBuf>,
    /// Only cases whose name contains this.
    #[arg(long, value_name = "SUBSTR", default_value = "")]
    pub filter: String,
    /// Which of our tiers.
    #[arg(long, value_name = "NAME", default_value = "interpreter")]
    pub tier: Tier,
    /// Fewer rounds.
    #[arg(long)]
    pub quick: bool,
    /// Write the results here as JSON.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

impl Arguments {
    /// The folder that holds EVM cases.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn directory(&self) -> Result<PathBuf, String> {
        let given = self
            .cases
            .clone()
            .unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/bench"));
        let inner = given.join("evm");
        let chosen = if inner.is_dir() { inner } else { given };
        match chosen.is_dir() {
            true => Ok(chosen),
            false => Err(format!("ABSENT: {} (--cases names another folder)", chosen.display())),
        }
    }
}
