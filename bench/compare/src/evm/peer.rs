//! revm's side: its bare interpreter for calls, its whole engine for transactions.

mod call;
mod host;
mod transaction;

pub use call::{Caller, analysis_ns};
pub use transaction::Transactor;

use lockstep::Address;
use revm::primitives;

/// The same address in the peer's type.
fn peer_address(address: Address) -> primitives::Address {
    primitives::Address::new(address.0)
}
