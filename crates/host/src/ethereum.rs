//! The Ethereum host: transactions, message calls, and the functions its guests import.
//!
//! ```text
//! transact -> validate, pay -> activate | create -> Machine::run -> (guest) -> api -> call, create, storage, ...
//! ```
//!
//! Invariants: everything that changes goes through one [`World`] with nested checkpoints; a machine fault is never
//! a guest's result; every rule that ever differed asks [`Config`] for the fork. Absent on purpose: opcodes and what
//! they cost in themselves, blocks, signatures of transactions.

mod access;
mod account;
pub mod api;
mod call;
pub mod contract;
mod create;
mod delegation;
mod encoding;
mod environment;
mod gas;
mod host;
mod memo;
mod message;
pub mod precompile;
mod rlp;
mod storage;
#[cfg(test)]
mod testing;
mod tos;
mod transaction;
mod world;

pub use api::functions;
pub use environment::{BlobSchedule, Block, Config, GAS_PER_BLOB};
pub use host::Ethereum;
pub use rlp::RlpError;
pub use tos::{JournalProviders, address_of, amount_of, hash_of};
pub use transaction::{
    Accepted, AccessListItem, Authorization, CallOutcome, DecodeError, Fees, IntrinsicGas,
    InvalidTransaction, Message, Receipt, SignatureError, SignedTransaction, TransactError,
    Transaction, TransactionKind, intrinsic_gas, message_call, transact, validate,
};
pub use world::World;
