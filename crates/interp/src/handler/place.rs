//! Where operands are and where results go: slots, the code, the accumulators.

use crate::frame::{Cell, State};

/// Where an operand of an instruction is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// In a slot.
    Slot,
    /// In the code, one word.
    Imm,
    /// In the code, as wide as its type.
    Wide,
    /// In the accumulator.
    Acc,
}

/// How many words of code an instruction has before its constant.
pub(crate) const FIXED_WORDS: usize = 2;

/// A way to get an operand.
pub(crate) trait Place {
    /// Words of constant in the code.
    fn words<T>() -> usize;
    fn get<T: Cell>(state: &State, k: usize) -> T;
    /// The same where a constant stands in word `at`.
    #[inline(always)]
    fn get_at<T: Cell>(state: &State, k: usize, _at: usize) -> T {
        Self::get(state, k)
    }
}

pub(crate) struct Slot;
pub(crate) struct Imm;
pub(crate) struct Wide;
pub(crate) struct Acc;

impl Place for Acc {
    #[inline(always)]
    fn words<T>() -> usize {
        0
    }
    #[inline(always)]
    fn get<T: Cell>(state: &State, _k: usize) -> T {
        T::of_acc(state)
    }
}

/// Where a result goes.
pub(crate) trait Dest {
    fn put<T: Cell>(state: &mut State, value: T);
}

/// To its slot; what has more than one slot has no other place.
pub(crate) struct ToSlot;
/// To its slot and to the accumulator.
pub(crate) struct ToBoth;
/// To the accumulator: the next instruction takes it, and nobody else.
pub(crate) struct ToAcc;

impl Dest for ToSlot {
    #[inline(always)]
    fn put<T: Cell>(state: &mut State, value: T) {
        state.set(0, value);
    }
}

impl Dest for ToBoth {
    #[inline(always)]
    fn put<T: Cell>(state: &mut State, value: T) {
        value.to_acc(state);
        state.set(0, value);
    }
}

impl Dest for ToAcc {
    #[inline(always)]
    fn put<T: Cell>(state: &mut State, value: T) {
        value.to_acc(state);
    }
}

impl Place for Slot {
    #[inline(always)]
    fn words<T>() -> usize {
        0
    }
    #[inline(always)]
    fn get<T: Cell>(state: &State, k: usize) -> T {
        state.operand(k)
    }
}

impl Place for Imm {
    #[inline(always)]
    fn words<T>() -> usize {
        1
    }
    #[inline(always)]
    fn get<T: Cell>(state: &State, _k: usize) -> T {
        T::of_word(state.imm(FIXED_WORDS))
    }
    #[inline(always)]
    fn get_at<T: Cell>(state: &State, _k: usize, at: usize) -> T {
        T::of_word(state.imm(at))
    }
}

impl Place for Wide {
    #[inline(always)]
    fn words<T>() -> usize {
        size_of::<T>().div_ceil(8)
    }
    #[inline(always)]
    fn get<T: Cell>(state: &State, _k: usize) -> T {
        state.inline(FIXED_WORDS)
    }
}
