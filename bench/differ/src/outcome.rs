//! What an engine made of a case, and how two outcomes differ.
//!
//! Invariant: every field of [`Outcome`] is compared; a test changes each in turn.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use lockstep::{Address, Changes, Hash, Log, MemoryStorage, U256};
use lockstep_state::AccountInfo;

/// How a transaction ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It must not be in a block.
    Invalid,
    /// It finished.
    Return,
    /// It reverted.
    Revert,
    /// It was stopped, for the reason with this name.
    Halt(&'static str),
}

/// An account afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Final {
    pub balance: U256,
    pub nonce: u64,
    pub code_hash: Hash,
    pub slots: BTreeMap<U256, U256>,
}

/// What an engine made of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    pub end: End,
    pub output: Vec<u8>,
    pub gas_used: u64,
    /// Gas given back; `None` where the floor of EIP-7623 hides it.
    pub gas_refunded: Option<u64>,
    pub logs: Vec<Log>,
    pub created: Option<Address>,
    pub accounts: BTreeMap<Address, Final>,
}

impl Outcome {
    /// The outcome of an invalid transaction.
    pub fn invalid(pre: &MemoryStorage) -> Self {
        Self {
            end: End::Invalid,
            output: Vec::new(),
            gas_used: 0,
            gas_refunded: None,
            logs: Vec::new(),
            created: None,
            accounts: accounts(pre),
        }
    }
}

/// `pre` after `changes`.
pub fn accounts_after(pre: &MemoryStorage, changes: &Changes) -> BTreeMap<Address, Final> {
    let mut post = pre.clone();
    post.apply(changes);
    accounts(&post)
}

fn accounts(storage: &MemoryStorage) -> BTreeMap<Address, Final> {
    let entry = |(address, info): (Address, &AccountInfo)| {
        let slots = storage.slots(address).collect();
        let (balance, nonce, code_hash) = (info.balance, info.nonce, info.code_hash);
        (address, Final { balance, nonce, code_hash, slots })
    };
    storage.accounts().map(entry).collect()
}

/// A field in which two outcomes differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Which.
    pub field: &'static str,
    /// Both values, as text.
    pub text: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.text)
    }
}

/// All fields in which `ours` and `peer` differ.
pub fn differences(ours: &Outcome, peer: &Outcome) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut add = |field, text| found.push(Difference { field, text });
    if !is_same_end(ours.end, peer.end) {
        add("end", format!("{:?}, peer {:?}", ours.end, peer.end));
    }
    if ours.output != peer.output {
        let hex = lockstep::encode_hex;
        add("output", format!("{}, peer {}", hex(&ours.output), hex(&peer.output)));
    }
    if ours.gas_used != peer.gas_used {
        add("gas used", format!("{}, peer {}", ours.gas_used, peer.gas_used));
    }
    if let (Some(ours), Some(peer)) = (ours.gas_refunded, peer.gas_refunded)
        && ours != peer
    {
        add("refund", format!("{ours}, peer {peer}"));
    }
    if ours.logs != peer.logs {
        add("logs", format!("{:?}, peer {:?}", ours.logs, peer.logs));
    }
    if ours.created != peer.created {
        add("created", format!("{:?}, peer {:?}", ours.created, peer.created));
    }
    let addresses: BTreeSet<_> = ours.accounts.keys().chain(peer.accounts.keys()).collect();
    for address in addresses {
        let (ours, peer) = (ours.accounts.get(address), peer.accounts.get(address));
        if ours != peer {
            let text = format!("{address} {ours:?}, peer {peer:?}");
            found.push(Difference { field: "state", text });
        }
    }
    found
}

/// Reasons that one instruction may have at once. The Yellow Paper (9.4.2) joins them by "or" and all of them take
/// everything, so which of them is named is nobody's business; the engines check in different orders.
const UNORDERED: &[&str] = &[
    "out_of_gas",
    "stack_underflow",
    "stack_overflow",
    "static_violation",
    "return_data_out_of_bounds",
    "init_code_too_large",
];

/// Names that differ where the specification decides for ours, with no effect beyond the name. MODEXP whose lengths
/// exceed any memory: EIP-198 and EIP-2565 price them, beyond all gas; the peer refuses them before it asks for gas.
/// An opcode of a later fork (TSTORE in Shanghai) with less gas left than it will cost: it has no price yet, as it is
/// not defined (Yellow Paper 9.4.2); the peer takes the later price before it looks at the fork.
const EXPLAINED: &[(&str, &str)] =
    &[("out_of_gas", "precompile_failed"), ("undefined_opcode", "out_of_gas")];

fn is_same_end(ours: End, peer: End) -> bool {
    match (ours, peer) {
        (End::Halt(a), End::Halt(b)) => {
            a == b
                || (UNORDERED.contains(&a) && UNORDERED.contains(&b))
                || EXPLAINED.contains(&(a, b))
        }
        _ => ours == peer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome() -> Outcome {
        let mut storage = MemoryStorage::default();
        storage.insert_account(Address::from_low_u64(1), U256::from(1), 1, &[1]);
        storage.insert_slot(Address::from_low_u64(1), U256::from(1), U256::from(1));
        Outcome { gas_refunded: Some(1), ..Outcome::invalid(&storage) }
    }

    #[test]
    fn a_change_in_any_field_is_found() {
        let same = outcome();
        assert_eq!(differences(&same, &outcome()), []);
        let log = Log { address: Address::ZERO, topics: Vec::new(), data: Vec::new() };
        let account = |change: fn(&mut Final)| {
            let mut other = outcome();
            other.accounts.values_mut().for_each(change);
            other
        };
        let mut fewer = outcome();
        fewer.accounts.clear();
        let changed = [
            Outcome { end: End::Return, ..outcome() },
            Outcome { end: End::Halt("invalid_jump"), ..outcome() },
            Outcome { output: vec![0], ..outcome() },
            Outcome { gas_used: 1, ..outcome() },
            Outcome { gas_refunded: Some(2), ..outcome() },
            Outcome { logs: vec![log], ..outcome() },
            Outcome { created: Some(Address::ZERO), ..outcome() },
            account(|account| account.balance = U256::ZERO),
            account(|account| account.nonce = 2),
            account(|account| account.code_hash = Hash::ZERO),
            account(|account| account.slots.clear()),
            fewer,
        ];
        for other in changed {
            assert_eq!(differences(&same, &other).len(), 1, "{other:?}");
            assert_eq!(differences(&other, &same).len(), 1, "{other:?}");
        }
    }
}
