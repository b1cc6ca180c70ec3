//! A chain in memory on which one contract is called, alike in every tier.

use std::{cell::RefCell, fs, path::PathBuf};

use lockstep::{
    Tier, Trap,
    ebpf::{End, Machine, Program, invoke, tos_config},
    tos::{
        Hash, InMemoryAccounts, InMemoryPrograms, InMemoryStorage, InvokeContext, StorageProvider,
        TosError,
    },
};

pub(crate) const CONTRACT: Hash = [7; 32];
pub(crate) const SENDER: Hash = [3; 32];
/// Another contract: a counter.
pub(crate) const COUNTER: Hash = [9; 32];
const BUDGET: u64 = 1_000_000;

/// A file of the repository.
pub(crate) fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(name)
}

/// The content of a file of the repository.
pub(crate) fn file(name: &str) -> Vec<u8> {
    fs::read(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Done {
    pub(crate) end: End,
    /// What the contract returned besides its number.
    pub(crate) output: Vec<u8>,
    pub(crate) log: Vec<String>,
    pub(crate) error: Option<TosError>,
    /// Units.
    pub(crate) used: u64,
}

impl Done {
    /// What it returned, when all was well.
    #[track_caller]
    pub(crate) fn output(self) -> Vec<u8> {
        assert_eq!(self.end, End::Returned(0), "{:?}", self.error);
        self.output
    }

    /// Its own error, which it also returned as a word where it returns any.
    #[track_caller]
    pub(crate) fn code(self) -> u64 {
        match self.end {
            End::Returned(code) if code != 0 => code,
            other => panic!("{other:?} is no error of the contract's"),
        }
    }

    #[track_caller]
    pub(crate) fn trap(self) -> (Trap, TosError) {
        match (self.end, self.error) {
            (End::Trap(trap), Some(error)) => (trap, error),
            other => panic!("{other:?} is no trap of a system call"),
        }
    }
}

/// A chain with one contract.
pub(crate) struct Chain {
    program: Program,
    pub(crate) sender: Hash,
    pub(crate) storage: InMemoryStorage,
    pub(crate) accounts: InMemoryAccounts,
}

thread_local! {
    static MACHINE: RefCell<Machine> = RefCell::new(Machine::new().expect("address space"));
}

impl Chain {
    /// A chain with the contract that an object holds.
    pub(crate) fn new(object: &[u8]) -> Self {
        let program = Program::load(object, &tos_config()).expect("a program for the host");
        let mut accounts = InMemoryAccounts::default();
        accounts.set_balance(CONTRACT, 10);
        Self { program, sender: SENDER, storage: InMemoryStorage::new(), accounts }
    }

    /// Calls the contract. What it did stays if it returned zero, and is undone otherwise.
    pub(crate) fn call(&mut self, input: &[u8]) -> Done {
        let ran = Tier::ALL.iter().map(|tier| self.run(input, *tier));
        let all = ran.reduce(|one, other| {
            assert_eq!(one, other, "tiers differ");
            one
        });
        let (done, storage, accounts) = all.expect("there are tiers");
        if done.end == End::Returned(0) {
            (self.storage, self.accounts) = (storage, accounts);
        }
        done
    }

    fn run(&self, input: &[u8], tier: Tier) -> (Done, InMemoryStorage, InMemoryAccounts) {
        let (mut storage, mut accounts) = (self.storage.clone(), self.accounts.clone());
        let mut programs = InMemoryPrograms::default();
        programs.insert(COUNTER, &file("examples/ebpf/counter.o"));
        let mut context = InvokeContext::new_with_state(
            BUDGET,
            CONTRACT,
            [1; 32],
            12_345,
            [2; 32],
            self.sender,
            &mut storage,
            &mut accounts,
        );
        context.call_value = 5;
        context.set_programs(&programs);
        context.enable_debug();
        let outcome = MACHINE.with_borrow_mut(|machine| {
            invoke(machine, &self.program, &mut context, input, tier).expect("it runs")
        });
        let done = Done {
            end: outcome.end,
            output: std::mem::take(&mut context.return_data.1),
            log: std::mem::take(&mut context.log),
            error: context.error.take(),
            used: context.get_compute_units_consumed(),
        };
        (done, storage, accounts)
    }

    /// What the contract stored under `key`.
    pub(crate) fn stored(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.storage.get(&CONTRACT, key).expect("memory does not fail")
    }

    pub(crate) fn store(&mut self, key: &[u8], value: &[u8]) {
        self.storage.set(&CONTRACT, key, value).expect("memory does not fail");
    }
}

/// A word of 32 bytes, most significant first.
pub(crate) fn word(number: u64) -> [u8; 32] {
    let mut word = [0; 32];
    word[24..].copy_from_slice(&number.to_be_bytes());
    word
}
