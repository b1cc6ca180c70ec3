//! Keccak-256, through the one door that the state crate keeps.

pub use lockstep_state::keccak256;
