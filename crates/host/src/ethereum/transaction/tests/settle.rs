//! What a transaction costs, who gets it, and what stays.

use std::{cell::Cell, sync::Arc};

use lockstep_base::{Address, Fork, Hash, U256};
use lockstep_rt::{Exit, Trap};
use lockstep_state::{AccountInfo, Journal, Storage, StorageError};

use crate::ethereum::{
    AccessListItem, Block, Config, Ethereum, IntrinsicGas, Message, TransactError, Transaction,
    TransactionKind, encoding,
    gas::Gas,
    intrinsic_gas, message_call,
    testing::{
        CALLEE, CALLER, COINBASE, NOBODY, Run, SENDER, Scripts, WEALTH, balance, fees, host,
        host_over, legacy, nonce, run_script, state, try_script,
    },
    transact,
};

#[test]
fn intrinsic_gas_follows_the_forks() {
    let data = || vec![0, 0, 1];
    let call = Transaction { data: data(), ..legacy() };
    let creation = Transaction { to: None, data: data(), ..legacy() };
    for (fork, for_call, for_creation, floor) in [
        (Fork::Frontier, 21_076, 21_076, 0),
        (Fork::Homestead, 21_076, 53_076, 0),
        (Fork::Istanbul, 21_024, 53_024, 0),
        (Fork::Shanghai, 21_024, 53_026, 0),
        (Fork::Prague, 21_024, 53_026, 21_060),
    ] {
        assert_eq!(intrinsic_gas(fork, &call), IntrinsicGas { execution: for_call, floor });
        assert_eq!(intrinsic_gas(fork, &creation), IntrinsicGas { execution: for_creation, floor });
    }
}

#[test]
fn access_lists_are_charged_each_time_they_name_something() {
    let item = AccessListItem { address: CALLEE, keys: vec![U256::ZERO, U256::ZERO] };
    let access_list = vec![item.clone(), item];
    let kind = TransactionKind::AccessList { gas_price: U256::from(10) };
    let transaction = Transaction { access_list, kind, ..legacy() };
    let gas = intrinsic_gas(Fork::Berlin, &transaction);
    assert_eq!(gas.execution, 21_000 + 2 * 2400 + 4 * 1900);

    let mut host = host(Fork::Berlin);
    let mut machine = Scripts::default().on(&[1], |run| {
        let world = &run.host.world;
        let callee = run.host.frame.account;
        assert!(world.is_address_warm(CALLEE) && world.is_address_warm(SENDER));
        assert!(world.is_address_warm(CALLER) && !world.is_address_warm(COINBASE));
        assert!(!world.is_slot_warm(callee, U256::ZERO));
        let callee = run.host.load(CALLEE)?;
        assert!(run.host.world.is_slot_warm(callee, U256::ZERO));
        Ok(Exit::Return)
    });
    let receipt = transact(&mut host, &mut machine, &transaction).expect("valid");
    assert_eq!(receipt.gas_used, gas.execution);
    assert!(!host.world.is_slot_warm(host.frame.account, U256::ZERO));
}

#[test]
fn the_coinbase_is_warm_from_shanghai_on() {
    for (fork, is_warm) in [(Fork::Paris, false), (Fork::Shanghai, true)] {
        run_script(&mut host(fork), Scripts::default(), move |run| {
            assert_eq!(run.host.world.is_address_warm(COINBASE), is_warm);
            Ok(Exit::Return)
        });
    }
}

