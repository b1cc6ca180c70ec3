//! A chain on which Wasm contracts are allowed, and what a call to it leaves.

use std::fmt::Write;

use lockstep::{
    Address, CallOutcome, Changes, Config, Engine, Fork, MemoryStorage, Message, Options, Tier,
    U256, Vm,
};
use lockstep_host::ethereum::wasm::{FUNCTIONS, functions};
use lockstep_ir::Type;
use lockstep_state::Journal;

pub(crate) use lockstep_testkit::assemble::assemble;

/// Who calls.
pub(crate) const SENDER: Address = Address::from_low_u64(0x5e4d);
/// The EVM contract that is called first.
pub(crate) const DRIVER: Address = Address::from_low_u64(0xd1);
/// The contract that is a Wasm one here and an EVM one there.
pub(crate) const TWIN: Address = Address::from_low_u64(0xe2);
/// Another EVM contract.
pub(crate) const OTHER: Address = Address::from_low_u64(0xf3);

pub(crate) const GAS: u64 = 10_000_000;
pub(crate) const WEALTH: u64 = 1_000_000;

/// A module that imports everything, has a page of memory, and `body`.
pub(crate) fn module(body: &str) -> Vec<u8> {
    let mut text = String::from("(module\n");
    for (row, function) in functions::<Journal<MemoryStorage>>().iter().zip(FUNCTIONS) {
        let name = function.name.strip_prefix("eth.").expect("the module's name");
        let types = |types: &[Type]| {
            let name = |ty: &Type| if *ty == Type::I32 { "i32 " } else { "i64 " };
            types.iter().map(name).collect::<String>()
        };
        let (params, results) = (types(row.params), types(row.results));
        writeln!(
            text,
            "(import \"eth\" \"{name}\" (func ${name} (param {params}) (result {results})))"
        )
        .expect("writing to a string succeeds");
    }
    wat(&format!("{text}(memory 1)\n{body})"))
}

/// The module that `text` spells.
pub(crate) fn wat(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// Such a module whose `main` does `body`.
pub(crate) fn main(body: &str) -> Vec<u8> {
    module(&format!("(func (export \"main\") {body})"))
}

/// What a call left.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Seen {
    pub(crate) outcome: CallOutcome,
    pub(crate) changes: Changes,
}

/// A message to a state in which `accounts` have code and some money.
pub(crate) struct Scene<'a> {
    pub(crate) fork: Fork,
    pub(crate) accounts: &'a [(Address, &'a [u8])],
    pub(crate) to: Option<Address>,
    pub(crate) input: &'a [u8],
    pub(crate) value: u64,
    pub(crate) gas: u64,
}

impl<'a> Scene<'a> {
    pub(crate) fn of(accounts: &'a [(Address, &'a [u8])]) -> Self {
        Self { fork: Fork::LATEST, accounts, to: Some(DRIVER), input: &[], value: 0, gas: GAS }
    }

    /// What it leaves, equal in all tiers, on a chain that has Wasm contracts.
    pub(crate) fn play(&self) -> Seen {
        let seen = Tier::ALL.iter().map(|tier| (tier, self.play_on(*tier, true)));
        seen.reduce(|one, other| {
            assert_eq!(one.1, other.1, "{} and {} differ", one.0, other.0);
            one
        })
        .expect("there are tiers")
        .1
    }

    pub(crate) fn play_on(&self, tier: Tier, wasm_contracts: bool) -> Seen {
        let mut storage = MemoryStorage::default();
        storage.insert_account(SENDER, U256::from(WEALTH), 0, &[]);
        for (address, code) in self.accounts {
            storage.insert_account(*address, U256::from(WEALTH), 1, code);
        }
        let config = Config { wasm_contracts, ..Config::new(self.fork, 7) };
        let block = lockstep::Block {
            number: 1234,
            timestamp: 5678,
            gas_limit: 30_000_000,
            coinbase: Address::from_low_u64(0xc01b),
            base_fee: U256::from(9),
            prev_randao: U256::from(0xabcdef),
            ..lockstep::Block::default()
        };
        let engine = Engine::new();
        let mut vm =
            Vm::new(&engine, storage, config, block, Options { tier }).expect("address space");
        let outcome = vm
            .call(&Message {
                caller: SENDER,
                to: self.to,
                value: U256::from(self.value),
                input: self.input,
                gas: self.gas,
            })
            .expect("memory does not fail");
        Seen { outcome, changes: vm.journal().changes() }
    }
}
