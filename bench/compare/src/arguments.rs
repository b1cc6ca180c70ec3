//! The command line.

use std::path::{Path, PathBuf};

use lockstep::Tier;

use crate::unmetered::Unmetered;

/// Measures Lockstep and other engines on the same cases and checks their answers.
#[derive(Debug, clap::Parser)]
pub struct Arguments {
    /// Folder of the cases: one with `evm/` or `wasm/` in it, or such a folder itself [default: ../shared/bench beside the workspace].
    #[arg(long, value_name = "DIR")]
    pub cases: Option<PathBuf>,
    /// Only this guest.
    #[arg(long, value_name = "NAME")]
    pub guest: Option<Guest>,
    /// Only cases whose name contains this.
    #[arg(long, value_name = "SUBSTR", default_value = "")]
    pub filter: String,
    /// Only WebAssembly peers whose name contains one of these; may be given again.
    #[arg(long = "peer", value_name = "SUBSTR")]
    pub peers: Vec<String>,
    /// List the peers and exit.
    #[arg(long)]
    pub list: bool,
    /// Which of our tiers.
    #[arg(long, value_name = "NAME", default_value = "interpreter")]
    pub tier: Tier,
    /// Ours too lets guard pages find accesses behind memories (WebAssembly, optimizing).
    #[arg(long)]
    pub guard_pages: bool,
    /// Ours with gas off too, as a peer (optimizing, in builds with the feature `unmetered`).
    #[arg(long)]
    pub unmetered: bool,
    /// What a program costs that runs once, from its bytes to its result, beside our interpreter and nobody else.
    #[arg(long, conflicts_with_all = ["unmetered", "peers"])]
    pub once: bool,
    /// Fewer rounds.
    #[arg(long)]
    pub quick: bool,
    /// Write the results here as JSON.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

/// Whose code the cases are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Guest {
    Evm,
    Wasm,
}

impl Guest {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Evm, Self::Wasm];

    /// The name, which its folder has too.
    pub fn name(self) -> &'static str {
        match self {
            Self::Evm => "evm",
            Self::Wasm => "wasm",
        }
    }

    /// Whether `folder` holds cases of this guest.
    fn is_at_home(self, folder: &Path) -> bool {
        match self {
            Self::Evm => !Self::Wasm.is_at_home(folder) && !folder.join("wasm").is_dir(),
            Self::Wasm => folder.join("cases.tsv").is_file(),
        }
    }
}

impl Arguments {
    /// Refuses what does not go together.
    ///
    /// # Errors
    ///
    /// What that is.
    pub fn check(&self) -> Result<(), String> {
        if self.unmetered && !Unmetered::EXISTS {
            return Err("--unmetered: this was built without the feature `unmetered`".to_owned());
        }
        if self.unmetered && self.tier != Tier::Optimizing {
            return Err("--unmetered: only the tier optimizing has code without charges".to_owned());
        }
        Ok(())
    }

    /// The guests to measure, each with the folder of its cases.
    ///
    /// # Errors
    ///
    /// When there is none, or not the one that was asked for.
    pub fn folders(&self) -> Result<Vec<(Guest, PathBuf)>, String> {
        let given = self
            .cases
            .clone()
            .unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/bench"));
        let folder = |guest: Guest| {
            let inner = given.join(guest.name());
            let is_given = given.is_dir() && guest.is_at_home(&given);
            inner.is_dir().then_some(inner).or(is_given.then(|| given.clone()))
        };
        let wanted =
            Guest::ALL.into_iter().filter(|guest| self.guest.is_none_or(|one| one == *guest));
        let found: Vec<_> = wanted.filter_map(|guest| Some((guest, folder(guest)?))).collect();
        match found.is_empty() {
            false => Ok(found),
            true => Err(format!("ABSENT: {} (--cases names another folder)", given.display())),
        }
    }
}
