//! The model: maps of values, cloned whole at each checkpoint. Slow, obvious, right.

use std::collections::{BTreeMap, BTreeSet};

use lockstep_base::{Address, U256};
use lockstep_state::{AccountInfo, Log, MemoryStorage, keccak256};

/// All addresses drawn; the third is RIPEMD-160, the last is absent at first.
pub(crate) const ADDRESSES: [Address; 5] = [
    Address([0xaa; 20]),
    Address([0xbb; 20]),
    Address::from_low_u64(3),
    Address([0xcc; 20]),
    Address([0xdd; 20]),
];

/// All keys drawn.
pub(crate) const KEYS: [U256; 3] = [U256::ZERO, U256::from_limbs([1, 0, 0, 0]), U256::MAX];

/// All codes drawn; the first is none.
pub(crate) const CODES: [&[u8]; 3] = [&[], &[0x60, 0x00], &[0xfe]];

/// The bytes of code `which`.
pub(crate) fn code(which: usize) -> &'static [u8] {
    CODES[which]
}

/// One account as the model sees it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Account {
    pub(crate) balance: U256,
    pub(crate) nonce: u64,
    pub(crate) code: usize,
    pub(crate) slots: BTreeMap<U256, U256>,
}

impl Account {
    fn is_empty(&self) -> bool {
        self.balance.is_zero() && self.nonce == 0 && self.code == 0
    }

    fn info(&self) -> AccountInfo {
        let code_hash = keccak256(code(self.code));
        AccountInfo { balance: self.balance, nonce: self.nonce, code_hash }
    }
}

/// All that a revert brings back.
#[derive(Clone, Debug, Default)]
pub(crate) struct View {
    pub(crate) accounts: BTreeMap<Address, Account>,
    /// Slots of each account when the transaction began; gone with the storage they are of.
    originals: BTreeMap<Address, BTreeMap<U256, U256>>,
    pub(crate) warm_accounts: BTreeSet<Address>,
    pub(crate) warm_slots: BTreeSet<(Address, U256)>,
    pub(crate) transient: BTreeMap<(Address, U256), U256>,
    pub(crate) logs: Vec<Log>,
    pub(crate) refund: i64,
    touched: BTreeSet<Address>,
    pub(crate) created: BTreeSet<Address>,
    pub(crate) destroyed: BTreeSet<Address>,
    /// Accounts whose storage is no longer the committed one.
    wiped: BTreeSet<Address>,
}

/// The model.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    pub(crate) view: View,
    /// Not brought back by reverts: the exception to EIP-161.
    pub(crate) touched_for_good: BTreeSet<Address>,
    /// Accounts with storage at the last commit.
    stored: BTreeSet<Address>,
}

impl Model {
    pub(crate) fn new(storage: &MemoryStorage) -> Self {
        let mut view = View::default();
        for (address, info) in storage.accounts() {
            let which = CODES.iter().position(|code| keccak256(code) == info.code_hash);
            let slots = storage.slots(address).collect();
            let (balance, nonce) = (info.balance, info.nonce);
            let account = Account { balance, nonce, code: which.expect("a known code"), slots };
            view.accounts.insert(address, account);
        }
        let mut model = Self { view, touched_for_good: BTreeSet::new(), stored: BTreeSet::new() };
        model.begin();
        model.committed();
        model
    }

    pub(crate) fn begin(&mut self) {
        let accounts = std::mem::take(&mut self.view.accounts);
        let wiped = std::mem::take(&mut self.view.wiped);
        let originals = accounts.iter().map(|(a, account)| (*a, account.slots.clone())).collect();
        self.view = View { accounts, originals, wiped, ..View::default() };
    }

