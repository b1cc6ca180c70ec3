//! What a sequence is made of.

use lockstep_base::{Address, Hash, U256};
use lockstep_state::{EmptyAccounts, Log};
use proptest::{collection::vec, prelude::*, sample::select};

use super::reference::{ADDRESSES, CODES, KEYS};

/// One thing to do to a journal.
#[derive(Clone, Debug)]
pub(crate) enum Operation {
    WarmAccount(Address),
    WarmAddress(Address),
    WarmSlot(Address, U256),
    Load(Address, U256),
    Peek(Address, U256),
    Store(Address, U256, U256),
    Touch(Address),
    TouchForGood(Address),
    AddBalance(Address, U256),
    SubBalance(Address, U256),
    Transfer(Address, Address, U256),
    SetNonce(Address, u64),
    SetCode(Address, usize),
    ReadCode(Address),
    Collides(Address),
    Create(Address),
    Destroy(Address),
    StoreTransient(Address, U256, U256),
    Log(Log),
    Refund(i64),
    Checkpoint,
    Commit,
    Revert,
    NextTransaction(EmptyAccounts),
    NextBlock,
}

/// An operation, whether the storage fails meanwhile, and whether everything is loaded and compared after it.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) operation: Operation,
    pub(crate) storage_fails: bool,
    pub(crate) compares_all: bool,
}

pub(crate) fn sequence(len_max: usize) -> impl Strategy<Value = Vec<Step>> {
    let step = (operation(), prop::bool::weighted(0.05), prop::bool::weighted(0.05)).prop_map(
        |(operation, storage_fails, compares_all)| Step { operation, storage_fails, compares_all },
    );
    vec(step, 0..len_max)
}

fn address() -> impl Strategy<Value = Address> {
    select(&ADDRESSES[..])
}

fn key() -> impl Strategy<Value = U256> {
    select(&KEYS[..])
}

fn value() -> impl Strategy<Value = U256> {
    (0u64..4).prop_map(U256::from)
}

/// Small, so that accounts run dry and become empty; at times huge, so that sums overflow.
fn amount() -> impl Strategy<Value = U256> {
    prop_oneof![9 => (0u64..12).prop_map(U256::from), 1 => Just(U256::MAX)]
}

fn log() -> impl Strategy<Value = Log> {
    let topics = vec(any::<[u8; 32]>().prop_map(Hash), 0..=4);
    (address(), topics, vec(any::<u8>(), 0..5)).prop_map(|(address, topics, data)| Log {
        address,
        topics,
        data,
    })
}

fn operation() -> impl Strategy<Value = Operation> {
    use Operation::*;
    prop_oneof![
        2 => address().prop_map(WarmAccount),
        1 => address().prop_map(WarmAddress),
        2 => (address(), key()).prop_map(|(a, k)| WarmSlot(a, k)),
        4 => (address(), key()).prop_map(|(a, k)| Load(a, k)),
        1 => (address(), key()).prop_map(|(a, k)| Peek(a, k)),
        8 => (address(), key(), value()).prop_map(|(a, k, v)| Store(a, k, v)),
        1 => address().prop_map(Touch),
        1 => address().prop_map(TouchForGood),
        1 => (address(), amount()).prop_map(|(a, x)| AddBalance(a, x)),
        1 => (address(), amount()).prop_map(|(a, x)| SubBalance(a, x)),
        3 => (address(), address(), amount()).prop_map(|(a, b, x)| Transfer(a, b, x)),
        1 => (address(), 0u64..3).prop_map(|(a, n)| SetNonce(a, n)),
        2 => (address(), 0..CODES.len()).prop_map(|(a, c)| SetCode(a, c)),
        1 => address().prop_map(ReadCode),
        1 => address().prop_map(Collides),
        3 => address().prop_map(Create),
        2 => address().prop_map(Destroy),
        2 => (address(), key(), value()).prop_map(|(a, k, v)| StoreTransient(a, k, v)),
        1 => log().prop_map(Log),
        1 => (-100i64..100).prop_map(Refund),
        5 => Just(Checkpoint),
        1 => Just(Commit),
        3 => Just(Revert),
        1 => Just(NextTransaction(EmptyAccounts::Keep)),
        2 => Just(NextTransaction(EmptyAccounts::Delete)),
        1 => Just(NextBlock),
    ]
}
