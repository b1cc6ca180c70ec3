//! The way up: a function that the tier below is about to run, or to go on with, is run as machine code instead.
//!
//! ```text
//! tier below: gate of a function -> Above::enter -> climb -> door -> body ... -> back through the gate, or left
//!             head of a loop -----> Above::turn ------^                 |
//!                    ^------ below <- glue of a function that is not hot <-'
//! ```
//!
//! # Invariants
//!
//! 1. Whether a function climbs changes no result: operands, gas and depth are handed over whole.
//! 2. What climbs out of one activation nests a few times at most: a climb takes native stack that no depth unit pays for.

use core::sync::atomic::Ordering;
use std::sync::Arc;

use lockstep_ir::{Block, FuncId, Head};

use super::{
    Leaving, NativeProgram, OFFSETS,
    call::{Running, slots},
    door::{self, erased},
    program::Below,
};
use crate::{context::Context, store::Natively};

/// How deep climbs of one activation nest; beyond, functions stay in the tier below until one returns.
const NESTED_MAX: u32 = 8;

/// What knows what is hot.
pub trait Above {
    /// The tier below is about to run `func`: the program that has its machine code, if one has.
    fn enter(&self, func: FuncId) -> Option<&NativeProgram>;

    /// The tier above ran `func` below for so much gas, that of what it called included.
    fn note(&self, func: FuncId, gas: u64);

    /// Gas after which it wants to be asked at the head of a loop.
    fn slice(&self) -> u64;

    /// The tier below used about so much gas in `func` and is about to go round to `block`, the head of a loop: the program
    /// that has the function from there on, if one has.
    fn turn(&self, func: FuncId, block: Block, gas: u64) -> Option<&NativeProgram>;

    /// The tier below used about so much gas in a program with a window and is about to go on at `head`, with these slots in
    /// use: a program whose first function does the rest, if there is one.
    fn midway(&self, head: Head, slots: &[u64], gas: u64) -> Option<Arc<NativeProgram>> {
        let _ = (head, slots, gas);
        None
    }
}

/// What is entered.
#[derive(Debug, Clone, Copy)]
pub enum Climbed {
    /// A function, with its operands in a frame, the room for results first.
    Function(FuncId),
    /// The function from the block on, with results and variables where they are in a frame ([`lockstep_ir::Func::homes`]).
    Onward(FuncId, Block),
    /// The first function of a program that does the rest of another one, with the window from its low end as the frame.
    Midway,
}

/// Runs machine code of `program` over `frame`; `None` when the tier below goes on. `Err` says how it left without
/// returning; otherwise results lie at the beginning of the frame. The counter in the context is current before and after.
///
/// # Panics
///
/// When the program is not that of the context's instance.
///
/// # Safety
///
/// The context is one of an activation of the same program, whose counter and depth (that of the function's callers) are
/// current; the frame holds what is entered, and has room above for all that depth units allow.
pub unsafe fn climb(
    context: &mut Context,
    (program, below): (&NativeProgram, &dyn Below),
    climbed: Climbed,
    frame: *mut u64,
) -> Option<Result<(), Leaving>> {
    if context.native.climbs >= NESTED_MAX {
        return None;
    }
    let interface = program.interface();
    // All that lies in the frame beyond results is read before anything is written above.
    let results = |func: FuncId| slots(&interface.signatures[func].results);
    let (entry, counter, operands) = match climbed {
        Climbed::Function(func) => (program.compiled_entry(func)?, &program.climbed, results(func)),
        Climbed::Onward(func, block) => {
            (program.onward_entry(func, block)?, &program.switched, results(func))
        }
        Climbed::Midway => {
            let first = FuncId(0);
            (program.compiled_entry(first)?, &program.switched, results(first))
        }
    };
    counter.fetch_add(1, Ordering::Relaxed);
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
    context.frame_top = frame.wrapping_add(operands);
    // SAFETY: the door was made for the body; what it takes stands in the frame by the caller's promise.
    let left = unsafe { door::enter(entry.door, context, frame, entry.body) } != 0;
    let native = &mut context.native;
    (native.exit_stack, native.running) = (exit_stack, outer);
    native.climbs -= 1;
    Some(if left { Err(native.leaving) } else { Ok(()) })
}
