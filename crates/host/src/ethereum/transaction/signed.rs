//! Transactions as they travel: an RLP list, or a type byte and an RLP list (EIP-2718), with a signature at the end.
//!
//! ```text
//! bytes -> decode -> SignedTransaction -> recover (which signatures hold depends on the fork) -> Transaction
//! ```
//!
//! Invariants: what is decoded has one encoding, so its hash names it; nobody gets a [`Transaction`] from here without
//! its signature having been checked.

use alloy_rlp::{Encodable, Header};
use lockstep_base::{Address, Fork, Hash, U256};

use super::{AccessListItem, Authorization, Fees, Transaction, TransactionKind};
use crate::{
    crypto::{keccak256, secp256k1},
    ethereum::rlp::{Items, RlpError},
};

/// The first byte of a list: what begins with it is a legacy transaction (EIP-2718).
const FIRST_LIST_BYTE: u8 = 0xc0;
/// `v` of a legacy signature that names no chain, for an even and an odd point (Yellow Paper app. F).
const V_WITHOUT_CHAIN: [u64; 2] = [27, 28];
/// `v` of a legacy signature that names chain 0 (EIP-155).
const V_OF_CHAIN_ZERO: u64 = 35;

/// Why bytes are no transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Its RLP is wrong.
    #[error(transparent)]
    Rlp(#[from] RlpError),
    /// A type that nobody defined.
    #[error("no transaction has type {0}")]
    UnknownType(u8),
    /// There is nothing.
    #[error("empty")]
    Empty,
    /// A parity, or `v`, that no signature has.
    #[error("no signature has the parity or v {0}")]
    Parity(U256),
}

/// Why a signature does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// Its `s` is in the upper half of the group (EIP-2).
    #[error("s is in the upper half of the group")]
    HighS,
    /// It names a chain before that was possible (EIP-155).
    #[error("names a chain, which {0} does not know")]
    NamesChain(Fork),
    /// No key made it.
    #[error("no key made this signature")]
    NoKey,
}

/// A transaction whose signature has not been checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedTransaction {
    /// The transaction; its sender is not known yet.
    unsigned: Transaction,
    hash: Hash,
    signing_hash: Hash,
    y_is_odd: bool,
    r: U256,
    s: U256,
}

impl SignedTransaction {
    /// The transaction that `bytes` spell, as they stand in blocks and go over the network, blobs aside.
    ///
    /// # Errors
    ///
    /// When they are none, or not spelled as they must be.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let hash = keccak256(bytes);
        match bytes {
            [] => Err(DecodeError::Empty),
            [FIRST_LIST_BYTE..=u8::MAX, ..] => legacy(bytes, hash),
            [kind, rest @ ..] => typed(*kind, rest, hash),
        }
    }

    /// The hash that names it.
    pub fn hash(&self) -> Hash {
        self.hash
    }

    /// The transaction with its sender.
    ///
    /// # Errors
    ///
    /// When the signature does not hold under `fork`.
    pub fn recover(&self, fork: Fork) -> Result<Transaction, SignatureError> {
        let is_legacy = matches!(self.unsigned.kind, TransactionKind::Legacy { .. });
        if is_legacy && self.unsigned.chain_id.is_some() && fork < Fork::SpuriousDragon {
            return Err(SignatureError::NamesChain(fork));
        }
        if fork >= Fork::Homestead && !secp256k1::is_low_s(self.s) {
            return Err(SignatureError::HighS);
        }
        let (r, s) = (self.r.to_be_bytes(), self.s.to_be_bytes());
        let sender = secp256k1::recover(&self.signing_hash, &r, &s, self.y_is_odd);
        let sender = sender.ok_or(SignatureError::NoKey)?;
        Ok(Transaction { sender, ..self.unsigned.clone() })
    }
}

/// A list of nine: the signature's `v` may name the chain (EIP-155).
fn legacy(bytes: &[u8], hash: Hash) -> Result<SignedTransaction, DecodeError> {
    let mut outer = Items::new(bytes);
    let mut items = outer.list()?;
    outer.end()?;
    let all = items.rest();
    let nonce = items.short()?;
    let gas_price = items.word()?;
    let unsigned = Transaction {
        gas_limit: items.short()?,
        to: items.optional_address()?,
        value: items.word()?,
        data: items.bytes()?.to_vec(),
        kind: TransactionKind::Legacy { gas_price },
        ..blank(nonce, None)
    };
    let mut signed = all[..all.len() - items.rest().len()].to_vec();
    let v = items.word()?;
    let (r, s) = (items.word()?, items.word()?);
    items.end()?;
    let (chain_id, y_is_odd) = chain_and_parity(v)?;
    if let Some(chain_id) = chain_id {
        chain_id.encode(&mut signed);
        signed.extend([alloy_rlp::EMPTY_STRING_CODE; 2]);
    }
    let signing_hash = keccak256(&list(&[], &signed));
    let unsigned = Transaction { chain_id, ..unsigned };
    Ok(SignedTransaction { unsigned, hash, signing_hash, y_is_odd, r, s })
}

/// What a legacy `v` says: the chain, and which of two points.
fn chain_and_parity(v: U256) -> Result<(Option<u64>, bool), DecodeError> {
    let refused = DecodeError::Parity(v);
    let small = u64::try_from(v).map_err(|_| refused)?;
    match small {
        _ if small == V_WITHOUT_CHAIN[0] => Ok((None, false)),
        _ if small == V_WITHOUT_CHAIN[1] => Ok((None, true)),
        V_OF_CHAIN_ZERO.. => {
            let rest = small - V_OF_CHAIN_ZERO;
            Ok((Some(rest / 2), rest % 2 == 1))
        }
        _ => Err(refused),
    }
}

