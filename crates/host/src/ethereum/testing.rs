//! What the tests of this host share: a machine whose programs are closures, and a world to run them in.

use std::{collections::BTreeMap, rc::Rc};

use lockstep_base::{Address, Fork, U256};
use lockstep_rt::{Ended, Exit, Faulted, Machine, Program, Stop};
use lockstep_state::{Journal, MemoryStorage};

use super::{
    Block, Config, Ethereum, Fees, Receipt, TransactError, Transaction, TransactionKind,
    call::{self, CallKind, CallRequest},
    create::{self, CreateRequest},
    gas::Gas,
    host::Frame,
    message::frame_of,
    storage, transact,
};

pub(super) type Host = Ethereum<Journal<MemoryStorage>>;
type Script = Rc<dyn Fn(&mut Run<'_>) -> Result<Exit, Stop>>;

/// Who sends the transactions of the tests.
pub(super) const SENDER: Address = Address::from_low_u64(0x5e4d);
/// Who is paid.
pub(super) const COINBASE: Address = Address::from_low_u64(0xc01b);
/// A contract that runs a script.
pub(super) const CALLER: Address = Address::from_low_u64(0xca11);
/// Another.
pub(super) const CALLEE: Address = Address::from_low_u64(0xca77);
/// An account that is not in the state.
pub(super) const NOBODY: Address = Address::from_low_u64(0x9999);
/// What every account of the tests has.
pub(super) const WEALTH: u64 = 1 << 60;

/// Runs scripts: code is the name of a closure.
#[derive(Default, Clone)]
pub(super) struct Scripts(BTreeMap<Vec<u8>, Script>);

/// An activation of a script.
pub(super) struct Run<'a> {
    pub(super) host: &'a mut Host,
    pub(super) machine: &'a mut dyn Machine<Host>,
    pub(super) gas: Gas,
    pub(super) memory: Vec<u8>,
    pub(super) input: &'a [u8],
    pub(super) output: Vec<u8>,
}

impl Scripts {
    /// Makes `code` run `script`.
    pub(super) fn on(
        mut self,
        code: &[u8],
        script: impl Fn(&mut Run<'_>) -> Result<Exit, Stop> + 'static,
    ) -> Self {
        self.0.insert(code.to_vec(), Rc::new(script));
        self
    }
}

impl Machine<Host> for Scripts {
    fn run(
        &mut self,
        host: &mut Host,
        program: Program<'_>,
        output: &mut Vec<u8>,
    ) -> Result<Ended, Faulted> {
        assert!(!program.code.is_empty(), "empty code never reaches the machine");
        let script = Rc::clone(&self.0[&program.code[..]]);
        let gas = Gas::new(program.gas);
        let (memory, input) = (vec![0; 64], program.input);
        let mut run = Run { host, machine: self, gas, memory, input, output: Vec::new() };
        let result = script(&mut run);
        let gas_left = run.gas.left();
        *output = run.output;
        match result {
            Ok(exit) => Ok(Ended { exit, gas_left }),
            Err(Stop::Trap(trap)) => Ok(Ended { exit: Exit::Trap(trap), gas_left: 0 }),
            Err(Stop::Exit { .. }) => Ok(Ended { exit: Exit::Return, gas_left }),
            Err(Stop::Fault) => Err(Faulted),
        }
    }
}

impl Run<'_> {
    /// Calls `to` with the memory as input and its first 32 bytes as room for output.
    pub(super) fn call(&mut self, kind: CallKind, to: Address, gas: u64) -> Result<u64, Stop> {
        self.call_with(kind, to, U256::from(gas), 0)
    }

    /// Calls `to` with a value.
    pub(super) fn call_with(
        &mut self,
        kind: CallKind,
        to: Address,
        gas: U256,
        value: u64,
    ) -> Result<u64, Stop> {
        let request = CallRequest {
            kind,
            gas,
            to: to.into_word(),
            value: U256::from(value),
            input: (0, 64),
            output: (0, 32),
        };
        call::call(self.host, self.machine, &mut self.memory, &mut self.gas, &request)
    }

