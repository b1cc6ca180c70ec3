//! How far functions nest, in depth units: for each, what its native frame takes.
//!
//! # Invariants
//!
//! 1. Functions that are not deep nest as the program's code says, and one that would nest further is copied.
//! 2. Whoever calls a deep function has one slot more below the callee's own than its caller had, at least: where it returns
//!    to. So a limit of the slots below is a limit of how deep they nest, and of the native stack that they take.
//! 3. All limits depend on the program alone. 1,024 nested programs fit a native stack with all the units that each may take,
//!    and 96 KiB of what calls them for each.

use alloc::vec;

use super::{body::Body, discover::Bodies};

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

/// How many slots may lie below the lowest slot of a deep function, so that units suffice for all that are nested then: those
/// of every chain of calls are counted, by the slots below its last function.
pub(super) fn nested_max(bodies: &[Body], limit: u16) -> i32 {
    let units = |func: usize| 1 + bodies[func].units();
    let largest = (1..bodies.len()).filter(|func| bodies[*func].is_deep).map(units).max();
    // What has no room has a frame already when it leaves.
    let Some(left) = largest.map(|largest| DEEP_UNITS_MAX.saturating_sub(largest)) else {
        return 0;
    };
    let slots = usize::from(limit) + 1;
    let mut taken = vec![0; bodies.len() * slots];
    for below in 0..slots {
        for (func, body) in bodies.iter().enumerate() {
            let so_far = taken[func * slots + below];
            if so_far > left {
                return below as i32 - 1;
            }
            if so_far == 0 && (func > 0 || below > 0) {
                continue;
            }
            for call in body.calls.iter().filter(|call| bodies[call.func].is_deep) {
                let lowest = call.height + body.params - bodies[call.func].params;
                let place = below + usize::from(lowest.cast_unsigned());
                if place < slots {
                    let most = &mut taken[call.func * slots + place];
                    *most = so_far.saturating_add(units(call.func)).max(*most);
                }
            }
        }
    }
    limit.into()
}
