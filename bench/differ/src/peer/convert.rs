//! Our types in the peer's.

use lockstep::{Fork, Transaction, TransactionKind};
use revm::{
    context::{BlockEnv, TxEnv, either::Either},
    context_interface::{
        block::BlobExcessGasAndPrice,
        transaction::{AccessList, AccessListItem, Authorization, SignedAuthorization},
    },
    primitives::{Address, B256, Bytes, TxKind, U256, hardfork::SpecId},
};

use crate::case::Case;

pub(super) fn address(address: lockstep::Address) -> Address {
    Address::new(address.0)
}

pub(super) fn our_address(address: Address) -> lockstep::Address {
    lockstep::Address(address.0.0)
}

/// The peer's name for `fork`; it has no Constantinople.
pub(super) fn spec(fork: Fork) -> Option<SpecId> {
    Some(match fork {
        Fork::Frontier => SpecId::FRONTIER,
        Fork::Homestead => SpecId::HOMESTEAD,
        Fork::Tangerine => SpecId::TANGERINE,
        Fork::SpuriousDragon => SpecId::SPURIOUS_DRAGON,
        Fork::Byzantium => SpecId::BYZANTIUM,
        Fork::Constantinople => return None,
        Fork::Petersburg => SpecId::PETERSBURG,
        Fork::Istanbul => SpecId::ISTANBUL,
        Fork::Berlin => SpecId::BERLIN,
        Fork::London => SpecId::LONDON,
        Fork::Paris => SpecId::MERGE,
        Fork::Shanghai => SpecId::SHANGHAI,
        Fork::Cancun => SpecId::CANCUN,
        Fork::Prague => SpecId::PRAGUE,
        Fork::Osaka => SpecId::OSAKA,
    })
}

pub(super) fn block(case: &Case) -> BlockEnv {
    let block = &case.block;
    let fraction = case.config().blobs.base_fee_update_fraction;
    BlockEnv {
        number: U256::from(block.number),
        beneficiary: address(block.coinbase),
        timestamp: U256::from(block.timestamp),
        gas_limit: block.gas_limit,
        // Generated base fees fit; a fixture's that does not is refused with its transaction.
        basefee: block.base_fee.saturating_to(),
        difficulty: block.difficulty,
        prevrandao: Some(B256::from(block.prev_randao)),
        blob_excess_gas_and_price: Some(BlobExcessGasAndPrice::new(
            block.excess_blob_gas,
            fraction,
        )),
        ..BlockEnv::default()
    }
}

/// The peer's form; `None` when a price exceeds its 128 bits.
pub(super) fn transaction(transaction: &Transaction) -> Option<TxEnv> {
    let narrow = |price: lockstep::U256| u128::try_from(price).ok();
    let mut peer = TxEnv {
        caller: address(transaction.sender),
        gas_limit: transaction.gas_limit,
        kind: transaction.to.map_or(TxKind::Create, |to| TxKind::Call(address(to))),
        value: transaction.value,
        data: Bytes::copy_from_slice(&transaction.data),
        nonce: transaction.nonce,
        chain_id: transaction.chain_id,
        access_list: access_list(transaction),
        ..TxEnv::default()
    };
    let fees = match &transaction.kind {
        TransactionKind::Legacy { gas_price } | TransactionKind::AccessList { gas_price } => {
            let is_legacy = matches!(transaction.kind, TransactionKind::Legacy { .. });
            peer.tx_type = if is_legacy { 0 } else { 1 };
            peer.gas_price = narrow(*gas_price)?;
            return Some(peer);
        }
        TransactionKind::DynamicFee { fees } => {
            peer.tx_type = 2;
            fees
        }
        TransactionKind::Blob { fees, max_fee_per_blob_gas, blob_hashes } => {
            peer.tx_type = 3;
            peer.max_fee_per_blob_gas = narrow(*max_fee_per_blob_gas)?;
            peer.blob_hashes = blob_hashes.iter().map(|hash| B256::new(hash.0)).collect();
            fees
        }
        TransactionKind::SetCode { fees, authorizations } => {
            peer.tx_type = 4;
            peer.authorization_list = authorizations.iter().map(authorization).collect();
            fees
        }
    };
    peer.gas_price = narrow(fees.max_fee_per_gas)?;
    peer.gas_priority_fee = Some(narrow(fees.max_priority_fee_per_gas)?);
    Some(peer)
}

fn access_list(transaction: &Transaction) -> AccessList {
    let item = |item: &lockstep::AccessListItem| AccessListItem {
        address: address(item.address),
        storage_keys: item.keys.iter().map(|key| B256::from(*key)).collect(),
    };
    AccessList(transaction.access_list.iter().map(item).collect())
}

fn authorization<R>(signed: &lockstep::Authorization) -> Either<SignedAuthorization, R> {
    let inner = Authorization {
        chain_id: signed.chain_id,
        address: address(signed.address),
        nonce: signed.nonce,
    };
    Either::Left(SignedAuthorization::new_unchecked(inner, signed.y_parity, signed.r, signed.s))
}
