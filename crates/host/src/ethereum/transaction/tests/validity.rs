//! One row per rule: what breaks it, and what just does not.

use lockstep_base::{Fork, Hash, U256};

use crate::ethereum::{
    Authorization, Block, Config, Fees, GAS_PER_BLOB, InvalidTransaction as Invalid, TransactError,
    Transaction, TransactionKind, delegation,
    testing::{CALLEE, CALLER, Host, NOBODY, SENDER, fees, host, host_over, legacy, state},
    validate,
};

/// The rule that `transaction` breaks.
fn broken(host: &mut Host, transaction: &Transaction) -> Option<Invalid> {
    match validate(host, transaction) {
        Ok(_) => None,
        Err(TransactError::Invalid(rule)) => Some(rule),
        Err(TransactError::Fault(error)) => panic!("memory does not fail: {error}"),
    }
}

fn of_kind(kind: TransactionKind) -> Transaction {
    Transaction { kind, ..legacy() }
}

fn blob(count: u8, max_fee_per_blob_gas: u64) -> Transaction {
    let mut hash = Hash::ZERO;
    hash.0[0] = 1;
    of_kind(TransactionKind::Blob {
        fees: fees(10, 0),
        max_fee_per_blob_gas: U256::from(max_fee_per_blob_gas),
        blob_hashes: vec![hash; usize::from(count)],
    })
}

fn set_code(count: usize) -> Transaction {
    let authorization = Authorization {
        chain_id: U256::ZERO,
        address: CALLEE,
        nonce: 0,
        y_parity: 0,
        r: U256::ZERO,
        s: U256::ZERO,
    };
    of_kind(TransactionKind::SetCode {
        fees: fees(10, 0),
        authorizations: vec![authorization; count],
    })
}

/// One of each type, the fork that brought it and its worst case without value.
fn kinds() -> [(Transaction, Fork, u64); 5] {
    let gas = 1_000_000;
    [
        (legacy(), Fork::Frontier, gas * 10),
        (
            of_kind(TransactionKind::AccessList { gas_price: U256::from(11) }),
            Fork::Berlin,
            gas * 11,
        ),
        // Charged at 12, but what counts is what it might pay.
        (of_kind(TransactionKind::DynamicFee { fees: fees(20, 2) }), Fork::London, gas * 20),
        (blob(2, 3), Fork::Cancun, gas * 10 + 2 * GAS_PER_BLOB * 3),
        (set_code(1), Fork::Prague, gas * 10),
    ]
}

#[test]
fn the_balance_covers_the_worst_case_of_every_type() {
    for (transaction, _, cost) in kinds() {
        let transaction = Transaction { value: U256::from(7), ..transaction };
        let needed = U256::from(cost + 7);
        for (balance, is_valid) in [(cost + 6, false), (cost + 7, true), (cost + 8, true)] {
            let mut storage = state();
            storage.insert_account(SENDER, U256::from(balance), 0, &[]);
            let broken = broken(&mut host_over(Fork::Osaka, storage), &transaction);
            let balance = U256::from(balance);
            let expected = (!is_valid).then_some(Invalid::InsufficientFunds { needed, balance });
            assert_eq!(broken, expected);
        }
    }
}

#[test]
fn a_worst_case_beyond_256_bits_is_not_covered() {
    for transaction in [
        Transaction { value: U256::MAX, ..legacy() },
        of_kind(TransactionKind::Legacy { gas_price: U256::MAX }),
    ] {
        let broken = broken(&mut host(Fork::Osaka), &transaction);
        assert!(matches!(broken, Some(Invalid::InsufficientFunds { needed: U256::MAX, .. })));
    }
}

#[test]
fn types_exist_from_their_fork_on_and_name_their_chain() {
    for (number, (transaction, since, _)) in (0..).zip(kinds()) {
        for fork in Fork::ALL {
            let expected =
                (fork < since).then_some(Invalid::UnknownType { kind: number, since, fork });
            assert_eq!(broken(&mut host(fork), &transaction), expected, "{fork}");
        }
        let other = Transaction { chain_id: Some(2), ..transaction.clone() };
        let wrong = Some(Invalid::WrongChain { transaction: 2, chain: 1 });
        assert_eq!(broken(&mut host(Fork::Osaka), &other), wrong);
        let none = Transaction { chain_id: None, ..transaction };
        let expected = (number != 0).then_some(Invalid::NoChain);
        assert_eq!(broken(&mut host(Fork::Osaka), &none), expected);
    }
}

