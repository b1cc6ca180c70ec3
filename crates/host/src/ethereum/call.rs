//! CALL, CALLCODE, DELEGATECALL and STATICCALL: who acts as whom, what it costs, what comes back.
//!
//! | opcode | code of | storage of | caller seen | value |
//! |---|---|---|---|---|
//! | CALL | target | target | the frame | moves |
//! | CALLCODE | target | the frame | the frame | is seen, stays |
//! | DELEGATECALL (EIP-7) | target | the frame | the frame's caller | the frame's |
//! | STATICCALL (EIP-214) | target | target | the frame | none |
//!
//! Every charge precedes the state access it pays for.

use std::mem;

use lockstep_base::{Address, Fork, U256};
use lockstep_rt::{Exit, Machine, Stop, Trap, slice};
use lockstep_state::AccountId;

use super::{
    Ethereum, World,
    access::access_account,
    gas::{
        CALL_STIPEND, CALL_VALUE, COLD_ACCOUNT, COLD_ACCOUNT_EXTRA, Gas, NEW_ACCOUNT, WARM_ACCESS,
        all_but_one_64th,
    },
    host::{DEPTH_MAX, Frame},
    message::{self, Activation, Runs, frame_of},
};

/// Which opcode calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CallKind {
    Call,
    CallCode,
    DelegateCall,
    StaticCall,
}

/// A call as the guest asks for it; ranges are (offset, length) in its memory, paid for and in bounds.
#[derive(Debug, Clone, Copy)]
pub(super) struct CallRequest {
    pub(super) kind: CallKind,
    pub(super) gas: U256,
    pub(super) to: U256,
    /// What moves or is seen; not read for DELEGATECALL and STATICCALL.
    pub(super) value: U256,
    pub(super) input: (u64, u64),
    pub(super) output: (u64, u64),
}

/// Calls and answers whether the callee returned; its output is in memory and in the host's return data.
pub(super) fn call<W: World>(
    host: &mut Ethereum<W>,
    machine: &mut dyn Machine<Ethereum<W>>,
    memory: &mut [u8],
    gas: &mut Gas,
    request: &CallRequest,
) -> Result<u64, Stop> {
    let moves = request.kind == CallKind::Call && !request.value.is_zero();
    if moves && host.frame.is_static {
        return Err(Trap::StaticViolation.into());
    }
    let to = Address::from_word(request.to);
    let target = access_account(host, gas, to, COLD_ACCOUNT_EXTRA)?;
    let stipend = charge_value(host, gas, request, target)?;
    let runs = code_to_run(host, gas, to, target)?;
    let forwarded = forward(host, gas, request.gas)?;
    host.caller_gas = gas.left();
    let callee_gas = forwarded + stipend;
    let mut output = mem::take(&mut host.return_data);
    output.clear();
    if !can_start(host, request) {
        host.return_data = output;
        gas.give_back(callee_gas);
        return Ok(0);
    }
    let input = &*slice(memory, request.input.0, request.input.1)?;
    let activation = Activation {
        frame: frame_for(host, request, target, to),
        sender: (request.kind == CallKind::Call || request.kind == CallKind::StaticCall)
            .then_some(host.frame.account),
        runs,
        input,
        gas: callee_gas,
    };
    let ended = message::activate(host, machine, activation, &mut output);
    host.return_data = output;
    let ended = ended?;
    gas.give_back(ended.gas_left);
    copy_output(&host.return_data, memory, request.output)?;
    Ok(u64::from(ended.exit == Exit::Return))
}

/// Charges for value and for the account that it brings into being; returns the stipend.
fn charge_value<W: World>(
    host: &Ethereum<W>,
    gas: &mut Gas,
    request: &CallRequest,
    target: AccountId,
) -> Result<u64, Stop> {
    let takes_value = matches!(request.kind, CallKind::Call | CallKind::CallCode);
    let has_value = takes_value && !request.value.is_zero();
    if has_value {
        gas.charge(CALL_VALUE)?;
    }
    if request.kind == CallKind::Call && brings_into_being(host, target, has_value) {
        gas.charge(NEW_ACCOUNT)?;
    }
    Ok(if has_value { CALL_STIPEND } else { 0 })
}

/// Whether sending to `target` makes an account: an absent one, since EIP-161 a dead one that gets value.
pub(super) fn brings_into_being<W: World>(
    host: &Ethereum<W>,
    target: AccountId,
    has_value: bool,
) -> bool {
    match host.has(Fork::SpuriousDragon) {
        true => has_value && host.world.is_dead(target),
        false => !host.world.exists(target),
    }
}

/// What the call runs. A delegation is followed once, and its target paid for (EIP-7702).
fn code_to_run<W: World>(
    host: &mut Ethereum<W>,
    gas: &mut Gas,
    to: Address,
    target: AccountId,
) -> Result<Runs, Stop> {
    let delegate = match message::resolve(host, to, target)? {
        Ok(runs) => return Ok(runs),
        Err(delegate) => delegate,
    };
    gas.charge(WARM_ACCESS)?;
    let delegate = access_account(host, gas, delegate, COLD_ACCOUNT - WARM_ACCESS)?;
    Ok(message::code_of(host, delegate)?)
}

/// Takes what the callee gets: since EIP-150 at most all but one 64th, before exactly what was asked for.
fn forward<W: World>(host: &Ethereum<W>, gas: &mut Gas, asked: U256) -> Result<u64, Stop> {
    let asked = u64::try_from(asked).unwrap_or(u64::MAX);
    let forwarded = match host.has(Fork::Tangerine) {
        true => asked.min(all_but_one_64th(gas.left())),
        false => asked,
    };
    gas.charge(forwarded)?;
    Ok(forwarded)
}

/// Whether depth and balance allow the call.
fn can_start<W: World>(host: &Ethereum<W>, request: &CallRequest) -> bool {
    let takes_value = matches!(request.kind, CallKind::Call | CallKind::CallCode);
    let balance = host.world.info(host.frame.account).balance;
    host.frame.depth < DEPTH_MAX && !(takes_value && balance < request.value)
}

/// The callee's frame.
fn frame_for<W: World>(
    host: &Ethereum<W>,
    request: &CallRequest,
    target: AccountId,
    to: Address,
) -> Frame {
    let own = &host.frame;
    let below = Frame { depth: own.depth + 1, ..*own };
    match request.kind {
        CallKind::DelegateCall => below,
        CallKind::CallCode => Frame { caller: own.address_word, value: request.value, ..below },
        CallKind::Call => Frame {
            depth: below.depth,
            units: below.units,
            is_static: own.is_static,
            ..frame_of(target, to, own.address_word, request.value)
        },
        CallKind::StaticCall => Frame {
            depth: below.depth,
            units: below.units,
            is_static: true,
            ..frame_of(target, to, own.address_word, U256::ZERO)
        },
    }
}

/// Writes as much of `data` as fits into the guest's output range.
fn copy_output(data: &[u8], memory: &mut [u8], (offset, len): (u64, u64)) -> Result<(), Stop> {
    let room = slice(memory, offset, len)?;
    let copied = data.len().min(room.len());
    room[..copied].copy_from_slice(&data[..copied]);
    Ok(())
}

#[cfg(test)]
mod tests;
