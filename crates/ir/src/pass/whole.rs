//! [`Whole`]: a program that is translated head by head, as one function whose window became variables.
//!
//! # Shape
//!
//! ```text
//! Lazy: head -> fragment          discover: (head, height, labels) -> node          write: node -> block
//! ```
//!
//! # Invariants
//!
//! 1. A node knows how many slots are in use when control comes to it, so each slot is a variable, and the window is
//!    touched nowhere but in blocks that leave.
//! 2. A *label* is a constant in a slot that is the number of a jump target. A node knows its labels, so a jump to one
//!    is an edge. That copies what is called from several places, once for each.
//! 3. What is not worth a copy, or jumps to what nobody knows, leaves: its slots go home, and the tier below goes on at
//!    the head. Nothing comes back from there.
//! 4. Charges, traps and host calls are the fragments' own, in their order.

mod discover;
mod write;

use alloc::{sync::Arc, vec, vec::Vec};

use self::{discover::Nodes, write::Writer};
use crate::{
    func::Func,
    inst::FuncId,
    module::{DepthLimit, Functions, Interface, Lazy, Signature},
};

/// Depth units of the one function: it calls nobody of its kind, and its native frame may be large.
const UNITS: u32 = 255;

/// Slots that go home in all places together where control leaves. A program that leaves with a high stack in many places
/// runs in the tier below from its beginning.
const LEAVING_SLOTS_MAX: usize = 30_000;

/// A lazily translated program as a program of one function.
pub struct Whole {
    guest: Arc<dyn Lazy>,
    interface: Arc<Interface>,
}

impl core::fmt::Debug for Whole {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Whole").finish_non_exhaustive()
    }
}

impl Whole {
    /// The one function of `guest`, which takes and returns nothing.
    pub fn new(guest: Arc<dyn Lazy>) -> Self {
        let mut interface = (**guest.interface()).clone();
        let signature = Signature { params: Vec::new(), results: Vec::new() };
        interface.signatures = vec![signature].into_iter().collect();
        interface.depth_limit = DepthLimit(u64::from(UNITS) + 1);
        Self { guest, interface: Arc::new(interface) }
    }
}

impl Functions for Whole {
    fn interface(&self) -> &Arc<Interface> {
        &self.interface
    }

    fn lower(&self, _func: FuncId, out: &mut Func) {
        let nodes = Nodes::discover(&*self.guest);
        if nodes.leaving_slots() > LEAVING_SLOTS_MAX {
            write::leave_at_once(self.guest.entry(), out);
        } else {
            Writer::new(&nodes, out).write();
        }
        out.units = UNITS;
    }
}
