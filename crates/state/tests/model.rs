//! The journal against a model that copies everything: random operations, equal after each of them.
//!
//! The model clones itself at each checkpoint and puts the clone back on revert, so it cannot have a bug in undoing.
//! After each operation the whole view is compared without asking the journal to load anything: the block's delta
//! applied to the storage, warm sets, marks, logs, refund, transient slots. Storage that fails is drawn too: an
//! operation that reports a machine fault must have changed nothing.

mod model {
    pub(crate) mod operation;
    pub(crate) mod reference;
    pub(crate) mod storage;
}

use std::sync::Arc;

use lockstep_state::{EmptyAccounts, Journal, Storage, StorageError};
use model::{
    operation::{Operation, sequence},
    reference::{ADDRESSES, KEYS, Model, code},
    storage::{Flaky, genesis},
};
use proptest::prelude::*;

/// Sequences per run; the release build is the one that CI and the README run.
const CASES: u32 = if cfg!(debug_assertions) { 500 } else { 20_000 };
const OPERATIONS_MAX: usize = 120;

/// A journal and its model, with the open checkpoints of both.
struct Pair {
    journal: Journal<Flaky>,
    model: Model,
    open: Vec<(lockstep_state::Checkpoint, Model)>,
}

impl Pair {
    fn new() -> Self {
        let storage = genesis();
        let model = Model::new(&storage);
        Self { journal: Journal::new(Flaky::new(storage)), model, open: Vec::new() }
    }

    /// Does `operation` on both and compares what it returns.
    ///
    /// # Errors
    ///
    /// When the storage failed; the model then did nothing.
    fn run(&mut self, operation: &Operation) -> Result<(), StorageError> {
        use Operation::*;
        let (journal, model) = (&mut self.journal, &mut self.model);
        match *operation {
            WarmAccount(a) => {
                assert_eq!(journal.warm_account(a)?.was_cold, model.view.warm_accounts.insert(a));
            }
            WarmAddress(a) => {
                assert_eq!(journal.warm_address(a), model.view.warm_accounts.insert(a));
            }
            WarmSlot(a, key) => {
                assert_eq!(journal.warm_slot(a, key), model.view.warm_slots.insert((a, key)));
            }
            Load(a, key) => {
                let id = journal.account(a)?;
                let load = journal.load_slot(id, key)?;
                assert_eq!(load.value, model.slot(a, key));
                assert_eq!(load.was_cold, model.view.warm_slots.insert((a, key)));
            }
            Peek(a, key) => {
                let id = journal.account(a)?;
                assert_eq!(journal.peek_slot(id, key)?, model.slot(a, key));
            }
            Store(a, key, value) => {
                let id = journal.account(a)?;
                if !journal.exists(id) {
                    return Ok(());
                }
                let store = journal.store_slot(id, key, value)?;
                assert_eq!(store.original, model.original(a, key));
                assert_eq!(store.previous, model.slot(a, key));
                assert_eq!(store.was_cold, model.view.warm_slots.insert((a, key)));
                model.store(a, key, value);
            }
            Touch(a) => {
                let id = journal.account(a)?;
                journal.touch(id);
                model.touch(a);
            }
            TouchForGood(a) => {
                let id = journal.account(a)?;
                journal.touch_for_good(id);
                model.touch(a);
                model.touched_for_good.insert(a);
            }
            AddBalance(a, amount) => {
                let id = journal.account(a)?;
                let done = journal.add_balance(id, amount).is_ok();
                assert_eq!(done, model.add_balance(a, amount));
            }
            SubBalance(a, amount) => {
                let id = journal.account(a)?;
                let done = journal.sub_balance(id, amount).is_ok();
                assert_eq!(done, model.sub_balance(a, amount));
            }
            Transfer(from, to, amount) => {
                let (from_id, to_id) = (journal.account(from)?, journal.account(to)?);
                let done = journal.transfer(from_id, to_id, amount).is_ok();
                assert_eq!(done, model.transfer(from, to, amount));
            }
            SetNonce(a, nonce) => {
                let id = journal.account(a)?;
                journal.set_nonce(id, nonce);
                model.touch(a).nonce = nonce;
            }
            SetCode(a, which) => {
                let id = journal.account(a)?;
                journal.set_code(id, Arc::from(code(which)));
                model.touch(a).code = which;
            }
            ReadCode(a) => {
                let id = journal.account(a)?;
                assert_eq!(&**journal.code(id)?, code(model.code(a)));
            }
            Collides(a) => {
                let id = journal.account(a)?;
                assert_eq!(journal.has_code_or_nonce_or_storage(id)?, model.collides(a));
            }
            Create(a) => {
                let id = journal.account(a)?;
                journal.create_account(id);
                model.create(a);
            }
            Destroy(a) => {
                let id = journal.account(a)?;
                journal.destroy(id);
                model.touch(a);
                model.view.destroyed.insert(a);
            }
            StoreTransient(a, key, value) => {
                let id = journal.account(a)?;
                journal.store_transient(id, key, value);
                model.view.transient.insert((a, key), value);
            }
            Log(ref log) => {
                journal.append_log(log.as_ref());
                model.view.logs.push(log.clone());
            }
            Refund(gas) => {
                journal.add_refund(gas);
                model.view.refund += gas;
            }
            Checkpoint => self.open.push((journal.checkpoint(), model.clone())),
            Commit => {
                if let Some((checkpoint, _)) = self.open.pop() {
                    journal.commit(checkpoint);
                }
            }
            Revert => {
                if let Some((checkpoint, before)) = self.open.pop() {
                    journal.revert_to(checkpoint);
                    model.view = before.view;
                }
            }
            NextTransaction(empty_accounts) => self.next_transaction(empty_accounts),
            NextBlock => {
                self.next_transaction(EmptyAccounts::Delete);
                self.next_block();
            }
        }
        Ok(())
    }

