//! [`Places`]: where runs of an EVM program may go on in machine code before they end.
//!
//! ```text
//! a slice of gas is used -> Climb::midway: compiled for such labels? machine code : looked at, interpreted
//!                                                          hot -> Furnace -> Place::compile
//! ```
//!
//! # Invariants
//!
//! 1. Machine code of a place is entered only with the height and the labels that it was made for; what it does then is
//!    what the program does.
//! 2. Labels are what all looks at a place had in common before it was compiled: what changes in a loop is none of them.
//! 3. A program has a bounded number of places, and of those that are compiled.

use core::fmt;
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

use lockstep_guest::evm::Program;
use lockstep_ir::{
    Block, FuncId, Head, Lazy,
    pass::{Midway, Whole},
};
use lockstep_rt::native::{Above, NativeProgram, NativeStatistics};

use crate::{
    cache::{Translated, compiled},
    heat::{Furnace, Thermometer},
};

/// Limbs of a slot.
const SLOT_LIMBS: usize = 4;

/// Slots in use at a place, at most: all of them are operands of machine code.
const HEIGHT_MAX: usize = 64;

/// Places that are looked at in a program.
const PLACES_MAX: usize = 256;

/// Places that are compiled of a program: each holds the rest of it once more.
const COMPILED_MAX: u32 = 8;

/// Where runs of a program were when they had used a slice of gas.
#[derive(Debug, Default)]
pub(crate) struct Places {
    known: Mutex<BTreeMap<(Head, usize), Arc<Place>>>,
    asked: AtomicU32,
}

/// A head, with so many slots in use.
pub(crate) struct Place {
    pub(crate) thermometer: Thermometer,
    /// The head and the labels that all looks had in common; none before the first.
    seen: Mutex<Option<Midway>>,
    native: OnceLock<Option<Rest>>,
}

/// The rest of a program.
struct Rest {
    place: Midway,
    program: Arc<NativeProgram>,
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Place").finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Places {
    /// The place, if there is room for it.
    fn find(&self, head: Head, height: usize) -> Option<Arc<Place>> {
        let mut known = lock(&self.known);
        if let Some(place) = known.get(&(head, height)) {
            return Some(place.clone());
        }
        if known.len() >= PLACES_MAX || height > HEIGHT_MAX {
            return None;
        }
        let (thermometer, seen, native) = Default::default();
        let place = Arc::new(Place { thermometer, seen, native });
        known.insert((head, height), place.clone());
        Some(place)
    }

    /// Whether one more place may be compiled.
    fn admits(&self) -> bool {
        self.asked.fetch_add(1, Ordering::Relaxed) < COMPILED_MAX
    }

    /// What was compiled so far.
    pub(crate) fn native_statistics(&self) -> NativeStatistics {
        let mut all = NativeStatistics::default();
        for place in lock(&self.known).values() {
            if let Some(Some(rest)) = place.native.get() {
                all += NativeStatistics { heads: 1, ..rest.program.statistics() };
            }
        }
        all
    }
}

impl Place {
    /// The rest of the program for a run with these slots in use.
    fn ready(&self, slots: &[u64]) -> Option<Arc<NativeProgram>> {
        let rest = self.native.get()?.as_ref()?;
        let holds = |(slot, label): &(u16, u32)| number(slots, *slot) == Some(*label);
        rest.place.labels.iter().all(holds).then(|| rest.program.clone())
    }

    /// A run is here with these slots in use; whether one was before.
    fn look(&self, program: &Program, head: Head, slots: &[u64]) -> bool {
        let mut seen = lock(&self.seen);
        if let Some(place) = &mut *seen {
            place.labels.retain(|(slot, label)| number(slots, *slot) == Some(*label));
            return true;
        }
        let height = (slots.len() / SLOT_LIMBS) as u16;
        let label = |slot| {
            let label = number(slots, slot).filter(|number| program.is_jump_target(*number))?;
            Some((slot, label))
        };
        let labels = (0..height).filter_map(label).collect();
        *seen = Some(Midway { head, height, labels });
        false
    }

    /// Compiles the rest of the program, for the labels known now.
    pub(crate) fn compile(&self, program: &Arc<Program>) {
        let Some(place) = lock(&self.seen).clone() else { return };
        let make = |has_functions| {
            let whole = Whole::onward(program.clone(), &place, has_functions)?;
            // The tier below has no such functions.
            compiled(program, whole).filter(|native| native.statistics().below == 0)
        };
        let native = make(true).or_else(|| make(false));
        let rest = native.map(|program| Rest { place: place.clone(), program: Arc::new(program) });
        // Whoever came second made the same of as much.
        _ = self.native.set(rest);
    }
}

/// The number of 32 bits that is in a slot, if it is one.
fn number(slots: &[u64], slot: u16) -> Option<u32> {
    let limbs = slots.get(usize::from(slot) * SLOT_LIMBS..)?.first_chunk::<SLOT_LIMBS>()?;
    let [low, upper @ ..] = limbs;
    if *upper == [0; SLOT_LIMBS - 1] { u32::try_from(*low).ok() } else { None }
}

/// What a run of an EVM program asks whether a place is hot.
pub(crate) struct Climb<'a> {
    pub(crate) translated: &'a Arc<Translated>,
    pub(crate) furnace: &'a Furnace,
}

impl Above for Climb<'_> {
    /// EVM code has no functions.
    fn enter(&self, _: FuncId) -> Option<&NativeProgram> {
        None
    }

    fn note(&self, _: FuncId, _: u64) {}

    fn slice(&self) -> u64 {
        self.furnace.heat.slice()
    }

    fn turn(&self, _: FuncId, _: Block, _: u64) -> Option<&NativeProgram> {
        None
    }

    fn midway(&self, head: Head, slots: &[u64], gas: u64) -> Option<Arc<NativeProgram>> {
        let places = &self.translated.places;
        let place = places.find(head, slots.len() / SLOT_LIMBS)?;
        if place.native.get().is_some() {
            return place.ready(slots);
        }
        // What is seen once does not loop, and its labels may be numbers that happen to be some.
        if place.look(&self.translated.program, head, slots) {
            self.furnace.note_place(self.translated, &place, gas, || places.admits());
        }
        if self.furnace.heat.is_awaited { place.ready(slots) } else { None }
    }
}
