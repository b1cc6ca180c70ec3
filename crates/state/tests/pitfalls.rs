//! Bugs that other engines shipped, each with the test that would have caught it: one module per kind.

use std::{cell::RefCell, sync::Arc};

use lockstep_base::{Address, Hash, U256};
use lockstep_state::{
    AccountInfo, EmptyAccounts, Journal, LogRef, MemoryStorage, Storage, StorageError,
};

const ALICE: Address = Address([0xaa; 20]);
const BOB: Address = Address([0xbb; 20]);
const RIPEMD: Address = Address::from_low_u64(3);
const KEY: U256 = U256::from_limbs([7, 0, 0, 0]);

fn word(number: u64) -> U256 {
    U256::from(number)
}

/// Alice has a contract with one slot, Bob money, the RIPEMD precompile an empty account.
fn world() -> MemoryStorage {
    let mut storage = MemoryStorage::default();
    storage.insert_account(ALICE, word(5), 1, &[0x60, 0x00]);
    storage.insert_slot(ALICE, KEY, word(1));
    storage.insert_account(BOB, word(100), 0, &[]);
    storage.insert_account(RIPEMD, U256::ZERO, 0, &[]);
    storage
}

fn journal() -> Journal<MemoryStorage> {
    Journal::new(world())
}

/// Commits the block and returns the storage after it, having checked that undoing it gives the one before.
fn commit(journal: &mut Journal<MemoryStorage>) {
    let changes = journal.changes();
    let before = journal.storage().clone();
    let inverse = before.inverse(&changes);
    journal.storage_mut().apply(&changes);
    journal.clear();
    let mut undone = journal.storage().clone();
    undone.apply(&inverse);
    assert_eq!(undone.state_root(), before.state_root(), "undo(apply(changes)) is the identity");
}

/// T-JRN-DESTROY: CVE-2020-26265. Money sent to a destroyed account does not come back with it.
#[test]
fn money_sent_to_a_destroyed_account_stays_burned_after_its_re_creation() {
    for ends_block in [false, true] {
        let mut journal = journal();
        let (alice, bob) = (journal.account(ALICE).unwrap(), journal.account(BOB).unwrap());
        journal.transfer(alice, bob, word(5)).unwrap();
        journal.destroy(alice);
        journal.transfer(bob, alice, word(30)).unwrap();
        assert_eq!(journal.load_slot(alice, KEY).unwrap().value, word(1), "callable until the end");
        journal.finish_transaction(EmptyAccounts::Delete);
        if ends_block {
            commit(&mut journal);
        }

        journal.begin_transaction();
        let (alice, bob) = (journal.account(ALICE).unwrap(), journal.account(BOB).unwrap());
        assert!(!journal.exists(alice));
        assert!(!journal.has_code_or_nonce_or_storage(alice).unwrap());
        journal.create_account(alice);
        journal.transfer(bob, alice, word(1)).unwrap();
        assert_eq!(journal.info(alice).balance, word(1));
        assert_eq!(journal.load_slot(alice, KEY).unwrap().value, U256::ZERO);
        journal.finish_transaction(EmptyAccounts::Delete);
        commit(&mut journal);
        assert_eq!(journal.storage().slots(ALICE).count(), 0);
        let total: U256 = journal.storage().accounts().map(|(_, info)| info.balance).sum();
        assert_eq!(total, word(75), "thirty were burned");
    }
}

/// T-JRN-ORIG: Parity 9746. The original value is the transaction's, not the frame's.
#[test]
fn the_original_value_is_that_of_the_transaction_in_every_frame() {
    let mut journal = journal();
    let alice = journal.account(ALICE).unwrap();
    assert_eq!(journal.store_slot(alice, KEY, word(2)).unwrap().original, word(1));
    let inner = journal.checkpoint();
    let store = journal.store_slot(alice, KEY, word(3)).unwrap();
    assert_eq!((store.original, store.previous), (word(1), word(2)));
    journal.revert_to(inner);
    let store = journal.store_slot(alice, KEY, word(4)).unwrap();
    assert_eq!((store.original, store.previous), (word(1), word(2)));
    journal.finish_transaction(EmptyAccounts::Delete);
    journal.begin_transaction();
    let store = journal.store_slot(alice, KEY, word(5)).unwrap();
    assert_eq!((store.original, store.previous, store.was_cold), (word(4), word(4), true));
}

/// T-JRN-ORIG: revm 3746. A slot that turned cold again by a revert keeps its original value.
#[test]
fn reverted_warming_does_not_set_the_original_value_anew() {
    let mut journal = journal();
    let alice = journal.account(ALICE).unwrap();
    let outer = journal.checkpoint();
    journal.store_slot(alice, KEY, word(2)).unwrap();
    journal.revert_to(outer);
    assert!(!journal.is_slot_warm(alice, KEY));
    let store = journal.store_slot(alice, KEY, word(3)).unwrap();
    assert_eq!((store.original, store.previous, store.was_cold), (word(1), word(1), true));
    assert_eq!(journal.store_slot(alice, KEY, word(4)).unwrap().original, word(1));
}

