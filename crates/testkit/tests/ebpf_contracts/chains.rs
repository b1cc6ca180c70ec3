//! Two chains that have nothing in common run the same contracts: one keeps accounts, the other coins; one keeps storage in a
//! map, the other as a history. The engine is told of neither.

use std::collections::BTreeMap;

use lockstep::{
    Tier,
    ebpf::{End, Machine, Program, invoke, tos_config},
    tos::{AccountProvider, Hash, InvokeContext, ProviderError, StorageProvider},
};

use super::chain::{CONTRACT, file, word};

type Answer<T> = Result<T, ProviderError>;

/// What accounts hold.
#[derive(Clone, Default)]
struct Accounts(BTreeMap<Hash, u64>);

impl AccountProvider for Accounts {
    fn get_balance(&self, address: &Hash) -> Answer<u64> {
        Ok(self.0.get(address).copied().unwrap_or(0))
    }

    fn transfer(&mut self, from: &Hash, to: &Hash, amount: u64) -> Answer<()> {
        let left = self.get_balance(from)?.checked_sub(amount);
        self.0.insert(*from, left.ok_or(ProviderError::InsufficientBalance)?);
        let sum = self.get_balance(to)?.checked_add(amount);
        self.0.insert(*to, sum.ok_or(ProviderError::BalanceOverflow)?);
        Ok(())
    }
}

/// Coins that nobody has spent: who owns them, and what each is worth.
#[derive(Clone, Default)]
struct Coins(Vec<(Hash, u64)>);

impl AccountProvider for Coins {
    fn get_balance(&self, address: &Hash) -> Answer<u64> {
        let own = self.0.iter().filter(|(owner, _)| owner == address);
        Ok(own.map(|(_, worth)| worth).sum())
    }

    fn transfer(&mut self, from: &Hash, to: &Hash, amount: u64) -> Answer<()> {
        let change = self.get_balance(from)?.checked_sub(amount);
        let change = change.ok_or(ProviderError::InsufficientBalance)?;
        // All coins of the sender are spent; two new ones are made.
        self.0.retain(|(owner, _)| owner != from);
        self.0.extend([(*from, change), (*to, amount)]);
        Ok(())
    }
}

/// Bytes by contract and key.
#[derive(Clone, Default)]
struct Rows(BTreeMap<(Hash, Vec<u8>), Vec<u8>>);

impl StorageProvider for Rows {
    fn get(&self, contract: &Hash, key: &[u8]) -> Answer<Option<Vec<u8>>> {
        Ok(self.0.get(&(*contract, key.to_vec())).cloned())
    }

    fn set(&mut self, contract: &Hash, key: &[u8], value: &[u8]) -> Answer<()> {
        self.0.insert((*contract, key.to_vec()), value.to_vec());
        Ok(())
    }

    fn delete(&mut self, contract: &Hash, key: &[u8]) -> Answer<bool> {
        Ok(self.0.remove(&(*contract, key.to_vec())).is_some())
    }
}

/// A change of storage: where, and what it is from here on.
type Entry = (Hash, Vec<u8>, Option<Vec<u8>>);

/// Everything that was ever stored, the last word being the one that counts.
#[derive(Clone, Default)]
struct History(Vec<Entry>);

impl StorageProvider for History {
    fn get(&self, contract: &Hash, key: &[u8]) -> Answer<Option<Vec<u8>>> {
        let is_meant = |entry: &&Entry| (&entry.0, &entry.1[..]) == (contract, key);
        Ok(self.0.iter().rev().find(is_meant).and_then(|entry| entry.2.clone()))
    }

    fn set(&mut self, contract: &Hash, key: &[u8], value: &[u8]) -> Answer<()> {
        self.0.push((*contract, key.to_vec(), Some(value.to_vec())));
        Ok(())
    }

    fn delete(&mut self, contract: &Hash, key: &[u8]) -> Answer<bool> {
        let was_there = self.get(contract, key)?.is_some();
        self.0.push((*contract, key.to_vec(), None));
        Ok(was_there)
    }
}

/// How calls ended, what they returned and used, and what the chain holds for the contract.
type Played = (Vec<(End, Vec<u8>, u64)>, u64);

/// Calls a contract on a chain, and keeps what it did if it returned zero.
fn play<S, A>(name: &str, inputs: &[&[u8]], (mut storage, mut accounts): (S, A)) -> Played
where
    S: StorageProvider + Clone,
    A: AccountProvider + Clone,
{
    let program = Program::load(&file(name), &tos_config()).expect("a contract");
    let mut machine = Machine::new().expect("address space");
    let mut ends = Vec::new();
    for input in inputs {
        let (mut new_storage, mut new_accounts) = (storage.clone(), accounts.clone());
        let mut context =
            InvokeContext::new(100_000, CONTRACT, &mut new_storage, &mut new_accounts);
        let outcome = invoke(&mut machine, &program, &mut context, input, Tier::default());
        let outcome = outcome.expect("it runs");
        let used = context.get_compute_units_consumed();
        ends.push((outcome.end.clone(), context.return_data.1.clone(), used));
        if outcome.end == End::Returned(0) {
            (storage, accounts) = (new_storage, new_accounts);
        }
    }
    (ends, accounts.get_balance(&CONTRACT).expect("it answers"))
}

#[test]
fn chains_with_nothing_in_common_run_the_same_contracts() {
    let accounts = Accounts(BTreeMap::from([(CONTRACT, 10)]));
    let coins = Coins(vec![(CONTRACT, 3), (CONTRACT, 7)]);
    let to = [&[5; 32][..], b"key"].concat();
    let calls: [(&str, &[&[u8]]); 2] = [
        ("examples/ebpf/counter.o", &[&[], &[1], &[9], &[0], &[2], &[]]),
        ("sdk/rust/examples/tour.o", &[&to, &to[..5], &to, &to]),
    ];
    let mut left = Vec::new();
    for (name, inputs) in calls {
        let one = play(name, inputs, (Rows::default(), accounts.clone()));
        let other = play(name, inputs, (History::default(), coins.clone()));
        assert_eq!(one, other, "{name}");
        left.push(one);
    }
    let counted = left[0].0.iter().map(|(_, output, _)| output.clone());
    let wanted = [1, 2].map(|count| word(count).to_vec()).to_vec();
    assert_eq!(counted.take(2).collect::<Vec<_>>(), wanted);
    // Twice there is enough to send 4, and not a third time.
    assert_eq!(left[1].1, 2);
}