    /// Creates a contract by running `init_code`.
    pub(super) fn create(&mut self, value: u64, init_code: &[u8]) -> Result<U256, Stop> {
        let mut memory = init_code.to_vec();
        let request = CreateRequest {
            value: U256::from(value),
            init_code: (0, memory.len() as u64),
            salt: None,
        };
        create::create(self.host, self.machine, &mut memory, &mut self.gas, &request)
    }

    /// Stores a slot.
    pub(super) fn store(&mut self, key: u64, value: u64) -> Result<(), Stop> {
        storage::store(self.host, &mut self.gas, U256::from(key), U256::from(value))
    }
}

/// A state with the sender and both contracts, whose code is their name: `[1]` and `[2]`.
pub(super) fn state() -> MemoryStorage {
    let mut storage = MemoryStorage::default();
    let wealth = U256::from(WEALTH);
    storage.insert_account(SENDER, wealth, 0, &[]);
    storage.insert_account(CALLER, wealth, 1, &[1]);
    storage.insert_account(CALLEE, wealth, 1, &[2]);
    storage
}

/// A host over `storage` in a block whose base fee is 10.
pub(super) fn host_over(fork: Fork, storage: MemoryStorage) -> Host {
    let block = Block {
        number: 300,
        coinbase: COINBASE,
        gas_limit: 100_000_000,
        base_fee: U256::from(10),
        ..Block::default()
    };
    Ethereum::new(Journal::new(storage), Config::new(fork, 1), block)
}

/// A host over [`state`].
pub(super) fn host(fork: Fork) -> Host {
    host_over(fork, state())
}

/// A host that runs as [`CALLER`], for tests of one function.
pub(super) fn host_in_frame(fork: Fork) -> Host {
    let mut host = host(fork);
    let account = host.load(CALLER).expect("memory does not fail");
    host.frame = frame_of(account, CALLER, SENDER.into_word(), U256::ZERO);
    host
}

/// Makes the host's frame static or deep.
pub(super) fn with_frame(mut host: Host, change: impl Fn(Frame) -> Frame) -> Host {
    host.frame = change(host.frame);
    host
}

/// A legacy transaction from [`SENDER`] to [`CALLER`] with a price of 10.
pub(super) fn legacy() -> Transaction {
    Transaction {
        sender: SENDER,
        nonce: 0,
        gas_limit: 1_000_000,
        to: Some(CALLER),
        value: U256::ZERO,
        data: Vec::new(),
        chain_id: Some(1),
        access_list: Vec::new(),
        kind: TransactionKind::Legacy { gas_price: U256::from(10) },
    }
}

/// Fees for a base fee of 10: at most `max`, with a tip of `priority`.
pub(super) fn fees(max: u64, priority: u64) -> Fees {
    Fees { max_fee_per_gas: U256::from(max), max_priority_fee_per_gas: U256::from(priority) }
}

/// Runs a legacy transaction whose target runs `script`.
pub(super) fn run_script(
    host: &mut Host,
    scripts: Scripts,
    script: impl Fn(&mut Run<'_>) -> Result<Exit, Stop> + 'static,
) -> Receipt {
    try_script(host, scripts, script).expect("a valid transaction")
}

/// As [`run_script`], when it may fail.
pub(super) fn try_script(
    host: &mut Host,
    scripts: Scripts,
    script: impl Fn(&mut Run<'_>) -> Result<Exit, Stop> + 'static,
) -> Result<Receipt, TransactError> {
    let nonce = host.load(SENDER).map(|id| host.world.info(id).nonce).expect("a sender");
    let mut machine = scripts.on(&[1], script);
    transact(host, &mut machine, &Transaction { nonce, ..legacy() })
}

/// The balance of `address`.
pub(super) fn balance(host: &mut Host, address: Address) -> U256 {
    let id = host.load(address).expect("memory does not fail");
    host.world.info(id).balance
}

/// The nonce of `address`.
pub(super) fn nonce(host: &mut Host, address: Address) -> u64 {
    let id = host.load(address).expect("memory does not fail");
    host.world.info(id).nonce
}
