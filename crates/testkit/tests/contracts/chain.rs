//! A chain on which contracts of other guests are allowed, and what a call to it leaves.

use std::{collections::BTreeSet, fmt::Write};

use lockstep::{
    Address, CallOutcome, Changes, Config, Engine, Ethereum, Fork, Hash, Heat, MemoryStorage,
    Message, Options, StepView, Tier, Tracer, U256, Vm,
};
use lockstep_host::ethereum::contract::{FUNCTIONS, wasm_functions};
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

/// The hash that the message goes by.
pub(crate) const TRANSACTION: Hash = Hash([0x77; 32]);
pub(crate) const GAS: u64 = 10_000_000;
pub(crate) const WEALTH: u64 = 1_000_000;

/// A module that imports what `body` names, has a page of memory, and `body`.
pub(crate) fn module(body: &str) -> Vec<u8> {
    let mut text = String::from("(module\n");
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    let named: BTreeSet<&str> = body.split(|c| !is_part(c)).collect();
    for (row, function) in wasm_functions::<Journal<MemoryStorage>>().iter().zip(FUNCTIONS) {
        let name = function.name;
        if !named.contains(format!("${name}").as_str()) {
            continue;
        }
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

    /// What it leaves, equal in all tiers and under observation, on a chain that has Wasm contracts; and all tiers show the
    /// same instructions.
    pub(crate) fn play(&self) -> Seen {
        let seen = Tier::ALL.iter().map(|tier| {
            let (plain, mut steps) = (self.play_on(*tier, true), Steps::default());
            let observed = self.play_in(&Engine::new(), *tier, true, Some(&mut steps));
            assert_eq!(plain, observed, "observation in {tier} changes something");
            (tier, plain, steps)
        });
        seen.reduce(|one, other| {
            assert_eq!(one.1, other.1, "{} and {} differ", one.0, other.0);
            assert_eq!(one.2, other.2, "{} and {} show something else", one.0, other.0);
            one
        })
        .expect("there are tiers")
        .1
    }

    pub(crate) fn play_on(&self, tier: Tier, allowed: bool) -> Seen {
        self.play_in(&Engine::new(), tier, allowed, None)
    }

    /// What it leaves where all that is called is hot at once.
    pub(crate) fn play_hot(&self) -> Seen {
        let engine = Engine::new().with_heat(Heat::of(0).awaited());
        self.play_in(&engine, Tier::Adaptive, true, None)
    }

    fn play_in(
        &self,
        engine: &Engine,
        tier: Tier,
        allowed: bool,
        steps: Option<&mut Steps>,
    ) -> Seen {
        let mut storage = MemoryStorage::default();
        storage.insert_account(SENDER, U256::from(WEALTH), 0, &[]);
        for (address, code) in self.accounts {
            storage.insert_account(*address, U256::from(WEALTH), 1, code);
        }
        let config = Config {
            wasm_contracts: allowed,
            ebpf_contracts: allowed,
            ..Config::new(self.fork, 7)
        };
        let block = lockstep::Block {
            number: 1234,
            timestamp: 5678,
            gas_limit: 30_000_000,
            coinbase: Address::from_low_u64(0xc01b),
            base_fee: U256::from(9),
            prev_randao: U256::from(0xabcdef),
            ..lockstep::Block::default()
        };
        let mut vm =
            Vm::new(engine, storage, config, block, Options { tier }).expect("address space");
        vm.set_transaction_hash(TRANSACTION);
        let message = Message {
            caller: SENDER,
            to: self.to,
            value: U256::from(self.value),
            input: self.input,
            gas: self.gas,
        };
        let outcome = match steps {
            None => vm.call(&message),
            Some(steps) => vm.call_traced(&message, steps),
        };
        let outcome = outcome.expect("memory does not fail");
        Seen { outcome, changes: vm.journal().changes() }
    }
}

/// The instructions that were shown: how many, and a digest of place, gas, depth and operands of each.
#[derive(Debug, Default, PartialEq)]
struct Steps {
    count: u64,
    digest: u64,
}

impl Tracer<Journal<MemoryStorage>> for Steps {
    fn step(&mut self, host: &Ethereum<Journal<MemoryStorage>>, step: StepView<'_>) {
        self.count += 1;
        let numbers = [u64::from(step.pc), step.gas, host.depth().into(), step.memory.len() as u64];
        let operands = step.operands.iter().flat_map(|shown| shown.bits);
        for number in numbers.into_iter().chain(step.window.iter().copied()).chain(operands) {
            // FNV-1a over words.
            let mixed = (self.digest ^ number).wrapping_mul(0x0100_0000_01b3);
            self.digest = mixed.rotate_left(23);
        }
    }
}

/// Calls the twin with its own input and value, stores one more than the status in slot 0, and returns what came back.
pub(crate) const CALLS_TWIN: &str = "CALLDATASIZE 0 0 CALLDATACOPY 0 0 CALLDATASIZE 0 CALLVALUE 0xe2 GAS CALL 1 ADD 0 SSTORE \
     RETURNDATASIZE 0 0 RETURNDATACOPY RETURNDATASIZE 0 RETURN";

/// A driver, the twin in Wasm and in EVM code, and another EVM contract.
pub(crate) struct Twins<'a> {
    pub(crate) fork: Fork,
    pub(crate) driver: &'a str,
    pub(crate) wasm: &'a [u8],
    pub(crate) evm: &'a str,
    pub(crate) other: &'a str,
    pub(crate) input: &'a [u8],
    pub(crate) value: u64,
    pub(crate) gas: u64,
}

impl Default for Twins<'_> {
    fn default() -> Self {
        let (driver, fork) = (CALLS_TWIN, Fork::LATEST);
        Self { fork, driver, wasm: &[], evm: "", other: "", input: &[], value: 0, gas: GAS }
    }
}

impl Twins<'_> {
    /// What a call of the driver leaves: the same with either twin, but for gas.
    pub(crate) fn agree(&self) -> Seen {
        let (driver, other) = (assemble(self.driver), assemble(self.other));
        let play = |twin: &[u8]| {
            let accounts = [(DRIVER, &driver[..]), (TWIN, twin), (OTHER, &other[..])];
            let Self { fork, input, value, gas, .. } = *self;
            Scene { fork, input, value, gas, ..Scene::of(&accounts) }.play()
        };
        let (mut wasm, mut evm) = (play(self.wasm), play(&assemble(self.evm)));
        // They are different code after all.
        for seen in [&mut wasm, &mut evm] {
            let twin = seen.changes.accounts.get_mut(&TWIN);
            if let Some(info) = twin.and_then(|change| change.info.as_mut()) {
                info.code_hash = Hash::ZERO;
            }
        }
        let gas_left = std::mem::replace(&mut wasm.outcome.gas_left, evm.outcome.gas_left);
        assert_eq!(wasm, evm, "twins differ");
        wasm.outcome.gas_left = gas_left;
        wasm
    }
}

impl Seen {
    /// The word that the call left in a slot.
    pub(crate) fn slot(&self, of: Address, key: u64) -> u64 {
        let Some(change) = self.changes.accounts.get(&of) else { return 0 };
        let found = change.slots.get(&U256::from(key)).copied().unwrap_or_default();
        u64::try_from(found).expect("a small number")
    }
}