#[test]
fn gas_limits_lie_between_what_is_needed_and_what_there_is() {
    let at = |fork, limit| {
        let transaction = Transaction { gas_limit: limit, ..legacy() };
        broken(&mut host(fork), &transaction)
    };
    let max = 1 << 24;
    assert_eq!(at(Fork::Osaka, 21_000), None);
    let few = Invalid::IntrinsicGas { limit: 20_999, intrinsic: 21_000 };
    assert_eq!(at(Fork::Osaka, 20_999), Some(few));
    assert_eq!(at(Fork::Osaka, max), None);
    assert_eq!(at(Fork::Prague, max + 1), None);
    let many = Invalid::GasLimitTooHigh { limit: max + 1, max };
    assert_eq!(at(Fork::Osaka, max + 1), Some(many));
    let beyond = Invalid::BlockGas { limit: 100_000_001, available: 100_000_000 };
    assert_eq!(at(Fork::Prague, 100_000_001), Some(beyond));

    let mut full = host(Fork::Prague);
    let block = Block { gas_used: 99_000_001, ..*full.block() };
    full.set_block(Config::new(Fork::Prague, 1), block);
    let beyond = Invalid::BlockGas { limit: 1_000_000, available: 999_999 };
    assert_eq!(broken(&mut full, &legacy()), Some(beyond));
}

#[test]
fn the_floor_is_covered_up_front_from_prague_on() {
    // 100 bytes that are not zero: 21000 + 1600 to run, 21000 + 4000 at least.
    let transaction = Transaction { gas_limit: 24_999, data: vec![1; 100], ..legacy() };
    assert_eq!(broken(&mut host(Fork::Cancun), &transaction), None);
    let floor = Some(Invalid::FloorGas { limit: 24_999, floor: 25_000 });
    assert_eq!(broken(&mut host(Fork::Prague), &transaction), floor);
    let enough = Transaction { gas_limit: 25_000, ..transaction };
    assert_eq!(broken(&mut host(Fork::Prague), &enough), None);
}

#[test]
fn fees_reach_the_base_fee_and_tips_do_not_exceed_them() {
    let with = |fees| {
        let kind = TransactionKind::DynamicFee { fees };
        broken(&mut host(Fork::London), &of_kind(kind))
    };
    let [nine, ten, eleven] = [9, 10, 11].map(U256::from);
    assert_eq!(with(fees(10, 10)), None);
    let tip = Invalid::PriorityAboveFee { priority: eleven, max: ten };
    assert_eq!(with(fees(10, 11)), Some(tip));
    let low = Invalid::FeeBelowBase { max: nine, base: ten };
    assert_eq!(with(fees(9, 0)), Some(low.clone()));
    let cheap = of_kind(TransactionKind::Legacy { gas_price: nine });
    assert_eq!(broken(&mut host(Fork::London), &cheap), Some(low));
    assert_eq!(broken(&mut host(Fork::Berlin), &cheap), None);
    let huge = Fees { max_fee_per_gas: nine, max_priority_fee_per_gas: U256::MAX };
    assert!(matches!(with(huge), Some(Invalid::PriorityAboveFee { .. })));
}

#[test]
fn nonces_are_the_senders_and_can_be_counted_up() {
    for (account, transaction, expected) in [
        (5, 5, None),
        (5, 4, Some(Invalid::WrongNonce { transaction: 4, account: 5 })),
        (5, 6, Some(Invalid::WrongNonce { transaction: 6, account: 5 })),
        (u64::MAX - 1, u64::MAX - 1, None),
        (u64::MAX, u64::MAX, Some(Invalid::NonceOverflow(u64::MAX))),
    ] {
        let mut storage = state();
        storage.insert_account(SENDER, U256::from(1_u64 << 60), account, &[]);
        let transaction = Transaction { nonce: transaction, ..legacy() };
        assert_eq!(broken(&mut host_over(Fork::Osaka, storage), &transaction), expected);
    }
}