/// T-JRN-TOUCH: block 2,686,351 of 2016. A touch is undone with its frame, but for the one exception.
#[test]
fn a_reverted_touch_deletes_nothing_but_address_three() {
    for (for_good, empty_accounts, survives) in [
        (false, EmptyAccounts::Delete, true),
        (true, EmptyAccounts::Delete, false),
        (true, EmptyAccounts::Keep, true),
    ] {
        let mut journal = journal();
        let ripemd = journal.account(RIPEMD).unwrap();
        let frame = journal.checkpoint();
        if for_good {
            journal.touch_for_good(ripemd)
        } else {
            journal.touch(ripemd)
        }
        journal.revert_to(frame);
        journal.finish_transaction(empty_accounts);
        assert_eq!(journal.exists(ripemd), survives);
    }
}

/// T-JRN-TOUCH, the matrix: a touch that stands deletes, and before EIP-161 it creates.
#[test]
fn a_standing_touch_deletes_empty_accounts_or_creates_them_by_the_rules() {
    for (empty_accounts, exists) in [(EmptyAccounts::Delete, false), (EmptyAccounts::Keep, true)] {
        let mut journal = journal();
        let absent = journal.account(Address([1; 20])).unwrap();
        let frame = journal.checkpoint();
        journal.add_balance(absent, U256::ZERO).unwrap();
        assert!(journal.exists(absent) && journal.is_dead(absent));
        journal.commit(frame);
        journal.finish_transaction(empty_accounts);
        assert_eq!(journal.exists(absent), exists);
        commit(&mut journal);
        assert_eq!(journal.storage().accounts().count(), 3 + usize::from(exists));
    }
}

/// T-7702: evmone 1444. Warming and loading never insert into the state.
#[test]
fn warming_never_inserts_into_the_state() {
    let mut journal = journal();
    let absent = Address([1; 20]);
    assert!(journal.warm_address(absent));
    assert!(journal.warm_slot(absent, KEY));
    let load = journal.warm_account(absent).unwrap();
    assert!(!load.was_cold);
    assert!(!journal.load_slot(load.id, KEY).unwrap().was_cold);
    assert!(!journal.exists(load.id) && journal.is_dead(load.id));
    journal.finish_transaction(EmptyAccounts::Keep);
    assert!(!journal.exists(load.id));
    assert!(journal.changes().is_empty());
}

/// T-JRN-DELTA: Besu at block 18,947,893. Create, destroy and re-create, all in one transaction.
#[test]
fn a_block_of_creation_destruction_and_re_creation_can_be_undone() {
    let mut journal = journal();
    let alice = journal.account(ALICE).unwrap();
    let root = journal.storage().state_root();
    for value in 0..3 {
        journal.create_account(alice);
        journal.set_code(alice, Arc::from([value as u8 + 1]));
        journal.store_slot(alice, word(value), word(9)).unwrap();
        let frame = journal.checkpoint();
        journal.create_account(alice);
        journal.store_slot(alice, KEY, word(3)).unwrap();
        journal.destroy(alice);
        journal.revert_to(frame);
    }
    assert!(journal.is_created(alice) && !journal.is_destroyed(alice));
    journal.finish_transaction(EmptyAccounts::Delete);
    commit(&mut journal);
    assert_ne!(journal.storage().state_root(), root);
    assert_eq!(journal.storage().slots(ALICE).collect::<Vec<_>>(), [(word(2), word(9))]);
}

/// T-DB-CODE: CVE-2022-35936. Destroying one account leaves the code that others share by hash.
#[test]
fn destroying_one_account_leaves_code_shared_by_hash() {
    let mut storage = world();
    let code: Arc<[u8]> = Arc::from([0x60, 0x00]);
    storage.insert_account(BOB, word(1), 1, &code);
    let mut journal = Journal::new(storage);
    let carol = journal.account(Address([0xcc; 20])).unwrap();
    journal.create_account(carol);
    journal.set_code(carol, Arc::clone(&code));
    journal.finish_transaction(EmptyAccounts::Delete);
    commit(&mut journal);
    journal.begin_transaction();
    let alice = journal.account(ALICE).unwrap();
    journal.destroy(alice);
    journal.finish_transaction(EmptyAccounts::Delete);
    commit(&mut journal);
    for address in [BOB, Address([0xcc; 20])] {
        let id = journal.account(address).unwrap();
        assert_eq!(journal.code(id).unwrap(), &code);
    }
}

