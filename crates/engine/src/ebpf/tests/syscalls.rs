//! System calls of TOS, each from a program, in every tier.

use lockstep_host::{
    declare_syscall,
    tos::{
        AccountProvider, CostTable, Hash, InMemoryAccounts, InMemoryStorage, InvokeContext,
        NoOpAccounts, NoOpStorage, ProviderError, StorageProvider, TosError, functions,
    },
};
use lockstep_rt::{HostRow, Trap};

use super::super::{
    Dialect, End, InvokeError, Machine, Outcome, Program, RunError, assemble, invoke, invoke_with,
    murmur3, tos_config, tos_config_with,
};
use crate::tier::Tier;

const ME: Hash = [7; 32];
/// A key `k` at 0, a value `hello` at 8, an address of nines at 32, room from 64 on.
const INPUT: usize = 128;

fn input() -> Vec<u8> {
    let mut input = vec![0; INPUT];
    input[0] = b'k';
    input[8..13].copy_from_slice(b"hello");
    input[32..64].fill(9);
    input
}

/// Assembles `text`, in which `call NAME` is a system call and `p1+8` in a move is the input's eighth byte.
fn load(text: &str, config: &super::super::Config) -> Program {
    let mut lines = String::new();
    for line in text.lines().map(str::trim) {
        match line.strip_prefix("call ") {
            Some(name) => lines += &format!("call {}\n", murmur3(name.as_bytes())),
            None => lines += &format!("{line}\n"),
        }
    }
    let text = format!("mov %r6, %r1\n{lines}exit");
    let assembled = assemble(&text, Dialect::V3).unwrap_or_else(|error| panic!("{error}"));
    Program::from_text(&assembled.bytes(), Dialect::V3, config).expect("a program")
}

/// Arguments: `@8` is the input's eighth byte.
fn args(list: &str) -> String {
    let mut text = String::new();
    for (at, arg) in list.split_whitespace().enumerate() {
        let reg = at + 1;
        text += &match arg.strip_prefix('@') {
            Some(offset) => format!("mov %r{reg}, %r6\nadd %r{reg}, {offset}\n"),
            None => format!("mov %r{reg}, {arg}\n"),
        };
    }
    text
}

/// What a call did: how it ended, what it alone used, the input, and the context's error and log.
struct Done {
    outcome: Outcome,
    used: u64,
    error: Option<TosError>,
    log: Vec<String>,
}

struct Chain {
    storage: InMemoryStorage,
    accounts: InMemoryAccounts,
}

impl Chain {
    fn new() -> Self {
        let mut accounts = InMemoryAccounts::default();
        accounts.set_balance(ME, 10);
        accounts.set_balance([9; 32], 77);
        Self { storage: InMemoryStorage::new(), accounts }
    }

    /// Calls `name` with arguments and a budget, alike in every tier.
    fn call_with(&mut self, name: &str, list: &str, budget: u64) -> Result<Done, InvokeError> {
        let text = format!("{}call {name}\n", args(list));
        let program = load(&text, &tos_config());
        let mut machine = Machine::new().expect("address space");
        let mut last: Option<(Done, Self)> = None;
        for tier in Tier::ALL {
            let (mut storage, mut accounts) = (self.storage.clone(), self.accounts.clone());
            let mut context = InvokeContext::new_with_state(
                budget,
                ME,
                [1; 32],
                12_345,
                [2; 32],
                [3; 32],
                &mut storage,
                &mut accounts,
            );
            context.enable_debug();
            let outcome = invoke(&mut machine, &program, &mut context, &input(), *tier)?;
            let instructions = 1 + text.lines().count() as u64 + 1;
            let used = context.get_compute_units_consumed();
            let is_whole = matches!(outcome.end, End::Returned(_));
            let used = used - if is_whole { instructions } else { 0 };
            let (error, log) = (context.error.take(), std::mem::take(&mut context.log));
            let done = Done { outcome, used, error, log };
            if let Some((known, chain)) = &last {
                assert_eq!(known.outcome, done.outcome, "{name}, {tier}");
                assert_eq!((&chain.storage, &chain.accounts), (&storage, &accounts), "{name}");
            }
            last = Some((done, Self { storage, accounts }));
        }
        let (done, chain) = last.expect("there are tiers");
        *self = chain;
        Ok(done)
    }

