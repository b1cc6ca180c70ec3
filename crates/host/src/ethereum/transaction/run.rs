//! Running a valid transaction: paying, warming, executing, settling.

use lockstep_base::{Fork, Hash, U256};
use lockstep_rt::{Ended, Exit, Faulted, Machine};
use lockstep_state::{AccountId, EmptyAccounts};

use super::{
    Receipt, TransactError, Transaction, TransactionKind, authorize,
    message::{Message, start},
    validate::{Accepted, validate},
};
use crate::ethereum::{Ethereum, World};

/// Runs `transaction` in the host's block and writes what it does to the world.
///
/// # Errors
///
/// When it is invalid, or when the machine fails; in both cases nothing has changed.
pub fn transact<W: World>(
    host: &mut Ethereum<W>,
    machine: &mut dyn Machine<Ethereum<W>>,
    transaction: &Transaction,
) -> Result<Receipt, TransactError> {
    let accepted = validate(host, transaction)?;
    host.world.begin_transaction();
    host.memo.forget();
    let beginning = host.world.checkpoint();
    run(host, machine, transaction, &accepted).map_err(|Faulted| {
        host.world.revert_to(beginning);
        host.reset_frame();
        TransactError::Fault(host.take_fault())
    })
}

fn run<W: World>(
    host: &mut Ethereum<W>,
    machine: &mut dyn Machine<Ethereum<W>>,
    transaction: &Transaction,
    accepted: &Accepted,
) -> Result<Receipt, Faulted> {
    host.words.origin = transaction.sender.into_word();
    host.words.gas_price = accepted.gas_price;
    host.blob_hashes.clear();
    host.blob_hashes.extend(transaction.blob_hashes().iter().map(|hash| Hash::into_word(*hash)));
    pay(host, transaction, accepted);
    warm(host, transaction);
    authorize::apply(host, transaction.authorizations())?;
    let mut output = Vec::new();
    let message = Message {
        caller: transaction.sender,
        to: transaction.to,
        value: transaction.value,
        input: &transaction.data,
        gas: transaction.gas_limit - accepted.intrinsic.execution,
    };
    let (ended, created) = start(host, machine, &message, transaction.nonce, &mut output)?;
    let (gas_used, gas_refunded) = gas_used(host, transaction.gas_limit, accepted, &ended);
    pay_out(host, transaction.gas_limit, gas_used, accepted)?;
    let logs = host.world.logs();
    finish(host);
    Ok(Receipt {
        exit: ended.exit,
        gas_used,
        gas_refunded,
        output,
        logs,
        created: created.filter(|_| ended.exit == Exit::Return),
        effective_gas_price: accepted.gas_price,
    })
}

/// Takes the price of all gas and of the blobs from the sender, and counts the transaction.
fn pay<W: World>(host: &mut Ethereum<W>, transaction: &Transaction, accepted: &Accepted) {
    let gas_cost = accepted.gas_price.saturating_mul(U256::from(transaction.gas_limit));
    let cost = gas_cost.saturating_add(accepted.blob_fee);
    let balance = host.world.info(accepted.sender).balance;
    // Validation saw that the balance covers more than this.
    host.world.set_balance(accepted.sender, balance.saturating_sub(cost));
    host.world.set_nonce(accepted.sender, transaction.nonce + 1);
}

/// Warms what a transaction names (EIP-2929, EIP-2930, EIP-3651). Precompiled contracts need no mark.
fn warm<W: World>(host: &mut Ethereum<W>, transaction: &Transaction) {
    if !host.has(Fork::Berlin) {
        return;
    }
    warm_ends(host, transaction.sender, transaction.to);
    if matches!(transaction.kind, TransactionKind::Legacy { .. }) {
        return;
    }
    for item in &transaction.access_list {
        host.world.warm_address(item.address);
        for key in &item.keys {
            host.world.warm_slot(item.address, *key);
        }
    }
}

/// Warms both ends of a message and, since EIP-3651, the coinbase.
pub(super) fn warm_ends<W: World>(
    host: &mut Ethereum<W>,
    from: lockstep_base::Address,
    to: Option<lockstep_base::Address>,
) {
    host.world.warm_address(from);
    if let Some(to) = to {
        host.world.warm_address(to);
    }
    if host.has(Fork::Shanghai) {
        host.world.warm_address(host.block.coinbase);
    }
}

/// Gas to pay for, and gas that was used and then given back.
fn gas_used<W: World>(
    host: &Ethereum<W>,
    limit: u64,
    accepted: &Accepted,
    ended: &Ended,
) -> (u64, u64) {
    let used = limit - ended.gas_left;
    // EIP-3529 made the half a fifth.
    let cap = used / if host.has(Fork::London) { 5 } else { 2 };
    let refund = u64::try_from(host.world.refund()).unwrap_or(0).min(cap);
    let paid = (used - refund).max(accepted.intrinsic.floor);
    (paid, used.saturating_sub(paid))
}

/// Gives the sender what was not used and the coinbase its fee; the base fee is burned (EIP-1559).
fn pay_out<W: World>(
    host: &mut Ethereum<W>,
    limit: u64,
    used: u64,
    accepted: &Accepted,
) -> Result<(), Faulted> {
    let rest = accepted.gas_price.saturating_mul(U256::from(limit - used));
    credit(host, accepted.sender, rest);
    let tip = accepted.gas_price.saturating_sub(host.words.base_fee);
    let coinbase = host.load(host.block.coinbase)?;
    credit(host, coinbase, tip.saturating_mul(U256::from(used)));
    Ok(())
}

/// Adds to a balance, which saturates: more coins than 256 bits count exist on no chain.
fn credit<W: World>(host: &mut Ethereum<W>, id: AccountId, amount: U256) {
    let balance = host.world.info(id).balance;
    host.world.set_balance(id, balance.saturating_add(amount));
}

/// Ends the transaction in the world.
pub(super) fn finish<W: World>(host: &mut Ethereum<W>) {
    host.world.finish_transaction(match host.has(Fork::SpuriousDragon) {
        true => EmptyAccounts::Delete,
        false => EmptyAccounts::Keep,
    });
    host.return_data.clear();
}
