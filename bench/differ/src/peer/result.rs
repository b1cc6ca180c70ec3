//! The peer's results in our terms.

use std::{convert::Infallible, sync::Arc};

use lockstep::{Changes, Fork, Hash, Log, MemoryStorage, Storage};
use lockstep_state::{AccountChange, AccountInfo};
use revm::{
    context_interface::result::{EVMError, ExecutionResult, HaltReason, ResultAndState},
    state::{Account, AccountStatus, EvmState},
};

use super::convert::our_address;
use crate::{
    case::Case,
    outcome::{End, Outcome, accounts_after},
};

/// The peer's result in our terms.
///
/// # Panics
///
/// When the peer fails in a way that no transaction can cause.
pub fn outcome(
    case: &Case,
    pre: &Arc<MemoryStorage>,
    result: Result<ResultAndState, EVMError<Infallible>>,
) -> Outcome {
    let done = match result {
        Ok(done) => done,
        Err(EVMError::Transaction(_)) => return Outcome::invalid(pre),
        Err(error) => panic!("the peer failed: {error:?}"),
    };
    let gas = done.result.gas();
    let is_floored = gas.total_gas_spent() - gas.inner_refunded() < gas.floor_gas();
    let end = match &done.result {
        ExecutionResult::Success { .. } => End::Return,
        ExecutionResult::Revert { .. } => End::Revert,
        ExecutionResult::Halt { reason, .. } => End::Halt(trap_name(reason)),
    };
    let log = |log: &revm::primitives::Log| Log {
        address: our_address(log.address),
        topics: log.data.topics().iter().map(|topic| Hash(topic.0)).collect(),
        data: log.data.data.to_vec(),
    };
    let logs = match end {
        End::Return => done.result.logs().iter().map(log).collect(),
        _ => Vec::new(),
    };
    Outcome {
        end,
        output: done.result.output().map(|output| output.to_vec()).unwrap_or_default(),
        gas_used: gas.tx_gas_used(),
        gas_refunded: (!is_floored).then(|| gas.inner_refunded()),
        logs,
        created: done.result.created_address().map(our_address),
        accounts: accounts_after(pre, &changes(case, pre, &done.state)),
    }
}

/// Our name for the peer's reason.
fn trap_name(reason: &HaltReason) -> &'static str {
    match reason {
        HaltReason::OutOfGas(_) => "out_of_gas",
        HaltReason::OpcodeNotFound | HaltReason::NotActivated => "undefined_opcode",
        HaltReason::InvalidFEOpcode => "unreachable",
        HaltReason::InvalidJump => "invalid_jump",
        HaltReason::StackUnderflow => "stack_underflow",
        HaltReason::StackOverflow => "stack_overflow",
        HaltReason::OutOfOffset => "return_data_out_of_bounds",
        HaltReason::CreateCollision => "address_collision",
        HaltReason::PrecompileError | HaltReason::PrecompileErrorWithContext(_) => {
            "precompile_failed"
        }
        HaltReason::NonceOverflow => "nonce_overflow",
        HaltReason::CreateContractSizeLimit => "code_too_large",
        HaltReason::CreateContractStartingWithEF => "reserved_code_prefix",
        HaltReason::CreateInitCodeSizeLimit => "init_code_too_large",
        HaltReason::StateChangeDuringStaticCall | HaltReason::CallNotAllowedInsideStatic => {
            "static_violation"
        }
        HaltReason::OverflowPayment => "integer_overflow",
        HaltReason::OutOfFunds => "insufficient_balance",
        HaltReason::CallTooDeep => "depth_exceeded",
    }
}

/// What the peer's journal says a commit would write.
fn changes(case: &Case, pre: &MemoryStorage, state: &EvmState) -> Changes {
    let mut changes = Changes::default();
    for (address, account) in state {
        if !account.is_touched() {
            continue;
        }
        let address = our_address(*address);
        let was_there = matches!(pre.account(address), Ok(Some(_)));
        if let Some(change) = change(case, was_there, account) {
            changes.accounts.insert(address, change);
        }
    }
    changes
}

fn change(case: &Case, was_there: bool, account: &Account) -> Option<AccountChange> {
    let gone = was_there.then(AccountChange::default);
    if account.status.contains(AccountStatus::SelfDestructed) {
        return gone;
    }
    let info = AccountInfo {
        balance: account.info.balance,
        nonce: account.info.nonce,
        code_hash: Hash(account.info.code_hash.0),
    };
    // EIP-161: touched and empty is gone.
    if case.fork >= Fork::SpuriousDragon && info.is_empty() {
        return gone;
    }
    let slots = account.storage.iter();
    Some(AccountChange {
        info: Some(info),
        wiped: account.status.contains(AccountStatus::Created),
        slots: slots.map(|(key, slot)| (*key, slot.present_value)).collect(),
    })
}
