//! Calls and creations.

use lockstep_base::U256;
use lockstep_rt::{HostFunction, Stop, View};

use super::{Ethereum, World, host_functions, settle};
use crate::ethereum::{
    call::{self, CallKind, CallRequest},
    create::{self, CreateRequest},
    gas::Gas,
};

host_functions! {
    /// CALL: (gas, to, value, input offset and length, output offset and length) -> whether it returned.
    Call = "eth.call" (gas: U256, to: U256, value: U256, i: u64, il: u64, o: u64, ol: u64) -> (u64), view =>
        call_as(view, CallRequest { kind: CallKind::Call, gas, to, value, input: (i, il), output: (o, ol) });
    /// CALLCODE: as CALL.
    CallCode = "eth.callcode" (gas: U256, to: U256, value: U256, i: u64, il: u64, o: u64, ol: u64) -> (u64), view =>
        call_as(view, CallRequest { kind: CallKind::CallCode, gas, to, value, input: (i, il), output: (o, ol) });
    /// DELEGATECALL (EIP-7): as CALL, without a value.
    DelegateCall = "eth.delegatecall" (gas: U256, to: U256, i: u64, il: u64, o: u64, ol: u64) -> (u64), view =>
        call_as(view, plain(CallKind::DelegateCall, gas, to, (i, il), (o, ol)));
    /// STATICCALL (EIP-214): as CALL, without a value.
    StaticCall = "eth.staticcall" (gas: U256, to: U256, i: u64, il: u64, o: u64, ol: u64) -> (u64), view =>
        call_as(view, plain(CallKind::StaticCall, gas, to, (i, il), (o, ol)));
    /// CREATE: (value, offset, length) -> the new address, or zero.
    Create = "eth.create" (value: U256, offset: u64, len: u64) -> (U256), view =>
        create_as(view, CreateRequest { value, init_code: (offset, len), salt: None });
    /// CREATE2 (EIP-1014): (value, offset, length, salt) -> the new address, or zero.
    Create2 = "eth.create2" (value: U256, offset: u64, len: u64, salt: U256) -> (U256), view =>
        create_as(view, CreateRequest { value, init_code: (offset, len), salt: Some(salt) });
}

/// A request without a value.
fn plain(
    kind: CallKind,
    gas: U256,
    to: U256,
    input: (u64, u64),
    output: (u64, u64),
) -> CallRequest {
    CallRequest { kind, gas, to, value: U256::ZERO, input, output }
}

fn call_as<W: World>(
    view: &mut View<'_, Ethereum<W>>,
    request: CallRequest,
) -> Result<(u64,), Stop> {
    let before = view.gas();
    let mut gas = Gas::new(before);
    let parts = view.parts();
    let returned = call::call(parts.host, parts.machine, parts.memory, &mut gas, &request)?;
    settle(view, before, gas)?;
    Ok((returned,))
}

fn create_as<W: World>(
    view: &mut View<'_, Ethereum<W>>,
    request: CreateRequest,
) -> Result<(U256,), Stop> {
    let before = view.gas();
    let mut gas = Gas::new(before);
    let parts = view.parts();
    let address = create::create(parts.host, parts.machine, parts.memory, &mut gas, &request)?;
    settle(view, before, gas)?;
    Ok((address,))
}