/// T-CACHE-FAIL: CVE-2021-25836. A failed transaction leaves nothing to be written later.
#[test]
fn a_failed_transaction_leaves_nothing_behind() {
    let mut journal = journal();
    let start = journal.checkpoint();
    let alice = journal.warm_account(ALICE).unwrap().id;
    let created = journal.warm_account(Address([1; 20])).unwrap().id;
    journal.create_account(created);
    let code_hash = journal.set_code(created, Arc::from([1, 2, 3]));
    journal.store_slot(created, KEY, word(1)).unwrap();
    journal.store_slot(alice, KEY, word(2)).unwrap();
    journal.store_transient(alice, KEY, word(2));
    journal.append_log(LogRef { address: ALICE, topics: &[Hash::ZERO], data: &[1, 2] });
    journal.add_refund(4_800);
    journal.destroy(alice);
    journal.revert_to(start);
    assert_eq!(journal.load_transient(alice, KEY), U256::ZERO);
    assert_eq!((journal.logs().count(), journal.refund()), (0, 0));
    journal.finish_transaction(EmptyAccounts::Delete);
    assert!(journal.changes().is_empty());
    assert_eq!(journal.code(created).unwrap().len(), 0);
    let root = journal.storage().state_root();
    commit(&mut journal);
    assert_eq!(journal.storage().state_root(), root);
    assert!(matches!(journal.storage().code(code_hash), Err(StorageError::MissingCode(_))));
}

/// A storage that remembers which slots it was asked for.
#[derive(Default)]
struct Recording {
    inner: MemoryStorage,
    slots: RefCell<Vec<(Address, U256)>>,
}

impl Storage for Recording {
    fn account(&self, address: Address) -> Result<Option<AccountInfo>, StorageError> {
        self.inner.account(address)
    }
    fn code(&self, code_hash: Hash) -> Result<Arc<[u8]>, StorageError> {
        self.inner.code(code_hash)
    }
    fn slot(&self, address: Address, key: U256) -> Result<U256, StorageError> {
        self.slots.borrow_mut().push((address, key));
        self.inner.slot(address, key)
    }
    fn has_storage(&self, address: Address) -> Result<bool, StorageError> {
        self.inner.has_storage(address)
    }
    fn block_hash(&self, number: u64) -> Result<Hash, StorageError> {
        self.inner.block_hash(number)
    }
}

/// revm 1518: what the storage is asked for is observable. Access lists, new and absent accounts ask nothing, the
/// rest once per block.
#[test]
fn the_storage_is_asked_once_for_each_slot_that_needs_it() {
    let mut journal = Journal::new(Recording { inner: world(), ..Recording::default() });
    let alice = journal.account(ALICE).unwrap();
    let absent = journal.account(Address([1; 20])).unwrap();
    journal.warm_slot(ALICE, word(1));
    journal.load_slot(absent, KEY).unwrap();
    let frame = journal.checkpoint();
    journal.create_account(alice);
    assert_eq!(journal.load_slot(alice, KEY).unwrap().value, U256::ZERO);
    journal.store_slot(alice, KEY, word(4)).unwrap();
    journal.revert_to(frame);
    assert_eq!(*journal.storage().slots.borrow(), []);
    for _ in 0..2 {
        assert_eq!(
            journal.load_slot(alice, KEY).unwrap().value,
            word(1),
            "back in the old storage"
        );
        journal.finish_transaction(EmptyAccounts::Delete);
        journal.begin_transaction();
    }
    assert_eq!(*journal.storage().slots.borrow(), [(ALICE, KEY)]);
}

/// EIP-2929: a slot in the access list of a transaction stays warm when its contract is created.
#[test]
fn creation_keeps_slots_warm() {
    let mut journal = journal();
    assert!(journal.warm_slot(BOB, KEY));
    let bob = journal.account(BOB).unwrap();
    assert!(!journal.load_slot(bob, KEY).unwrap().was_cold);
    journal.create_account(bob);
    assert!(!journal.load_slot(bob, KEY).unwrap().was_cold);
}

/// EIP-7610: storage alone stands in the way, be it the backend's or written in this block.
#[test]
fn storage_alone_is_a_collision() {
    let mut storage = world();
    storage.insert_slot(BOB, KEY, word(1));
    let mut journal = Journal::new(storage);
    let (bob, new) = (journal.account(BOB).unwrap(), journal.account(Address([1; 20])).unwrap());
    assert!(journal.has_code_or_nonce_or_storage(bob).unwrap());
    assert!(!journal.has_code_or_nonce_or_storage(new).unwrap());
    journal.create_account(new);
    let frame = journal.checkpoint();
    journal.store_slot(new, KEY, word(1)).unwrap();
    assert!(journal.has_code_or_nonce_or_storage(new).unwrap());
    journal.revert_to(frame);
    assert!(!journal.has_code_or_nonce_or_storage(new).unwrap());
}

/// No money appears or vanishes when a transfer cannot happen, or goes to its sender.
#[test]
fn an_impossible_transfer_changes_nothing() {
    let mut journal = journal();
    let (alice, bob) = (journal.account(ALICE).unwrap(), journal.account(BOB).unwrap());
    assert!(journal.transfer(alice, bob, word(6)).is_err());
    assert!(journal.add_balance(bob, U256::MAX).is_err());
    journal.transfer(bob, bob, word(100)).unwrap();
    assert!(journal.transfer(bob, bob, word(101)).is_err());
    assert!(journal.changes().is_empty());
}