    fn call(&mut self, name: &str, list: &str) -> Done {
        self.call_with(name, list, 1_000_000).expect("it runs")
    }

    /// Calls what is to answer; the answer, and what it used.
    fn answer(&mut self, name: &str, list: &str) -> (u64, u64) {
        let done = self.call(name, list);
        match done.outcome.end {
            End::Returned(value) => (value, done.used),
            other => panic!("{name}: {other:?}, {:?}", done.error),
        }
    }

    fn error(&mut self, name: &str, list: &str) -> (End, TosError) {
        let done = self.call(name, list);
        (done.outcome.end, done.error.expect("an error"))
    }
}

#[test]
fn all_have_names_of_their_own() {
    let names: Vec<_> = functions::<InvokeContext<'_>>().iter().map(|row| row.name).collect();
    assert_eq!(names.len(), 16);
    for name in &names {
        assert_eq!(names.iter().filter(|other| other == &name).count(), 1);
        assert!(CostTable::default().cost(name).base > 0, "{name} costs something");
    }
}

#[test]
fn logs_are_kept_in_debug_mode_and_cost_the_same_without() {
    let done = Chain::new().call("tos_log", "@8 5");
    assert_eq!((done.used, done.log), (105, vec!["hello".to_owned()]));
    let empty = Chain::new().call("tos_log", "@8 0");
    assert_eq!((empty.used, empty.log), (100, vec![String::new()]));
    let (mut storage, mut accounts) = (NoOpStorage, NoOpAccounts);
    let mut silent = InvokeContext::new(1000, ME, &mut storage, &mut accounts);
    let program = load(&format!("{}call tos_log\n", args("@8 5")), &tos_config());
    let mut machine = Machine::new().expect("address space");
    invoke(&mut machine, &program, &mut silent, &input(), Tier::Interpreter).expect("it runs");
    assert_eq!((silent.log.len(), silent.get_compute_units_consumed()), (0, 105 + 6));
    assert_eq!(
        Chain::new().error("tos_log", "@8 10001").1,
        TosError::TooLong { what: "message", limit: 10_000, found: 10_001 }
    );
    assert!(matches!(Chain::new().error("tos_log", "@120 9").1, TosError::AccessViolation(_)));
}

#[test]
fn the_chain_is_as_the_context_says() {
    assert_eq!(Chain::new().answer("tos_get_block_height", ""), (12_345, 50));
    for (name, byte) in [
        ("tos_get_block_hash", 1),
        ("tos_get_tx_hash", 2),
        ("tos_get_tx_sender", 3),
        ("tos_get_contract_hash", 7),
    ] {
        let done = Chain::new().call(name, "@64");
        assert_eq!((done.outcome.end, done.used), (End::Returned(0), 50), "{name}");
        assert_eq!(done.outcome.input[64..96], [byte; 32], "{name}");
        let (end, error) = Chain::new().error(name, "@97");
        assert_eq!(end, End::Trap(Trap::MemoryOutOfBounds), "31 bytes for {name}");
        assert!(error.to_string().starts_with("access violation: store"), "{error}");
        assert!(matches!(Chain::new().error(name, "0").1, TosError::AccessViolation(_)));
    }
}

#[test]
fn balances_are_read_and_moved() {
    let mut chain = Chain::new();
    assert_eq!(chain.answer("tos_get_balance", "@32"), (77, 100));
    assert_eq!(chain.answer("tos_get_balance", "@64"), (0, 100));
    assert_eq!(chain.answer("tos_transfer", "@32 4"), (0, 500));
    assert_eq!(chain.error("tos_transfer", "@32 0").1, TosError::InvalidAmount);
    let (end, error) = chain.error("tos_transfer", "@32 7");
    assert_eq!(end, End::Trap(Trap::InsufficientBalance));
    assert_eq!(error, TosError::Provider(ProviderError::InsufficientBalance));
    let balances = (chain.accounts.get_balance(&ME), chain.accounts.get_balance(&[9; 32]));
    assert_eq!(balances, (Ok(6), Ok(81)));
}

