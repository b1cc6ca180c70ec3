//! What surrounds contracts: transactions, delegations, precompiled contracts, the code cache, observers.

use std::{cell::Cell, rc::Rc, sync::Arc};

use lockstep::{
    Address, Config, Engine, Ethereum, Exit, Fork, Hash, Journal, MemoryStorage, Message, Options,
    StepView, Storage, StorageError, Tier, Tracer, TransactError, Transaction, TransactionKind,
    U256, Vm,
};
use lockstep_state::AccountInfo;

use super::chain::{DRIVER, GAS, OTHER, SENDER, Scene, TWIN, Twins, assemble, main};

/// Answers with one byte.
fn answering(byte: u8) -> Vec<u8> {
    main(&format!(
        "(i32.store8 (i32.const 0) (i32.const {byte})) (call $finish (i32.const 0) (i32.const 1))"
    ))
}

fn storage(accounts: &[(Address, &[u8])]) -> MemoryStorage {
    let mut storage = MemoryStorage::default();
    storage.insert_account(SENDER, U256::from(1_u64 << 60), 0, &[]);
    for (address, code) in accounts {
        storage.insert_account(*address, U256::ZERO, 1, code);
    }
    storage
}

fn config(wasm_contracts: bool) -> Config {
    Config { wasm_contracts, ..Config::new(Fork::LATEST, 1) }
}