    fn next_transaction(&mut self, empty_accounts: EmptyAccounts) {
        self.open.clear();
        self.journal.finish_transaction(empty_accounts);
        self.model.finish(empty_accounts == EmptyAccounts::Delete);
        self.compare();
        self.journal.begin_transaction();
        self.model.begin();
    }

    /// Commits the delta, having checked that it can be undone.
    fn next_block(&mut self) {
        let changes = self.journal.changes();
        let before = self.journal.storage().inner.clone();
        let inverse = before.inverse(&changes);
        let storage = &mut self.journal.storage_mut().inner;
        storage.apply(&changes);
        let mut undone = storage.clone();
        undone.apply(&inverse);
        assert!(undone.accounts().eq(before.accounts()), "undo(apply(delta)) keeps accounts");
        for a in ADDRESSES {
            assert!(undone.slots(a).eq(before.slots(a)), "undo(apply(delta)) keeps slots");
        }
        self.journal.clear();
        self.model.committed();
        assert!(self.journal.changes().is_empty());
    }

    /// Compares all there is to see, without making the journal load anything.
    fn compare(&self) {
        let (journal, view) = (&self.journal, &self.model.view);
        let changes = journal.changes();
        let before = &journal.storage().inner;
        let mut after = before.clone();
        after.apply(&changes);
        self.model.assert_equals(&after);
        for (address, change) in &changes.accounts {
            let same = change.info == before.account(*address).unwrap();
            assert!(!same || change.wiped || !change.slots.is_empty(), "only differences");
        }
        for a in ADDRESSES {
            assert_eq!(journal.is_address_warm(a), view.warm_accounts.contains(&a));
        }
        assert!(journal.logs().eq(view.logs.iter().map(|log| log.as_ref())));
        assert_eq!(journal.refund(), view.refund);
    }

    /// Compares what needs a handle; naming an account loads it.
    fn compare_by_handle(&mut self) {
        let (journal, model) = (&mut self.journal, &self.model);
        for a in ADDRESSES {
            let id = journal.account(a).unwrap();
            assert_eq!(journal.address(id), a);
            assert_eq!(journal.exists(id), model.view.accounts.contains_key(&a));
            assert_eq!(journal.is_dead(id), model.is_dead(a));
            assert_eq!(journal.is_created(id), model.view.created.contains(&a));
            assert_eq!(journal.is_destroyed(id), model.view.destroyed.contains(&a));
            for key in KEYS {
                let transient = model.view.transient.get(&(a, key)).copied().unwrap_or_default();
                assert_eq!(journal.load_transient(id, key), transient);
                let is_warm = model.view.warm_slots.contains(&(a, key));
                assert_eq!(journal.is_slot_warm(id, key), is_warm);
                assert_eq!(journal.peek_slot(id, key).unwrap(), model.slot(a, key));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, ..ProptestConfig::default() })]

    /// for the faults drawn with it.
    #[test]
    fn the_journal_equals_a_model_that_copies_everything(steps in sequence(OPERATIONS_MAX)) {
        let mut pair = Pair::new();
        for step in &steps {
            pair.journal.storage().is_failing.set(step.storage_fails);
            // A fault changes nothing, which the comparison then sees.
            let _ = pair.run(&step.operation);
            pair.journal.storage().is_failing.set(false);
            pair.compare();
            if step.compares_all {
                pair.compare_by_handle();
            }
        }
        pair.compare_by_handle();
    }
}
