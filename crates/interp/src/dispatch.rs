//! From one handler to the next.
//!
//! Where the compiler turns a call in tail position into a jump (optimized builds for x86-64 and aarch64) a handler
//! calls the next one; elsewhere it returns to a loop. Both are the same handlers; `loop-dispatch` forces the loop.

use lockstep_rt::Context;

use crate::{code::Word, frame::State};

/// Why the code was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub(crate) enum Outcome {
    /// `exit`, without revert.
    Return,
    /// `exit`, with revert.
    Revert,
    /// A trap; the activation says which.
    Trap,
    /// A host function stopped the guest; the context says why.
    Stop,
    /// The entry function returned; its results lie at the start of its frame.
    Values,
}

/// What an instruction's first word points to.
pub(crate) type Handler =
    unsafe extern "C-unwind" fn(*const Word, *mut u64, i64, *mut Context, u64, f64) -> Flow;

/// What a handler does, as a type.
///
/// Every `run` is `#[inline(always)]`, and none gives `State` or a local to a function by reference before it goes on:
/// else its last call could not become a jump. What needs that stands in a function of its own that takes the state
/// apart.
pub(crate) trait Run {
    fn run(state: State) -> Flow;
}

/// The handler of `R`.
///
/// # Safety
///
/// `pc` points at an instruction that `encode` made for `R`; see `frame` for the rest.
pub(crate) unsafe extern "C-unwind" fn handler<R: Run>(
    pc: *const Word,
    fp: *mut u64,
    gas: i64,
    cx: *mut Context,
    acc: u64,
    facc: f64,
) -> Flow {
    R::run(State { pc, fp, gas, cx, acc, facc })
}

#[cfg(all(
    any(target_arch = "x86_64", target_arch = "aarch64"),
    not(debug_assertions),
    not(miri),
    not(feature = "loop-dispatch")
))]
mod way {
    use super::{Context, Outcome, Word};

    pub(crate) type Flow = u64;

    /// # Safety
    ///
    /// `pc` is an instruction of published code, the rest the activation's own.
    #[inline(always)]
    pub(crate) unsafe fn proceed(
        pc: *const Word,
        fp: *mut u64,
        gas: i64,
        cx: *mut Context,
        (acc, facc): (u64, f64),
    ) -> Flow {
        // SAFETY: the caller's promise; the first word of an instruction is its handler.
        unsafe { ((*pc).handler)(pc, fp, gas, cx, acc, facc) }
    }

    #[inline(always)]
    pub(crate) fn stop(outcome: Outcome) -> Flow {
        outcome as u64
    }

    /// # Safety
    ///
    /// As for `proceed`.
    pub(crate) unsafe fn drive(pc: *const Word, fp: *mut u64, gas: i64, cx: *mut Context) -> u64 {
        // SAFETY: the caller's promise.
        unsafe { proceed(pc, fp, gas, cx, (0, 0.0)) }
    }
}

#[cfg(not(all(
    any(target_arch = "x86_64", target_arch = "aarch64"),
    not(debug_assertions),
    not(miri),
    not(feature = "loop-dispatch")
)))]
mod way {
    use super::{Context, Outcome, Word};

    /// Where to go on; a null `pc` ends the loop with the outcome in `gas`.
    #[derive(Clone, Copy)]
    #[repr(C)]
    pub(crate) struct Flow {
        pc: *const Word,
        fp: *mut u64,
        gas: i64,
        acc: u64,
        facc: f64,
    }

    /// # Safety
    ///
    /// As for `drive`.
    #[inline(always)]
    pub(crate) unsafe fn proceed(
        pc: *const Word,
        fp: *mut u64,
        gas: i64,
        _cx: *mut Context,
        (acc, facc): (u64, f64),
    ) -> Flow {
        Flow { pc, fp, gas, acc, facc }
    }

    #[inline(always)]
    pub(crate) fn stop(outcome: Outcome) -> Flow {
        let (pc, fp) = (core::ptr::null(), core::ptr::null_mut());
        Flow { pc, fp, gas: outcome as i64, acc: 0, facc: 0.0 }
    }

    /// # Safety
    ///
    /// `pc` is an instruction of published code, the rest the activation's own.
    pub(crate) unsafe fn drive(pc: *const Word, fp: *mut u64, gas: i64, cx: *mut Context) -> u64 {
        let mut flow = Flow { pc, fp, gas, acc: 0, facc: 0.0 };
        while !flow.pc.is_null() {
            // SAFETY: the caller's promise for the first turn; each handler keeps it for the next.
            flow = unsafe {
                ((*flow.pc).handler)(flow.pc, flow.fp, flow.gas, cx, flow.acc, flow.facc)
            };
        }
        flow.gas as u64
    }
}

pub(crate) use way::{Flow, proceed, stop};

/// The same place, as the compiler does not see: two ways that end alike stay two, so that each has an indirect jump of
/// its own to be predicted by.
#[inline(always)]
#[allow(clippy::pointers_in_nomem_asm_block, reason = "the block reads nothing")]
pub(crate) fn apart<const WAY: bool>(pc: *const Word) -> *const Word {
    #[cfg(all(any(target_arch = "x86_64", target_arch = "aarch64"), not(miri)))]
    {
        let mut same = pc;
        // SAFETY: no instruction; the register keeps what it holds.
        unsafe {
            core::arch::asm!(
                "/* {0} {1} */",
                inout(reg) same,
                const WAY as u8,
                options(pure, nomem, nostack, preserves_flags)
            );
        }
        same
    }
    #[cfg(not(all(any(target_arch = "x86_64", target_arch = "aarch64"), not(miri))))]
    pc
}

/// Runs from `pc` until the code is left.
///
/// # Safety
///
/// `pc` is an instruction of published code; `fp` and `cx` belong to one activation, set up as `frame` says.
pub(crate) unsafe fn drive(pc: *const Word, fp: *mut u64, gas: i64, cx: *mut Context) -> Outcome {
    // SAFETY: the caller's promise.
    match unsafe { way::drive(pc, fp, gas, cx) } {
        0 => Outcome::Return,
        1 => Outcome::Revert,
        2 => Outcome::Trap,
        3 => Outcome::Stop,
        _ => Outcome::Values,
    }
}
