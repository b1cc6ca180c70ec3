//! Lockstep's side.

use std::hint::black_box;

use lockstep::{
    Address, Block, CallOutcome, Engine, Exit, MemoryStorage, Message, Options, Receipt, Tier,
    U256, Vm,
};

use crate::{
    clock::Clock,
    evm::{
        answer::Answer,
        case::{CALLER, CONTRACT, CallCase, TransactionCase, config},
    },
};

/// A contract that stops at once; running it touches what a first call of a process would pay for.
const PRIMER: Address = Address([0x33; 20]);

/// Repeats one call.
pub struct Caller<'a> {
    vm: Vm<'a, MemoryStorage>,
    message: Message<'a>,
}

/// The block calls run in: what its opcodes answer is in no expected value.
fn call_block() -> Block {
    Block { gas_limit: 1 << 62, ..Block::default() }
}

fn message(case: &CallCase) -> Message<'_> {
    Message {
        caller: CALLER,
        to: Some(CONTRACT),
        value: U256::ZERO,
        input: &case.calldata,
        gas: case.gas_limit,
    }
}

impl<'a> Caller<'a> {
    pub fn new(engine: &'a Engine, case: &'a CallCase, tier: Tier) -> Result<Self, String> {
        let vm = Vm::new(engine, case.storage(), config(), call_block(), Options { tier });
        Ok(Self { vm: vm.map_err(|error| error.to_string())?, message: message(case) })
    }

    /// From now on hashes every input anew.
    pub fn forget_digests(&mut self) {
        self.vm.keep_digests(false);
    }

    pub fn run(&mut self) {
        self.vm.journal().clear();
        black_box(self.vm.call(&self.message)).expect("memory does not fail");
    }

    pub fn answer(&mut self) -> Result<Answer, String> {
        self.vm.journal().clear();
        let outcome = self.vm.call(&self.message).map_err(|error| error.to_string())?;
        Ok(answer_of(outcome, self.message.gas))
    }
}

fn answer_of(outcome: CallOutcome, gas: u64) -> Answer {
    Answer { end: end_of(outcome.exit), output: outcome.output, gas: gas - outcome.gas_left }
}

fn end_of(exit: Exit) -> &'static str {
    match exit {
        Exit::Return => "return",
        Exit::Revert => "revert",
        Exit::Trap(trap) => trap.name(),
    }
}

/// Time of a call whose code nobody has seen.
pub fn first_call_ns(case: &CallCase, tier: Tier) -> Result<u64, String> {
    let engine = Engine::new();
    let mut storage = case.storage();
    storage.insert_account(PRIMER, U256::ZERO, 1, &[0]);
    let mut vm = Vm::new(&engine, storage, config(), call_block(), Options { tier })
        .map_err(|error| error.to_string())?;
    let primer = Message { to: Some(PRIMER), gas: 100, ..Message::default() };
    vm.call(&primer).map_err(|error| error.to_string())?;
    let start = Clock::now_ns();
    vm.journal().clear();
    black_box(vm.call(&message(case))).map_err(|error| error.to_string())?;
    Ok(Clock::now_ns() - start)
}

/// Repeats one transaction.
pub struct Transactor<'a> {
    vm: Vm<'a, MemoryStorage>,
    case: &'a TransactionCase,
}

impl<'a> Transactor<'a> {
    pub fn new(engine: &'a Engine, case: &'a TransactionCase, tier: Tier) -> Result<Self, String> {
        let mut storage = case.storage();
        storage.insert_account(PRIMER, U256::ZERO, 1, &[0]);
        let vm = Vm::new(engine, storage, config(), case.block, Options { tier });
        Ok(Self { vm: vm.map_err(|error| error.to_string())?, case })
    }

    /// Runs something else, so that what is left to pay belongs to the transaction's own code.
    pub fn prime(&mut self) -> Result<(), String> {
        let primer = Message { to: Some(PRIMER), gas: 100, ..Message::default() };
        self.vm.call(&primer).map(drop).map_err(|error| error.to_string())
    }

    pub fn run(&mut self) -> Receipt {
        self.vm.journal().clear();
        let receipt = black_box(self.vm.transact(&self.case.transaction));
        receipt.expect("the case is a valid transaction")
    }

    pub fn answer(&mut self) -> Result<Answer, String> {
        self.vm.journal().clear();
        let receipt =
            self.vm.transact(&self.case.transaction).map_err(|error| error.to_string())?;
        Ok(Answer { end: end_of(receipt.exit), output: receipt.output, gas: receipt.gas_used })
    }
}
