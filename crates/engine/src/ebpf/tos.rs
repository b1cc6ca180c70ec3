//! Invocations of contracts on the host `tos`.

use core::fmt;
use std::sync::Arc;

use lockstep_guest::ebpf::{Config, Helper};
use lockstep_host::tos::{InvokeContext, functions};
use lockstep_rt::{HostRow, LinkError};

use super::{
    instance::mapping,
    program::{Linked, Program},
    run::{Call, Machine, Outcome, RunError, Watch},
};
use crate::tier::Tier;

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
    let outcome = match watch {
        None => machine.run(&linked, context, &call),
        Some(watch) => machine.run_watched(&linked, context, &call, watch),
    };
    let outcome = outcome.map_err(InvokeError::Run)?;
    context.set_compute_units_remaining(outcome.gas_left);
    Ok(outcome)
}