#[test]
fn storage_is_written_read_and_deleted() {
    let mut chain = Chain::new();
    assert_eq!(chain.answer("tos_storage_read", "@0 1 @64 5"), (0, 200));
    assert_eq!(chain.answer("tos_storage_write", "@0 1 @8 5"), (0, 510));
    assert_eq!(chain.storage.get(&ME, b"k"), Ok(Some(b"hello".to_vec())));
    let done = chain.call("tos_storage_read", "@0 1 @64 5");
    assert_eq!((done.outcome.end, done.used), (End::Returned(5), 205));
    assert_eq!(&done.outcome.input[64..69], b"hello");
    let (end, error) = chain.error("tos_storage_read", "@0 1 @64 4");
    assert_eq!(end, End::Trap(Trap::HostRefused));
    assert_eq!(error, TosError::BufferTooSmall { needed: 5, found: 4 });
    assert_eq!(chain.answer("tos_storage_delete", "@0 1"), (1, 300));
    assert_eq!(chain.answer("tos_storage_delete", "@0 1"), (0, 300));
}

#[test]
fn keys_and_values_have_limits() {
    let mut chain = Chain::new();
    for (list, what) in [("@0 257 @8 5", "key"), ("@0 1 @8 65537", "value")] {
        let error = chain.error("tos_storage_write", list).1;
        assert!(matches!(error, TosError::TooLong { what: found, .. } if found == what), "{error}");
    }
    // As long as allowed, but longer than the input.
    for list in ["@0 256 @8 5", "@0 1 @8 65536"] {
        let error = chain.error("tos_storage_write", list).1;
        assert!(matches!(error, TosError::AccessViolation(_)), "{error}");
    }
    assert_eq!(chain.storage, InMemoryStorage::new());
}

#[test]
fn return_data_is_kept_cut_and_measured() {
    let (mut storage, mut accounts) = (NoOpStorage, NoOpAccounts);
    let text = format!(
        "{}call tos_set_return_data\n{}call tos_get_return_data\n",
        args("@8 5"),
        args("@64 3 @96")
    );
    let program = load(&text, &tos_config());
    let mut machine = Machine::new().expect("address space");
    let mut context = InvokeContext::new(1000, ME, &mut storage, &mut accounts);
    let done = invoke(&mut machine, &program, &mut context, &input(), Tier::Optimizing);
    let done = done.expect("it runs");
    assert_eq!(done.end, End::Returned(5));
    assert_eq!((&done.input[64..68], &done.input[96..128]), (&b"hel\0"[..], &ME[..]));
    assert_eq!(context.return_data, (ME, b"hello".to_vec()));
    assert_eq!(context.get_compute_units_consumed(), 105 + 50 + text.lines().count() as u64 + 2);
    let error = Chain::new().error("tos_set_return_data", "@0 1025").1;
    assert_eq!(error, TosError::TooLong { what: "return data", limit: 1024, found: 1025 });
    assert_eq!(Chain::new().answer("tos_get_return_data", "@64 9 @96"), (0, 50));
}

