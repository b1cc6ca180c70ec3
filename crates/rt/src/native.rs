//! Machine code: who makes it, where it lies, how it is entered and left.
//!
//! # Shape
//!
//! ```text
//! call -> enter (saves registers, notes the stack) -> door (arguments from the frame) -> body -> body ...
//!                  ^------------------ leave: a trap, an exit, a host that says stop ------------'
//! ```
//!
//! # Invariants
//!
//! 1. A body is complete before its address can be found, and lives as long as its [`NativeProgram`].
//! 2. Bodies of a program lie in one region and call each other directly; all else is reached by addresses in the context,
//!    so that bytes of code mean the same wherever they lie but for the distances of these calls.
//! 3. What leaves jumps to the stack that the innermost `enter` noted; no Rust frame lies between that has anything
//!    to drop.
//! 4. With guard pages, which are opt-in, a fault of a body behind a memory of its activation is the guest's trap; any
//!    other fault is the business of whoever handled it before.
//! 5. Whatever has no code of its own runs in the tier below, over the same context.
//!
//! Absent on purpose: any knowledge of what compiles (a trait), and of dMIR beyond types.

mod call;
mod climb;
mod door;
mod guard;
mod helpers;
mod keep;
mod near;
mod pages;
mod profile;
mod program;
mod stub;
mod words;

use alloc::vec::Vec;
use core::ffi::c_void;

use lockstep_ir::{Trap, evaluate::Range};

use self::helpers::HELPERS;
pub use self::{
    call::{NativeEnding, call_native},
    climb::{Above, Climbed, climb},
    helpers::Helpers,
    pages::regions,
    profile::{ProfileKind, is_profiled, profile},
    program::{
        Below, Compiled, Compiler, DirectCall, NativeProgram, NativeStatistics, NoCode, Resumed,
    },
    words::{WORD_SLOTS, word_helper},
};
use crate::{
    context::Context,
    store::{Natively, RawTable, Ready},
};

/// Bytes of native stack that a frame may take for each of its depth units, so that units always end a recursion
/// before the stack does.
pub const STACK_BYTES_PER_UNIT: u32 = 128;

/// How far apart the operands of a call may stand in memory, in slots: code says where they are by a stride.
pub const STRIDES: [i16; 4] = [1, 2, 4, 8];

/// Operands that a call of something outside machine code may have, parameters and results together.
pub const OPERANDS_MAX: usize = 2048;

/// For each of [`STRIDES`], the offsets of [`OPERANDS_MAX`] operands.
#[derive(Debug)]
#[repr(transparent)]
pub struct Offsets([[i16; OPERANDS_MAX]; STRIDES.len()]);

static OFFSETS: Offsets = {
    let mut offsets = [[0; OPERANDS_MAX]; STRIDES.len()];
    let mut row = 0;
    while row < STRIDES.len() {
        let mut at = 0;
        while at < OPERANDS_MAX {
            // 2,048 operands of eight slots end below 2^15.
            offsets[row][at] = at as i16 * STRIDES[row];
            at += 1;
        }
        row += 1;
    }
    Offsets(offsets)
};

const _: () = assert!(OPERANDS_MAX * STRIDES[STRIDES.len() - 1] as usize <= 1 << 15);

/// What machine code finds in its context.
#[derive(Debug)]
#[repr(C)]
pub struct NativeContext {
    /// What code calls: here, so that a call is one load.
    pub helpers: Helpers,
    /// Where operands stand that are so many slots apart.
    pub offsets: *const Offsets,
    /// The stack to leave by.
    pub exit_stack: *mut u8,
    /// How the activation ends when it leaves.
    pub leaving: Leaving,
    /// The program and what it falls back on, as a `*const Running`.
    running: *const c_void,
    /// The function outside the program that a table held.
    pub foreign: u64,
    /// What the program's instance holds.
    instance: Natively,
    /// How many functions that the tier below entered here have not returned.
    climbs: u32,
}

/// Why machine code was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaving {
    /// It trapped.
    Trap(Trap),
    /// It ended the guest.
    Exit {
        /// Whether its writes are to be undone.
        revert: bool,
        /// Where its output is.
        output: Range,
    },
    /// A host function stopped it; the context says why.
    Stop,
    /// The tier below could not run it either.
    Refused,
}

