//! [`Whole`]: a program that is translated head by head, as functions whose window became variables.
//!
//! # Shape
//!
//! ```text
//! Lazy: head -> fragment      heads: what looks like a function      discover: (head, height, tags) -> node, bodies
//! write: node -> block, body -> function
//! ```
//!
//! # Invariants
//!
//! 1. A node knows how many slots are in use when control comes to it, so each slot is a variable, and the window is
//!    touched nowhere but in blocks that leave.
//! 2. A *label* is a constant in a slot that is the number of a jump target. A node knows its labels, so a jump to one
//!    is an edge. That copies what is called from several places, once for each, unless it is a function.
//! 3. A *function* is a head whose nodes touch nothing below the label that they return to, never look at it, and all
//!    return at one height; so nothing in it can leave, underflow, or overflow where its caller has room for all of it.
//! 4. A function that calls itself, or one that does, is *deep*: it is told how many slots lie below its own, and goes no
//!    further where it has no room. Then it puts its slots where the tier below looks for them and returns to a caller that
//!    does the same, and function 0 leaves (`unwind`).
//! 5. What is not worth a copy, or jumps to what nobody knows, leaves: its slots go home, and the tier below goes on at
//!    the head. Nothing comes back from there. Only function 0 leaves.
//! 6. Charges, traps and host calls are the fragments' own, in their order.

mod body;
mod calls;
mod depth;
mod discover;
mod heads;
mod known;
mod parts;
mod tags;
mod unwind;
mod write;

use alloc::{sync::Arc, vec, vec::Vec};

use self::{
    body::{Body, Key},
    depth::PROGRAM_UNITS_MAX,
    discover::Bodies,
    tags::Tag,
    write::Writer,
};
use super::straighten;
use crate::{
    func::Func,
    inst::{FuncId, Head},
    module::{DepthLimit, Functions, Interface, Lazy, Signature},
    types::Type,
};

/// Slots that go home in all places together where control leaves. A program that leaves with a high stack in many places
/// runs in the tier below from its beginning.
const LEAVING_SLOTS_MAX: usize = 30_000;

/// A lazily translated program as a program of functions, the first of which takes and returns nothing.
pub struct Whole {
    guest: Arc<dyn Lazy>,
    interface: Arc<Interface>,
    bodies: Bodies,
}

impl core::fmt::Debug for Whole {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Whole")
            .field("functions", &self.bodies.bodies.len())
            .finish_non_exhaustive()
    }
}

/// Where a run of a program is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Midway {
    /// The head that it comes to.
    pub head: Head,
    /// Slots in use there.
    pub height: u16,
    /// Slots that hold numbers of jump targets, from the lowest, and these.
    pub labels: Vec<(u16, u32)>,
}

impl Midway {
    /// Where every run begins.
    fn entry(guest: &dyn Lazy) -> Self {
        Self { head: guest.entry(), height: 0, labels: Vec::new() }
    }

    fn key(&self) -> Key {
        let tag = |(slot, label): &(u16, u32)| (slot.cast_signed(), Tag::Label(*label));
        let tags = self.labels.iter().map(tag).collect();
        Key { head: self.head, height: self.height.cast_signed(), tags }
    }
}

impl Whole {
    /// The functions of `guest`.
    pub fn new(guest: Arc<dyn Lazy>) -> Self {
        let start = Midway::entry(&*guest).key();
        Self::of(guest, |guest| Bodies::discover(guest, start))
    }

    /// All of `guest` as one function, copied where it is called.
    pub fn copied(guest: Arc<dyn Lazy>) -> Self {
        let start = Midway::entry(&*guest).key();
        Self::of(guest, |guest| Bodies::copied(guest, start))
    }

    /// What a run of `guest` that is at `place` has still to do: the first function takes the slots in use there. With
    /// `has_functions` the others are functions, else all is copied. `None` where it would leave at once.
    pub fn onward(guest: Arc<dyn Lazy>, place: &Midway, has_functions: bool) -> Option<Self> {
        let start = place.key();
        let whole = Self::of(guest, |guest| match has_functions {
            true => Bodies::discover(guest, start),
            false => Bodies::copied(guest, start),
        });
        let first = &whole.bodies.bodies[0];
        let stays = !first.nodes.is_empty() && first.leaving_slots() <= LEAVING_SLOTS_MAX;
        stays.then_some(whole)
    }

    fn of(guest: Arc<dyn Lazy>, discover: impl FnOnce(&dyn Lazy) -> Bodies) -> Self {
        let bodies = discover(&*guest);
        let types = |numbers: usize, words: u16| {
            let mut types = vec![Type::I64; numbers];
            types.resize(numbers + usize::from(words), bodies.ty);
            types
        };
        let signature = |body: &Body| Signature {
            params: types(usize::from(body.is_deep) + usize::from(body.takes_label), body.args()),
            results: types(usize::from(body.is_deep), body.results()),
        };
        let mut interface = (**guest.interface()).clone();
        interface.signatures = bodies.bodies.iter().map(signature).collect();
        interface.depth_limit = DepthLimit(PROGRAM_UNITS_MAX.into());
        Self { guest, interface: Arc::new(interface), bodies }
    }
}

impl Functions for Whole {
    fn interface(&self) -> &Arc<Interface> {
        &self.interface
    }

    fn lower(&self, func: FuncId, out: &mut Func) {
        let Some(body) = self.bodies.bodies.get(func.0 as usize) else { return };
        if func.0 == 0 && body.leaving_slots() > LEAVING_SLOTS_MAX {
            write::leave_at_once(self.guest.entry(), out);
        } else {
            Writer::new(&self.bodies, body, out).write();
            straighten(&self.interface, out);
        }
        out.units = body.units();
    }
}
