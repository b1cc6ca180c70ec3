//! A message from outside: the inner part of a transaction, or a call of its own without price or nonce.

use lockstep_base::{Address, Fork, U256};
use lockstep_rt::{Ended, Exit, Faulted, Machine, Trap};
use lockstep_state::Log;

use super::{TransactError, run};
use crate::ethereum::{
    Ethereum, World,
    create::{Creation, run_creation},
    encoding,
    message::{self, Activation, activate, frame_of},
};

/// A call or creation from outside.
#[derive(Debug, Clone, Copy, Default)]
pub struct Message<'a> {
    /// Who calls.
    pub caller: Address,
    /// Whom; `None` creates a contract.
    pub to: Option<Address>,
    /// What the caller sends along, from its balance.
    pub value: U256,
    /// Input of the call, or initialization code.
    pub input: &'a [u8],
    /// Gas it may use; at most 2^63 - 1.
    pub gas: u64,
}

/// What a message did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallOutcome {
    /// How it ended.
    pub exit: Exit,
    /// Gas it left; refunds are not in it.
    pub gas_left: u64,
    /// What a transaction would get back, before any cap.
    pub refund: i64,
    /// What it returned or reverted with; the code of a created contract.
    pub output: Vec<u8>,
    /// What it logged.
    pub logs: Vec<Log>,
    /// The contract it created.
    pub created: Option<Address>,
}

/// Runs `message` as a transaction of its own that costs nothing: no fees, no intrinsic gas, no nonce. For system
/// calls (EIP-4788), simulation and measurements.
///
/// # Errors
///
/// [`TransactError::Fault`] when the machine fails; then nothing has changed.
pub fn message_call<W: World>(
    host: &mut Ethereum<W>,
    machine: &mut dyn Machine<Ethereum<W>>,
    message: &Message<'_>,
) -> Result<CallOutcome, TransactError> {
    host.world.begin_transaction();
    host.memo.forget();
    let beginning = host.world.checkpoint();
    run_alone(host, machine, message).map_err(|Faulted| {
        host.world.revert_to(beginning);
        host.reset_frame();
        TransactError::Fault(host.take_fault())
    })
}

fn run_alone<W: World>(
    host: &mut Ethereum<W>,
    machine: &mut dyn Machine<Ethereum<W>>,
    message: &Message<'_>,
) -> Result<CallOutcome, Faulted> {
    host.words.origin = message.caller.into_word();
    host.words.gas_price = U256::ZERO;
    host.blob_hashes.clear();
    if host.has(Fork::Berlin) {
        run::warm_ends(host, message.caller, message.to);
    }
    let caller = host.load(message.caller)?;
    let nonce = host.world.info(caller).nonce;
    let mut output = Vec::new();
    let (ended, created) = start(host, machine, message, nonce, &mut output)?;
    let (refund, logs) = (host.world.refund(), host.world.logs());
    run::finish(host);
    Ok(CallOutcome {
        exit: ended.exit,
        gas_left: ended.gas_left,
        refund,
        output,
        logs,
        created: created.filter(|_| ended.exit == Exit::Return),
    })
}

/// Starts the outermost activation; `nonce` names what it creates. Returns the address of that as well.
pub(super) fn start<W: World>(
    host: &mut Ethereum<W>,
    machine: &mut dyn Machine<Ethereum<W>>,
    message: &Message<'_>,
    nonce: u64,
    output: &mut Vec<u8>,
) -> Result<(Ended, Option<Address>), Faulted> {
    let caller = host.load(message.caller)?;
    if host.world.info(caller).balance < message.value {
        let exit = Exit::Trap(Trap::InsufficientBalance);
        return Ok((Ended { exit, gas_left: message.gas }, None));
    }
    host.return_data.clear();
    let Some(to) = message.to else {
        let address = encoding::create_address(message.caller, nonce);
        let creation = Creation {
            creator: caller,
            caller: message.caller.into_word(),
            address,
            value: message.value,
            init_code: message.input.into(),
            gas: message.gas,
            depth: 0,
            units: 0,
        };
        return Ok((run_creation(host, machine, creation, output)?, Some(address)));
    };
    let target = host.load(to)?;
    let runs = match message::resolve(host, to, target)? {
        Ok(runs) => runs,
        Err(delegate) => {
            // Warm and free for the transaction's own target (EIP-7702).
            let load = host.world.warm_account(delegate);
            let delegate = host.kept(load)?.id;
            message::code_of(host, delegate)?
        }
    };
    let activation = Activation {
        frame: frame_of(target, to, message.caller.into_word(), message.value),
        sender: Some(caller),
        runs,
        input: message.input,
        gas: message.gas,
    };
    Ok((activate(host, machine, activation, output)?, None))
}
