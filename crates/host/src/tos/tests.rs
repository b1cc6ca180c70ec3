//! Providers, contexts, costs and translation by themselves; system calls are tested where programs run.

use std::cell::RefCell;

use super::*;

const ME: Hash = [7; 32];
const YOU: Hash = [9; 32];

/// Notes what it is asked.
#[derive(Default)]
struct Recorder {
    asked: RefCell<Vec<String>>,
}

impl Recorder {
    fn note(&self, text: String) {
        self.asked.borrow_mut().push(text);
    }
}

impl StorageProvider for Recorder {
    fn get(&self, contract: &Hash, key: &[u8]) -> Result<Option<Vec<u8>>, ProviderError> {
        self.note(format!("get {} {key:?}", contract[0]));
        match key {
            b"bad" => Err(ProviderError::Fault("disk".into())),
            b"there" => Ok(Some(vec![1])),
            _ => Ok(None),
        }
    }

    fn set(&mut self, contract: &Hash, key: &[u8], value: &[u8]) -> Result<(), ProviderError> {
        self.note(format!("set {} {key:?} {value:?}", contract[0]));
        Ok(())
    }

    fn delete(&mut self, contract: &Hash, key: &[u8]) -> Result<bool, ProviderError> {
        self.note(format!("delete {} {key:?}", contract[0]));
        Ok(true)
    }
}

impl AccountProvider for Recorder {
    fn get_balance(&self, address: &Hash) -> Result<u64, ProviderError> {
        self.note(format!("balance {}", address[0]));
        Ok(77)
    }

    fn transfer(&mut self, from: &Hash, to: &Hash, amount: u64) -> Result<(), ProviderError> {
        self.note(format!("transfer {} {} {amount}", from[0], to[0]));
        Ok(())
    }
}

#[test]
fn a_new_context_has_used_nothing_and_is_silent() {
    let (mut storage, mut accounts) = (NoOpStorage, NoOpAccounts);
    let mut context = InvokeContext::new(10_000, ME, &mut storage, &mut accounts);
    assert_eq!(context.get_compute_units_consumed(), 0);
    assert_eq!(context.get_compute_units_remaining(), 10_000);
    assert!(!context.debug_mode);
    context.enable_debug();
    assert!(context.debug_mode);
    assert_eq!((context.contract_hash, context.block_height), (ME, 0));
}

#[test]
fn a_full_context_keeps_its_eight_arguments() {
    let (mut storage, mut accounts) = (NoOpStorage, NoOpAccounts);
    let context = InvokeContext::new_with_state(
        5,
        ME,
        [1; 32],
        12_345,
        [2; 32],
        [3; 32],
        &mut storage,
        &mut accounts,
    );
    assert_eq!(context.get_compute_units_remaining(), 5);
    let known = (context.contract_hash, context.block_hash, context.block_height);
    assert_eq!(known, (ME, [1; 32], 12_345));
    assert_eq!((context.tx_hash, context.tx_sender), ([2; 32], [3; 32]));
}

#[test]
fn units_are_taken_whole_or_not_at_all() {
    let (mut storage, mut accounts) = (NoOpStorage, NoOpAccounts);
    let mut context = InvokeContext::new(100, ME, &mut storage, &mut accounts);
    assert_eq!(context.consume_checked(50), Ok(()));
    assert_eq!(context.consume_checked(60), Err(TosError::OutOfComputeUnits));
    assert_eq!(context.get_compute_units_consumed(), 50);
    assert_eq!(context.consume_checked(50), Ok(()));
    assert_eq!(context.consume_checked(1), Err(TosError::OutOfComputeUnits));
    assert_eq!(context.consume_checked(u64::MAX), Err(TosError::OutOfComputeUnits));
    assert_eq!(context.get_compute_units_consumed(), 100);
}

