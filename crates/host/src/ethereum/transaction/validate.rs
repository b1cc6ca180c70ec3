//! Whether a transaction may be in the block. Reads the sender, writes nothing.

use lockstep_base::{Fork, U256};
use lockstep_state::AccountId;

use super::{
    IntrinsicGas, InvalidTransaction, TransactError, Transaction, TransactionKind, intrinsic_gas,
};
use crate::ethereum::{Ethereum, GAS_PER_BLOB, World, create::INIT_CODE_BYTES_MAX, delegation};

/// Most gas of a transaction since EIP-7825.
const GAS_LIMIT_MAX_EIP_7825: u64 = 1 << 24;
/// Most gas of a transaction before: what a signed counter holds (EIP-1985).
const GAS_LIMIT_MAX: u64 = i64::MAX as u64;
/// Most blobs in a transaction since EIP-7594.
const BLOBS_MAX_EIP_7594: u64 = 6;
/// The only version of blob hashes (EIP-4844, `VERSIONED_HASH_VERSION_KZG`).
const BLOB_HASH_VERSION: u8 = 1;

/// A valid transaction's numbers.
#[derive(Debug, Clone, Copy)]
pub struct Accepted {
    /// Who pays.
    pub sender: AccountId,
    /// What it costs apart from running.
    pub intrinsic: IntrinsicGas,
    /// What a unit of gas costs the sender.
    pub gas_price: U256,
    /// What the blobs cost the sender; burned.
    pub blob_fee: U256,
}

/// The numbers of `transaction`, if it may be the next one in the host's block.
///
/// # Errors
///
/// The first rule it breaks, or a fault; nothing has changed.
pub fn validate<W: World>(
    host: &mut Ethereum<W>,
    transaction: &Transaction,
) -> Result<Accepted, TransactError> {
    check_type(host, transaction)?;
    let intrinsic = check_gas(host, transaction)?;
    check_fees(host, transaction)?;
    check_blobs(host, transaction)?;
    check_shape(transaction)?;
    let sender = host.world.account(transaction.sender).map_err(TransactError::Fault)?;
    check_nonce(host, transaction, sender)?;
    check_code(host, transaction, sender)?;
    check_funds(host, transaction, sender)?;
    let fees = transaction.fees();
    let base_fee = host.words.base_fee;
    let gas_price =
        fees.max_fee_per_gas.min(base_fee.saturating_add(fees.max_priority_fee_per_gas));
    let blob_gas = U256::from(blob_gas(transaction));
    let blob_fee = blob_gas.saturating_mul(host.words.blob_base_fee);
    Ok(Accepted { sender, intrinsic, gas_price, blob_fee })
}

/// The number of a type (EIP-2718) and the fork that brought it.
fn type_of(kind: &TransactionKind) -> (u8, Fork) {
    match kind {
        TransactionKind::Legacy { .. } => (0, Fork::Frontier),
        TransactionKind::AccessList { .. } => (1, Fork::Berlin),
        TransactionKind::DynamicFee { .. } => (2, Fork::London),
        TransactionKind::Blob { .. } => (3, Fork::Cancun),
        TransactionKind::SetCode { .. } => (4, Fork::Prague),
    }
}

fn check_type<W: World>(
    host: &Ethereum<W>,
    transaction: &Transaction,
) -> Result<(), InvalidTransaction> {
    let (kind, since) = type_of(&transaction.kind);
    if !host.has(since) {
        return Err(InvalidTransaction::UnknownType { kind, since, fork: host.config.fork });
    }
    let chain = host.config.chain_id;
    match transaction.chain_id {
        Some(transaction) if transaction != chain => {
            Err(InvalidTransaction::WrongChain { transaction, chain })
        }
        None if kind != 0 => Err(InvalidTransaction::NoChain),
        _ => Ok(()),
    }
}

fn check_gas<W: World>(
    host: &Ethereum<W>,
    transaction: &Transaction,
) -> Result<IntrinsicGas, InvalidTransaction> {
    let limit = transaction.gas_limit;
    let available = host.block.gas_limit.saturating_sub(host.block.gas_used);
    if limit > available {
        return Err(InvalidTransaction::BlockGas { limit, available });
    }
    let max = if host.has(Fork::Osaka) { GAS_LIMIT_MAX_EIP_7825 } else { GAS_LIMIT_MAX };
    if limit > max {
        return Err(InvalidTransaction::GasLimitTooHigh { limit, max });
    }
    let len_bytes = transaction.data.len();
    let max_bytes = INIT_CODE_BYTES_MAX;
    if transaction.to.is_none() && host.has(Fork::Shanghai) && len_bytes > max_bytes {
        return Err(InvalidTransaction::InitCodeTooLarge { len_bytes, max_bytes });
    }
    let gas = intrinsic_gas(host.config.fork, transaction);
    if limit < gas.execution {
        return Err(InvalidTransaction::IntrinsicGas { limit, intrinsic: gas.execution });
    }
    if limit < gas.floor {
        return Err(InvalidTransaction::FloorGas { limit, floor: gas.floor });
    }
    Ok(gas)
}

