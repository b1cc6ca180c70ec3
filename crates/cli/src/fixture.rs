//! Files that tools of other engines write and read: state tests and pre-states, as JSON.
//!
//! Invariants: reading never panics and never guesses; whatever the format has but we do not need is skipped; a
//! number too big for its place makes the *transaction* invalid where a transaction holds it (that is what such
//! fixtures test), and the *file* malformed anywhere else.

mod alloc;
mod environment;
mod scalar;
mod suite;
mod transaction;

pub use alloc::{Alloc, AllocAccount, read_alloc};
pub use environment::{BlobScheduleEntry, ChainConfig, Environment};
pub use scalar::{Bytes, Number, Parsed, Scalar, parse_number};
pub use suite::{Expectation, Indexes, StateTest, Suite, read_suite};
pub use transaction::{
    AccessListEntry, AuthorizationEntry, Rejection, TransactionTemplate, address_of_secret,
};
