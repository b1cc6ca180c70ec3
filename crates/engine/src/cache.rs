//! [`Engine`]: what all executions share, which is translated code.
//!
//! # Invariants
//!
//! 1. Code is known by its full hash, its guest, the fork and the kind of compilation; never by its address or a part of
//!    it.
//! 2. What the cache holds never changes a result: a miss costs time only.
//! 3. It holds about as many bytes of code and translations as it was made for; when there are more, what was used longest
//!    ago goes, until a quarter is free. What runs keeps its own translations alive.

use std::sync::{
    Arc, Mutex, OnceLock, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use foldhash::fast::RandomState;
use hashbrown::HashMap;
use lockstep_base::{Fork, Hash};
use lockstep_guest::evm::{Mode, Program};
use lockstep_host::ethereum::contract::Guest;
use lockstep_interp::Code;
use lockstep_ir::{FuncId, pass::Whole};
use lockstep_optimizing::Optimizing;
use lockstep_rt::native::{NativeProgram, NativeStatistics};
use lockstep_state::keccak256;

use crate::{
    binary::{Binary, BinaryError, native_program},
    contract::{Contract, ContractError, Offer},
    function::{label, with_label},
    heat::{Furnace, Heat, Thermometer},
    midway::Places,
};

/// Guest code and its translations held at most, in bytes.
const CAPACITY_BYTES: usize = 256 << 20;

/// Translations grow after their program was made, so what is held is counted anew once in so many programs.
const COUNT_EVERY: u32 = 64;

/// What the mappings of a program's machine code count for. The operating system allows some ten thousands of them, which
/// small programs would use up before their bytes fill the cache.
const MAPPINGS_BYTES: usize = 64 << 10;

/// What identifies a translation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    code: Hash,
    fork: Fork,
    form: Form,
}

/// The guest, and how its code is compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Form {
    Evm { is_instrumented: bool },
    Contract(Guest),
}

/// What is known about code.
#[derive(Debug, Clone)]
enum Entry {
    Evm(Arc<Translated>),
    Contract(Loaded),
}

/// A contract's program, or why it is none.
pub(crate) type Loaded = Result<Arc<Contract>, ContractError>;

impl Entry {
    fn native(&self) -> NativeStatistics {
        match self {
            Self::Evm(translated) => translated.native_statistics(),
            Self::Contract(Ok(contract)) => contract.compiled().native_statistics(),
            Self::Contract(Err(_)) => NativeStatistics::default(),
        }
    }

    /// Bytes of guest code and translations.
    fn size_bytes(&self) -> usize {
        match self {
            Self::Evm(translated) => translated.size_bytes(),
            Self::Contract(Ok(contract)) => contract.size_bytes(),
            Self::Contract(Err(_)) => size_of::<Self>(),
        }
    }
}

/// A guest's program with its translations.
#[derive(Debug)]
pub(crate) struct Translated {
    pub(crate) program: Arc<Program>,
    pub(crate) interpreted: Code,
    /// What the optimizing tier uses; `None` where this processor has no machine code.
    native: OnceLock<Option<NativeProgram>>,
    pub(crate) thermometer: Thermometer,
    /// Where the adaptive tier may go on with a run.
    pub(crate) places: Places,
}

impl Translated {
    /// A program without translations yet.
    pub(crate) fn new(code: Arc<[u8]>, fork: Fork, mode: Mode) -> Self {
        let program = Arc::new(Program::new(code, fork, mode));
        let interpreted = Code::lazy(program.clone());
        let thermometer = Thermometer::default();
        let places = Places::default();
        Self { interpreted, program, native: OnceLock::new(), thermometer, places }
    }

    /// Its machine code, if this processor has any; compiled when it is first called.
    pub(crate) fn native(&self) -> Option<&NativeProgram> {
        self.native.get_or_init(|| self.make_native()).as_ref()
    }

    /// Its machine code, if it was compiled.
    pub(crate) fn known_native(&self) -> Option<&NativeProgram> {
        self.native.get()?.as_ref()
    }

    /// Compiles it, before anybody finds its machine code.
    pub(crate) fn compile(&self) {
        self.native();
    }

    /// Its machine code, all of it: of its functions too, which only machine code can call. Where one of them has none,
    /// there are no functions but copies.
    fn make_native(&self) -> Option<NativeProgram> {
        let native = compiled(&self.program, Whole::new(self.program.clone()))?;
        match native.statistics().below {
            0 => Some(native),
            _ => compiled(&self.program, Whole::copied(self.program.clone())),
        }
    }

    /// Bytes of guest code and translations.
    fn size_bytes(&self) -> usize {
        let native = self.known_native();
        let bytes = |program: &NativeProgram| program.statistics().size_bytes as usize;
        let native = native.map_or(0, |program| bytes(program) + MAPPINGS_BYTES);
        let places = self.places.native_statistics();
        let places = places.size_bytes as usize + places.heads as usize * MAPPINGS_BYTES;
        self.program.code().len() + self.interpreted.size_bytes() + native + places
    }

