//! The reference evaluator: slow, obvious, right. What it says, every tier says.
//!
//! It reaches everything that is not dMIR through one trait, [`Env`]: gas, memories, the window, imports. An engine
//! implements it over its own context, which makes the evaluator a tier; [`SimpleEnv`] is enough for programs that
//! import nothing.
//!
//! # Invariants
//!
//! 1. It runs verified programs only, so it never asks whether an operand exists.
//! 2. Calls nest on a heap-allocated stack of frames, as deep as the program's depth limit says, never on the
//!    native stack.

mod code;
mod machine;
mod simple;
#[cfg(test)]
mod tests;

use alloc::vec::Vec;

pub use simple::SimpleEnv;

use crate::{
    act::Act,
    inst::{FuncId, GlobalId, ImportId, MemoryId, SigId, TableId},
    module::{Functions, Lazy, Module},
    op::meaning::Bits,
    trap::Trap,
    types::Type,
    verify::Verified,
};

/// Why the environment does not let the guest go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The guest traps.
    Trap(Trap),
    /// The environment ends the run for a reason of its own, which it keeps.
    Host,
}

impl From<Trap> for Stop {
    fn from(trap: Trap) -> Self {
        Self::Trap(trap)
    }
}

/// What a program runs against.
///
/// Memory addresses passed to `load` and `store` have been admitted by `touch` or lie below `memory_len`.
pub trait Env {
    /// The counter.
    fn gas(&self) -> u64;

    /// Takes `amount` from the counter.
    ///
    /// # Errors
    ///
    /// [`Trap::OutOfGas`] when less is left.
    fn charge(&mut self, amount: u64) -> Result<(), Trap>;

    /// Length of a memory in bytes.
    fn memory_len(&self, memory: MemoryId) -> u64;

    /// Makes the bytes below `end` accessible, growing the memory and charging for it if that is its rule; `end` is
    /// `None` when it exceeds 64 bits.
    ///
    /// # Errors
    ///
    /// [`Trap::OutOfGas`] for a memory that grows on touch, else [`Trap::MemoryOutOfBounds`].
    fn touch(&mut self, memory: MemoryId, end: Option<u64>) -> Result<(), Trap>;

    /// Reads `bytes.len()` bytes at `addr`.
    fn load(&self, memory: MemoryId, addr: u64, bytes: &mut [u8]);

    /// Writes `bytes` at `addr`.
    fn store(&mut self, memory: MemoryId, addr: u64, bytes: &[u8]);

    /// How many slots the window has.
    fn window_limit(&self) -> u64;

    /// What slot `slot` of the window holds, counted from its low end; below `window_limit`.
    fn slot(&self, slot: u64) -> Bits;

    /// Changes slot `slot` of the window.
    fn set_slot(&mut self, slot: u64, bits: &Bits);

    /// What a global holds.
    fn global(&self, global: GlobalId) -> Bits;

    /// Changes a global.
    fn set_global(&mut self, global: GlobalId, bits: &Bits);

    /// Does an act on what the instance holds.
    ///
    /// # Errors
    ///
    /// The trap that its row names.
    fn act(&mut self, act: Act, on: [u32; 2], args: [u64; 3]) -> Result<u64, Trap>;

    /// Depth units that the program's callers take.
    fn depth(&self) -> u64 {
        0
    }

    /// Says before a call of something outside the program how many depth units are taken by then.
    fn set_depth(&mut self, depth: u64) {
        let _ = depth;
    }

    /// Whom a call through a table means.
    ///
    /// # Errors
    ///
    /// [`Trap::UndefinedElement`], [`Trap::UninitializedElement`] or [`Trap::SignatureMismatch`].
    fn callee(&mut self, table: TableId, sig: SigId, index: u64) -> Result<Callee, Trap>;

    /// Calls a function that is none of the program's own, of the types that `callee` names by a reference and by the
    /// program's number; `results` has the room that they say.
    ///
    /// # Errors
    ///
    /// [`Stop`] when the guest does not go on.
    fn call_foreign(
        &mut self,
        callee: (u64, SigId),
        args: &[Bits],
        results: &mut [Bits],
    ) -> Result<(), Stop>;

    /// Calls an import; `results` has the room its signature says.
    ///
    /// # Errors
    ///
    /// [`Stop`] when the guest does not go on.
    fn call_host(
        &mut self,
        import: ImportId,
        args: &[Bits],
        results: &mut [Bits],
    ) -> Result<(), Stop>;

    /// Lays out an operand of the guest, to be shown by the next step.
    fn show(&mut self, ty: Type, bits: &Bits);

    /// Shows the guest instruction at `pc` before it runs, with the guest's gas, the slots of the window in use, and what
    /// was laid out since the step before.
    fn step(&mut self, pc: u32, gas: u64, slots: u64);

    /// Called before each block, so that a program that never pays can be ended.
    ///
    /// # Errors
    ///
    /// [`Stop::Host`] to end the run.
    fn interrupt(&mut self) -> Result<(), Stop> {
        Ok(())
    }
}

/// Whom a reference to a function means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Callee {
    /// A function of the program that runs, of the same instance.
    Own(FuncId),
    /// Another one: of another instance, or of the host.
    Foreign(u64),
}

/// Bytes of a memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The memory.
    pub memory: MemoryId,
    /// The first byte.
    pub offset: u64,
    /// How many.
    pub len: u64,
}

impl Range {
    /// No bytes.
    pub const EMPTY: Self = Self { memory: MemoryId(0), offset: 0, len: 0 };
}

/// How a program ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The entry function returned.
    Returned(Vec<Bits>),
    /// The activation ended itself.
    Exited {
        /// Whether it asks for its writes to be undone.
        revert: bool,
        /// Its output, if it has any.
        output: Option<Range>,
    },
    /// It trapped.
    Trapped(Trap),
    /// The environment ended it.
    Stopped,
}

impl From<Stop> for Outcome {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Trap(trap) => Self::Trapped(trap),
            Stop::Host => Self::Stopped,
        }
    }
}

/// Runs function `func` of `module`.
///
/// # Panics
///
/// When there is no such function, or it has another number of parameters.
pub fn evaluate_func(
    module: &Verified<Module>,
    func: FuncId,
    args: &[Bits],
    env: &mut dyn Env,
) -> Outcome {
    let code = code::Code::Whole(module);
    let entry = code::Body::Borrowed(&module.funcs[func]);
    assert_eq!(entry.params as usize, args.len(), "a caller passes what the signature says");
    machine::Machine::new(code, env).run(entry, args)
}

/// Runs function `func` of a program whose functions are translated one by one.
///
/// # Panics
///
/// When there is no such function, when it has another number of parameters, or when the guest makes a function that
/// does not verify: then its front end is wrong.
pub fn evaluate_function(
    program: &dyn Functions,
    func: FuncId,
    args: &[Bits],
    env: &mut dyn Env,
) -> Outcome {
    let mut code = code::Code::functions(program);
    let entry = code.func(func);
    assert_eq!(entry.params as usize, args.len(), "a caller passes what the signature says");
    machine::Machine::new(code, env).run(entry, args)
}

/// Runs a lazily translated guest from its entry, with an empty window.
///
/// # Panics
///
/// When the guest makes a fragment that does not verify: then its front end is wrong.
pub fn evaluate_lazy(guest: &dyn Lazy, env: &mut dyn Env) -> Outcome {
    let mut code = code::Code::lazy(guest);
    let entry = code.fragment(guest.entry());
    machine::Machine::new(code, env).run(entry, &[])
}
