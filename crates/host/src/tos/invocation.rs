//! [`Invocation`]: what system calls ask of what their program runs in.

use std::sync::Arc;

use lockstep_rt::Parts;

use super::{context::Hash, cost::Cost, error::TosError};
use crate::mapping::MemoryMapping;

/// A call of another contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Invoke {
    /// Whom.
    pub contract: Hash,
    /// Where in the caller's memory the input begins, and how long it is.
    pub input: (u64, u64),
    /// What is sent along.
    pub amount: u64,
    /// The most units that the callee gets.
    pub units: u64,
    /// Depth units that the caller and its callers take.
    pub depth: u64,
}

type Answer<T> = Result<T, TosError>;

/// What a program runs in: a context with injected providers, or an account of a chain's journal.
///
/// What an answer costs beyond the table of costs is taken from `units`, and what is left comes back in it. An error of any
/// function ends the program.
pub trait Invocation: Sized {
    /// What the system call of this name costs.
    fn cost(&self, name: &str) -> Cost;
    /// Where the program's memory lies.
    fn mapping(&self) -> Arc<MemoryMapping>;

    /// The contract that runs.
    fn own_hash(&self) -> Hash;
    /// Who called it: a contract, or the transaction's sender.
    fn caller_hash(&self) -> Hash;
    /// What was sent along.
    ///
    /// # Errors
    ///
    /// As for all functions here, what ends the program.
    fn amount(&self) -> Answer<u64>;
    /// The transaction.
    fn transaction_hash(&self) -> Hash;
    /// Who sent it.
    fn sender_hash(&self) -> Hash;
    /// The block it runs in, or the last that has a hash.
    ///
    /// # Errors
    ///
    /// What ends the program.
    fn known_block_hash(&mut self) -> Answer<Hash>;
    /// How many blocks are below that it runs in.
    fn height(&self) -> u64;

    /// Keeps a message.
    ///
    /// # Errors
    ///
    /// What ends the program.
    fn keep_message(&mut self, units: &mut u64, text: &str) -> Answer<()>;
    /// What an account holds.
    ///
    /// # Errors
    ///
    /// What ends the program.
    fn balance(&mut self, units: &mut u64, address: &Hash) -> Answer<u64>;
    /// Sends from the contract; nobody's program runs.
    ///
    /// # Errors
    ///
    /// What ends the program.
    fn send(&mut self, units: &mut u64, to: &Hash, amount: u64) -> Answer<()>;
    /// What the contract stored.
    ///
    /// # Errors
    ///
    /// What ends the program.
    fn load(&mut self, units: &mut u64, key: &[u8]) -> Answer<Option<Vec<u8>>>;
    /// Stores for the contract.
    ///
    /// # Errors
    ///
    /// What ends the program.
    fn store(&mut self, units: &mut u64, key: &[u8], value: &[u8]) -> Answer<()>;
    /// Deletes what the contract stored; whether something was.
    ///
    /// # Errors
    ///
    /// What ends the program.
    fn delete(&mut self, units: &mut u64, key: &[u8]) -> Answer<bool>;

    /// What the program is to return.
    fn set_returned(&mut self, bytes: Vec<u8>);
    /// What was last returned or is to be, and by which contract.
    fn last_returned(&self) -> (Hash, Vec<u8>);
    /// Calls another contract; whether that succeeded. If not, nothing of it is left.
    ///
    /// # Errors
    ///
    /// What ends the calling program.
    fn invoke(parts: Parts<'_, Self>, units: &mut u64, invoke: &Invoke) -> Answer<bool>;

    /// Keeps why a system call ends the program.
    fn keep_error(&mut self, error: TosError);
}
