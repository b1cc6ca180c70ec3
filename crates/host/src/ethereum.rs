//! The Ethereum host.

pub mod precompile;
