//! Who takes part: a sender, contracts, a delegated account, somebody empty, contracts to be created.

use std::collections::BTreeMap;

use k256::ecdsa::SigningKey;
use lockstep::{Address, Fork, Hash, U256};
use revm::primitives::keccak256;

use super::code;
use crate::{case::Account, program::Program, random::Random};

/// How many accounts have a key.
const KEYS: u8 = 4;

/// A key with its account.
#[derive(Debug, Clone)]
pub struct Key {
    pub secret: [u8; 32],
    pub signing: SigningKey,
    pub address: Address,
}

/// The keys that all cases share.
#[derive(Debug, Clone)]
pub struct Keys(pub Vec<Key>);

impl Keys {
    /// Four keys.
    ///
    /// # Panics
    ///
    /// Never: small numbers are keys.
    pub fn new() -> Self {
        let key = |number: u8| {
            let mut secret = [0x45; 32];
            secret[31] = number;
            let signing = SigningKey::from_slice(&secret).expect("below the order");
            let point = signing.verifying_key().to_sec1_point(false);
            let hash = keccak256(&point.as_bytes()[1..]);
            let mut address = [0; 20];
            address.copy_from_slice(&hash[12..]);
            Key { secret, signing, address: Address(address) }
        };
        Self((0..KEYS).map(key).collect())
    }
}

/// Who takes part in a case.
#[derive(Debug)]
pub struct Cast<'k> {
    pub keys: &'k Keys,
    pub fork: Fork,
    pub accounts: BTreeMap<Address, Account>,
    /// Contracts, in the order in which their code is written.
    pub contracts: Vec<Address>,
    /// Accounts that code and transactions name.
    pub addresses: Vec<Address>,
    /// Who is nobody yet.
    pub empty: Address,
}

impl<'k> Cast<'k> {
    pub fn new(keys: &'k Keys, fork: Fork, random: &mut Random) -> Self {
        let mut cast = Self {
            keys,
            fork,
            accounts: BTreeMap::new(),
            contracts: (1..=random.between(1, 4)).map(|i| Address::from_low_u64(i << 12)).collect(),
            addresses: Vec::new(),
            empty: Address::from_low_u64(0xe0e0),
        };
        cast.people(random);
        for address in cast.contracts.clone() {
            let account = Account {
                balance: U256::from(random.pick(&[0, 1, 1000, u64::MAX])),
                nonce: random.weighted(&[
                    (80, 1),
                    (8, 0),
                    (8, 7),
                    (2, u64::MAX - 1),
                    (2, u64::MAX),
                ]),
                ..Account::default()
            };
            cast.accounts.insert(address, account);
        }
        cast.name(random);
        cast
    }

    /// Accounts with keys: the sender is rich; the others may be absent, known, or delegated.
    fn people(&mut self, random: &mut Random) {
        for (i, key) in self.keys.0.iter().enumerate() {
            let mut account = Account {
                balance: U256::from(random.pick(&[0, 1, 1_000_000])),
                nonce: random.pick(&[0, 0, 1, 5]),
                ..Account::default()
            };
            if i == 0 {
                account.balance = U256::from(1) << random.pick(&[90, 100, 128]);
            } else if random.chance(300) {
                continue;
            }
            if self.fork >= Fork::Prague && random.chance(if i == 0 { 50 } else { 400 }) {
                account.code = Program::raw(self.delegation(random));
                account.nonce = account.nonce.max(1);
            }
            let is_empty = account.balance.is_zero() && account.nonce == 0;
            if !is_empty || self.fork < Fork::SpuriousDragon {
                self.accounts.insert(key.address, account);
            }
        }
    }

    /// A delegation (EIP-7702) to a contract, a precompile, itself, another delegate or nobody.
    fn delegation(&self, random: &mut Random) -> Vec<u8> {
        let to = match random.below(8) {
            0 => Address::from_low_u64(random.between(1, 17)),
            1 => self.keys.0[random.below(KEYS.into()) as usize].address,
            2 => self.empty,
            _ => random.pick(&self.contracts),
        };
        [&[0xef, 0x01, 0x00], &to.0[..]].concat()
    }

    fn name(&mut self, random: &mut Random) {
        let mut addresses = self.contracts.clone();
        addresses.extend(self.contracts.iter());
        addresses.extend(self.keys.0.iter().map(|key| key.address));
        addresses.push(self.empty);
        // What contracts and the sender create next.
        for creator in self.contracts.clone() {
            let nonce = self.accounts.get(&creator).map_or(0, |account| account.nonce);
            addresses.push(created_by(creator, nonce));
        }
        let sender = self.keys.0[0].address;
        let nonce = self.accounts.get(&sender).map_or(0, |account| account.nonce);
        addresses.push(created_by(sender, nonce));
        if random.chance(100) {
            // Somebody waits where a contract is to be.
            let place = random.pick(&addresses[addresses.len() - self.contracts.len() - 1..]);
            let account = Account { balance: U256::from(3), ..Account::default() };
            self.accounts.entry(place).or_insert(account);
        }
        self.addresses = addresses;
    }

    /// Gives every contract code and storage.
    pub fn write_code(&mut self, random: &mut Random) {
        for address in self.contracts.clone() {
            let code = code::contract(self, random);
            let slots = (0..random.below(4))
                .map(|_| (super::operand::slot(random), U256::from(random.between(1, 3))));
            let slots: BTreeMap<U256, U256> = slots.collect();
            if let Some(account) = self.accounts.get_mut(&address) {
                (account.code, account.slots) = (code, slots);
            }
        }
    }
}

/// The address of what `creator` creates with `nonce` (Yellow Paper 7).
fn created_by(creator: Address, nonce: u64) -> Address {
    let created = revm::primitives::Address::new(creator.0).create(nonce);
    Address(created.0.0)
}

/// A signed wish to delegate (EIP-7702).
pub fn authorize(
    key: &Key,
    chain_id: U256,
    address: Address,
    nonce: u64,
) -> lockstep::Authorization {
    let inner = revm::context_interface::transaction::Authorization {
        chain_id,
        address: revm::primitives::Address::new(address.0),
        nonce,
    };
    let (signature, recovery) = key.signing.sign_prehash_recoverable(&inner.signature_hash().0);
    let (r, s) = signature.split_bytes();
    lockstep::Authorization {
        chain_id,
        address,
        nonce,
        y_parity: recovery.to_byte(),
        r: U256::from_be_slice(&r),
        s: U256::from_be_slice(&s),
    }
}

/// A blob's name: a hash with a version.
pub fn blob_hash(random: &mut Random, version: u8) -> Hash {
    let mut hash = random.word().to_be_bytes::<32>();
    hash[0] = version;
    Hash(hash)
}