fn check_fees<W: World>(
    host: &Ethereum<W>,
    transaction: &Transaction,
) -> Result<(), InvalidTransaction> {
    let fees = transaction.fees();
    let (max, priority) = (fees.max_fee_per_gas, fees.max_priority_fee_per_gas);
    if priority > max {
        return Err(InvalidTransaction::PriorityAboveFee { priority, max });
    }
    let base = host.words.base_fee;
    if max < base {
        return Err(InvalidTransaction::FeeBelowBase { max, base });
    }
    Ok(())
}

fn check_blobs<W: World>(
    host: &Ethereum<W>,
    transaction: &Transaction,
) -> Result<(), InvalidTransaction> {
    let TransactionKind::Blob { max_fee_per_blob_gas, blob_hashes, .. } = &transaction.kind else {
        return Ok(());
    };
    if blob_hashes.is_empty() {
        return Err(InvalidTransaction::NoBlobs);
    }
    let count = blob_hashes.len() as u64;
    let in_block = host.config.blobs.max.saturating_sub(host.block.blobs_used);
    let in_one = if host.has(Fork::Osaka) { BLOBS_MAX_EIP_7594 } else { u64::MAX };
    let max = in_block.min(in_one);
    if count > max {
        return Err(InvalidTransaction::TooManyBlobs { count, max });
    }
    for (index, hash) in blob_hashes.iter().enumerate() {
        let [version, ..] = hash.0;
        if version != BLOB_HASH_VERSION {
            return Err(InvalidTransaction::BlobVersion { index, version });
        }
    }
    let (max, base) = (*max_fee_per_blob_gas, host.words.blob_base_fee);
    if max < base {
        return Err(InvalidTransaction::BlobFeeBelowBase { max, base });
    }
    Ok(())
}

/// What its type allows whatever the block.
fn check_shape(transaction: &Transaction) -> Result<(), InvalidTransaction> {
    let (kind, _) = type_of(&transaction.kind);
    let may_create =
        !matches!(transaction.kind, TransactionKind::Blob { .. } | TransactionKind::SetCode { .. });
    if transaction.to.is_none() && !may_create {
        return Err(InvalidTransaction::CreationForbidden { kind });
    }
    match &transaction.kind {
        TransactionKind::SetCode { authorizations, .. } if authorizations.is_empty() => {
            Err(InvalidTransaction::NoAuthorizations)
        }
        _ => Ok(()),
    }
}

fn check_nonce<W: World>(
    host: &Ethereum<W>,
    transaction: &Transaction,
    sender: AccountId,
) -> Result<(), InvalidTransaction> {
    let account = host.world.info(sender).nonce;
    if transaction.nonce == u64::MAX {
        return Err(InvalidTransaction::NonceOverflow(transaction.nonce));
    }
    if transaction.nonce != account {
        return Err(InvalidTransaction::WrongNonce { transaction: transaction.nonce, account });
    }
    Ok(())
}

/// Contracts send nothing (EIP-3607, for all of history), but accounts that delegate do (EIP-7702).
fn check_code<W: World>(
    host: &mut Ethereum<W>,
    transaction: &Transaction,
    sender: AccountId,
) -> Result<(), TransactError> {
    if !host.world.info(sender).has_code() {
        return Ok(());
    }
    let knows_delegation = host.has(Fork::Prague);
    let code = host.world.code(sender).map_err(TransactError::Fault)?;
    if knows_delegation && delegation::delegate_of(code).is_some() {
        return Ok(());
    }
    Err(InvalidTransaction::SenderHasCode(transaction.sender).into())
}

fn check_funds<W: World>(
    host: &Ethereum<W>,
    transaction: &Transaction,
    sender: AccountId,
) -> Result<(), InvalidTransaction> {
    let balance = host.world.info(sender).balance;
    match worst_case(transaction) {
        Some(needed) if needed <= balance => Ok(()),
        needed => Err(InvalidTransaction::InsufficientFunds {
            needed: needed.unwrap_or(U256::MAX),
            balance,
        }),
    }
}

/// Most that the transaction can cost its sender; `None` beyond 256 bits.
fn worst_case(transaction: &Transaction) -> Option<U256> {
    let gas = U256::from(transaction.gas_limit);
    let mut needed = gas.checked_mul(transaction.fees().max_fee_per_gas)?;
    if let TransactionKind::Blob { max_fee_per_blob_gas, .. } = &transaction.kind {
        let blobs = U256::from(blob_gas(transaction)).checked_mul(*max_fee_per_blob_gas)?;
        needed = needed.checked_add(blobs)?;
    }
    needed.checked_add(transaction.value)
}

/// Gas of the transaction's blobs.
fn blob_gas(transaction: &Transaction) -> u64 {
    transaction.blob_hashes().len() as u64 * GAS_PER_BLOB
}
