//! Random cases by seed (reliability R-15).
//!
//! ```text
//! seed -> Cast (accounts, addresses, slots) -> code for each contract -> transaction and block
//! ```
//!
//! Invariants: a case depends on its seed and nothing else; nothing here asks an engine. Rare events (bad jumps,
//! undefined opcodes, huge offsets) have small weights, so that most programs run long before they end.

mod cast;
mod code;
mod operand;
mod statement;
mod transaction;

use lockstep::Fork;

use crate::{case::Case, random::Random};

/// What keeps a word small enough to be no memory bomb and large enough to matter.
pub use cast::{Cast, Keys};

/// Forks that both engines know.
pub const FORKS: &[Fork] = &[
    Fork::Frontier,
    Fork::Homestead,
    Fork::Tangerine,
    Fork::SpuriousDragon,
    Fork::Byzantium,
    Fork::Petersburg,
    Fork::Istanbul,
    Fork::Berlin,
    Fork::London,
    Fork::Paris,
    Fork::Shanghai,
    Fork::Cancun,
    Fork::Prague,
    Fork::Osaka,
];

/// The case of `seed`, under `fork` or one that the seed picks. Later forks come more often: they have more rules.
pub fn case(keys: &Keys, seed: u64, fork: Option<Fork>) -> Case {
    let mut random = Random::new(seed);
    let picked = random.pick(FORKS).max(random.pick(FORKS));
    let fork = fork.unwrap_or(picked);
    let mut cast = Cast::new(keys, fork, &mut random);
    cast.write_code(&mut random);
    transaction::complete(cast, &mut random)
}
