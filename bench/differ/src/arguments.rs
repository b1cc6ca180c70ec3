//! The command line.

use std::{fmt, ops::Range, path::PathBuf, str::FromStr};

use lockstep::{Fork, Tier};

/// Runs random transactions on Lockstep and on revm and compares everything.
#[derive(Debug, clap::Parser)]
pub struct Arguments {
    /// Which cases: from A up to B, without B.
    #[arg(long, value_name = "A..B", default_value = "0..10000")]
    pub seeds: Seeds,
    /// Only under these rules [default: the seed picks].
    #[arg(long, value_name = "FORK")]
    pub fork: Option<Fork>,
    /// Our tiers; each is compared with the peer.
    #[arg(long, value_name = "NAME", default_value = "interpreter")]
    pub tier: Vec<Tier>,
    /// Run each tier under a tracer as well.
    #[arg(long)]
    pub traced: bool,
    /// Write each finding, made small, as a state test into this folder.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Stop after this many findings.
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub findings: u64,
    /// Report how far runs get and how they end.
    #[arg(long)]
    pub statistics: bool,
    /// Instead: WebAssembly modules of these seeds, beside wasmtime (needs the feature `wasm`).
    #[arg(long, value_name = "A..B")]
    pub wasm: Option<Seeds>,
    /// Instead: every WebAssembly instruction by itself, beside wasmtime (needs the feature `wasm`).
    #[arg(long)]
    pub wasm_single: bool,
    /// Threads of a WebAssembly campaign.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub jobs: usize,
    /// Instead: compare traces step by step over this many state tests of the conformance data.
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "500")]
    pub trace_check: Option<usize>,
    /// Only fixtures whose path contains this.
    #[arg(long, value_name = "SUBSTR", default_value = "")]
    pub filter: String,
}

/// A range of seeds.
#[derive(Debug, Clone)]
pub struct Seeds(pub Range<u64>);

impl FromStr for Seeds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (low, high) = text.split_once("..").ok_or("a range looks like 0..1000")?;
        let number = |text: &str| text.parse().map_err(|_| format!("{text:?} is no number"));
        Ok(Self(number(low)?..number(high)?))
    }
}

/// How many cases went how.
#[derive(Debug, Default)]
pub struct Tally {
    pub passed: u64,
    pub failed: u64,
    pub skipped: u64,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}
