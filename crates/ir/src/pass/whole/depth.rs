//! How far functions nest, in depth units: for each, what its native frame takes.
//!
//! # Invariants
//!
//! 1. Functions that are not deep nest as the program's code says, and one that would nest further is copied.
//! 2. Whoever calls a deep function has one slot more below the callee's own than its caller had, at least: where it returns
//!    to. So a limit of the slots below is a limit of how deep they nest, and of the native stack that they take.
//! 3. All limits depend on the program alone. 1,024 nested programs fit a native stack with all the units that each may take,
//!    and 96 KiB of what calls them for each.

use super::{
    body::{Body, Call},
    discover::Bodies,
};

/// Depth units of the first function, whose native frame may be large.
const ENTRY_UNITS: u32 = 255;

/// Depth units of each other function at most.
const UNITS_MAX: u32 = 63;

/// Depth units that nested functions may take that are not deep, all together.
pub(super) const CHAIN_UNITS_MAX: u32 = 512;

/// Depth units that nested deep functions may take, all together.
const DEEP_UNITS_MAX: u32 = 2_560;

/// Depth units that a program may take.
pub(super) const PROGRAM_UNITS_MAX: u32 = ENTRY_UNITS + 1 + CHAIN_UNITS_MAX + DEEP_UNITS_MAX;

impl Body {
    /// Depth units: room for its slots, for what its instructions compute in between, and for what calls need.
    pub(super) fn units(&self) -> u32 {
        if self.is_entry() {
            return ENTRY_UNITS;
        }
        let slots = (self.own_top + i32::from(self.params)).max(0).cast_unsigned();
        let insts = self.insts as u32;
        // Frames were measured to take half of that; of the others there is room for more.
        let units = match self.is_deep {
            true => 2 + 3 * slots / 8 + insts / 64,
            false => 7 + slots + insts / 32,
        };
        units.min(UNITS_MAX)
    }
}

impl Bodies {
    /// How many slots may lie below the beginning of a deep function for it to have room.
    pub(super) fn deep_base_max(&self, body: &Body) -> u32 {
        let above = i32::from(self.limit) - body.top;
        let nested = self.nested_max.saturating_add(i32::from(body.params));
        above.min(nested).max(0).cast_unsigned()
    }
}

/// How many slots may lie below the lowest slot of a deep function, so that units suffice for all that are nested then.
pub(super) fn nested_max(bodies: &[Body]) -> i32 {
    let units = |call: &Call| 1 + bodies[call.func].units().cast_signed();
    let is_deep = |call: &&Call| bodies[call.func].is_deep;
    let calls = bodies.iter().flat_map(|body| &body.calls).filter(is_deep);
    let left = DEEP_UNITS_MAX.cast_signed() - calls.map(units).max().unwrap_or(0);
    // How far the callee's lowest slot lies above the caller's, for what its frame takes.
    let each = |body: &Body, call: &Call| {
        let lowest = call.height - bodies[call.func].params;
        left * i32::from(lowest + body.params) / units(call)
    };
    let deep = bodies.iter().filter(|body| body.is_deep);
    let all =
        deep.flat_map(|body| body.calls.iter().filter(is_deep).map(move |call| each(body, call)));
    all.min().unwrap_or(i32::MAX)
}
