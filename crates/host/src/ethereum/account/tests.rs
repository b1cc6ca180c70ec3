use lockstep_rt::{Exit, Trap};

use super::*;
use crate::ethereum::{
    host::Frame,
    testing::{
        CALLEE, CALLER, NOBODY, SENDER, Scripts, WEALTH, balance as balance_of, host,
        host_in_frame, host_over, run_script, state, with_frame,
    },
};

const GAS: u64 = 100_000;

#[test]
fn first_accesses_cost_2500_on_top_but_precompiles_are_warm() {
    for (fork, address, costs) in [
        (Fork::Istanbul, NOBODY, [0, 0]),
        (Fork::Berlin, NOBODY, [2500, 0]),
        (Fork::Berlin, Address::from_low_u64(9), [0, 0]),
        (Fork::Berlin, Address::from_low_u64(10), [2500, 0]),
        (Fork::Cancun, Address::from_low_u64(10), [0, 0]),
        (Fork::Cancun, Address::from_low_u64(11), [2500, 0]),
        (Fork::Prague, Address::from_low_u64(17), [0, 0]),
        (Fork::Prague, Address::from_low_u64(0x100), [2500, 0]),
        (Fork::Osaka, Address::from_low_u64(0x100), [0, 0]),
        (Fork::Osaka, Address::ZERO, [2500, 0]),
    ] {
        let mut host = host_in_frame(fork);
        for cost in costs {
            let mut gas = Gas::new(GAS);
            balance(&mut host, &mut gas, address.into_word()).expect("enough gas");
            assert_eq!(GAS - gas.left(), cost, "{fork} {address}");
        }
    }
}

#[test]
fn what_cannot_be_paid_is_not_accessed() {
    let mut host = host_in_frame(Fork::Osaka);
    let mut gas = Gas::new(2499);
    let result = balance(&mut host, &mut gas, NOBODY.into_word());
    assert_eq!(result, Err(Trap::OutOfGas.into()));
    assert!(!host.world.is_address_warm(NOBODY));
    balance(&mut host, &mut Gas::new(2500), NOBODY.into_word()).expect("enough gas");
    balance(&mut host, &mut Gas::new(0), NOBODY.into_word()).expect("warm");
}

#[test]
fn addresses_are_the_low_twenty_bytes() {
    let mut host = host_in_frame(Fork::Osaka);
    let dirty = SENDER.into_word() | (U256::MAX << 160);
    let found = balance(&mut host, &mut Gas::new(GAS), dirty);
    assert_eq!(found, Ok(U256::from(WEALTH)));
}

#[test]
fn code_hashes_tell_dead_codeless_and_delegated_accounts_apart() {
    let mut storage = state();
    let marker = crate::ethereum::delegation::delegation_to(CALLEE);
    storage.insert_account(NOBODY, U256::ZERO, 0, &marker);
    storage.insert_account(Address::from_low_u64(7), U256::ZERO, 0, &[]);
    let mut host = host_over(Fork::Prague, storage);
    let mut hash = |address: Address| {
        code_hash(&mut host, &mut Gas::new(GAS), address.into_word()).expect("enough gas")
    };
    assert_eq!(hash(SENDER), Hash::KECCAK_EMPTY.into_word());
    assert_eq!(hash(Address::from_low_u64(1)), U256::ZERO, "a precompile without balance");
    assert_eq!(hash(Address::from_low_u64(7)), U256::ZERO, "empty");
    assert_eq!(hash(Address::from_low_u64(0xdead)), U256::ZERO, "absent");
    assert_eq!(hash(NOBODY), crate::crypto::keccak256(&marker).into_word());
    let size = code(&mut host, &mut Gas::new(GAS), NOBODY.into_word()).expect("enough gas").len();
    assert_eq!(size, 23);
}

#[test]
fn block_hashes_reach_256_blocks_back() {
    for height in [0, 1, 2, 255, 256, 257, 300] {
        let mut storage = state();
        for number in 0..=height + 1 {
            storage.insert_block_hash(number, Hash::from_word(U256::from(number + 1)));
        }
        let mut host = host_over(Fork::Osaka, storage);
        let block = super::super::Block { number: height, ..*host.block() };
        host.set_block(*host.config(), block);
        for number in 0..=height + 1 {
            let is_known = number < height && height - number <= 256;
            let expected = if is_known { U256::from(number + 1) } else { U256::ZERO };
            assert_eq!(
                block_hash(&mut host, U256::from(number)),
                Ok(expected),
                "{number} at {height}"
            );
        }
        assert_eq!(block_hash(&mut host, U256::MAX), Ok(U256::ZERO));
    }
}

