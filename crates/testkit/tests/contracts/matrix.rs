//! Who calls whom, over all guests: what is left is what is left when all are of the EVM, but for gas.

use lockstep::{Address, Exit, Hash};

use super::{
    chain::{DRIVER, Scene, Seen, assemble},
    script::{Deed, GUESTS, Kind},
};

const CALLER: u8 = 0xa1;
const CALLEE: u8 = 0xb2;
/// Gas that a callee gets.
const ENOUGH: u32 = 2_000_000;
const LITTLE: u32 = 100_000;

const CALL: Deed =
    Deed::Call { kind: Kind::Call, to: CALLEE, value: 0, gas: ENOUGH, input: 0, at: 10 };

/// What a caller and a callee do, and what must be seen whoever they are.
struct Case {
    name: &'static str,
    caller: &'static [Deed],
    callee: &'static [Deed],
    /// The caller's slot 10: one more than the status of its call.
    status: u64,
    /// A slot of the callee and what it holds.
    slot: (u64, u64),
}

const CASES: &[Case] = &[
    Case {
        name: "success",
        caller: &[Deed::Store(1, 1), CALL, Deed::Log(4), Deed::Finish(5)],
        callee: &[Deed::Store(1, 7), Deed::Log(3), Deed::StoreCaller(2), Deed::Finish(9)],
        status: 2,
        slot: (2, CALLER as u64),
    },
    Case {
        name: "revert",
        caller: &[Deed::Store(1, 1), CALL, Deed::Finish(5)],
        callee: &[Deed::Store(1, 7), Deed::Log(3), Deed::Revert(9)],
        status: 1,
        slot: (1, 0),
    },
    Case {
        name: "out of gas",
        caller: &[
            Deed::Call { kind: Kind::Call, to: CALLEE, value: 0, gas: LITTLE, input: 0, at: 10 },
            Deed::Store(1, 1),
        ],
        callee: &[Deed::Store(1, 7), Deed::Log(3), Deed::Burn],
        status: 1,
        slot: (1, 0),
    },
    Case {
        name: "static write",
        caller: &[
            Deed::Call { kind: Kind::Static, to: CALLEE, value: 0, gas: LITTLE, input: 0, at: 10 },
            Deed::Finish(1),
        ],
        callee: &[Deed::Store(1, 7), Deed::Finish(9)],
        status: 1,
        slot: (1, 0),
    },
    Case {
        name: "static log",
        caller: &[
            Deed::Call { kind: Kind::Static, to: CALLEE, value: 0, gas: LITTLE, input: 0, at: 10 },
            Deed::Finish(1),
        ],
        callee: &[Deed::Log(7)],
        status: 1,
        slot: (1, 0),
    },
    Case {
        name: "static reading",
        caller: &[
            Deed::Call { kind: Kind::Static, to: CALLEE, value: 0, gas: ENOUGH, input: 0, at: 10 },
            Deed::Finish(1),
        ],
        callee: &[Deed::Finish(9)],
        status: 2,
        slot: (1, 0),
    },
    Case {
        name: "re-entry",
        caller: &[Deed::Guard(&[Deed::StoreCaller(5), Deed::Log(8)]), CALL, Deed::Store(6, 1)],
        callee: &[
            Deed::Store(1, 7),
            Deed::Call { kind: Kind::Call, to: CALLER, value: 2, gas: LITTLE, input: 1, at: 20 },
            Deed::Finish(9),
        ],
        status: 2,
        slot: (20, 2),
    },
    Case {
        name: "re-entry that fails",
        caller: &[Deed::Guard(&[Deed::Store(5, 5), Deed::Log(8), Deed::Revert(3)]), CALL],
        callee: &[
            Deed::Call { kind: Kind::Call, to: CALLER, value: 2, gas: LITTLE, input: 1, at: 20 },
            Deed::Store(1, 7),
        ],
        status: 2,
        slot: (20, 1),
    },
    Case {
        name: "value",
        caller: &[
            Deed::StoreValue(3),
            Deed::Call { kind: Kind::Call, to: CALLEE, value: 3, gas: ENOUGH, input: 0, at: 10 },
        ],
        callee: &[Deed::StoreValue(1), Deed::StoreOwn(2)],
        status: 2,
        slot: (1, 3),
    },
    Case {
        name: "value that comes back with a revert",
        caller: &[Deed::Call {
            kind: Kind::Call,
            to: CALLEE,
            value: 3,
            gas: ENOUGH,
            input: 0,
            at: 10,
        }],
        callee: &[Deed::StoreValue(1), Deed::Revert(1)],
        status: 1,
        slot: (1, 0),
    },
    Case {
        name: "code that is lent",
        caller: &[Deed::Call {
            kind: Kind::Delegate,
            to: CALLEE,
            value: 0,
            gas: ENOUGH,
            input: 0,
            at: 10,
        }],
        callee: &[Deed::StoreValue(1), Deed::StoreCaller(2), Deed::StoreOwn(3), Deed::Finish(4)],
        status: 2,
        slot: (1, 0),
    },
];

/// Calls the caller with some money and enough gas.
const DRIVES: &str = "0 0 0 0 11 0xa1 5000000 CALL 1 ADD 0 SSTORE STOP";

fn account(byte: u8) -> Address {
    Address::from_low_u64(byte.into())
}

/// What a call of the driver leaves, but for code and gas, which are different.
fn play(caller: &[u8], callee: &[u8]) -> Seen {
    let driver = assemble(DRIVES);
    let accounts = [(DRIVER, &driver[..]), (account(CALLER), caller), (account(CALLEE), callee)];
    let mut seen = Scene { value: 20, ..Scene::of(&accounts) }.play();
    for byte in [CALLER, CALLEE] {
        let change = seen.changes.accounts.get_mut(&account(byte));
        if let Some(info) = change.and_then(|change| change.info.as_mut()) {
            info.code_hash = Hash::ZERO;
        }
    }
    seen.outcome.gas_left = 0;
    seen
}

#[test]
fn every_guest_calls_every_guest() {
    for case in CASES {
        let mut expected = None;
        for caller in GUESTS {
            for callee in GUESTS {
                let name = format!("{}: {} calls {}", case.name, caller.name, callee.name);
                let seen = play(&(caller.write)(case.caller), &(callee.write)(case.callee));
                assert_eq!(seen.outcome.exit, Exit::Return, "{name}");
                assert_eq!(seen.slot(DRIVER, 0), 2, "{name}");
                assert_eq!(seen.slot(account(CALLER), 10), case.status, "{name}");
                let (key, value) = case.slot;
                assert_eq!(seen.slot(account(CALLEE), key), value, "{name}");
                let all_evm = expected.get_or_insert_with(|| seen.clone());
                assert_eq!(*all_evm, seen, "{name}");
            }
        }
    }
}