    /// What was compiled so far.
    fn native_statistics(&self) -> NativeStatistics {
        let mut all = self.places.native_statistics();
        all += self.known_native().map(NativeProgram::statistics).unwrap_or_default();
        all
    }
}

/// The machine code of what was made of `program`.
pub(crate) fn compiled(program: &Program, whole: Whole) -> Option<NativeProgram> {
    let compiler = Optimizing::functions(Arc::new(whole))?;
    let compiler = with_label(compiler, label("evm", program.code()));
    let native = NativeProgram::new(Box::new(compiler)).ok()?;
    // Callees first: then calls need no stubs.
    let functions = native.interface().signatures.len() as u32;
    (0..functions).rev().for_each(|func| native.prepare(FuncId(func)));
    Some(native)
}

/// An entry, and when it was used last, in uses of the cache.
#[derive(Debug)]
struct Held {
    entry: Entry,
    used: u64,
}

#[derive(Debug, Default)]
struct Cache {
    entries: HashMap<Key, Held, RandomState>,
    uses: u64,
    evicted: u64,
    since_count: u32,
    /// Machine code of programs that are no longer held.
    past: NativeStatistics,
}

impl Cache {
    /// Bytes held.
    fn size_bytes(&self) -> usize {
        self.entries.values().map(|held| held.entry.size_bytes()).sum()
    }

    /// What was compiled to machine code, its size as it is held now.
    fn native(&self) -> NativeStatistics {
        let mut all = self.past;
        self.entries.values().for_each(|held| all += held.entry.native());
        all
    }

    /// The entry of `key`, which is used now.
    fn find(&mut self, key: &Key) -> Option<Entry> {
        self.uses += 1;
        let held = self.entries.get_mut(key)?;
        held.used = self.uses;
        Some(held.entry.clone())
    }

    fn insert(&mut self, key: Key, entry: Entry) {
        self.uses += 1;
        self.entries.insert(key, Held { entry, used: self.uses });
    }

    /// Lets go what was used longest ago, until a quarter of `capacity_bytes` is free; nothing where there is room.
    fn make_room(&mut self, capacity_bytes: usize) {
        let mut size = self.size_bytes();
        if size <= capacity_bytes {
            return;
        }
        // Each use has a number of its own, so the order is the same whatever the map's is.
        let mut ages: Vec<(u64, Key)> =
            self.entries.iter().map(|(key, held)| (held.used, *key)).collect();
        ages.sort_unstable_by_key(|(used, _)| *used);
        for (_, key) in ages {
            if size <= capacity_bytes / 4 * 3 {
                break;
            }
            if let Some(Held { entry, .. }) = self.entries.remove(&key) {
                size = size.saturating_sub(entry.size_bytes());
                self.past += NativeStatistics { size_bytes: 0, ..entry.native() };
                self.evicted += 1;
            }
        }
    }

    /// Holds nothing any more.
    fn clear(&mut self) {
        let past = NativeStatistics { size_bytes: 0, ..self.native() };
        let evicted = self.evicted + self.entries.len() as u64;
        *self = Self { past, evicted, ..Self::default() };
    }
}

/// What executions share: make one for a process, and give it to every [`Vm`](crate::Vm).
#[derive(Debug)]
pub struct Engine {
    cache: Mutex<Cache>,
    capacity_bytes: usize,
    hits: AtomicU64,
    misses: AtomicU64,
    pub(crate) furnace: Arc<Furnace>,
}

/// What the code cache did so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statistics {
    /// Programs found.
    pub hits: u64,
    /// Programs made.
    pub misses: u64,
    /// Programs held.
    pub programs: usize,
    /// Bytes of code and translations held, and of what they take of the operating system.
    pub size_bytes: usize,
    /// Programs that were held and had to go.
    pub evicted: u64,
    /// Programs and functions compiled to machine code because they were hot.
    pub compiled: u64,
}

impl Default for Engine {
    fn default() -> Self {
        Self::new()
    }
}

impl Engine {
    /// An engine that knows no code yet.
    pub fn new() -> Self {
        Self::with_capacity(CAPACITY_BYTES)
    }

    /// An engine that holds about so many bytes of code and translations at most; `usize::MAX` is no limit.
    pub fn with_capacity(capacity_bytes: usize) -> Self {
        Self {
            cache: Mutex::default(),
            capacity_bytes,
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
            furnace: Arc::default(),
        }
    }

    /// The same engine with another idea of when a program is hot.
    #[must_use]
    pub fn with_heat(mut self, heat: Heat) -> Self {
        self.furnace = Arc::new(Furnace::new(heat));
        self
    }