#[test]
fn the_base_fee_is_burned_and_the_tip_paid() {
    for (kind, fork, price, tip) in [
        (TransactionKind::Legacy { gas_price: U256::from(13) }, Fork::Berlin, 13, 13),
        (TransactionKind::Legacy { gas_price: U256::from(13) }, Fork::London, 13, 3),
        (TransactionKind::DynamicFee { fees: fees(100, 2) }, Fork::London, 12, 2),
        (TransactionKind::DynamicFee { fees: fees(11, 2) }, Fork::London, 11, 1),
    ] {
        let mut host = host(fork);
        let transaction = Transaction { kind, to: Some(NOBODY), value: U256::from(5), ..legacy() };
        let receipt = transact(&mut host, &mut Scripts::default(), &transaction).expect("valid");
        assert_eq!((receipt.gas_used, receipt.gas_refunded), (21_000, 0));
        assert_eq!(receipt.effective_gas_price, U256::from(price));
        assert_eq!(balance(&mut host, SENDER), U256::from(WEALTH - 21_000 * price - 5));
        assert_eq!(balance(&mut host, COINBASE), U256::from(21_000 * tip));
        assert_eq!(balance(&mut host, NOBODY), U256::from(5));
        assert_eq!(nonce(&mut host, SENDER), 1);
    }
}

#[test]
fn blobs_are_paid_at_the_blocks_price_and_burned() {
    let mut host = host(Fork::Cancun);
    let block = Block { excess_blob_gas: 10 * 1024 * 1024, ..*host.block() };
    host.set_block(*host.config(), block);
    let mut hash = Hash::ZERO;
    hash.0[0] = 1;
    let kind = TransactionKind::Blob {
        fees: fees(10, 0),
        max_fee_per_blob_gas: U256::from(100),
        blob_hashes: vec![hash; 2],
    };
    let mut machine = Scripts::default().on(&[1], move |run| {
        assert_eq!(run.host.blob_hashes, [hash.into_word(); 2]);
        Ok(Exit::Return)
    });
    transact(&mut host, &mut machine, &Transaction { kind, ..legacy() }).expect("valid");
    let cost = 21_000 * 10 + 2 * 131_072 * 23;
    assert_eq!(balance(&mut host, SENDER), U256::from(WEALTH - cost));
    assert_eq!(balance(&mut host, COINBASE), U256::ZERO);
}

#[test]
fn an_empty_coinbase_appears_only_before_eip_161() {
    for (fork, exists) in [(Fork::Tangerine, true), (Fork::SpuriousDragon, false)] {
        let mut host = host(fork);
        let kind = TransactionKind::Legacy { gas_price: U256::ZERO };
        transact(
            &mut host,
            &mut Scripts::default(),
            &Transaction { to: Some(NOBODY), kind, ..legacy() },
        )
        .expect("valid");
        for address in [COINBASE, NOBODY] {
            let id = host.load(address).expect("memory does not fail");
            assert_eq!(host.world.exists(id), exists, "{address} in {fork}");
        }
    }
}

#[test]
fn refunds_are_capped_and_the_floor_comes_after_them() {
    // Data tokens x refund x gas of execution; the definition of EIP-7623 beside EIP-3529.
    for fork in [Fork::Berlin, Fork::London, Fork::Prague, Fork::Osaka] {
        for len in [0, 1, 100, 1000] {
            for refund in [-1, 0, 1, 4800, 1_000_000] {
                for execution in [0_u64, 5000, 50_000] {
                    let mut host = host(fork);
                    let mut machine = Scripts::default().on(&[1], move |run| {
                        run.host.world.add_refund(refund);
                        run.gas.charge(execution)?;
                        Ok(Exit::Return)
                    });
                    let transaction = Transaction { data: vec![1; len], ..legacy() };
                    let receipt = transact(&mut host, &mut machine, &transaction).expect("valid");
                    let used = 21_000 + 16 * len as u64 + execution;
                    let cap = if fork < Fork::London { used / 2 } else { used / 5 };
                    let after = used - u64::try_from(refund).unwrap_or(0).min(cap);
                    let floor = if fork < Fork::Prague { 0 } else { 21_000 + 40 * len as u64 };
                    assert_eq!(receipt.gas_used, after.max(floor));
                    assert_eq!(receipt.gas_refunded, used.saturating_sub(receipt.gas_used));
                    let paid = U256::from(WEALTH - receipt.gas_used * 10);
                    assert_eq!(balance(&mut host, SENDER), paid);
                }
            }
        }
    }
}

