//! The host of measured programs: 32-byte slots, and a function that does next to nothing.

use std::{cell::RefCell, collections::BTreeMap};

use lockstep::{
    HostFunction, HostRow, Stop, View,
    ebpf::{Config, Helper},
};
use peer_sbpf::{
    Hosted, State,
    bare::{self, Helper as Bare},
};

/// Names, in the order of their numbers from 1.
pub(crate) const NAMES: [&str; 3] = ["storage_get", "storage_set", "nop"];
/// Distance of guest addresses from places in memory.
const BASE: u64 = 1 << 32;
const SLOT: u64 = 32;

type Word = [u8; 32];
pub(crate) type Store = BTreeMap<Word, Word>;
type Args = (u64, u64, u64, u64, u64);

pub(crate) fn config() -> Config {
    let helpers = NAMES.iter().zip(1..).map(|(name, number)| Helper::numbered(name, number));
    Config { helpers: helpers.collect(), ..Config::default() }
}

pub(crate) fn rows() -> [HostRow<Store>; 3] {
    [HostRow::of::<Get>(), HostRow::of::<Set>(), HostRow::of::<Nop>()]
}

pub(crate) fn hosts() -> [(&'static str, Hosted); 3] {
    let hosted: [Hosted; 3] =
        [peer_sbpf::hosted::<Get>, peer_sbpf::hosted::<Set>, peer_sbpf::hosted::<Nop>];
    [(NAMES[0], hosted[0]), (NAMES[1], hosted[1]), (NAMES[2], hosted[2])]
}

fn word(view: &mut View<'_, Store>, address: u64) -> Result<Word, Stop> {
    let bytes = view.bytes(address.wrapping_sub(BASE), SLOT)?;
    Ok((&*bytes).try_into().expect("as many bytes"))
}

struct Get;
struct Set;
struct Nop;

impl HostFunction<Store> for Get {
    const NAME: &'static str = NAMES[0];
    type Args = Args;
    type Results = (u64,);

    fn call(view: &mut View<'_, Store>, (key, to, ..): Args) -> Result<(u64,), Stop> {
        let key = word(view, key)?;
        let Some(value) = view.host().get(&key).copied() else { return Ok((0,)) };
        view.bytes(to.wrapping_sub(BASE), SLOT)?.copy_from_slice(&value);
        Ok((1,))
    }
}

impl HostFunction<Store> for Set {
    const NAME: &'static str = NAMES[1];
    type Args = Args;
    type Results = (u64,);

    fn call(view: &mut View<'_, Store>, (key, value, ..): Args) -> Result<(u64,), Stop> {
        let (key, value) = (word(view, key)?, word(view, value)?);
        view.host().insert(key, value);
        Ok((1,))
    }
}

impl HostFunction<Store> for Nop {
    const NAME: &'static str = NAMES[2];
    type Args = Args;
    type Results = (u64,);

    fn call(_: &mut View<'_, Store>, (value, ..): Args) -> Result<(u64,), Stop> {
        Ok((value ^ 0x55,))
    }
}

impl peer_sbpf::HostFunction for Get {
    fn call(state: &mut State, [key, to, ..]: [u64; 5]) -> u64 {
        let value = state.read(key).and_then(|key| state.storage.get(&key).copied());
        u64::from(value.and_then(|value| state.write(to, &value)).is_some())
    }
}

impl peer_sbpf::HostFunction for Set {
    fn call(state: &mut State, [key, value, ..]: [u64; 5]) -> u64 {
        let (Some(key), Some(value)) = (state.read(key), state.read(value)) else { return 0 };
        state.storage.insert(key, value);
        1
    }
}

impl peer_sbpf::HostFunction for Nop {
    fn call(_: &mut State, [value, ..]: [u64; 5]) -> u64 {
        value ^ 0x55
    }
}

thread_local! {
    /// Slots of storage of programs in rbpf, whose helpers are given nothing.
    static STORAGE: RefCell<Store> = RefCell::default();
}

/// Helpers of rbpf by number, on empty storage.
pub(crate) fn bare_helpers() -> [(u32, Bare); 3] {
    STORAGE.with_borrow_mut(Store::clear);
    [(1, bare_get), (2, bare_set), (3, |value, _, _, _, _| value ^ 0x55)]
}

fn bare_get(key: u64, to: u64, _: u64, _: u64, _: u64) -> u64 {
    // Measured programs name slots of their own.
    let value = STORAGE.with_borrow(|storage| storage.get(&bare::word_at(key)).copied());
    u64::from(value.map(|value| bare::set_word_at(to, value)).is_some())
}

fn bare_set(key: u64, value: u64, _: u64, _: u64, _: u64) -> u64 {
    let (key, value) = (bare::word_at(key), bare::word_at(value));
    STORAGE.with_borrow_mut(|storage| storage.insert(key, value));
    1
}
