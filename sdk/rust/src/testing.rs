//! A chain in memory for a contract's own tests: no machine, no instructions, no units.
//!
//! ```text
//! Chain::call(entry, input) -> entry -> functions of this crate -> the thread's chain -> Outcome
//! ```
//!
//! # Invariants
//!
//! 1. A call that does not return 0 leaves the chain as it was, but for what it returned.
//! 2. What ends a program in the machine ends the call here, with the same reason.
//!
//! Absent on purpose: units (a machine counts them), and memory that a pointer can miss (Rust has none).

pub(crate) mod double;
#[cfg(test)]
mod tests;

use std::{
    cell::RefCell,
    collections::BTreeMap,
    mem,
    panic::{catch_unwind, resume_unwind, AssertUnwindSafe},
    string::String,
    vec::Vec,
};

use crate::types::{Address, Hash};

/// A contract's entry, as [`entrypoint!`](crate::entrypoint) makes it.
pub type Entry = fn(&mut [u8]) -> u64;

/// What a contract runs on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chain {
    /// The contract that is called.
    pub contract: Address,
    /// Who sends transactions.
    pub sender: Address,
    /// The transaction.
    pub tx_hash: Hash,
    /// The block.
    pub block_hash: Hash,
    /// How many blocks are below it.
    pub block_height: u64,
    /// What accounts hold.
    pub balances: BTreeMap<Address, u64>,
    /// What contracts stored, by contract and key.
    pub storage: BTreeMap<(Address, Vec<u8>), Vec<u8>>,
    /// What was said.
    pub log: Vec<String>,
    /// What was last returned, and by whom.
    pub returned: (Address, Vec<u8>),
}

/// What ends a contract in the middle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trap {
    /// A message, key, value or what is returned is longer than allowed.
    TooLong,
    /// A value that is longer than the room for it.
    BufferTooSmall,
    /// A message that is not UTF-8.
    InvalidText,
    /// An amount of zero.
    InvalidAmount,
    /// The contract holds less than it sends.
    InsufficientBalance,
    /// The account would hold more than 64 bits say.
    BalanceOverflow,
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What the contract returned, or what ended it.
    pub end: Result<u64, Trap>,
    /// What it said it returns; nothing when it was ended.
    pub output: Vec<u8>,
}

impl Outcome {
    /// What the contract returned; `None` when it was ended.
    pub fn status(&self) -> Option<u64> {
        self.end.ok()
    }
}

std::thread_local! {
    static CHAIN: RefCell<Option<Chain>> = const { RefCell::new(None) };
}

/// Does `work` on the chain of the call that this thread is in.
///
/// # Panics
///
/// When it is in none: a contract's functions are for contracts that [`Chain::call`] called.
fn with<R>(work: impl FnOnce(&mut Chain) -> R) -> R {
    CHAIN.with(|chain| work(chain.borrow_mut().as_mut().expect("call contracts by Chain::call")))
}

/// Ends the contract.
fn trap(trap: Trap) -> ! {
    // No panic: nothing is wrong with the test.
    resume_unwind(std::boxed::Box::new(trap))
}

impl Chain {
    /// Calls a contract, whose panics are the caller's.
    ///
    /// # Panics
    ///
    /// When a contract calls it.
    pub fn call(&mut self, entry: Entry, input: &[u8]) -> Outcome {
        let before = self.clone();
        self.returned = (Address::default(), Vec::new());
        let outer = CHAIN.with(|chain| chain.borrow_mut().replace(mem::take(self)));
        assert!(outer.is_none(), "a contract is no test");
        let mut input = input.to_vec();
        let done = catch_unwind(AssertUnwindSafe(|| entry(&mut input)));
        let after = CHAIN.with(|chain| chain.borrow_mut().take());
        *self = after.expect("the call's own");
        let end = done.map_err(|payload| match payload.downcast::<Trap>() {
            Ok(trap) => *trap,
            Err(panic) => resume_unwind(panic),
        });
        let output = match end {
            Ok(_) => self.returned.1.clone(),
            Err(_) => Vec::new(),
        };
        if end != Ok(crate::OK) {
            *self = before;
        }
        Outcome { end, output }
    }

    /// What the contract stored under `key`.
    pub fn stored(&self, key: &[u8]) -> Option<&[u8]> {
        self.storage.get(&(self.contract, key.to_vec())).map(Vec::as_slice)
    }
}
