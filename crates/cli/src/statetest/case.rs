//! One case: a transaction of a test under one fork.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use lockstep::{
    Config, EmptyAccounts, Engine, Fork, Hash, Journal, MemoryStorage, Options, Receipt, Storage,
    StorageError, Tracer, TransactError, Vm, logs_hash,
};

use crate::{
    fixture::{Expectation, Rejection, StateTest},
    panics,
};

/// A state that several cases begin with.
pub type SharedState = Arc<MemoryStorage>;

/// A transaction of a test under one fork, with what is expected of it.
#[derive(Debug, Clone)]
pub struct Case<'t> {
    /// The test.
    pub test: &'t StateTest,
    /// The state before.
    pub before: SharedState,
    /// The rules.
    pub fork: Fork,
    /// What is expected, and which transaction.
    pub expected: &'t Expectation,
}

/// What a case did.
#[derive(Debug)]
pub struct Outcome {
    /// The receipt, or why there is none.
    pub receipt: Result<Receipt, Rejection>,
    /// The state afterwards.
    pub after: MemoryStorage,
    /// Its root.
    pub state_root: Hash,
    /// The hash of the logs.
    pub logs_hash: Hash,
}

/// Why a case did not pass.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// It was rejected and should not have been.
    #[error("unexpected rejection: {0}")]
    Rejected(Rejection),
    /// It should have been rejected.
    #[error("expected rejection {0}, but the transaction ran")]
    NotRejected(String),
    /// Another state.
    #[error("post state root mismatch: got {got}, want {want}")]
    StateRoot {
        /// What came out.
        got: Hash,
        /// What the fixture says.
        want: Hash,
    },
    /// Other logs.
    #[error("post state logs hash mismatch: got {got}, want {want}")]
    LogsHash {
        /// What came out.
        got: Hash,
        /// What the fixture says.
        want: Hash,
    },
    /// The machine failed.
    #[error("machine fault: {0}")]
    Fault(StorageError),
    /// The machine could not be made.
    #[error("{0}")]
    Machine(#[from] lockstep::VmError),
    /// A bug of ours.
    #[error("panic: {0}")]
    Panic(String),
}

/// What accounts may have as code beside that of the EVM: no chain that state tests describe has either.
#[derive(Debug, Clone, Copy, Default)]
pub struct Contracts {
    /// Wasm modules.
    pub wasm: bool,
    /// Programs of eBPF.
    pub ebpf: bool,
}

/// Runs cases one after the other on one machine.
#[derive(Debug)]
pub struct CaseRunner<'e> {
    engine: &'e Engine,
    options: Options,
    contracts: Contracts,
    vm: Option<Vm<'e, SharedState>>,
}

impl<'e> CaseRunner<'e> {
    /// A runner on `engine`.
    pub fn new(engine: &'e Engine, options: Options) -> Self {
        Self { engine, options, contracts: Contracts::default(), vm: None }
    }

    /// The same, on chains that have these contracts.
    #[must_use]
    pub fn with_contracts(self, contracts: Contracts) -> Self {
        Self { contracts, ..self }
    }

    /// Runs `case`, and shows `tracer` each instruction if there is one.
    ///
    /// # Errors
    ///
    /// [`Failure::Fault`], [`Failure::Machine`], [`Failure::Panic`]: nothing that a fixture can expect.
    pub fn run(
        &mut self,
        case: &Case<'_>,
        tracer: Option<&mut dyn Tracer<Journal<SharedState>>>,
    ) -> Result<Outcome, Failure> {
        match catch_unwind(AssertUnwindSafe(|| self.run_unguarded(case, tracer))) {
            Ok(outcome) => outcome,
            Err(panic) => {
                // Its state is unknown.
                self.vm = None;
                Err(Failure::Panic(panics::message(&*panic).to_owned()))
            }
        }
    }

    fn run_unguarded(
        &mut self,
        case: &Case<'_>,
        tracer: Option<&mut dyn Tracer<Journal<SharedState>>>,
    ) -> Result<Outcome, Failure> {
        let vm = self.prepare(case)?;
        let chain_id = vm.host().config().chain_id;
        let receipt = match case.test.transaction.at(case.expected.indexes, chain_id) {
            Err(rejection) => Err(rejection),
            Ok(transaction) => {
                let done = match tracer {
                    None => vm.transact(&transaction),
                    Some(tracer) => vm.transact_traced(&transaction, tracer),
                };
                match done {
                    Ok(receipt) => Ok(receipt),
                    Err(TransactError::Invalid(error)) => Err(error.into()),
                    Err(TransactError::Fault(error)) => return Err(Failure::Fault(error)),
                }
            }
        };
        reward_nothing(vm).map_err(Failure::Fault)?;
        let mut after = (*case.before).clone();
        after.apply(&vm.journal().changes());
        let logs_hash = match &receipt {
            Ok(receipt) => logs_hash(receipt.logs.iter().map(|log| log.as_ref())),
            Err(_) => logs_hash([]),
        };
        Ok(Outcome { receipt, state_root: after.state_root(), after, logs_hash })
    }

    /// The machine, with the case's state and block.
    fn prepare(&mut self, case: &Case<'_>) -> Result<&mut Vm<'e, SharedState>, Failure> {
        let Contracts { wasm: wasm_contracts, ebpf: ebpf_contracts } = self.contracts;
        let config = case.test.config.under(case.fork);
        let config = Config { wasm_contracts, ebpf_contracts, ..config };
        let block = case.test.env.block();
        let before = case.before.clone();
        let vm = match self.vm.take() {
            Some(mut vm) => {
                vm.reset(before, config, block);
                vm
            }
            None => Vm::new(self.engine, before, config, block, self.options)?,
        };
        Ok(self.vm.insert(vm))
    }
}

/// Ends the block as state tests do: the coinbase gets a reward of zero, which touches it.
fn reward_nothing<S: Storage>(vm: &mut Vm<'_, S>) -> Result<(), StorageError> {
    let empty_accounts = match vm.host().config().has(Fork::SpuriousDragon) {
        true => EmptyAccounts::Delete,
        false => EmptyAccounts::Keep,
    };
    let coinbase = vm.host().block().coinbase;
    let journal = vm.journal();
    journal.begin_transaction();
    let id = journal.account(coinbase)?;
    journal.touch(id);
    journal.finish_transaction(empty_accounts);
    Ok(())
}

/// Whether `outcome` is what was `expected`.
///
/// # Errors
///
/// The first difference.
pub fn judge(expected: &Expectation, outcome: &Outcome) -> Result<(), Failure> {
    match (&outcome.receipt, &expected.expect_exception) {
        (Ok(_), Some(exception)) => return Err(Failure::NotRejected(exception.clone())),
        (Err(rejection), None) => return Err(Failure::Rejected(rejection.clone())),
        _ => {}
    }
    let (got, want) = (outcome.state_root, expected.hash.0);
    if got != want {
        return Err(Failure::StateRoot { got, want });
    }
    let (got, want) = (outcome.logs_hash, expected.logs.0);
    if got != want {
        return Err(Failure::LogsHash { got, want });
    }
    Ok(())
}
