//! Transactions: what they say, whether they are valid, what they cost, and running them.
//!
//! ```text
//! validate (reads only) -> pay, bump nonce -> warm -> authorizations -> call or create -> refund, pay out -> finish
//! ```
//!
//! Invariants: an invalid transaction changes nothing; a valid one always pays and counts, however it ends; a fault
//! undoes it whole.

mod authorize;
mod intrinsic;
mod invalid;
mod message;
mod run;
mod signed;
mod validate;

use lockstep_base::{Address, Hash, U256};
use lockstep_rt::Exit;
use lockstep_state::{Log, StorageError};

pub use intrinsic::{IntrinsicGas, intrinsic_gas};
pub use invalid::InvalidTransaction;
pub use message::{CallOutcome, Message, message_call};
pub use run::transact;
pub use signed::{DecodeError, SignatureError, SignedTransaction};
pub use validate::{Accepted, validate};

/// A transaction whose sender is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    /// Who signed it.
    pub sender: Address,
    /// How many transactions the sender sent before.
    pub nonce: u64,
    /// Most gas it may use.
    pub gas_limit: u64,
    /// Whom it calls; `None` creates a contract.
    pub to: Option<Address>,
    /// What it sends along.
    pub value: U256,
    /// Input of the call, or initialization code.
    pub data: Vec<u8>,
    /// The chain it was signed for; `None` for signatures that name none.
    pub chain_id: Option<u64>,
    /// What is warm from the start (EIP-2930); empty for legacy transactions.
    pub access_list: Vec<AccessListItem>,
    /// Its type and what only that has.
    pub kind: TransactionKind,
}

/// The types of transactions, with what only they have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TransactionKind {
    /// As in Frontier.
    Legacy {
        /// What it pays for gas.
        gas_price: U256,
    },
    /// Type 1 (EIP-2930).
    AccessList {
        /// What it pays for gas.
        gas_price: U256,
    },
    /// Type 2 (EIP-1559).
    DynamicFee {
        /// What it pays for gas.
        fees: Fees,
    },
    /// Type 3 (EIP-4844).
    Blob {
        /// What it pays for gas.
        fees: Fees,
        /// Most it pays for blob gas.
        max_fee_per_blob_gas: U256,
        /// Versioned hashes of its blobs.
        blob_hashes: Vec<Hash>,
    },
    /// Type 4 (EIP-7702).
    SetCode {
        /// What it pays for gas.
        fees: Fees,
        /// Who delegates to whom.
        authorizations: Vec<Authorization>,
    },
}

/// What a transaction pays for gas since EIP-1559.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fees {
    /// Most it pays in all.
    pub max_fee_per_gas: U256,
    /// Most of that which goes to the block's coinbase.
    pub max_priority_fee_per_gas: U256,
}

/// An account and slots that are warm from the start (EIP-2930).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessListItem {
    /// The account.
    pub address: Address,
    /// Slots of it.
    pub keys: Vec<U256>,
}

/// A signed wish to delegate (EIP-7702), as it stands in the transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorization {
    /// The chain it holds on; zero for all.
    pub chain_id: U256,
    /// Whom to delegate to; zero to stop delegating.
    pub address: Address,
    /// The nonce that the signer must have.
    pub nonce: u64,
    /// Which of two points `r` names.
    pub y_parity: u8,
    /// The signature's first number.
    pub r: U256,
    /// The signature's second number.
    pub s: U256,
}

impl Transaction {
    /// What it pays for gas.
    pub(super) fn fees(&self) -> Fees {
        match &self.kind {
            TransactionKind::Legacy { gas_price } | TransactionKind::AccessList { gas_price } => {
                Fees { max_fee_per_gas: *gas_price, max_priority_fee_per_gas: *gas_price }
            }
            TransactionKind::DynamicFee { fees }
            | TransactionKind::Blob { fees, .. }
            | TransactionKind::SetCode { fees, .. } => *fees,
        }
    }

    /// The versioned hashes of its blobs.
    pub(super) fn blob_hashes(&self) -> &[Hash] {
        match &self.kind {
            TransactionKind::Blob { blob_hashes, .. } => blob_hashes,
            _ => &[],
        }
    }

    /// Its authorizations.
    pub(super) fn authorizations(&self) -> &[Authorization] {
        match &self.kind {
            TransactionKind::SetCode { authorizations, .. } => authorizations,
            _ => &[],
        }
    }
}

/// What a valid transaction did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// How it ended.
    pub exit: Exit,
    /// Gas paid for.
    pub gas_used: u64,
    /// Gas that was used and then given back (EIP-3529); what the floor of EIP-7623 took again is not in it.
    pub gas_refunded: u64,
    /// What it returned or reverted with; the code of a created contract.
    pub output: Vec<u8>,
    /// What it logged.
    pub logs: Vec<Log>,
    /// The contract it created.
    pub created: Option<Address>,
    /// What it paid for a unit of gas.
    pub effective_gas_price: U256,
}

/// Why there is no receipt.
#[derive(Debug, thiserror::Error)]
pub enum TransactError {
    /// The transaction must not be in a block; nothing has changed.
    #[error("invalid transaction: {0}")]
    Invalid(#[from] InvalidTransaction),
    /// The machine failed; nothing has changed.
    #[error("the transaction was abandoned")]
    Fault(#[source] StorageError),
}

#[cfg(test)]
mod tests;