/// A type byte's list: EIP-2930, EIP-1559, EIP-4844, EIP-7702.
fn typed(kind: u8, rest: &[u8], hash: Hash) -> Result<SignedTransaction, DecodeError> {
    if !(1..=4).contains(&kind) {
        return Err(DecodeError::UnknownType(kind));
    }
    let mut outer = Items::new(rest);
    let mut items = outer.list()?;
    outer.end()?;
    let all = items.rest();
    let chain_id = items.short()?;
    let nonce = items.short()?;
    let prices = prices(&mut items, kind)?;
    let gas_limit = items.short()?;
    // Blobs and authorizations come with a recipient; validation says so, not the format (EIP-4844, EIP-7702).
    let (to, value) = (items.optional_address()?, items.word()?);
    let data = items.bytes()?.to_vec();
    let access_list = items.list()?.all(access_list_item)?;
    let unsigned = Transaction {
        gas_limit,
        to,
        value,
        data,
        access_list,
        kind: prices.kind(&mut items, kind)?,
        ..blank(nonce, Some(chain_id))
    };
    let signing_hash = keccak256(&list(&[kind], &all[..all.len() - items.rest().len()]));
    let parity = items.word()?;
    let (r, s) = (items.word()?, items.word()?);
    items.end()?;
    let y_is_odd = match u8::try_from(parity) {
        Ok(0) => false,
        Ok(1) => true,
        _ => return Err(DecodeError::Parity(parity)),
    };
    Ok(SignedTransaction { unsigned, hash, signing_hash, y_is_odd, r, s })
}

/// What a type says about prices before its gas limit.
struct Prices {
    gas_price: U256,
    fees: Fees,
}

fn prices(items: &mut Items<'_>, kind: u8) -> Result<Prices, RlpError> {
    let first = items.word()?;
    let max_fee_per_gas = if kind == 1 { first } else { items.word()? };
    let fees = Fees { max_fee_per_gas, max_priority_fee_per_gas: first };
    Ok(Prices { gas_price: first, fees })
}

impl Prices {
    /// The type, with what follows the access list.
    fn kind(self, items: &mut Items<'_>, kind: u8) -> Result<TransactionKind, RlpError> {
        let Self { gas_price, fees } = self;
        Ok(match kind {
            1 => TransactionKind::AccessList { gas_price },
            2 => TransactionKind::DynamicFee { fees },
            3 => TransactionKind::Blob {
                fees,
                max_fee_per_blob_gas: items.word()?,
                blob_hashes: items.list()?.all(Items::hash)?,
            },
            _ => {
                TransactionKind::SetCode { fees, authorizations: items.list()?.all(authorization)? }
            }
        })
    }
}

fn access_list_item(items: &mut Items<'_>) -> Result<AccessListItem, RlpError> {
    let mut item = items.list()?;
    let address = item.address()?;
    let keys = item.list()?.all(Items::hash)?.into_iter().map(Hash::into_word).collect();
    item.end()?;
    Ok(AccessListItem { address, keys })
}

fn authorization(items: &mut Items<'_>) -> Result<Authorization, RlpError> {
    let mut item = items.list()?;
    let authorization = Authorization {
        chain_id: item.word()?,
        address: item.address()?,
        nonce: item.short()?,
        y_parity: u8::try_from(item.short()?).map_err(|_| RlpError::TooBig(1))?,
        r: item.word()?,
        s: item.word()?,
    };
    item.end()?;
    Ok(authorization)
}

fn blank(nonce: u64, chain_id: Option<u64>) -> Transaction {
    Transaction {
        sender: Address::ZERO,
        nonce,
        gas_limit: 0,
        to: None,
        value: U256::ZERO,
        data: Vec::new(),
        chain_id,
        access_list: Vec::new(),
        kind: TransactionKind::Legacy { gas_price: U256::ZERO },
    }
}

/// `prefix`, then the list whose items are `payload`.
fn list(prefix: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut out = prefix.to_vec();
    Header { list: true, payload_length: payload.len() }.encode(&mut out);
    out.extend_from_slice(payload);
    out
}

#[cfg(test)]
mod tests {
    use lockstep_base::decode_hex;

    use super::*;

    /// The example of EIP-155.
    const EXAMPLE: &str = "f86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a764000080\
                           25a028ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83";

    #[test]
    fn the_example_of_eip_155_is_signed_by_its_key() {
        let signed = SignedTransaction::decode(&decode_hex(EXAMPLE).unwrap()).unwrap();
        let signing = "0xdaf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53";
        assert_eq!(signed.signing_hash.to_string(), signing);
        let transaction = signed.recover(Fork::SpuriousDragon).unwrap();
        let sender = "0x9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f";
        assert_eq!(transaction.sender.to_string(), sender);
        assert_eq!((transaction.nonce, transaction.chain_id), (9, Some(1)));
        let early = Fork::Homestead;
        assert_eq!(signed.recover(early), Err(SignatureError::NamesChain(early)));
    }

    #[test]
    fn every_cut_is_refused() {
        let bytes = decode_hex(EXAMPLE).unwrap();
        for len in 0..bytes.len() {
            assert!(SignedTransaction::decode(&bytes[..len]).is_err(), "{len}");
        }
        assert_eq!(SignedTransaction::decode(&[5, 0xc0]), Err(DecodeError::UnknownType(5)));
    }
}