#[test]
fn a_failed_transaction_pays_and_counts_and_leaves_nothing_else() {
    for (exit, gas_used) in [(Exit::Revert, 21_100), (Exit::Trap(Trap::Unreachable), 1_000_000)] {
        let mut host = host(Fork::Osaka);
        let receipt = run_script(&mut host, Scripts::default(), move |run| {
            run.store(0, 1)?;
            run.gas = Gas::new(1_000_000 - 21_000 - 100);
            run.host.world.add_refund(1000);
            run.host.world.store_transient(run.host.frame.account, U256::ZERO, U256::from(1));
            run.output = vec![4];
            match exit {
                Exit::Trap(trap) => Err(trap.into()),
                exit => Ok(exit),
            }
        });
        assert_eq!((receipt.exit, receipt.gas_used, receipt.gas_refunded), (exit, gas_used, 0));
        assert_eq!(receipt.output.len(), usize::from(exit == Exit::Revert));
        assert_eq!(nonce(&mut host, SENDER), 1);
        assert_eq!(balance(&mut host, SENDER), U256::from(WEALTH - gas_used * 10));
        let id = host.load(CALLER).expect("memory does not fail");
        let slot = host.world.load_slot(id, U256::ZERO).expect("memory does not fail");
        assert_eq!(slot.value, U256::ZERO);
        run_script(&mut host, Scripts::default(), |run| {
            let account = run.host.frame.account;
            assert_eq!(run.host.world.load_transient(account, U256::ZERO), U256::ZERO);
            Ok(Exit::Return)
        });
    }
}

#[test]
fn a_creation_names_what_it_made() {
    let address = encoding::create_address(SENDER, 0);
    let creating = |len: usize| {
        let transaction = Transaction { to: None, data: vec![9], ..legacy() };
        let mut host = host(Fork::Osaka);
        let mut machine = Scripts::default().on(&[9], move |run| {
            assert!(run.host.world.is_address_warm(address), "EIP-2929");
            assert!(run.input.is_empty());
            run.output = vec![1; len];
            Ok(Exit::Return)
        });
        let receipt = transact(&mut host, &mut machine, &transaction).expect("valid");
        (receipt, nonce(&mut host, SENDER), nonce(&mut host, address))
    };
    let (receipt, sender, made) = creating(10);
    assert_eq!((receipt.created, receipt.output.len(), sender, made), (Some(address), 10, 1, 1));
    assert_eq!(receipt.gas_used, 53_018 + 2000);
    let (receipt, sender, made) = creating(24_577);
    assert_eq!(receipt.exit, Exit::Trap(Trap::CodeTooLarge));
    assert_eq!((receipt.created, receipt.output.len(), sender, made), (None, 0, 1, 0));
    assert_eq!(receipt.gas_used, 1_000_000);
}

#[test]
fn a_creation_over_code_burns_its_gas_and_counts() {
    let mut storage = state();
    storage.insert_account(encoding::create_address(SENDER, 0), U256::ZERO, 0, &[1]);
    let mut host = host_over(Fork::Osaka, storage);
    let transaction = Transaction { to: None, data: vec![9], value: U256::from(1), ..legacy() };
    let receipt = transact(&mut host, &mut Scripts::default(), &transaction).expect("valid");
    assert_eq!(receipt.exit, Exit::Trap(Trap::AddressCollision));
    assert_eq!((receipt.gas_used, nonce(&mut host, SENDER)), (1_000_000, 1));
}

