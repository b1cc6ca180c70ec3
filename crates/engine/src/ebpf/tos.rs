//! Invocations of contracts on the host `tos`.

use core::fmt;
use std::sync::Arc;

use lockstep_guest::ebpf::{Config, Helper};
use lockstep_host::tos::{InvokeContext, functions};
use lockstep_rt::{
    Ended, Exit, Faulted, HostRow, LinkError, Machine as HostMachine, Program as Called, StepView,
    Trap,
};

use super::{
    instance::mapping,
    program::{Linked, Program},
    run::{Call, End, Machine, Outcome, RunError, Watch, run_on},
};
use crate::{contract::ebpf::price, tier::Tier};

/// Why a contract was not invoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InvokeError {
    /// It calls what the host does not offer.
    Link(LinkError),
    /// It was not run, or the machine failed.
    Run(RunError),
}

impl fmt::Display for InvokeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Link(error) => error.fmt(f),
            Self::Run(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for InvokeError {}

/// How programs for the host are loaded: they may call its system calls by name.
pub fn tos_config() -> Config {
    tos_config_with(&functions())
}

/// The same with system calls of one's own besides.
pub fn tos_config_with(rows: &[HostRow<InvokeContext<'_>>]) -> Config {
    let helpers = rows.iter().map(|row| Helper::named(row.name)).collect();
    Config { helpers, ..Config::default() }
}

/// Invokes a contract: it uses units of the context, whose budget it cannot exceed.
///
/// # Errors
///
/// [`InvokeError`] when it was not run, or the machine failed.
pub fn invoke(
    machine: &mut Machine,
    program: &Program,
    context: &mut InvokeContext<'_>,
    input: &[u8],
    tier: Tier,
) -> Result<Outcome, InvokeError> {
    invoke_with(machine, program, &functions(), context, input, tier)
}

/// The same on a host of these system calls.
///
/// # Errors
///
/// As for [`invoke`].
pub fn invoke_with<'c>(
    machine: &mut Machine,
    program: &Program,
    rows: &[HostRow<InvokeContext<'c>>],
    context: &mut InvokeContext<'c>,
    input: &[u8],
    tier: Tier,
) -> Result<Outcome, InvokeError> {
    run(machine, program, rows, context, (input, tier), None)
}

/// As [`invoke`], and shows `watch` each instruction.
///
/// # Errors
///
/// As for [`invoke`].
pub fn invoke_watched<'c>(
    machine: &mut Machine,
    program: &Program,
    context: &mut InvokeContext<'c>,
    (input, tier): (&[u8], Tier),
    watch: Watch<'_, InvokeContext<'c>>,
) -> Result<Outcome, InvokeError> {
    run(machine, program, &functions(), context, (input, tier), Some(watch))
}

fn run<'c>(
    machine: &mut Machine,
    program: &Program,
    rows: &[HostRow<InvokeContext<'c>>],
    context: &mut InvokeContext<'c>,
    (input, tier): (&[u8], Tier),
    watch: Option<Watch<'_, InvokeContext<'c>>>,
) -> Result<Outcome, InvokeError> {
    let linked = Linked::new(program, rows).map_err(InvokeError::Link)?;
    context.mapping = Arc::new(mapping(program.guest(), input.len() as u64));
    let gas = context.get_compute_units_remaining();
    let call = Call { input, gas, tier, returns_input: true };
    let machine = &*machine;
    let is_observed = watch.is_some();
    let mut below = Below { machine, rows, tier, config: tos_config_with(rows), watch };
    let outcome = machine.run_below(&linked, (context, &mut below), &call, is_observed);
    let outcome = outcome.map_err(InvokeError::Run)?;
    context.set_compute_units_remaining(outcome.gas_left);
    context.finish();
    Ok(outcome)
}

/// What runs the programs that a program calls.
struct Below<'m, 'w, 'c> {
    machine: &'m Machine,
    rows: &'m [HostRow<InvokeContext<'c>>],
    tier: Tier,
    config: Config,
    watch: Option<Watch<'w, InvokeContext<'c>>>,
}

impl<'c> HostMachine<InvokeContext<'c>> for Below<'_, '_, 'c> {
    fn run(
        &mut self,
        context: &mut InvokeContext<'c>,
        called: Called<'_>,
        output: &mut Vec<u8>,
    ) -> Result<Ended, Faulted> {
        let (executor, known) = self.machine.parts();
        let trapped = |trap| Ok(Ended { exit: Exit::Trap(trap), gas_left: 0 });
        let program = known.program(called.code, &self.config);
        let linked = program.and_then(|program| Linked::new(&program, self.rows).ok());
        let Some(linked) = linked else { return trapped(Trap::UndefinedOpcode) };
        let guest = linked.program().guest();
        let Called { code, input, gas, .. } = called;
        let price = price::instance(guest, code.len()).saturating_add(price::input(input.len()));
        let Some(gas) = gas.checked_sub(price) else { return trapped(Trap::OutOfGas) };
        context.mapping = Arc::new(mapping(guest, input.len() as u64));
        let call = Call { input, gas, tier: self.tier, returns_input: false };
        let is_observed = self.watch.is_some();
        let outcome = match run_on(executor, &linked, (context, self), &call, is_observed) {
            Ok(outcome) => outcome,
            Err(RunError::InputTooLong { .. }) => return trapped(Trap::MemoryOutOfBounds),
            Err(RunError::Reserve(_) | RunError::Fault) => return Err(Faulted),
        };
        let exit = match outcome.end {
            End::Returned(0) => Exit::Return,
            End::Returned(_) => Exit::Revert,
            End::Exit { revert, output: given } => {
                *output = given;
                if revert { Exit::Revert } else { Exit::Return }
            }
            End::Trap(trap) => Exit::Trap(trap),
        };
        Ok(Ended { exit, gas_left: outcome.gas_left })
    }

    fn step(&mut self, context: &mut InvokeContext<'c>, step: StepView<'_>) {
        if let Some(watch) = &mut self.watch {
            watch(context, step);
        }
    }
}