#[test]
fn providers_hear_of_the_contract_that_runs() {
    let (mut storage, mut accounts) = (Recorder::default(), Recorder::default());
    let mut context = InvokeContext::new(0, ME, &mut storage, &mut accounts);
    assert_eq!(context.get_storage(b"there"), Ok(Some(vec![1])));
    assert_eq!(context.get_storage(b"k"), Ok(None));
    assert_eq!(context.get_storage(b"bad"), Err(ProviderError::Fault("disk".into())));
    context.set_storage(b"k", b"v").expect("noted");
    assert_eq!(context.delete_storage(b"k"), Ok(true));
    assert_eq!(context.get_balance(&YOU), Ok(77));
    context.transfer(&YOU, 5).expect("noted");
    let asked = storage.asked.into_inner();
    assert_eq!(asked[3], "set 7 [107] [118]");
    assert_eq!(asked[4], "delete 7 [107]");
    assert!(asked[..3].iter().all(|text| text.starts_with("get 7 ")), "{asked:?}");
    assert_eq!(accounts.asked.into_inner(), ["balance 9", "transfer 7 9 5"]);
}

#[test]
fn storage_in_memory_keeps_the_last_value_by_contract() {
    let mut storage = InMemoryStorage::new();
    storage.set(&ME, b"k", b"1").expect("kept");
    storage.set(&ME, b"k", b"").expect("kept");
    storage.set(&YOU, b"k", b"2").expect("kept");
    assert_eq!(storage.get(&ME, b"k"), Ok(Some(vec![])));
    assert_eq!(storage.get(&YOU, b"k"), Ok(Some(vec![b'2'])));
    assert_eq!(storage.delete(&ME, b"k"), Ok(true));
    assert_eq!(storage.delete(&ME, b"k"), Ok(false));
    assert_eq!(storage.get(&ME, b"k"), Ok(None));
    let mut nothing = NullStorage;
    nothing.set(&ME, b"k", b"1").expect("forgotten");
    assert_eq!((nothing.get(&ME, b"k"), nothing.delete(&ME, b"k")), (Ok(None), Ok(false)));
}

#[test]
fn transfers_move_all_or_nothing() {
    let mut accounts = InMemoryAccounts::default();
    accounts.set_balance(ME, 10);
    accounts.set_balance(YOU, u64::MAX - 3);
    assert_eq!(accounts.transfer(&ME, &YOU, 3), Ok(()));
    assert_eq!(accounts.transfer(&ME, &YOU, 1), Err(ProviderError::BalanceOverflow));
    assert_eq!(accounts.transfer(&ME, &YOU, 8), Err(ProviderError::InsufficientBalance));
    assert_eq!(accounts.transfer(&ME, &ME, 7), Ok(()));
    assert_eq!(accounts.transfer(&ME, &ME, 8), Err(ProviderError::InsufficientBalance));
    assert_eq!(accounts.get_balance(&ME), Ok(7));
    assert_eq!(accounts.get_balance(&YOU), Ok(u64::MAX));
    assert_eq!(accounts.get_balance(&[0; 32]), Ok(0));
    let mut none = NoOpAccounts;
    assert_eq!((none.get_balance(&ME), none.transfer(&ME, &YOU, 5)), (Ok(0), Ok(())));
}

#[test]
fn costs_are_data_with_a_version() {
    let first = CostTable::default();
    assert_eq!(first.version, 2);
    let of = |name: &str, bytes| first.cost(name).of(bytes);
    assert_eq!(of("tos_log", 11), 111);
    assert_eq!(of("tos_storage_write", 5), 510);
    assert_eq!(of("tos_storage_read", 32), 232);
    assert_eq!(of("tos_set_return_data", 1024), 1124);
    for name in
        ["tos_get_block_height", "tos_get_tx_hash", "tos_get_tx_sender", "tos_get_contract_hash"]
    {
        assert_eq!(of(name, 9), 50, "{name}");
    }
    let other =
        first.clone().with("version 7\ntos_log 1 2 # cheaper\n\nmine 3 0").expect("a table");
    assert_eq!((other.version, other.cost("tos_log").of(10)), (7, 21));
    assert_eq!((other.cost("mine").base, other.cost("tos_transfer").base), (3, 500));
    for (text, line) in [("tos_log 1", 1), ("\nx y z", 2), ("version many", 1)] {
        assert_eq!(CostTable::default().with(text), Err(CostError { line }));
    }
    assert_eq!(Cost { base: 1, per_byte: u64::MAX }.of(2), u64::MAX);
}