impl NativeContext {
    /// For programs that are not machine code.
    pub(crate) const fn none() -> Self {
        Self {
            helpers: HELPERS,
            offsets: core::ptr::null(),
            exit_stack: core::ptr::null_mut(),
            leaving: Leaving::Refused,
            running: core::ptr::null(),
            foreign: 0,
            instance: Natively::NONE,
            climbs: 0,
        }
    }
}

/// Where machine code finds what it needs, in bytes from the context.
#[derive(Debug)]
pub struct Layout;

macro_rules! offsets {
    ($($(#[doc = $doc:literal])+ $name:ident = $($path:ident).+;)*) => {
        impl Layout {
            $($(#[doc = $doc])+
            pub const $name: i32 = core::mem::offset_of!(Context, $($path).+) as i32;)*

            /// All of these, in order.
            const PLACES: &[i32] = &[$(Self::$name),*];
        }
    };
}

offsets! {
    /// The gas counter.
    GAS = gas;
    /// The memories, [`Layout::MEMORY_BYTES`] each.
    MEMORIES = memories;
    /// The links of imports.
    LINKS = links;
    /// The import that is called.
    IMPORT = import;
    /// The lowest slot of the window.
    WINDOW_LOW = window_low;
    /// Pointers to the globals.
    GLOBALS = globals;
    /// What calls a function outside the program.
    FOREIGN = foreign;
    /// Depth units taken, during calls of something outside the program.
    DEPTH = depth;
    /// The helpers.
    HELPERS = native.helpers;
    /// The offsets of operands.
    OFFSETS = native.offsets;
    /// The stack to leave by.
    EXIT_STACK = native.exit_stack;
    /// The function outside the program that a table held.
    FOREIGN_FUNC = native.foreign;
    /// Pointers to the instance's tables.
    TABLES = native.instance.tables;
    /// For each type that calls through tables name, the key of functions that may be called by it, 64 bits each.
    KEYS = native.instance.keys;
    /// Where to find where the store's functions are, [`Layout::FUNC_BYTES`] each, by reference.
    FUNCS = native.instance.funcs;
}

impl Layout {
    /// Distance between memories.
    pub const MEMORY_BYTES: i32 = size_of::<crate::RawMemory>() as i32;
    /// A memory's base, from where the memory's entry begins.
    pub const MEMORY_BASE: i32 = core::mem::offset_of!(crate::RawMemory, base) as i32;
    /// A memory's length.
    pub const MEMORY_LEN: i32 = core::mem::offset_of!(crate::RawMemory, len) as i32;

    /// A table's elements, references of 64 bits, from where the table is.
    pub const TABLE_ELEMENTS: i32 = core::mem::offset_of!(RawTable, elements) as i32;
    /// How many elements it has.
    pub const TABLE_LEN: i32 = core::mem::offset_of!(RawTable, len) as i32;
    /// Distance between functions of the store, a power of two.
    pub const FUNC_BYTES: i32 = size_of::<Ready>() as i32;
    /// A function's key: that of the caller and the type when its body may be called.
    pub const FUNC_KEY: i32 = core::mem::offset_of!(Ready, key) as i32;
    /// A function's body.
    pub const FUNC_BODY: i32 = core::mem::offset_of!(Ready, body) as i32;

    /// Every number of this engine that code contains: code that was made for others is not to run here.
    pub fn numbers() -> Vec<i32> {
        let own = [
            Self::MEMORY_BYTES,
            Self::MEMORY_BASE,
            Self::MEMORY_LEN,
            Self::TABLE_ELEMENTS,
            Self::TABLE_LEN,
            Self::FUNC_BYTES,
            Self::FUNC_KEY,
            Self::FUNC_BODY,
        ];
        [Self::PLACES, Helpers::PLACES, &own].concat()
    }

    /// Where the offsets of operands so many slots apart begin, in bytes from [`Layout::OFFSETS`]' target.
    ///
    /// # Panics
    ///
    /// When no table has this stride.
    pub fn offsets_of(stride: i16) -> i32 {
        let row = STRIDES.iter().position(|known| *known == stride).expect("a stride of a type");
        (row * OPERANDS_MAX * size_of::<i16>()) as i32
    }
}
