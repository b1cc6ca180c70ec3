//! Ethereum's precompiled contracts, from Frontier to Osaka.
//!
//! ```text
//! address, fork --lookup--> row of `table` --price--> gas, checked against the limit --run--> output
//! ```
//!
//! Each contract is one row of [`table`]; which addresses are warm, what a call costs and what it does all derive
//! from the row. The price is known, and checked, before any work or allocation. An error means that all the gas
//! forwarded to the call is gone and that it returns no bytes. No input panics. Absent on purpose: value transfer,
//! and the touch of the account, which belong to the call.
//!
//! Stack: multi-scalar multiplication takes up to 192 KiB (measured; `blst` keeps its tables there), so calls belong on
//! a thread's own stack, not on one that keeps only some tens of KiB free.

mod curve;
mod error;
mod gas;
mod hash;
mod input;
mod modexp;
mod signature;
mod table;

#[cfg(test)]
mod tests;

use lockstep_base::{Address, Fork};

pub use error::PrecompileError;
use gas::Gas;
use table::TABLE;

/// A precompiled contract with its whole history.
#[derive(Debug)]
pub struct Precompile {
    /// The address, as a number.
    number: u64,
    name: &'static str,
    /// What a call costs, from which fork on; the first entry is the fork that brought the contract.
    history: &'static [(Fork, Gas)],
    function: fn(&[u8]) -> Result<Vec<u8>, PrecompileError>,
}

/// What a successful call gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrecompileOutput {
    /// Gas the call costs; never more than its limit.
    pub gas_used: u64,
    /// The bytes returned.
    pub output: Vec<u8>,
}

/// The contract at `address` under the rules of `fork`, if one is active there.
pub fn lookup(fork: Fork, address: Address) -> Option<&'static Precompile> {
    let (high, low) = address.0.split_last_chunk::<8>()?;
    if high.iter().any(|byte| *byte != 0) {
        return None;
    }
    let number = u64::from_be_bytes(*low);
    let row = TABLE.binary_search_by_key(&number, |row| row.number).ok()?;
    TABLE.get(row).filter(|row| row.is_active(fork))
}

/// The addresses of the contracts active under `fork`, ascending: exactly those that are warm from the start of a
/// transaction (EIP-2929).
pub fn warm_addresses(fork: Fork) -> impl Iterator<Item = Address> {
    TABLE.iter().filter(move |row| row.is_active(fork)).map(Precompile::address)
}

impl Precompile {
    /// The name that Ethereum's specifications use.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Where the contract lives.
    pub fn address(&self) -> Address {
        Address::from_low_u64(self.number)
    }

    /// Calls the contract with `gas_limit` gas under the rules of `fork`.
    ///
    /// # Errors
    ///
    /// Every error consumes the whole of `gas_limit`, and the call returns no bytes.
    pub fn run(
        &self,
        fork: Fork,
        input: &[u8],
        gas_limit: u64,
    ) -> Result<PrecompileOutput, PrecompileError> {
        let gas_used = self.price(fork, input)?;
        if gas_used > gas_limit {
            return Err(PrecompileError::OutOfGas);
        }
        Ok(PrecompileOutput { gas_used, output: (self.function)(input)? })
    }

    /// What a call with `input` costs under `fork`.
    fn price(&self, fork: Fork, input: &[u8]) -> Result<u64, PrecompileError> {
        let rule = self.history.iter().rev().find(|(since, _)| *since <= fork);
        rule.ok_or(PrecompileError::Inactive)?.1.price(input)
    }

    fn is_active(&self, fork: Fork) -> bool {
        self.history.first().is_some_and(|(since, _)| *since <= fork)
    }
}