#[test]
fn selfdestruct_charges_for_access_and_new_accounts_by_fork() {
    let empty = Address::from_low_u64(0xe3);
    for (fork, heir, wealth, cost) in [
        (Fork::Homestead, NOBODY, 5, 0),
        (Fork::Tangerine, NOBODY, 0, 25_000),
        (Fork::Tangerine, empty, 5, 0),
        (Fork::SpuriousDragon, NOBODY, 0, 0),
        (Fork::SpuriousDragon, NOBODY, 5, 25_000),
        (Fork::SpuriousDragon, empty, 5, 25_000),
        (Fork::Berlin, NOBODY, 5, 27_600),
        (Fork::Berlin, CALLEE, 5, 2600),
        (Fork::Osaka, CALLER, 5, 2600),
    ] {
        let mut storage = state();
        storage.insert_account(CALLER, U256::from(wealth), 1, &[1]);
        storage.insert_account(empty, U256::ZERO, 0, &[]);
        let mut host = host_over(fork, storage);
        let account = host.load(CALLER).expect("memory does not fail");
        host.frame = Frame { account, address: CALLER, ..host.frame };
        let mut gas = Gas::new(GAS);
        self_destruct(&mut host, &mut gas, heir.into_word()).expect("enough gas");
        assert_eq!(GAS - gas.left(), cost, "{fork} {heir} {wealth}");
    }
}

#[test]
fn selfdestruct_gives_back_once_per_account_before_london() {
    for (fork, refund) in [(Fork::Frontier, 24_000), (Fork::Berlin, 24_000), (Fork::London, 0)] {
        let mut host = host_in_frame(fork);
        for _ in 0..2 {
            self_destruct(&mut host, &mut Gas::new(GAS), SENDER.into_word()).expect("enough gas");
        }
        assert_eq!(host.world.refund(), refund, "{fork}");
    }
}

/// Runs a contract that destroys itself in favour of `heir`; what is left of it afterwards.
fn destroyed(fork: Fork, heir: Address) -> (U256, bool) {
    let mut host = host(fork);
    let receipt = run_script(&mut host, Scripts::default(), move |run| {
        self_destruct(run.host, &mut run.gas, heir.into_word())?;
        Ok(Exit::Return)
    });
    assert_eq!(receipt.exit, Exit::Return);
    let id = host.load(CALLER).expect("memory does not fail");
    (balance_of(&mut host, CALLER), host.world.exists(id))
}

#[test]
fn selfdestruct_deletes_old_accounts_only_before_cancun() {
    let wealth = U256::from(WEALTH);
    assert_eq!(destroyed(Fork::Shanghai, NOBODY), (U256::ZERO, false));
    assert_eq!(destroyed(Fork::Shanghai, CALLER), (U256::ZERO, false), "to itself: burned");
    assert_eq!(destroyed(Fork::Cancun, NOBODY), (U256::ZERO, true));
    assert_eq!(destroyed(Fork::Cancun, CALLER), (wealth, true), "to itself: nothing happens");
}

#[test]
fn selfdestruct_to_itself_burns_in_the_transaction_of_creation() {
    let mut host = host(Fork::Osaka);
    let scripts = Scripts::default().on(&[9], |run| {
        let own = run.host.frame.address_word;
        self_destruct(run.host, &mut run.gas, own)?;
        assert!(!run.host.world.is_dead(run.host.frame.account), "it stays until the end");
        Ok(Exit::Return)
    });
    run_script(&mut host, scripts, |run| {
        let made = run.create(5, &[9])?;
        assert_ne!(made, U256::ZERO);
        Ok(Exit::Return)
    });
    let made = crate::ethereum::encoding::create_address(CALLER, 1);
    let id = host.load(made).expect("memory does not fail");
    assert!(!host.world.exists(id));
    assert_eq!(balance_of(&mut host, CALLER), U256::from(WEALTH - 5));
}

#[test]
fn a_static_frame_does_not_selfdestruct() {
    let mut host =
        with_frame(host_in_frame(Fork::Osaka), |frame| Frame { is_static: true, ..frame });
    let result = self_destruct(&mut host, &mut Gas::new(GAS), NOBODY.into_word());
    assert_eq!(result, Err(Trap::StaticViolation.into()));
}