#[test]
fn transactions_deploy_and_call_modules() {
    let child = answering(9);
    let data: String = child.iter().map(|byte| format!("\\{byte:02x}")).collect();
    let init = super::chain::module(&format!(
        "(data (i32.const 0) \"{data}\")
         (func (export \"main\") (call $finish (i32.const 0) (i32.const {})))",
        child.len()
    ));
    let receipts = Tier::ALL.iter().map(|tier| {
        let engine = Engine::new();
        let block = lockstep::Block { gas_limit: 30_000_000, ..lockstep::Block::default() };
        let options = Options { tier: *tier };
        let mut vm =
            Vm::new(&engine, storage(&[]), config(true), block, options).expect("a machine");
        let transaction = |nonce, to, data: &[u8]| Transaction {
            sender: SENDER,
            nonce,
            gas_limit: 1_000_000,
            to,
            value: U256::ZERO,
            data: data.to_vec(),
            chain_id: Some(1),
            access_list: Vec::new(),
            kind: TransactionKind::Legacy { gas_price: U256::from(1) },
        };
        let made = vm.transact(&transaction(0, None, &init)).expect("a valid transaction");
        let called = vm.transact(&transaction(1, made.created, &[])).expect("a valid transaction");
        (made, called)
    });
    let (made, called) = receipts
        .reduce(|one, other| {
            assert_eq!(one, other);
            one
        })
        .expect("there are tiers");
    assert_eq!((made.exit, &made.output), (Exit::Return, &child));
    assert_eq!((called.exit, &called.output[..]), (Exit::Return, &[9][..]));
}

#[test]
fn an_account_delegates_to_a_module() {
    // EIP-7702: 0xef0100 and whom to.
    let mut delegation = vec![0xef, 1, 0];
    delegation.extend(TWIN.into_word().to_be_bytes::<32>()[12..].iter());
    let wasm = main("(call $address (i32.const 0)) (call $finish (i32.const 0) (i32.const 20))");
    let driver = assemble("20 12 0 0 0 0xf3 GAS CALL 32 0 RETURN");
    let accounts = [(DRIVER, &driver[..]), (TWIN, &wasm), (OTHER, &delegation)];
    let seen = Scene::of(&accounts).play();
    assert_eq!(U256::from_be_slice(&seen.outcome.output), OTHER.into_word());
}

#[test]
fn a_module_calls_precompiled_contracts() {
    // SHA-256 of nothing.
    let wasm = main(
        "(i32.store8 (i32.const 19) (i32.const 2))
         (drop (call $call_static (call $gas_left) (i32.const 0) (i32.const 0) (i32.const 0)))
         (call $return_data_copy (i32.const 0) (i32.const 0) (call $return_data_size))
         (call $finish (i32.const 0) (call $return_data_size))",
    );
    let evm = "32 0 0 0 2 GAS STATICCALL 32 0 RETURN";
    let seen = Twins { wasm: &wasm, evm, ..Twins::default() }.agree();
    assert_eq!(seen.outcome.output[..4], [0xe3, 0xb0, 0xc4, 0x42]);
}

#[test]
fn a_module_is_loaded_once_and_the_rule_is_part_of_what_is_known() {
    let engine = Engine::new();
    let code = answering(5);
    let accounts = [(TWIN, &code[..]), (OTHER, &code[..])];
    let call = |vm: &mut Vm<'_, MemoryStorage>, to| {
        let message = Message { caller: SENDER, to: Some(to), gas: GAS, ..Message::default() };
        vm.call(&message).expect("memory does not fail")
    };
    for tier in Tier::ALL {
        engine.forget();
        let before = engine.statistics();
        let vm = |rule| {
            let options = Options { tier: *tier };
            Vm::new(&engine, storage(&accounts), config(rule), Default::default(), options)
                .expect("a machine")
        };
        let (mut with, mut without) = (vm(true), vm(false));
        for to in [TWIN, TWIN, OTHER] {
            assert_eq!(call(&mut with, to).output, [5]);
            assert!(call(&mut without, to).output.is_empty());
        }
        let after = engine.statistics();
        assert_eq!((after.misses - before.misses, after.programs), (2, 2), "one for each guest");
        // The rule may come with a fork.
        without.set_block(config(true), Default::default());
        assert_eq!(call(&mut without, TWIN).output, [5]);
    }
}

/// Pitfall: what a message costs, or does, because this process happens to know its code already.
#[test]
fn code_that_is_known_costs_what_unknown_code_costs() {
    let code = main(
        "(local $at i32)
         (loop $next
           (call $keccak256 (i32.const 0) (i32.const 64) (i32.const 0))
           (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 1))) (i32.const 300))))
         (call $storage_store (i32.const 32) (i32.const 0))
         (call $finish (i32.const 0) (i32.const 32))",
    );
    let accounts = [(TWIN, &code[..]), (OTHER, &code[..])];
    let options = [Tier::ALL, &[Tier::Adaptive]].concat();
    let mut first = None;
    for tier in options {
        let engine = Engine::new();
        let call = |to| {
            let options = Options { tier };
            let mut vm =
                Vm::new(&engine, storage(&accounts), config(true), Default::default(), options)
                    .expect("a machine");
            let message = Message { caller: SENDER, to: Some(to), gas: GAS, ..Message::default() };
            let outcome = vm.call(&message).expect("memory does not fail");
            assert_eq!(outcome.exit, Exit::Return);
            outcome
        };
        let mut outcomes: Vec<_> = [TWIN, TWIN, OTHER, TWIN].map(call).into();
        engine.forget();
        outcomes.extend([OTHER, OTHER].map(call));
        // Machine code may come meanwhile.
        outcomes.extend((0..40).map(|_| call(TWIN)));
        let first = first.get_or_insert_with(|| outcomes[0].clone());
        assert!(outcomes.iter().all(|outcome| outcome == first), "{tier}: {outcomes:?}");
    }
}

/// Notes where programs begin and end.
#[derive(Default)]
struct Noting {
    entered: Vec<Address>,
    steps: u64,
    left: Vec<Exit>,
}

impl Tracer<Journal<MemoryStorage>> for Noting {
    fn enter(&mut self, host: &Ethereum<Journal<MemoryStorage>>, _: &lockstep::Program<'_>) {
        self.entered.push(host.current_address());
    }

    fn step(&mut self, _: &Ethereum<Journal<MemoryStorage>>, _: StepView<'_>) {
        self.steps += 1;
    }

