//! One call to one contract, on every tier.

use lockstep::{
    Address, CallOutcome, Config, Engine, Exit, Fork, MemoryStorage, Message, Options, Tier, Trap,
    U256, Vm,
};

pub(crate) use lockstep_testkit::assemble::assemble;

pub(crate) const CALLER: Address = Address::from_low_u64(0xca11);
pub(crate) const CONTRACT: Address = Address::from_low_u64(0xc0de);
pub(crate) const GAS: u64 = 1_000_000;
pub(crate) const OUT_OF_GAS: Exit = Exit::Trap(Trap::OutOfGas);

/// A machine on a state in which `contracts` have code and the caller has money.
pub(crate) fn machine<'e>(
    engine: &'e Engine,
    fork: Fork,
    tier: Tier,
    contracts: &[(Address, &[u8])],
) -> Vm<'e, MemoryStorage> {
    let config = Config::new(fork, 1);
    Vm::new(engine, state(contracts), config, Default::default(), Options { tier })
        .expect("address space")
}

pub(crate) fn state(contracts: &[(Address, &[u8])]) -> MemoryStorage {
    let mut storage = MemoryStorage::default();
    storage.insert_account(CALLER, U256::from(u64::MAX), 0, &[]);
    for (address, code) in contracts {
        storage.insert_account(*address, U256::ZERO, 1, code);
    }
    storage
}

/// A call as a transaction of its own.
pub(crate) fn call(
    vm: &mut Vm<'_, MemoryStorage>,
    to: Address,
    input: &[u8],
    gas: u64,
) -> CallOutcome {
    let message = Message { caller: CALLER, to: Some(to), input, gas, ..Message::default() };
    vm.call(&message).expect("memory does not fail")
}

/// What a call to `code` does under `fork`; all tiers do the same.
pub(crate) fn run(fork: Fork, code: &[u8], gas: u64) -> CallOutcome {
    let outcomes = Tier::ALL.iter().map(|tier| {
        let engine = Engine::new();
        call(&mut machine(&engine, fork, *tier, &[(CONTRACT, code)]), CONTRACT, &[], gas)
    });
    outcomes
        .reduce(|one, other| {
            assert_eq!(one, other, "tiers differ on {code:02x?}");
            one
        })
        .expect("there are tiers")
}

/// What a program in mnemonics uses of [`GAS`] under the latest rules, if it returns.
pub(crate) fn gas_used(text: &str) -> u64 {
    let outcome = run(Fork::LATEST, &assemble(text), GAS);
    assert_eq!(outcome.exit, Exit::Return, "{text}");
    GAS - outcome.gas_left
}
