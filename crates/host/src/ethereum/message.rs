//! Activations: what a message call does once it is paid for.
//!
//! ```text
//! checkpoint -> move value -> precompile | nothing | machine.run -> commit, or revert unless it returned
//! ```
//!
//! Invariants: an activation that does not return leaves nothing but warmed accounts of its caller; it never leaves
//! more gas than it got; the host's frame afterwards is what it was before.

use std::{mem, sync::Arc};

use lockstep_base::{Address, Fork, Hash, U256};
use lockstep_rt::{Ended, Exit, Faulted, Machine, Program, Trap};
use lockstep_state::AccountId;

use super::{
    Ethereum, World,
    contract::{Guest, Running},
    delegation,
    host::Frame,
    precompile::{self, Precompile},
};

/// The contract whose touch survives a revert: what main net did at block 2,675,119 (EIP-161 "Addendum").
const TOUCHED_FOR_GOOD: Address = Address::from_low_u64(3);

/// What an activation runs.
#[derive(Debug, Clone)]
pub(super) enum Runs {
    /// No code.
    Nothing,
    /// A precompiled contract.
    Precompile(&'static Precompile),
    /// Code, with its hash if its translation is worth keeping.
    Code(Arc<[u8]>, Option<Hash>),
}

/// An activation, ready to start.
#[derive(Debug)]
pub(super) struct Activation<'a> {
    pub(super) frame: Frame,
    /// Who sends the frame's value; `None` when none moves (DELEGATECALL).
    pub(super) sender: Option<AccountId>,
    pub(super) runs: Runs,
    pub(super) input: &'a [u8],
    pub(super) gas: u64,
}

/// Runs a message call and leaves what it returned in `output`.
pub(super) fn activate<W: World>(
    host: &mut Ethereum<W>,
    machine: &mut dyn Machine<Ethereum<W>>,
    activation: Activation<'_>,
    output: &mut Vec<u8>,
) -> Result<Ended, Faulted> {
    output.clear();
    let checkpoint = host.world.checkpoint();
    let Activation { frame, sender, runs, input, gas } = activation;
    if let Some(sender) = sender
        && let Err(trap) = move_value(host, sender, &frame)
    {
        host.world.revert_to(checkpoint);
        return Ok(trapped(trap));
    }
    let ended = match runs {
        Runs::Nothing => Ended { exit: Exit::Return, gas_left: gas },
        Runs::Precompile(contract) => {
            run_precompile(host.config.fork, contract, input, gas, output)
        }
        Runs::Code(code, code_hash) => {
            let program = Program { code: &code, code_hash, input, gas };
            run(host, machine, frame, program, output)?
        }
    };
    match ended.exit {
        Exit::Return => host.world.commit(checkpoint),
        Exit::Revert | Exit::Trap(_) => host.world.revert_to(checkpoint),
    }
    Ok(ended)
}

/// An activation that ended by `trap` and left nothing.
pub(super) fn trapped(trap: Trap) -> Ended {
    Ended { exit: Exit::Trap(trap), gas_left: 0 }
}

/// Runs `program` in `frame`.
///
/// # Panics
///
/// When the machine leaves more gas than it got: then somebody made gas.
#[inline(never)]
pub(super) fn run<W: World>(
    host: &mut Ethereum<W>,
    machine: &mut dyn Machine<Ethereum<W>>,
    frame: Frame,
    program: Program<'_>,
    output: &mut Vec<u8>,
) -> Result<Ended, Faulted> {
    let gas = program.gas;
    let caller = mem::replace(&mut host.frame, frame);
    let caller_data = mem::take(&mut host.return_data);
    let ended = match host.guest_of(program.code) {
        Guest::Evm => machine.run(host, program, output),
        _ => run_contract(host, machine, program, output),
    };
    host.frame = caller;
    host.return_data = caller_data;
    if let Ok(ended) = &ended {
        assert!(ended.gas_left <= gas, "an activation leaves at most the gas it got");
        if matches!(ended.exit, Exit::Trap(_)) {
            output.clear();
        }
    }
    ended
}

/// Kept out of line: frames of calls between EVM programs are to stay small.
#[inline(never)]
fn run_contract<W: World>(
    host: &mut Ethereum<W>,
    machine: &mut dyn Machine<Ethereum<W>>,
    program: Program<'_>,
    output: &mut Vec<u8>,
) -> Result<Ended, Faulted> {
    let caller_runs = mem::replace(&mut host.running, Running::of(&program));
    let ended = machine.run(host, program, output);
    host.running = caller_runs;
    ended
}

/// Moves the frame's value from `sender`; touches the callee even when nothing moves (EIP-161).
fn move_value<W: World>(
    host: &mut Ethereum<W>,
    sender: AccountId,
    frame: &Frame,
) -> Result<(), Trap> {
    if frame.address == TOUCHED_FOR_GOOD && host.has(Fork::SpuriousDragon) {
        host.world.touch_for_good(frame.account);
    }
    if frame.value.is_zero() {
        host.world.touch(frame.account);
        return Ok(());
    }
    let moved = host.world.transfer(sender, frame.account, frame.value);
    moved.map_err(|error| match error {
        lockstep_state::BalanceError::Insufficient => Trap::InsufficientBalance,
        lockstep_state::BalanceError::Overflow => Trap::IntegerOverflow,
    })
}

/// Kept out of line: some contracts need a great deal of native stack.
#[inline(never)]
fn run_precompile(
    fork: Fork,
    contract: &Precompile,
    input: &[u8],
    gas: u64,
    output: &mut Vec<u8>,
) -> Ended {
    match contract.run(fork, input, gas) {
        Ok(done) => {
            *output = done.output;
            Ended { exit: Exit::Return, gas_left: gas - done.gas_used }
        }
        Err(precompile::PrecompileError::OutOfGas) => trapped(Trap::OutOfGas),
        Err(_) => trapped(Trap::PrecompileFailed),
    }
}

/// What a call to `address`, which is account `id`, runs, if its code is no delegation; else whom it delegates to.
pub(super) fn resolve<W: World>(
    host: &mut Ethereum<W>,
    address: Address,
    id: AccountId,
) -> Result<Result<Runs, Address>, Faulted> {
    if let Some(contract) = precompile::lookup(host.config.fork, address) {
        return Ok(Ok(Runs::Precompile(contract)));
    }
    let runs = code_of(host, id)?;
    if host.has(Fork::Prague)
        && let Runs::Code(code, _) = &runs
        && let Some(delegate) = delegation::delegate_of(code)
    {
        return Ok(Err(delegate));
    }
    Ok(Ok(runs))
}

/// The code of `id` as it is: a delegation is not followed, a precompiled contract not looked for.
pub(super) fn code_of<W: World>(host: &mut Ethereum<W>, id: AccountId) -> Result<Runs, Faulted> {
    let info = host.world.info(id);
    if !info.has_code() {
        return Ok(Runs::Nothing);
    }
    let code_hash = info.code_hash;
    let code = host.world.code(id).cloned();
    Ok(Runs::Code(host.kept(code)?, Some(code_hash)))
}

/// The frame of a call to `address`, which is account `account`.
pub(super) fn frame_of(account: AccountId, address: Address, caller: U256, value: U256) -> Frame {
    let address_word = address.into_word();
    Frame { account, address, address_word, caller, value, is_static: false, depth: 0, units: 0 }
}