#[test]
fn a_message_costs_nothing_and_counts_nothing() {
    let mut host = host(Fork::Osaka);
    let mut machine = Scripts::default().on(&[1], |run| {
        run.gas.charge(40)?;
        run.output = run.input.to_vec();
        run.store(0, 1)?;
        Ok(Exit::Return)
    });
    let message = Message {
        caller: SENDER,
        to: Some(CALLER),
        value: U256::from(1),
        input: &[1, 2],
        gas: 30_000_000,
    };
    let outcome = message_call(&mut host, &mut machine, &message).expect("no fault");
    assert_eq!((outcome.exit, &outcome.output[..]), (Exit::Return, &[1, 2][..]));
    assert_eq!(outcome.gas_left, 30_000_000 - 40 - 22_100);
    assert_eq!((nonce(&mut host, SENDER), balance(&mut host, SENDER)), (0, U256::from(WEALTH - 1)));
    let too_much = Message { value: U256::MAX, ..message };
    let outcome = message_call(&mut host, &mut machine, &too_much).expect("no fault");
    assert_eq!(outcome.exit, Exit::Trap(Trap::InsufficientBalance));
}

/// A storage that fails when asked for one account.
struct Broken<'a> {
    storage: &'a dyn Storage,
    missing: Address,
    asked: Cell<bool>,
}

impl Storage for Broken<'_> {
    fn account(&self, address: Address) -> Result<Option<AccountInfo>, StorageError> {
        if address == self.missing {
            self.asked.set(true);
            return Err(StorageError::MissingCode(Hash::ZERO));
        }
        self.storage.account(address)
    }
    fn code(&self, code_hash: Hash) -> Result<Arc<[u8]>, StorageError> {
        self.storage.code(code_hash)
    }
    fn slot(&self, address: Address, key: U256) -> Result<U256, StorageError> {
        self.storage.slot(address, key)
    }
    fn has_storage(&self, address: Address) -> Result<bool, StorageError> {
        self.storage.has_storage(address)
    }
    fn block_hash(&self, number: u64) -> Result<Hash, StorageError> {
        self.storage.block_hash(number)
    }
}

#[test]
fn a_fault_abandons_the_transaction_whole() {
    let storage = state();
    for missing in [SENDER, CALLER, COINBASE] {
        let broken = Broken { storage: &storage, missing, asked: Cell::new(false) };
        let block = Block { coinbase: COINBASE, gas_limit: 100_000_000, ..Block::default() };
        let mut host = Ethereum::new(Journal::new(broken), Config::new(Fork::Osaka, 1), block);
        let result = transact(&mut host, &mut Nothing, &legacy());
        assert!(matches!(result, Err(TransactError::Fault(StorageError::MissingCode(_)))));
        assert!(host.world().storage().asked.get());
        assert!(host.world().changes().is_empty());
    }
}

/// Programs that do nothing.
struct Nothing;

impl<H> lockstep_rt::Machine<H> for Nothing {
    fn run(
        &mut self,
        _: &mut H,
        program: lockstep_rt::Program<'_>,
        _: &mut Vec<u8>,
    ) -> Result<lockstep_rt::Ended, lockstep_rt::Faulted> {
        Ok(lockstep_rt::Ended { exit: Exit::Return, gas_left: program.gas })
    }
}

#[test]
fn a_fault_in_a_deep_frame_reaches_the_outside_and_the_host_goes_on() {
    let mut host = host(Fork::Osaka);
    let scripts = Scripts::default().on(&[2], |run: &mut Run<'_>| {
        Err(run.host.fault(StorageError::MissingCode(Hash::ZERO)).into())
    });
    let result = try_script(&mut host, scripts, |run| {
        run.store(0, 1)?;
        run.call(crate::ethereum::call::CallKind::Call, CALLEE, 10_000)?;
        unreachable!("a fault is not a result")
    });
    assert!(matches!(result, Err(TransactError::Fault(StorageError::MissingCode(_)))));
    assert!(host.world.changes().is_empty());
    let receipt = run_script(&mut host, Scripts::default(), |run| {
        assert_eq!(run.host.depth(), 0);
        Ok(Exit::Return)
    });
    assert_eq!(receipt.gas_used, 21_000);
}