    fn leave(&mut self, _: &Ethereum<Journal<MemoryStorage>>, ended: &lockstep::Ended, _: &[u8]) {
        self.left.push(ended.exit);
    }
}

#[test]
fn observers_see_modules_begin_and_end_and_change_nothing() {
    let wasm = main("(call $revert (i32.const 0) (i32.const 3))");
    let driver = assemble(super::chain::CALLS_TWIN);
    let accounts = [(DRIVER, &driver[..]), (TWIN, &wasm[..])];
    for tier in Tier::ALL {
        let engine = Engine::new();
        let message = Message { caller: SENDER, to: Some(DRIVER), gas: GAS, ..Message::default() };
        let vm = || {
            let options = Options { tier: *tier };
            Vm::new(&engine, storage(&accounts), config(true), Default::default(), options)
                .expect("a machine")
        };
        let mut noting = Noting::default();
        let plain = vm().call(&message).expect("memory does not fail");
        let traced = vm().call_traced(&message, &mut noting).expect("memory does not fail");
        assert_eq!(plain, traced);
        assert_eq!(noting.entered, [DRIVER, TWIN]);
        assert_eq!(noting.left, [Exit::Revert, Exit::Return]);
        assert!(noting.steps > 10, "the EVM's instructions are shown");
    }
}

/// Memory whose slots cannot be read while it is broken.
#[derive(Debug)]
struct Breakable {
    memory: MemoryStorage,
    is_broken: Rc<Cell<bool>>,
}

impl Storage for Breakable {
    fn account(&self, address: Address) -> Result<Option<AccountInfo>, StorageError> {
        self.memory.account(address)
    }

    fn code(&self, code_hash: Hash) -> Result<Arc<[u8]>, StorageError> {
        self.memory.code(code_hash)
    }

    fn slot(&self, address: Address, key: U256) -> Result<U256, StorageError> {
        match self.is_broken.get() {
            true => Err(StorageError::Backend("broken".into())),
            false => self.memory.slot(address, key),
        }
    }

    fn has_storage(&self, address: Address) -> Result<bool, StorageError> {
        self.memory.has_storage(address)
    }

    fn block_hash(&self, number: u64) -> Result<Hash, StorageError> {
        self.memory.block_hash(number)
    }
}

#[test]
fn a_fault_below_a_module_is_no_result_and_leaves_nothing() {
    let wasm = main(
        "(call $log (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))
         (i32.store8 (i32.const 31) (i32.const 1)) (i32.store8 (i32.const 51) (i32.const 0xf3))
         (drop (call $call (call $gas_left) (i32.const 32) (i32.const 64) (i32.const 0) (i32.const 0)))
         (call $storage_load (i32.const 0) (i32.const 64))
         (call $finish (i32.const 64) (i32.const 32))",
    );
    let (driver, other) = (assemble(super::chain::CALLS_TWIN), assemble("1 0 TSTORE STOP"));
    let accounts = [(DRIVER, &driver[..]), (TWIN, &wasm[..]), (OTHER, &other[..])];
    for tier in Tier::ALL {
        let (engine, is_broken) = (Engine::new(), Rc::new(Cell::new(true)));
        let storage = Breakable { memory: storage(&accounts), is_broken: Rc::clone(&is_broken) };
        let options = Options { tier: *tier };
        let mut vm = Vm::new(&engine, storage, config(true), Default::default(), options)
            .expect("a machine");
        let message = Message { caller: SENDER, to: Some(DRIVER), gas: GAS, ..Message::default() };
        assert!(matches!(vm.call(&message), Err(TransactError::Fault(_))), "{tier}");
        assert!(vm.journal().changes().is_empty());
        is_broken.set(false);
        let outcome = vm.call(&message).expect("the disk is back");
        assert_eq!(
            (outcome.exit, &outcome.output[..], outcome.logs.len()),
            (Exit::Return, &[0; 32][..], 1)
        );
    }
}
