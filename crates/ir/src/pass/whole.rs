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

use alloc::{sync::Arc, vec};

use self::{body::Body, depth::PROGRAM_UNITS_MAX, discover::Bodies, write::Writer};
use crate::{
    func::Func,
    inst::FuncId,
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

impl Whole {
    /// The functions of `guest`.
    pub fn new(guest: Arc<dyn Lazy>) -> Self {
        Self::of(guest, Bodies::discover)
    }

    /// All of `guest` as one function, copied where it is called.
    pub fn copied(guest: Arc<dyn Lazy>) -> Self {
        Self::of(guest, Bodies::copied)
    }

    fn of(guest: Arc<dyn Lazy>, discover: impl Fn(&dyn Lazy) -> Bodies) -> Self {
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
        }
        out.units = body.units();
    }
}
