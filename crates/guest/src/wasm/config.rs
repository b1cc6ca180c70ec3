//! What a module is loaded for.

use std::sync::Arc;

use super::schedule::GasSchedule;

/// What a module may contain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Profile {
    /// All that is offered; every result is determined.
    #[default]
    Consensus,
    /// The same without floating-point types and instructions.
    ConsensusNoFloat,
}

/// How a module is loaded and what it pays.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// What it may contain.
    pub profile: Profile,
    /// What its instructions cost.
    pub schedule: Arc<GasSchedule>,
}