    pub(crate) fn finish(&mut self, deletes_empty: bool) {
        let mut gone = std::mem::take(&mut self.view.destroyed);
        let touched = std::mem::take(&mut self.view.touched);
        let for_good = std::mem::take(&mut self.touched_for_good);
        if deletes_empty {
            gone.extend(touched.union(&for_good).filter(|a| self.is_dead(**a)));
        }
        self.view.created.clear();
        for address in gone {
            if self.view.accounts.remove(&address).is_some() {
                self.view.originals.remove(&address);
                self.view.wiped.insert(address);
            }
        }
    }

    /// What is now is what the storage holds.
    pub(crate) fn committed(&mut self) {
        self.view.wiped.clear();
        let stored = self.view.accounts.iter().filter(|(_, account)| !account.slots.is_empty());
        self.stored = stored.map(|(address, _)| *address).collect();
    }

    pub(crate) fn is_dead(&self, address: Address) -> bool {
        self.view.accounts.get(&address).is_none_or(Account::is_empty)
    }

    pub(crate) fn code(&self, address: Address) -> usize {
        self.view.accounts.get(&address).map_or(0, |account| account.code)
    }

    pub(crate) fn slot(&self, address: Address, key: U256) -> U256 {
        let account = self.view.accounts.get(&address);
        account.and_then(|account| account.slots.get(&key)).copied().unwrap_or_default()
    }

    pub(crate) fn original(&self, address: Address, key: U256) -> U256 {
        let slots = self.view.originals.get(&address);
        slots.and_then(|slots| slots.get(&key)).copied().unwrap_or_default()
    }

    pub(crate) fn store(&mut self, address: Address, key: U256, value: U256) {
        let Some(account) = self.view.accounts.get_mut(&address) else { return };
        if value.is_zero() {
            account.slots.remove(&key);
        } else {
            account.slots.insert(key, value);
        }
    }

    pub(crate) fn touch(&mut self, address: Address) -> &mut Account {
        self.view.touched.insert(address);
        self.view.accounts.entry(address).or_default()
    }

    fn balance(&self, address: Address) -> U256 {
        self.view.accounts.get(&address).map_or(U256::ZERO, |account| account.balance)
    }

    pub(crate) fn add_balance(&mut self, address: Address, amount: U256) -> bool {
        let sum = self.balance(address).checked_add(amount);
        sum.map(|sum| self.touch(address).balance = sum).is_some()
    }

    pub(crate) fn sub_balance(&mut self, address: Address, amount: U256) -> bool {
        let rest = self.balance(address).checked_sub(amount);
        rest.map(|rest| self.touch(address).balance = rest).is_some()
    }

    /// Takes, then gives; puts everything back when giving fails.
    pub(crate) fn transfer(&mut self, from: Address, to: Address, amount: U256) -> bool {
        let before = self.view.clone();
        let done = self.sub_balance(from, amount) && self.add_balance(to, amount);
        if !done {
            self.view = before;
        }
        done
    }

    pub(crate) fn create(&mut self, address: Address) {
        let account = self.touch(address);
        *account = Account { balance: account.balance, ..Account::default() };
        self.view.originals.remove(&address);
        self.view.created.insert(address);
        self.view.wiped.insert(address);
    }

    /// Storage that was committed stands in the way until it is wiped, storage written since while it is not zero.
    pub(crate) fn collides(&self, address: Address) -> bool {
        let has_stored = self.stored.contains(&address) && !self.view.wiped.contains(&address);
        has_stored
            || self.view.accounts.get(&address).is_some_and(|account| {
                account.nonce != 0 || account.code != 0 || !account.slots.is_empty()
            })
    }

    pub(crate) fn assert_equals(&self, storage: &MemoryStorage) {
        let accounts =
            self.view.accounts.iter().map(|(address, account)| (*address, account.info()));
        assert!(storage.accounts().map(|(address, info)| (address, *info)).eq(accounts));
        for (address, account) in &self.view.accounts {
            let slots = account.slots.iter().map(|(key, value)| (*key, *value));
            assert!(storage.slots(*address).eq(slots), "slots of {address}");
        }
    }
}
