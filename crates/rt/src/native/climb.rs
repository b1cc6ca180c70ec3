//! The way up: a function that the tier below is about to run is run as machine code instead.
//!
//! ```text
//! tier below: gate of a function -> Above::enter -> climb -> door -> body ... -> back through the gate, or left
//!                    ^------ below <- glue of a function that is not hot <-'
//! ```
//!
//! # Invariants
//!
//! 1. Whether a function climbs changes no result: operands, gas and depth are handed over whole.
//! 2. What climbs out of one activation nests a few times at most: a climb takes native stack that no depth unit pays for.

use core::sync::atomic::Ordering;

use lockstep_ir::FuncId;

use super::{
    Leaving, NativeProgram, OFFSETS,
    call::{Running, slots},
    door::{self, erased},
    program::Below,
};
use crate::{context::Context, store::Natively};

/// How deep climbs of one activation nest; beyond, functions stay in the tier below until one returns.
const NESTED_MAX: u32 = 8;

/// What knows which functions are hot.
pub trait Above {
    /// The tier below is about to run `func`: the program that has its machine code, if one has.
    fn enter(&self, func: FuncId) -> Option<&NativeProgram>;

    /// The tier above ran `func` below for so much gas, that of what it called included.
    fn note(&self, func: FuncId, gas: u64);
}

/// Runs `func` as machine code of `program` with its operands in `frame`, the room for results first; `None` when it stays
/// below. `Err` says how it left without returning. The counter in the context is current before and after.
///
/// # Panics
///
/// When the program is not that of the context's instance.
///
/// # Safety
///
/// The context is one of an activation of the same program, whose counter and depth are current; the frame has room above
/// for all that depth units allow.
pub unsafe fn climb(
    context: &mut Context,
    (program, below): (&NativeProgram, &dyn Below),
    func: FuncId,
    frame: *mut u64,
) -> Option<Result<(), Leaving>> {
    if context.native.climbs >= NESTED_MAX {
        return None;
    }
    let (body, door) = program.compiled_entry(func)?;
    program.climbed.fetch_add(1, Ordering::Relaxed);
    let interface = program.interface();
    let signature = &interface.signatures[func];
    let running = Running { program, below };
    if context.native.offsets.is_null() {
        context.native.offsets = &OFFSETS;
        context.native.instance = match context.store.is_null() {
            true => Natively::NONE,
            false => context.store().natively(context.instance, interface, program.id_and_guard()),
        };
    }
    let native = &mut context.native;
    let (exit_stack, outer) = (native.exit_stack, native.running);
    native.running = erased(&running);
    native.climbs += 1;
    let operands = slots(&signature.results) + slots(&signature.params);
    context.frame_top = frame.wrapping_add(operands);
    // SAFETY: the door was made for the body's signature; operands stand in the frame by the caller's promise.
    let left = unsafe { door::enter(door, context, frame, body) } != 0;
    let native = &mut context.native;
    (native.exit_stack, native.running) = (exit_stack, outer);
    native.climbs -= 1;
    Some(if left { Err(native.leaving) } else { Ok(()) })
}
