//! How far functions nest that call themselves.
//!
//! # Invariants
//!
//! 1. Whoever calls a deep function has one slot more below the callee's own than its caller had, at least: where it returns
//!    to. So a limit of the slots below is a limit of how deep they nest, and of the native stack that they take.
//! 2. The limit depends on the program alone.

use super::{
    body::{Body, Call},
    discover::Bodies,
};

/// Depth units that nested deep functions may take, all together.
const DEEP_UNITS: i32 = 768;

/// Depth units of the deep function that needs most.
const UNITS_MAX: i32 = 63;

impl Body {
    /// Depth units of a deep function: its frame has room for most of its slots, and for what calls need.
    pub(super) fn deep_units(&self) -> u32 {
        let slots = self.own_top + i32::from(self.params);
        (3 + slots / 2).clamp(0, UNITS_MAX).cast_unsigned()
    }
}

impl Bodies {
    /// Depth units that all deep functions together take at most, themselves counted.
    pub(super) fn deep_units_max(&self) -> u64 {
        let has_deep = self.bodies.iter().any(|body| body.is_deep);
        if has_deep { u64::from(DEEP_UNITS.cast_unsigned()) } else { 0 }
    }

    /// How many slots may lie below the beginning of a deep function for it to have room.
    pub(super) fn deep_base_max(&self, body: &Body) -> u32 {
        let above = i32::from(self.limit) - body.top;
        let nested = self.nested_max.saturating_add(i32::from(body.params));
        above.min(nested).max(0).cast_unsigned()
    }
}

/// How many slots may lie below the lowest slot of a deep function, so that units suffice for all that are nested then.
pub(super) fn nested_max(bodies: &[Body]) -> i32 {
    let units = |call: &Call| 1 + bodies[call.func].deep_units().cast_signed();
    let is_deep = |call: &&Call| bodies[call.func].is_deep;
    let calls = bodies.iter().flat_map(|body| &body.calls).filter(is_deep);
    let left = DEEP_UNITS - calls.map(units).max().unwrap_or(0);
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
