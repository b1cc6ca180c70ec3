//! What a function would cost to compile, and the caps on it.
//!
//! Invariant: what is decided here depends on the function alone, so that everybody has code of the same functions.

use cranelift_codegen::ir;
use lockstep_ir::{Func, Interface};
use lockstep_rt::native::NoCode;

use crate::translate::nesting;

/// Instructions of dMIR that a function may have; compiling takes time in proportion, and room.
pub const INSTS_MAX: usize = 60_000;

/// Places that the switches of a function may go to, all together.
pub const SWITCH_TARGETS_MAX: usize = 20_000;

/// Loops within one another that a function may have: finding out which block lies before which takes the square.
pub const NESTING_MAX: usize = 2048;

/// Variables times blocks of a function, at most: for each pair there are four bytes of what is known.
pub const KNOWN_MAX: usize = 32 << 20;

/// What all branches of a function may carry to where control comes together, for each instruction of dMIR, where it is more
/// than [`CARRIED_ALWAYS`]. Finding places for it takes time that grows faster than it does; of code that people write, what
/// carries most carries ten.
pub const CARRIED_PER_INST_MAX: usize = 16;

/// What branches may carry in any function.
pub const CARRIED_ALWAYS: usize = 16_384;

/// Blocks of a function of words from which on Cranelift does not look for what is cheaper: where there is so much control
/// there is little to find within it, and looking takes a fifth of the time.
const QUICK_BLOCKS: usize = 200;

/// Loops within one another from which on it does not look either: that takes the cube of how many they are.
const QUICK_NESTING: usize = 64;

/// Values that may be made of an instruction; of most there are four.
const VALUES_PER_INST: usize = 64;

const CARRIES_TOO_MUCH: NoCode = NoCode("more than the branches of a function may carry");

/// Whether Cranelift is not to look for what is cheaper in `func`.
///
/// # Errors
///
/// [`NoCode`] for a function that is too large.
pub(crate) fn is_quick(interface: &Interface, func: &Func) -> Result<bool, NoCode> {
    if func.insts.len() > INSTS_MAX {
        return Err(NoCode("more instructions than a function may have"));
    }
    if func.targets.len() > SWITCH_TARGETS_MAX {
        return Err(NoCode("more switch targets than a function may have"));
    }
    if func.vars.len().saturating_mul(func.blocks.len()) > KNOWN_MAX {
        return Err(NoCode("more variables in more blocks than a function may have"));
    }
    let nesting = nesting(func);
    if nesting > NESTING_MAX {
        return Err(NoCode("more loops within one another than a function may have"));
    }
    let has_words = interface.window.is_some();
    Ok((has_words && func.blocks.len() >= QUICK_BLOCKS) || nesting >= QUICK_NESTING)
}

/// Refuses, before there is more of it, what is being made of a function of so many instructions where its branches carry far too
/// much: all that they carry are values.
pub(crate) fn check_begun(made: &ir::Function, insts: usize) -> Result<(), NoCode> {
    within(made.dfg.num_values(), carried_max(insts) + insts * VALUES_PER_INST)
}

/// Refuses what was made of a function of so many instructions where its branches carry too much.
pub(crate) fn check_made(made: &ir::Function, insts: usize) -> Result<(), NoCode> {
    within(carried(made), carried_max(insts))
}

fn within(count: usize, most: usize) -> Result<(), NoCode> {
    if count <= most { Ok(()) } else { Err(CARRIES_TOO_MUCH) }
}

fn carried_max(insts: usize) -> usize {
    CARRIED_ALWAYS.max(insts * CARRIED_PER_INST_MAX)
}

/// Arguments of all branches.
fn carried(made: &ir::Function) -> usize {
    let dfg = &made.dfg;
    let last = made.layout.blocks().filter_map(|block| made.layout.last_inst(block));
    let to = last.flat_map(|inst| {
        dfg.insts[inst].branch_destination(&dfg.jump_tables, &dfg.exception_tables)
    });
    to.map(|call| call.len(&dfg.value_lists)).sum()
}
