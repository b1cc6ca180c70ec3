//! [`JournalProviders`]: a journal as what programs that run by themselves are given.
//!
//! Nothing is metered here and no message is made: the chain that invokes a program begins the transaction and takes it back.

use core::{cell::RefCell, fmt};

use lockstep_base::U256;
use lockstep_state::{AccountId, BalanceError, StorageError};

use super::{
    address::{address_of, amount_of},
    layout::{self, Slots},
};
use crate::{
    ethereum::World,
    tos::{AccountProvider, Hash, ProviderError, StorageProvider},
};

/// Storage and accounts of a journal; references to it are the providers.
///
/// ```
/// use lockstep_host::{ethereum::JournalProviders, tos::InvokeContext};
/// use lockstep_state::{Journal, MemoryStorage};
///
/// let mut journal = Journal::new(MemoryStorage::default());
/// let providers = JournalProviders::new(&mut journal);
/// let (mut storage, mut accounts) = (&providers, &providers);
/// let mut context = InvokeContext::new(10_000, [0; 32], &mut storage, &mut accounts);
/// context.set_storage(b"key", b"value").unwrap();
/// assert_eq!(context.get_storage(b"key").unwrap(), Some(b"value".to_vec()));
/// ```
pub struct JournalProviders<'w, W> {
    world: RefCell<&'w mut W>,
}

impl<W> fmt::Debug for JournalProviders<'_, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JournalProviders").finish_non_exhaustive()
    }
}

impl<'w, W: World> JournalProviders<'w, W> {
    /// The providers that `world` makes.
    pub fn new(world: &'w mut W) -> Self {
        Self { world: RefCell::new(world) }
    }

    fn with_slots<R>(
        &self,
        contract_hash: &Hash,
        act: impl FnOnce(&mut Unmetered<'_, W>) -> Result<R, ProviderError>,
    ) -> Result<R, ProviderError> {
        let mut world = self.world.borrow_mut();
        let id = world.account(address_of(contract_hash)?).map_err(fault)?;
        act(&mut Unmetered { world: &mut **world, id })
    }
}

fn fault(error: StorageError) -> ProviderError {
    ProviderError::Fault(error.to_string())
}

/// The slots of an account.
struct Unmetered<'w, W> {
    world: &'w mut W,
    id: AccountId,
}

impl<W: World> Slots for Unmetered<'_, W> {
    type Error = ProviderError;

    fn load(&mut self, key: U256) -> Result<U256, ProviderError> {
        self.world.load_slot(self.id, key).map(|slot| slot.value).map_err(fault)
    }

    fn store(&mut self, key: U256, value: U256) -> Result<(), ProviderError> {
        self.world.store_slot(self.id, key, value).map(|_| ()).map_err(fault)
    }

    fn too_long(&self) -> ProviderError {
        ProviderError::Refused("the slot holds no value".into())
    }
}

impl<W: World> StorageProvider for &JournalProviders<'_, W> {
    fn get(&self, contract_hash: &Hash, key: &[u8]) -> Result<Option<Vec<u8>>, ProviderError> {
        self.with_slots(contract_hash, |slots| layout::read(slots, key))
    }

    fn set(&mut self, contract_hash: &Hash, key: &[u8], value: &[u8]) -> Result<(), ProviderError> {
        self.with_slots(contract_hash, |slots| layout::write(slots, key, value))
    }

    fn delete(&mut self, contract_hash: &Hash, key: &[u8]) -> Result<bool, ProviderError> {
        self.with_slots(contract_hash, |slots| layout::delete(slots, key))
    }
}

impl<W: World> AccountProvider for &JournalProviders<'_, W> {
    fn get_balance(&self, address: &Hash) -> Result<u64, ProviderError> {
        let mut world = self.world.borrow_mut();
        let id = world.account(address_of(address)?).map_err(fault)?;
        amount_of(world.info(id).balance)
    }

    fn transfer(&mut self, from: &Hash, to: &Hash, amount: u64) -> Result<(), ProviderError> {
        let mut world = self.world.borrow_mut();
        let from = world.account(address_of(from)?).map_err(fault)?;
        let to = world.account(address_of(to)?).map_err(fault)?;
        let moved = world.transfer(from, to, U256::from(amount));
        moved.map_err(|error| match error {
            BalanceError::Insufficient => ProviderError::InsufficientBalance,
            BalanceError::Overflow => ProviderError::BalanceOverflow,
        })
    }
}

#[cfg(test)]
mod tests {
    use lockstep_base::Address;
    use lockstep_state::{Journal, MemoryStorage};

    use super::*;
    use crate::ethereum::{World, hash_of};

    #[test]
    fn what_a_program_stores_and_sends_is_in_the_journal_and_is_taken_back_with_it() {
        let (me, you) = (Address::from_low_u64(7), Address::from_low_u64(9));
        let mut storage = MemoryStorage::default();
        storage.insert_account(me, U256::from(100), 1, &[]);
        let mut journal = Journal::new(storage);
        World::begin_transaction(&mut journal);
        let checkpoint = World::checkpoint(&journal);
        let providers = JournalProviders::new(&mut journal);
        let (mut storage, mut accounts) = (&providers, &providers);
        storage.set(&hash_of(me), b"k", b"value").expect("stored");
        accounts.transfer(&hash_of(me), &hash_of(you), 30).expect("moved");
        assert_eq!(storage.get(&hash_of(me), b"k"), Ok(Some(b"value".to_vec())));
        assert_eq!(storage.get(&hash_of(you), b"k"), Ok(None), "each contract has its own");
        assert_eq!(accounts.get_balance(&hash_of(you)), Ok(30));
        let error = accounts.transfer(&hash_of(me), &hash_of(you), 71);
        assert_eq!(error, Err(ProviderError::InsufficientBalance));
        assert_eq!(accounts.get_balance(&[1; 32]), Err(ProviderError::InvalidAddress));
        assert_eq!(storage.get(&[1; 32], b"k"), Err(ProviderError::InvalidAddress));
        let id = World::account(&mut journal, you).expect("memory");
        assert_eq!(World::info(&journal, id).balance, U256::from(30), "as the EVM sees it");
        World::revert_to(&mut journal, checkpoint);
        assert!(journal.changes().is_empty());
        let providers = JournalProviders::new(&mut journal);
        assert_eq!((&providers).get(&hash_of(me), b"k"), Ok(None));
    }

    #[test]
    fn a_balance_beyond_64_bits_is_no_amount() {
        let whale = Address::from_low_u64(1);
        let mut storage = MemoryStorage::default();
        storage.insert_account(whale, U256::MAX, 0, &[]);
        let mut journal = Journal::new(storage);
        let providers = JournalProviders::new(&mut journal);
        let found = (&providers).get_balance(&hash_of(whale));
        assert_eq!(found, Err(ProviderError::BalanceOverflow));
    }
}