    /// What the code cache did so far.
    pub fn statistics(&self) -> Statistics {
        let (programs, size_bytes, evicted) = {
            let cache = self.lock();
            (cache.entries.len(), cache.size_bytes(), cache.evicted)
        };
        Statistics {
            hits: self.hits.load(Ordering::Relaxed),
            misses: self.misses.load(Ordering::Relaxed),
            programs,
            size_bytes,
            evicted,
            compiled: self.furnace.compiled(),
        }
    }

    /// What was compiled to machine code so far.
    pub fn native_statistics(&self) -> NativeStatistics {
        self.lock().native()
    }

    /// Knows EVM code with the machine code that was made of it for `fork`, until it makes room for other code.
    ///
    /// # Errors
    ///
    /// [`BinaryError`] when it is of something else.
    pub fn adopt(&self, binary: &Binary, fork: Fork) -> Result<(), BinaryError> {
        binary.expect_evm(fork)?;
        let translated = Translated::new(binary.code().clone(), fork, Mode::Plain);
        let whole = binary.whole(translated.program.clone());
        let program = native_program(binary, Arc::new(whole), label("evm", binary.code()))?;
        let translated = Translated { native: OnceLock::from(Some(program)), ..translated };
        let form = Form::Evm { is_instrumented: false };
        let key = Key { code: keccak256(binary.code()), fork, form };
        self.lock().insert(key, Entry::Evm(Arc::new(translated)));
        Ok(())
    }

    /// Forgets all translations; the next call of each program is a first one again.
    pub fn forget(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Cache> {
        // Nothing is left half done by a panic: entries are inserted whole.
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The program of `code`, whose hash is `hash`.
    pub(crate) fn translated(
        &self,
        code: &Arc<[u8]>,
        hash: Hash,
        fork: Fork,
        mode: Mode,
    ) -> Arc<Translated> {
        let form = Form::Evm { is_instrumented: mode == Mode::Instrumented };
        let key = Key { code: hash, fork, form };
        let make = || Entry::Evm(Arc::new(Translated::new(code.clone(), fork, mode)));
        match self.entry(key, make) {
            Entry::Evm(translated) => translated,
            Entry::Contract(_) => unreachable!("the key says the guest"),
        }
    }

    /// The contract of `guest` that `code`, whose hash is `hash`, is on a host that offers `offer` under `fork`.
    pub(crate) fn contract<H>(
        &self,
        guest: Guest,
        code: &Arc<[u8]>,
        (hash, fork): (Hash, Fork),
        offer: &Offer<'_, H>,
    ) -> Loaded {
        let key = Key { code: hash, fork, form: Form::Contract(guest) };
        match self.entry(key, || Entry::Contract(Contract::load(guest, code, offer).map(Arc::new)))
        {
            Entry::Contract(loaded) => loaded,
            Entry::Evm(_) => unreachable!("the key says the guest"),
        }
    }

    /// What is known by `key`, or what `make` makes.
    fn entry(&self, key: Key, make: impl FnOnce() -> Entry) -> Entry {
        if let Some(known) = self.lock().find(&key) {
            self.hits.fetch_add(1, Ordering::Relaxed);
            return known;
        }
        self.misses.fetch_add(1, Ordering::Relaxed);
        let made = make();
        let mut cache = self.lock();
        cache.since_count += 1;
        if cache.since_count >= COUNT_EVERY {
            cache.since_count = 0;
            cache.make_room(self.capacity_bytes);
        }
        cache.insert(key, made.clone());
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ever new code does not fill the memory, and known code is found.
    #[test]
    fn what_was_used_longest_ago_goes_when_the_cache_is_full() {
        let engine = Engine::with_capacity(100_000);
        let (often, mut held) = (Arc::<[u8]>::from([1_u8].as_slice()), 0);
        let use_often = || engine.translated(&often, Hash([9; 32]), Fork::LATEST, Mode::Plain);
        let first = use_often();
        for number in 0..1000_u64 {
            let code: Arc<[u8]> = Arc::from([0_u8; 1000].as_slice());
            let mut hash = Hash::ZERO;
            hash.0[..8].copy_from_slice(&number.to_le_bytes());
            for _ in 0..2 {
                engine.translated(&code, hash, Fork::LATEST, Mode::Plain);
            }
            assert!(Arc::ptr_eq(&first, &use_often()), "what is used stays");
            held = held.max(engine.statistics().programs);
        }
        let Statistics { hits, misses, programs, evicted, size_bytes, .. } = engine.statistics();
        assert_eq!((hits, misses, programs as u64 + evicted), (2000, 1001, 1001));
        assert!(held <= 100 + COUNT_EVERY as usize, "{held} programs in a hundred kilobytes");
        assert!(size_bytes <= 100_000 + COUNT_EVERY as usize * 2000, "{size_bytes} bytes");
    }
}