/// Sixteen bytes that are only read at 0x1000, and frames of eight bytes with gaps at 0x2000.
fn mapping() -> MemoryMapping {
    let region = |start, len, offset, is_writable, gap| MemoryRegion {
        start,
        len,
        offset,
        is_writable,
        gap,
    };
    MemoryMapping {
        regions: vec![region(0x1000, 16, 0, false, 0), region(0x2000, 16, 16, true, 8)],
    }
}

#[test]
fn addresses_lie_in_regions_with_rights_and_gaps() {
    let mapping = mapping();
    let find = |access, address, len| mapping.find(access, address, len);
    assert_eq!(find(AccessType::Load, 0x1000, 16), Ok(0));
    assert!(find(AccessType::Load, 0x1000, 17).is_err());
    assert!(find(AccessType::Load, 0x0fff, 1).is_err());
    assert_eq!(find(AccessType::Store, 0x2000, 8), Ok(16));
    assert_eq!(find(AccessType::Store, 0x2010, 8), Ok(24));
    for address in 0x2008..0x2010 {
        assert!(find(AccessType::Load, address, 1).is_err(), "{address:#x}");
    }
    assert!(find(AccessType::Load, 0x2010, 9).is_err());
    assert!(find(AccessType::Load, u64::MAX, 2).is_err());
    let error = find(AccessType::Store, 0x1000, 4).expect_err("it is only read");
    assert_eq!(error.to_string(), "access violation: store of 4 bytes at 0x1000");
}

#[test]
fn values_are_translated_with_or_without_alignment() {
    let mapping = mapping();
    let mut bytes: Vec<u8> = (0..32).collect();
    let mut memory = GuestMemory { mapping: &mapping, bytes: &mut bytes };
    assert_eq!(translate_type::<u64>(&memory, 0x1008, true), Ok(0x0f0e_0d0c_0b0a_0908));
    let unaligned = translate_type::<u64>(&memory, 0x1001, true);
    assert_eq!(unaligned, Err(TosError::UnalignedPointer { address: 0x1001 }));
    assert_eq!(translate_type::<u16>(&memory, 0x1001, false), Ok(0x0201));
    let odd = translate_slice::<u8>(&memory, 0x1001, 3, false).expect("bytes");
    assert_eq!(odd.as_bytes(), [1, 2, 3]);
    let words = translate_slice::<u32>(&memory, 0x1000, 4, true).expect("words");
    assert_eq!((words.len(), words.get(3), words.get(4)), (4, Some(0x0f0e_0d0c), None));
    assert!(translate_slice::<u8>(&memory, 0x9999, 0, false).expect("nothing").is_empty());
    assert!(translate_slice::<u64>(&memory, 0x1000, u64::MAX / 4, false).is_err());
    let read_only = translate_slice_mut::<u8>(&mut memory, 0x1000, 1, false);
    let violation = AccessViolation { access: AccessType::Store, address: 0x1000, len: 1 }.into();
    assert_eq!(read_only.err(), Some(violation));
    let mut value = translate_type_mut::<u32>(&mut memory, 0x2010, true).expect("a place");
    value.set(5);
    assert_eq!(value.get(), 5);
    let mut items = translate_slice_mut::<u16>(&mut memory, 0x2000, 2, true).expect("a place");
    assert!(items.set(1, 0x0908) && !items.set(2, 0));
    assert_eq!((&bytes[18..20], &bytes[24..28]), (&[8, 9][..], &[5, 0, 0, 0][..]));
}

#[test]
fn text_is_utf_8() {
    let mapping = mapping();
    let mut bytes = b"caf\xc3\xa9 \xff.........................".to_vec();
    let memory = GuestMemory { mapping: &mapping, bytes: &mut bytes };
    assert_eq!(translate_string(&memory, 0x1000, 5), Ok("caf\u{e9}"));
    assert_eq!(translate_string(&memory, 0x1000, 4), Err(TosError::InvalidText));
    assert_eq!(translate_string(&memory, 0x1006, 1), Err(TosError::InvalidText));
}