#[test]
fn what_cannot_be_paid_for_does_nothing() {
    for (name, list) in [
        ("tos_log", "@8 5"),
        ("tos_get_block_hash", "@64"),
        ("tos_get_block_height", ""),
        ("tos_get_tx_hash", "@64"),
        ("tos_get_tx_sender", "@64"),
        ("tos_get_contract_hash", "@64"),
        ("tos_get_balance", "@32"),
        ("tos_transfer", "@32 4"),
        ("tos_storage_read", "@0 1 @64 5"),
        ("tos_storage_write", "@0 1 @8 5"),
        ("tos_storage_delete", "@0 1"),
        ("tos_set_return_data", "@8 5"),
        ("tos_get_return_data", "@64 5 @96"),
    ] {
        let mut chain = Chain::new();
        let whole = chain.call(name, list);
        let before = 1 + args(list).lines().count() as u64 + 1;
        let mut chain = Chain::new();
        let done = chain.call_with(name, list, before + whole.used - 1).expect("it runs");
        assert_eq!(done.outcome.end, End::Trap(Trap::OutOfGas), "{name}");
        assert_eq!(
            (done.outcome.gas_left, &done.error),
            (0, &Some(TosError::OutOfComputeUnits)),
            "{name}"
        );
        assert_eq!(done.outcome.input, input(), "{name}");
        assert_eq!((chain.storage, done.log.len()), (InMemoryStorage::new(), 0), "{name}");
        assert_eq!(chain.accounts.get_balance(&ME), Ok(10), "{name}");
    }
}

#[test]
fn a_provider_that_fails_is_a_fault_and_no_answer() {
    struct Broken;

    impl StorageProvider for Broken {
        fn get(&self, _: &Hash, _: &[u8]) -> Result<Option<Vec<u8>>, ProviderError> {
            Err(ProviderError::Fault("disk".into()))
        }

        fn set(&mut self, _: &Hash, _: &[u8], _: &[u8]) -> Result<(), ProviderError> {
            Err(ProviderError::Refused("frozen".into()))
        }

        fn delete(&mut self, _: &Hash, _: &[u8]) -> Result<bool, ProviderError> {
            Ok(false)
        }
    }

    let mut machine = Machine::new().expect("address space");
    for (text, is_fault) in
        [("@0 1 @64 5\ntos_storage_read", true), ("@0 1 @8 5\ntos_storage_write", false)]
    {
        let (list, name) = text.split_once('\n').expect("two lines");
        let program = load(&format!("{}call {name}\n", args(list)), &tos_config());
        let (mut storage, mut accounts) = (Broken, NoOpAccounts);
        let mut context = InvokeContext::new(10_000, ME, &mut storage, &mut accounts);
        let done = invoke(&mut machine, &program, &mut context, &input(), Tier::Interpreter);
        match is_fault {
            true => assert_eq!(done, Err(InvokeError::Run(RunError::Fault))),
            false => assert_eq!(done.expect("it runs").end, End::Trap(Trap::HostRefused)),
        }
        assert!(context.error.is_some(), "{name}");
    }
}

declare_syscall!(
    /// Adds what storage holds under `k` to its argument.
    Added = "chain_added",
    |caller: &mut Caller, value, _b, _c, _d, _e| {
        caller.charge(3)?;
        let stored = caller.context().get_storage(b"k")?.unwrap_or_default();
        Ok(value + stored.len() as u64)
    }
);

#[test]
fn a_chain_declares_system_calls_of_its_own() {
    fn rows<'c>() -> Vec<HostRow<InvokeContext<'c>>> {
        let mut rows = functions();
        rows.push(HostRow::of::<Added>());
        rows
    }
    let text =
        format!("{}call tos_storage_write\n{}call chain_added\n", args("@0 1 @8 5"), args("30"));
    let program = load(&text, &tos_config_with(&rows()));
    let (mut storage, mut accounts) = (NoOpStorage, NoOpAccounts);
    let mut context = InvokeContext::new(10_000, ME, &mut storage, &mut accounts);
    let mut machine = Machine::new().expect("address space");
    let done =
        invoke_with(&mut machine, &program, &rows(), &mut context, &input(), Tier::Optimizing);
    assert_eq!(done.expect("it runs").end, End::Returned(35));
    // A host without it does not link.
    let missing = invoke(&mut machine, &program, &mut context, &input(), Tier::Interpreter);
    assert!(matches!(missing, Err(InvokeError::Link(_))), "{missing:?}");
}
