//! [`Context`]: every byte outside its frame that generated code and handlers may touch.

use alloc::vec::Vec;
use core::ffi::c_void;

use lockstep_ir::{Growth, MEMORIES_MAX, Type, evaluate::Range, op::meaning::Bits};

#[cfg(feature = "native")]
use crate::enter::Resources;
use crate::{exit::Stop, foreign::Foreign, host::Link, memory::RawMemory, store::StoreCore};

/// What an instrumented compilation shows before a guest instruction.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// Where the instruction stands in the guest's code.
    pub pc: u32,
    /// The guest's gas before it.
    pub gas: u64,
    /// One past the highest slot of the window that is in use.
    pub window_top: *const u64,
}

/// An operand of the guest that a step shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// Its type.
    pub ty: Type,
    /// Its bits, zero beyond the type's.
    pub bits: Bits,
}

/// Called with the context and what is about to run.
pub type StepHook = unsafe fn(*mut Context, &Step);

/// What an activation shares with the engine and the host.
///
/// # Invariants
///
/// 1. The engine makes it for one activation, fills every field, and keeps what the pointers name alive until
///    the activation ends.
/// 2. `gas` is current only while a host function runs; in between the counter is in a register.
#[derive(Debug)]
#[repr(C)]
pub struct Context {
    /// The gas counter, during host calls.
    pub gas: i64,
    /// Gas that the tier below holds back while its code runs, so that the counter of that code runs out when it has used a
    /// slice: the guest has both. Nobody else looks at it.
    pub reserve: i64,
    /// Lowest slot of the window, in 8-byte units of the frame stack.
    pub window_low: *mut u64,
    /// One past the highest slot of the window.
    pub window_high: *mut u64,
    /// The memories.
    pub memories: [RawMemory; MEMORIES_MAX],
    /// How each memory grows.
    pub growth: [Growth; MEMORIES_MAX],
    /// Bytes that memory 0 can grow to in its arena.
    pub room: u64,
    /// First slot above the frames in use, during host calls: where a deeper activation's frames begin.
    pub frame_top: *mut u64,
    /// One past the last slot of the frame stack.
    pub frame_limit: *mut u64,
    /// What the tier keeps for this activation.
    pub tier: *mut c_void,
    /// What an instrumented compilation calls before each guest instruction.
    pub step: Option<StepHook>,
    /// What the next step shows besides the window; empty unless there is a hook.
    pub shown: Vec<Shown>,
    /// The linked imports, in the module's order.
    pub links: *const Link,
    /// Which of them is called, during host calls.
    pub import: u32,
    /// The instance whose program runs, by its store's number.
    pub instance: u32,
    /// Its store; null for a program without instances.
    pub store: *const StoreCore,
    /// Where the instance's globals are.
    pub globals: *const *mut u64,
    /// What calls a function outside the program, by a reference.
    pub foreign: Foreign,
    /// Depth units that callers of the activation take.
    pub depth: u64,
    /// Where the output is when a host function ended the guest.
    pub output: Range,
    /// What nested activations take their memories and frames from.
    #[cfg(feature = "native")]
    pub resources: *const Resources,
    /// The host, whose type the links know.
    pub host: *mut c_void,
    /// The machine, as a `&mut &mut dyn Machine<H>`.
    pub machine: *mut c_void,
    /// What machine code needs beyond this.
    #[cfg(feature = "native")]
    pub native: crate::native::NativeContext,
    /// Whether memory 0 is of the arena, and not of the store.
    pub is_arena: bool,
    /// Why a host function stopped the guest.
    pub stop: Stop,
    /// A panic that a host function ended in, to be resumed outside generated code.
    pub panic: Option<alloc::boxed::Box<dyn core::any::Any + Send>>,
}
