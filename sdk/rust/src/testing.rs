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
    /// What the contract that runs said it returns.
    pub said: Vec<u8>,
    /// Which contract called; the sender where none did.
    pub caller: Option<Address>,
    /// What was sent along.
    pub call_value: u64,
    /// Contracts that can be called.
    pub contracts: BTreeMap<Address, Entry>,
    /// Calls inside one another.
    pub depth: u32,
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

/// Contracts inside one another, as the host has it.
const DEPTH_MAX: u32 = 64;

/// Calls a contract from the one that runs; whether it succeeded.
fn call_from_contract(contract: &Address, input: &[u8], amount: u64) -> bool {
    let taken = CHAIN.with(|chain| chain.borrow_mut().take());
    let mut chain = taken.expect("call contracts by Chain::call");
    let done = chain.invoke(contract, input, amount);
    CHAIN.with(|place| *place.borrow_mut() = Some(chain));
    done
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
        self.said = Vec::new();
        let outer = CHAIN.with(|chain| chain.borrow_mut().replace(mem::take(self)));
        assert!(outer.is_none(), "a contract is no test");
        let mut input = input.to_vec();
        let done = catch_unwind(AssertUnwindSafe(|| entry(&mut input)));
        if let Some(after) = CHAIN.with(|chain| chain.borrow_mut().take()) {
            *self = after;
        }
        let end = done.map_err(|payload| match payload.downcast::<Trap>() {
            Ok(trap) => *trap,
            Err(panic) => resume_unwind(panic),
        });
        let output = match end {
            Ok(_) => mem::take(&mut self.said),
            Err(_) => Vec::new(),
        };
        if end != Ok(crate::OK) {
            *self = before;
        }
        Outcome { end, output }
    }

    fn invoke(&mut self, contract: &Address, input: &[u8], amount: u64) -> bool {
        let (own, said) = (self.contract, mem::take(&mut self.said));
        let outer = (self.caller, self.call_value);
        self.returned = (*contract, Vec::new());
        let entry = self.contracts.get(contract).copied();
        let entry = entry.filter(|_| self.depth + 1 < DEPTH_MAX);
        let before = self.balances.clone();
        let mut outcome = None;
        if let Some(entry) = entry.filter(|_| self.pay(contract, amount)) {
            (self.contract, self.caller, self.call_value) = (*contract, Some(own), amount);
            self.depth += 1;
            outcome = Some(self.call(entry, input));
            self.depth -= 1;
            (self.contract, self.caller, self.call_value) = (own, outer.0, outer.1);
        }
        self.said = said;
        let Some(Outcome { end, output }) = outcome else { return false };
        self.returned = (*contract, output);
        if end != Ok(crate::OK) {
            self.balances = before;
        }
        end == Ok(crate::OK)
    }

    /// Moves what a contract is to get; whether there was as much.
    fn pay(&mut self, to: &Address, amount: u64) -> bool {
        let held = |chain: &Self, of: &Address| chain.balances.get(of).copied().unwrap_or(0);
        let Some(left) = held(self, &self.contract).checked_sub(amount) else { return false };
        if amount == 0 || self.contract == *to {
            return true;
        }
        let Some(sum) = held(self, to).checked_add(amount) else { return false };
        self.balances.extend([(self.contract, left), (*to, sum)]);
        true
    }

    /// What the contract stored under `key`.
    pub fn stored(&self, key: &[u8]) -> Option<&[u8]> {
        self.storage.get(&(self.contract, key.to_vec())).map(Vec::as_slice)
    }
}
