use super::*;
use crate::ethereum::testing::{CALLER, Host, host_in_frame, host_over, state, with_frame};
use crate::ethereum::{host::Frame, message::frame_of};

/// Original value, values stored one after another, and (gas, refund) under EIP-1283, EIP-2200, EIP-2929 and
/// EIP-3529, without the pushes: the test tables of those EIPs, the last two with a warm slot.
type Row = (u64, &'static [u64], [(u64, i64); 4]);

#[rustfmt::skip]
const ROWS: &[Row] = &[
    (0, &[0, 0],    [(400, 0),        (1600, 0),       (200, 0),       (200, 0)]),
    (0, &[0, 1],    [(20_200, 0),     (20_800, 0),     (20_100, 0),    (20_100, 0)]),
    (0, &[1, 0],    [(20_200, 19_800), (20_800, 19_200), (20_100, 19_900), (20_100, 19_900)]),
    (0, &[1, 2],    [(20_200, 0),     (20_800, 0),     (20_100, 0),    (20_100, 0)]),
    (0, &[1, 1],    [(20_200, 0),     (20_800, 0),     (20_100, 0),    (20_100, 0)]),
    (1, &[0, 0],    [(5200, 15_000),  (5800, 15_000),  (3000, 15_000), (3000, 4800)]),
    (1, &[0, 1],    [(5200, 4800),    (5800, 4200),    (3000, 2800),   (3000, 2800)]),
    (1, &[0, 2],    [(5200, 0),       (5800, 0),       (3000, 0),      (3000, 0)]),
    (1, &[2, 0],    [(5200, 15_000),  (5800, 15_000),  (3000, 15_000), (3000, 4800)]),
    (1, &[2, 3],    [(5200, 0),       (5800, 0),       (3000, 0),      (3000, 0)]),
    (1, &[2, 1],    [(5200, 4800),    (5800, 4200),    (3000, 2800),   (3000, 2800)]),
    (1, &[2, 2],    [(5200, 0),       (5800, 0),       (3000, 0),      (3000, 0)]),
    (1, &[1, 0],    [(5200, 15_000),  (5800, 15_000),  (3000, 15_000), (3000, 4800)]),
    (1, &[1, 2],    [(5200, 0),       (5800, 0),       (3000, 0),      (3000, 0)]),
    (1, &[1, 1],    [(400, 0),        (1600, 0),       (200, 0),       (200, 0)]),
    (0, &[1, 0, 1], [(40_200, 19_800), (40_800, 19_200), (40_100, 19_900), (40_100, 19_900)]),
    (1, &[0, 1, 0], [(10_200, 19_800), (10_800, 19_200), (5900, 17_800), (5900, 7600)]),
];

const FORKS: [Fork; 4] = [Fork::Constantinople, Fork::Istanbul, Fork::Berlin, Fork::London];
const KEY: U256 = U256::ZERO;

fn host_with(fork: Fork, original: u64) -> Host {
    let mut storage = state();
    storage.insert_slot(CALLER, KEY, U256::from(original));
    let mut host = host_over(fork, storage);
    let account = host.load(CALLER).expect("memory does not fail");
    host.frame = frame_of(account, CALLER, U256::ZERO, U256::ZERO);
    host
}

#[test]
fn stores_cost_what_the_tables_of_their_eips_say() {
    for (original, values, expected) in ROWS {
        for (fork, expected) in FORKS.into_iter().zip(*expected) {
            let mut host = host_with(fork, *original);
            if fork >= Fork::Berlin {
                host.world.warm_slot(CALLER, KEY);
            }
            let mut gas = Gas::new(100_000);
            for value in *values {
                store(&mut host, &mut gas, KEY, U256::from(*value)).expect("enough gas");
            }
            let used = 100_000 - gas.left();
            assert_eq!((used, host.world.refund()), expected, "{fork} {original} {values:?}");
        }
    }
}

#[test]
fn plain_stores_cost_by_what_is_there() {
    for fork in [Fork::Frontier, Fork::Byzantium, Fork::Petersburg] {
        for (original, value, expected) in
            [(0, 0, (5000, 0)), (0, 1, (20_000, 0)), (1, 0, (5000, 15_000)), (1, 1, (5000, 0))]
        {
            let mut host = host_with(fork, original);
            let mut gas = Gas::new(100_000);
            store(&mut host, &mut gas, KEY, U256::from(value)).expect("enough gas");
            assert_eq!((100_000 - gas.left(), host.world.refund()), expected, "{fork}");
        }
    }
}

#[test]
fn a_first_store_pays_for_access() {
    let mut host = host_with(Fork::London, 1);
    let mut gas = Gas::new(100_000);
    store(&mut host, &mut gas, KEY, U256::from(2)).expect("enough gas");
    assert_eq!(gas.left(), 95_000);
}

#[test]
fn stores_need_more_than_the_stipend_from_istanbul_on() {
    let attempt = |fork, left| {
        let mut gas = Gas::new(left);
        store(&mut host_with(fork, 0), &mut gas, KEY, U256::ZERO)
    };
    assert_eq!(attempt(Fork::Istanbul, 2300), Err(Trap::OutOfGas.into()));
    assert_eq!(attempt(Fork::Istanbul, 2301), Ok(()));
    assert_eq!(attempt(Fork::Osaka, 2300), Err(Trap::OutOfGas.into()));
    assert_eq!(attempt(Fork::Osaka, 2301), Ok(()));
    assert_eq!(attempt(Fork::Constantinople, 200), Ok(()));
}

#[test]
fn a_first_load_costs_2000_on_top_and_leaves_the_slot_cold_when_unpaid() {
    let mut host = host_with(Fork::Berlin, 7);
    let mut poor = Gas::new(1999);
    assert_eq!(load(&mut host, &mut poor, KEY), Err(Trap::OutOfGas.into()));
    assert!(!host.world.is_slot_warm(host.frame.account, KEY));
    let mut gas = Gas::new(2000);
    assert_eq!(load(&mut host, &mut gas, KEY), Ok(U256::from(7)));
    assert_eq!(load(&mut host, &mut gas, KEY), Ok(U256::from(7)), "warm, with no gas left");
    assert_eq!(gas.left(), 0);
}

#[test]
fn loads_before_berlin_cost_nothing_here() {
    let mut gas = Gas::new(0);
    assert_eq!(load(&mut host_with(Fork::Istanbul, 7), &mut gas, KEY), Ok(U256::from(7)));
}

#[test]
fn a_static_frame_does_not_store() {
    let mut host =
        with_frame(host_in_frame(Fork::Osaka), |frame| Frame { is_static: true, ..frame });
    let mut gas = Gas::new(100_000);
    let result = store(&mut host, &mut gas, KEY, U256::from(1));
    assert_eq!(result, Err(Trap::StaticViolation.into()));
    assert_eq!(gas.left(), 100_000);
}
