//! What holds for all contracts at once.

use proptest::prelude::*;

use super::*;

/// Which addresses are active from which fork on, told apart from the table.
const ACTIVE: [(Fork, &[u64]); 6] = [
    (Fork::Frontier, &[1, 2, 3, 4]),
    (Fork::Byzantium, &[1, 2, 3, 4, 5, 6, 7, 8]),
    (Fork::Istanbul, &[1, 2, 3, 4, 5, 6, 7, 8, 9]),
    (Fork::Cancun, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
    (Fork::Prague, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17]),
    (Fork::Osaka, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 0x100]),
];

#[test]
fn rows_ascend_so_that_a_search_finds_them() {
    assert!(TABLE.is_sorted_by(|a, b| a.number < b.number));
    assert!(TABLE.iter().all(|row| row.history.is_sorted_by(|a, b| a.0 < b.0)));
}

#[test]
fn the_warm_set_is_the_active_set_of_each_fork() {
    for fork in Fork::ALL {
        let active = ACTIVE.iter().rev().find(|(since, _)| *since <= fork).expect("a fork").1;
        let warm: Vec<Address> = warm_addresses(fork).collect();
        let expected: Vec<Address> = active.iter().map(|n| Address::from_low_u64(*n)).collect();
        assert_eq!(warm, expected, "{fork}");
        for number in 0..=0x200 {
            let found = lookup(fork, Address::from_low_u64(number));
            assert_eq!(found.is_some(), active.contains(&number), "{fork} {number:#x}");
            assert!(found.is_none_or(|row| row.address() == Address::from_low_u64(number)));
        }
    }
}

#[test]
fn an_address_with_high_bytes_is_no_contract() {
    for at in 0..18 {
        let mut address = Address::from_low_u64(1);
        address.0[at] = 1;
        assert!(lookup(Fork::LATEST, address).is_none());
    }
}

#[test]
fn a_contract_that_is_not_active_does_not_run() {
    let contract = lookup(Fork::Osaka, Address::from_low_u64(0x100)).expect("P256VERIFY");
    assert_eq!(contract.run(Fork::Prague, &[], PLENTY), Err(PrecompileError::Inactive));
    assert_eq!(contract.name(), "P256VERIFY");
}

/// (contract, fork, input length, price), from the Yellow Paper and the EIPs.
const PRICES: [(u64, Fork, usize, u64); 26] = [
    (1, Fork::Frontier, 0, 3000),
    (2, Fork::Frontier, 0, 60),
    (2, Fork::Frontier, 1, 72),
    (2, Fork::Frontier, 64, 84),
    (3, Fork::Frontier, 0, 600),
    (3, Fork::Frontier, 33, 840),
    (4, Fork::Frontier, 0, 15),
    (4, Fork::Frontier, 32, 18),
    (4, Fork::Frontier, 33, 21),
    (6, Fork::Byzantium, 0, 500),
    (6, Fork::Istanbul, 0, 150),
    (7, Fork::Petersburg, 0, 40_000),
    (7, Fork::Istanbul, 0, 6000),
    (8, Fork::Byzantium, 0, 100_000),
    (8, Fork::Byzantium, 192, 180_000),
    (8, Fork::Istanbul, 0, 45_000),
    (8, Fork::Istanbul, 384, 113_000),
    (10, Fork::Cancun, 192, 50_000),
    (11, Fork::Prague, 256, 375),
    (12, Fork::Prague, 159, 0),
    (13, Fork::Prague, 512, 600),
    (15, Fork::Prague, 384, 70_300),
    (15, Fork::Prague, 767, 70_300),
    (16, Fork::Prague, 64, 5500),
    (17, Fork::Prague, 128, 23_800),
    (0x100, Fork::Osaka, 160, 6900),
];

#[test]
fn prices_follow_the_fork_and_one_gas_less_is_not_enough() {
    for (number, fork, length, price) in PRICES {
        let row = lookup(fork, Address::from_low_u64(number)).expect("an active contract");
        let input = vec![0; length];
        assert_eq!(row.price(fork, &input), Ok(price), "{} {fork} {length}", row.name());
        if price > 0 {
            let short = row.run(fork, &input, price - 1);
            assert_eq!(short, Err(PrecompileError::OutOfGas), "{} {fork}", row.name());
        }
        if let Ok(done) = row.run(fork, &input, price) {
            assert_eq!(done.gas_used, price);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_input_panics_or_costs_more_than_its_limit(
        row in 0..TABLE.len(),
        fork in 0..Fork::ALL.len(),
        input in prop::collection::vec(prop_oneof![3 => Just(0u8), 1 => any::<u8>()], 0..800),
        gas_limit in prop_oneof![0..10_000u64, Just(1_000_000)],
    ) {
        let (row, fork) = (&TABLE[row], Fork::ALL[fork]);
        if let Ok(done) = row.run(fork, &input, gas_limit) {
            prop_assert!(done.gas_used <= gas_limit);
            prop_assert_eq!(row.run(fork, &input, done.gas_used), Ok(done.clone()));
            if done.gas_used > 0 {
                let short = row.run(fork, &input, done.gas_used - 1);
                prop_assert_eq!(short, Err(PrecompileError::OutOfGas));
            }
        }
    }
}
