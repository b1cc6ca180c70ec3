//! Why a transaction must not be in a block.

use lockstep_base::{Address, Fork, U256};

/// Why a transaction must not be in a block: one variant per rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTransaction {
    /// Its type came with a later fork.
    #[error("transactions of type {kind} exist from {since} on, not in {fork}")]
    UnknownType {
        /// The type's number (EIP-2718).
        kind: u8,
        /// The fork that brought it.
        since: Fork,
        /// The rules in force.
        fork: Fork,
    },
    /// It was signed for another chain (EIP-155).
    #[error("signed for chain {transaction}, this is chain {chain}")]
    WrongChain {
        /// The chain it names.
        transaction: u64,
        /// The chain it was sent to.
        chain: u64,
    },
    /// It says no chain although its type must.
    #[error("names no chain")]
    NoChain,
    /// Its gas limit does not fit what the block has left.
    #[error("asks for {limit} gas, the block has {available} left")]
    BlockGas {
        /// What it asks for.
        limit: u64,
        /// What is left.
        available: u64,
    },
    /// Its gas limit exceeds what one transaction may have (EIP-7825; before it, what 63 bits hold).
    #[error("asks for {limit} gas, a transaction may have {max}")]
    GasLimitTooHigh {
        /// What it asks for.
        limit: u64,
        /// What is allowed.
        max: u64,
    },
    /// Its gas limit does not pay for the transaction itself.
    #[error("asks for {limit} gas, the transaction itself takes {intrinsic}")]
    IntrinsicGas {
        /// What it asks for.
        limit: u64,
        /// What it needs.
        intrinsic: u64,
    },
    /// Its gas limit does not pay the floor for its data (EIP-7623).
    #[error("asks for {limit} gas, its data takes at least {floor}")]
    FloorGas {
        /// What it asks for.
        limit: u64,
        /// What it needs.
        floor: u64,
    },
    /// Its initialization code is too long (EIP-3860).
    #[error("initialization code of {len_bytes} bytes exceeds {max_bytes}")]
    InitCodeTooLarge {
        /// Its length.
        len_bytes: usize,
        /// What is allowed.
        max_bytes: usize,
    },
    /// It tips more than it pays (EIP-1559).
    #[error("priority fee {priority} exceeds fee {max}")]
    PriorityAboveFee {
        /// The tip.
        priority: U256,
        /// Most it pays.
        max: U256,
    },
    /// It pays less than the base fee (EIP-1559).
    #[error("pays at most {max} for gas that costs {base}")]
    FeeBelowBase {
        /// Most it pays.
        max: U256,
        /// What gas costs.
        base: U256,
    },
    /// Its nonce is not its sender's (Yellow Paper 6.2).
    #[error("nonce {transaction}, the sender's is {account}")]
    WrongNonce {
        /// The nonce it has.
        transaction: u64,
        /// The nonce it must have.
        account: u64,
    },
    /// Its nonce cannot be counted up (EIP-2681).
    #[error("nonce {0} is the greatest there is")]
    NonceOverflow(u64),
    /// Its sender could not pay for the worst case.
    #[error("may cost {needed}, the sender has {balance}")]
    InsufficientFunds {
        /// The worst case; the greatest number if it is greater still.
        needed: U256,
        /// What there is.
        balance: U256,
    },
    /// Its sender is a contract (EIP-3607).
    #[error("sender {0} has code")]
    SenderHasCode(Address),
    /// It carries no blobs (EIP-4844).
    #[error("a blob transaction without blobs")]
    NoBlobs,
    /// It carries too many blobs (EIP-4844, EIP-7594).
    #[error("carries {count} blobs, allowed are {max}")]
    TooManyBlobs {
        /// How many it carries.
        count: u64,
        /// What is allowed.
        max: u64,
    },
    /// A blob's hash has an unknown version (EIP-4844).
    #[error("hash {index} of its blobs has version {version}")]
    BlobVersion {
        /// Which hash.
        index: usize,
        /// Its version.
        version: u8,
    },
    /// It pays less than blob gas costs (EIP-4844).
    #[error("pays at most {max} for blob gas that costs {base}")]
    BlobFeeBelowBase {
        /// Most it pays.
        max: U256,
        /// What blob gas costs.
        base: U256,
    },
    /// It creates a contract although its type may not (EIP-4844, EIP-7702).
    #[error("transactions of type {kind} cannot create contracts")]
    CreationForbidden {
        /// The type's number.
        kind: u8,
    },
    /// It authorizes nobody (EIP-7702).
    #[error("an empty list of authorizations")]
    NoAuthorizations,
}
