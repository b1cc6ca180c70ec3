//! Lockstep's side.

use std::sync::Arc;

use lockstep::{
    Engine, Ethereum, Exit, Journal, MemoryStorage, Options, Receipt, StepView, Tier, Tracer,
    TransactError, Vm,
};

use crate::{
    case::Case,
    outcome::{End, Outcome, accounts_after},
};

/// A cell of the matrix: which tier, and whether a tracer watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    pub tier: Tier,
    pub is_traced: bool,
}

impl std::fmt::Display for Cell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.tier, if self.is_traced { ", traced" } else { "" })
    }
}

/// One of our engines, for case after case.
pub struct Ours<'e> {
    pub cell: Cell,
    vm: Vm<'e, Arc<MemoryStorage>>,
}

/// Looks at nothing: that a tracer is there must change nothing.
struct Blind;

impl<W> Tracer<W> for Blind {
    fn step(&mut self, _: &Ethereum<W>, _: StepView<'_>) {}
}

impl<'e> Ours<'e> {
    pub fn new(engine: &'e Engine, cell: Cell) -> Result<Self, String> {
        let storage = Arc::new(MemoryStorage::default());
        let (config, options) =
            (lockstep::Config::new(lockstep::Fork::LATEST, 1), Options { tier: cell.tier });
        let vm = Vm::new(engine, storage, config, Default::default(), options);
        Ok(Self { cell, vm: vm.map_err(|error| error.to_string())? })
    }

    /// What we make of `case`, whose state is `pre`.
    pub fn run(&mut self, case: &Case, pre: &Arc<MemoryStorage>) -> Outcome {
        match self.cell.is_traced {
            true => self.run_traced(case, pre, &mut Blind),
            false => {
                self.vm.reset(pre.clone(), case.config(), case.block);
                let result = self.vm.transact(&case.transaction);
                self.outcome(result, pre)
            }
        }
    }

    /// The same, watched by `tracer`.
    pub fn run_traced(
        &mut self,
        case: &Case,
        pre: &Arc<MemoryStorage>,
        tracer: &mut dyn Tracer<Journal<Arc<MemoryStorage>>>,
    ) -> Outcome {
        self.vm.reset(pre.clone(), case.config(), case.block);
        let result = self.vm.transact_traced(&case.transaction, tracer);
        self.outcome(result, pre)
    }

    fn outcome(&mut self, result: Result<Receipt, TransactError>, pre: &MemoryStorage) -> Outcome {
        let receipt = match result {
            Ok(receipt) => receipt,
            Err(TransactError::Invalid(_)) => return Outcome::invalid(pre),
            Err(error @ TransactError::Fault(_)) => panic!("memory does not fail: {error}"),
        };
        Outcome {
            end: match receipt.exit {
                Exit::Return => End::Return,
                Exit::Revert => End::Revert,
                Exit::Trap(trap) => End::Halt(trap.name()),
            },
            output: receipt.output,
            gas_used: receipt.gas_used,
            gas_refunded: Some(receipt.gas_refunded),
            logs: receipt.logs,
            created: receipt.created,
            accounts: accounts_after(pre, &self.vm.journal().changes()),
        }
    }
}
