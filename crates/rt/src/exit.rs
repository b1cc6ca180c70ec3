//! How a guest ends, and how a host function stops one.

pub use lockstep_ir::Trap;

/// How a guest's activation ended. Part of the receipt; never the machine's fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// It finished; its writes stay.
    Return,
    /// It asked for its writes to be undone; unused gas stays.
    Revert,
    /// It was stopped; its writes are undone and its gas is gone.
    Trap(Trap),
}

/// Why a host function does not return to its guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The guest traps.
    Trap(Trap),
    /// The guest asked the host to end it; the output is what [`View::finish`](crate::View::finish) was given.
    Exit {
        /// Whether its writes are to be undone.
        revert: bool,
    },
    /// The machine failed (a disk, a network). The host keeps the error; the whole transaction is abandoned.
    Fault,
}

impl From<Trap> for Stop {
    fn from(trap: Trap) -> Self {
        Self::Trap(trap)
    }
}

impl From<Faulted> for Stop {
    fn from(_: Faulted) -> Self {
        Self::Fault
    }
}

/// The machine failed during an activation; the host keeps the error. Deliberately not an [`Exit`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Faulted;

/// How an activation ended, and the gas it left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// How.
    pub exit: Exit,
    /// Gas left; zero after a trap of a guest whose traps consume everything.
    pub gas_left: u64,
}