#[test]
fn contracts_send_nothing_but_delegating_accounts_do() {
    let marker = delegation::delegation_to(CALLEE);
    for (fork, code, is_valid) in [
        (Fork::Frontier, &[1][..], false),
        (Fork::Osaka, &[1], false),
        (Fork::Cancun, &marker, false),
        (Fork::Prague, &marker, true),
    ] {
        let mut storage = state();
        storage.insert_account(SENDER, U256::from(1_u64 << 60), 0, code);
        let expected = (!is_valid).then_some(Invalid::SenderHasCode(SENDER));
        assert_eq!(broken(&mut host_over(fork, storage), &legacy()), expected, "{fork}");
    }
}

#[test]
fn initialization_code_is_limited_from_shanghai_on() {
    let of = |len| Transaction { to: None, data: vec![0; len], ..legacy() };
    let max_bytes = 49_152;
    assert_eq!(broken(&mut host(Fork::Shanghai), &of(max_bytes)), None);
    assert_eq!(broken(&mut host(Fork::Paris), &of(max_bytes + 1)), None);
    let len_bytes = max_bytes + 1;
    let expected = Some(Invalid::InitCodeTooLarge { len_bytes, max_bytes });
    assert_eq!(broken(&mut host(Fork::Shanghai), &of(len_bytes)), expected);
    let call = Transaction { to: Some(NOBODY), ..of(len_bytes) };
    assert_eq!(broken(&mut host(Fork::Shanghai), &call), None);
}

#[test]
fn blobs_have_limits_versions_and_a_price() {
    let one = |fork, transaction: &Transaction| broken(&mut host(fork), transaction);
    assert_eq!(one(Fork::Cancun, &blob(0, 1)), Some(Invalid::NoBlobs));
    for (fork, max) in [(Fork::Cancun, 6), (Fork::Prague, 9), (Fork::Osaka, 6)] {
        assert_eq!(one(fork, &blob(max, 1)), None, "{fork}");
        let expected = Invalid::TooManyBlobs { count: u64::from(max) + 1, max: max.into() };
        assert_eq!(one(fork, &blob(max + 1, 1)), Some(expected), "{fork}");
    }
    let (max, base) = (U256::ZERO, U256::from(1));
    assert_eq!(one(Fork::Cancun, &blob(1, 0)), Some(Invalid::BlobFeeBelowBase { max, base }));
    let mut odd = blob(2, 1);
    if let TransactionKind::Blob { blob_hashes, .. } = &mut odd.kind {
        blob_hashes[1].0[0] = 2;
    }
    assert_eq!(one(Fork::Cancun, &odd), Some(Invalid::BlobVersion { index: 1, version: 2 }));

    let mut full = host(Fork::Prague);
    let block = Block { blobs_used: 8, ..*full.block() };
    full.set_block(Config::new(Fork::Prague, 1), block);
    assert_eq!(broken(&mut full, &blob(1, 1)), None);
    let expected = Invalid::TooManyBlobs { count: 2, max: 1 };
    assert_eq!(broken(&mut full, &blob(2, 1)), Some(expected));
}

#[test]
fn blob_and_set_code_transactions_call_somebody() {
    for (transaction, kind) in [(blob(1, 1), 3), (set_code(1), 4)] {
        let creation = Transaction { to: None, ..transaction };
        let expected = Some(Invalid::CreationForbidden { kind });
        assert_eq!(broken(&mut host(Fork::Osaka), &creation), expected);
    }
    assert_eq!(broken(&mut host(Fork::Osaka), &set_code(0)), Some(Invalid::NoAuthorizations));
}

#[test]
fn validation_changes_nothing() {
    let mut host = host(Fork::Osaka);
    for (transaction, ..) in kinds() {
        validate(&mut host, &transaction).expect("valid");
        assert!(!host.world.is_address_warm(CALLER));
    }
    assert!(host.world.changes().is_empty());
}
