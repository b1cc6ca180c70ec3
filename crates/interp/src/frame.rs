//! [`State`]: what a handler may touch, and how.
//!
//! # Invariants
//!
//! 1. A `State` is made by `dispatch` alone, from code that `encode` made of a verified function. So `pc` points at a
//!    whole instruction, every offset in it lies in the frame, and `fp` and `cx` are the activation's own.
//! 2. The frame and the context belong to one activation on one thread; nobody else reads or writes them.
//!
//! On these two rest all the blocks below, which is why the methods need no `unsafe` of their own.

use core::sync::atomic::{AtomicPtr, Ordering};

use lockstep_base::{U256, U512};
use lockstep_rt::Context;

use crate::{
    code::Word,
    dispatch::{Flow, Outcome, proceed, stop},
    run::Activation,
};

/// The state of the machine before an instruction.
#[derive(Clone, Copy)]
pub(crate) struct State {
    pub(crate) pc: *const Word,
    pub(crate) fp: *mut u64,
    pub(crate) gas: i64,
    pub(crate) cx: *mut Context,
    /// The accumulator: the last result of one slot, where the encoder says who takes it.
    pub(crate) acc: u64,
    /// The same for floats; a single lies in the low half of its bits.
    pub(crate) facc: f64,
}

impl State {
    /// Operand `k` of the instruction's first operand word.
    #[inline(always)]
    pub(crate) fn field(&self, k: usize) -> i16 {
        // SAFETY: invariant 1: an instruction with fields has an operand word after its handler.
        unsafe { (*self.pc.add(1)).fields[k] }
    }

    /// Word `position` of the instruction as a number.
    #[inline(always)]
    pub(crate) fn imm(&self, position: usize) -> u64 {
        // SAFETY: invariant 1.
        unsafe { (*self.pc.add(position)).imm }
    }

    /// Word `position` of the instruction as two numbers.
    #[inline(always)]
    pub(crate) fn halves(&self, position: usize) -> [u32; 2] {
        // SAFETY: invariant 1.
        unsafe { (*self.pc.add(position)).halves }
    }

    /// Word `position` of the instruction as the place of other code, which another thread may just be filling in.
    #[inline(always)]
    pub(crate) fn link(&self, position: usize) -> *const Word {
        // SAFETY: invariant 1; link words are only ever accessed atomically once published.
        unsafe {
            let word = self.pc.add(position).cast_mut().cast::<*mut Word>();
            AtomicPtr::from_ptr(word).load(Ordering::Acquire)
        }
    }

    /// Makes word `position` of the instruction, a link, name `place`.
    #[inline(always)]
    pub(crate) fn set_link(&self, position: usize, place: *const Word) {
        // SAFETY: as for `link`.
        unsafe {
            let word = self.pc.add(position).cast_mut().cast::<*mut Word>();
            AtomicPtr::from_ptr(word).store(place.cast_mut(), Ordering::Release);
        }
    }

    /// The `T` in the slots at `offset` of the frame.
    #[inline(always)]
    pub(crate) fn read<T: Cell>(&self, offset: i16) -> T {
        // SAFETY: invariant 1.
        unsafe { T::read(self.fp.offset(offset as isize)) }
    }

    /// The `T` in the slots that operand `k` names.
    #[inline(always)]
    pub(crate) fn operand<T: Cell>(&self, k: usize) -> T {
        self.read(self.field(k))
    }

    /// The `T` that stands in the code at word `position`.
    #[inline(always)]
    pub(crate) fn inline<T: Cell>(&self, position: usize) -> T {
        // SAFETY: invariant 1.
        unsafe { T::read(self.pc.add(position).cast::<u64>()) }
    }

    /// Writes `value` to the slots at `offset` of the frame.
    #[inline(always)]
    pub(crate) fn write<T: Cell>(&self, offset: i16, value: T) {
        // SAFETY: invariant 1.
        unsafe { value.write(self.fp.offset(offset as isize)) }
    }

    /// Writes `value` to the slots that operand `k` names.
    #[inline(always)]
    pub(crate) fn set<T: Cell>(&self, k: usize, value: T) {
        self.write(self.field(k), value);
    }

    /// The context.
    #[inline(always)]
    pub(crate) fn context(&mut self) -> &mut Context {
        // SAFETY: invariant 2.
        unsafe { &mut *self.cx }
    }

    /// The tier's own part of the activation.
    #[inline(always)]
    pub(crate) fn activation(&mut self) -> &mut Activation<'static> {
        // SAFETY: `run` stored its activation there, which outlives the run; invariant 2. The lifetime is not the
        // activation's own, but no borrow taken from it leaves a handler.
        unsafe { &mut *self.context().tier.cast::<Activation<'static>>() }
    }

    /// Goes on with the instruction `words` further on.
    #[inline(always)]
    pub(crate) fn next(self, words: usize) -> Flow {
        // SAFETY: invariant 1: no instruction but a terminator is the last of its block.
        let pc = unsafe { self.pc.add(words) };
        self.jump(pc)
    }

    /// Goes on at `pc`, which a link names.
    #[inline(always)]
    pub(crate) fn jump(self, pc: *const Word) -> Flow {
        // SAFETY: links name whole instructions of published chunks (see `code`).
        unsafe { proceed(pc, self.fp, self.gas, self.cx, (self.acc, self.facc)) }
    }

    /// Moves the frame by `slots`.
    #[inline(always)]
    pub(crate) fn shift(&mut self, slots: i16) {
        // SAFETY: the window check of the block that is entered decides whether the window has room there; the frame
        // stack keeps a margin on both sides for the base itself.
        self.fp = unsafe { self.fp.offset(slots as isize) };
    }

    /// Leaves the code.
    #[inline(always)]
    pub(crate) fn leave(mut self, outcome: Outcome) -> Flow {
        self.publish_gas();
        stop(outcome)
    }

    /// Puts what the guest has left into the context, for others to look at.
    #[inline(always)]
    pub(crate) fn publish_gas(&mut self) {
        let gas = self.gas;
        let context = self.context();
        // Both are parts of a number of 63 bits.
        context.gas = gas.wrapping_add(context.reserve);
    }

    /// Takes the counter back from the context, where others may have used more than it held.
    #[inline(always)]
    pub(crate) fn take_gas(&mut self) {
        let context = self.context();
        let left = context.gas;
        context.reserve = context.reserve.min(left);
        self.gas = left.wrapping_sub(context.reserve);
    }
}

/// A type as slots of a frame hold it.
pub(crate) trait Cell: Copy {
    /// Reads it.
    ///
    /// # Safety
    ///
    /// `at` points to as many readable slots as the type has.
    unsafe fn read(at: *const u64) -> Self;

    /// Writes it.
    ///
    /// # Safety
    ///
    /// `at` points to as many writable slots as the type has.
    unsafe fn write(self, at: *mut u64);

    /// Puts it into the accumulator of its kind; nothing for what has no room there.
    fn to_acc(self, state: &mut State);

    /// Takes it from the accumulator of its kind.
    fn of_acc(state: &State) -> Self;

    /// The word that `of_word` makes it from; the lowest of a wide one.
    fn to_word(self) -> u64;

    /// The value that a word of code stands for: a number, or the bits of a float.
    fn of_word(word: u64) -> Self;

    /// The same value, held in registers as it was stored: see `scalar`.
    #[inline(always)]
    fn settled(self) -> Self {
        self
    }
}

macro_rules! narrow_cell {
    ($($ty:ty),*) => {$(
        impl Cell for $ty {
            // SAFETY: the trait says what the caller promises.
            #[inline(always)]
            unsafe fn read(at: *const u64) -> Self {
                // SAFETY: the caller's promise.
                unsafe { *at as $ty }
            }

            #[inline(always)]
            unsafe fn write(self, at: *mut u64) {
                // SAFETY: the caller's promise. Narrow integers are zero-extended in their slot.
                unsafe { *at = u64::from(self) }
            }

            #[inline(always)]
            fn to_acc(self, state: &mut State) {
                state.acc = u64::from(self);
            }

            #[inline(always)]
            fn of_acc(state: &State) -> Self {
                state.acc as $ty
            }

            #[inline(always)]
            fn to_word(self) -> u64 {
                u64::from(self)
            }

            #[inline(always)]
            fn of_word(word: u64) -> Self {
                word as $ty
            }
        }
    )*};
}

narrow_cell!(u8, u16, u32, u64);

macro_rules! float_cell {
    ($($ty:ty, $bits:ty;)*) => {$(
        impl Cell for $ty {
            // SAFETY: the trait says what the caller promises.
            #[inline(always)]
            unsafe fn read(at: *const u64) -> Self {
                // SAFETY: the caller's promise.
                Self::from_bits(unsafe { *at } as $bits)
            }

            #[inline(always)]
            unsafe fn write(self, at: *mut u64) {
                // SAFETY: the caller's promise.
                unsafe { *at = u64::from(self.to_bits()) }
            }

            #[inline(always)]
            fn to_acc(self, state: &mut State) {
                state.facc = f64::from_bits(u64::from(self.to_bits()));
            }

            #[inline(always)]
            fn of_acc(state: &State) -> Self {
                Self::from_bits(state.facc.to_bits() as $bits)
            }

            #[inline(always)]
            fn to_word(self) -> u64 {
                u64::from(self.to_bits())
            }

            #[inline(always)]
            fn of_word(word: u64) -> Self {
                Self::from_bits(word as $bits)
            }
        }
    )*};
}

float_cell! {
    f32, u32;
    f64, u64;
}

impl Cell for U256 {
    // SAFETY: the trait says what the caller promises.
    #[inline(always)]
    unsafe fn read(at: *const u64) -> Self {
        // SAFETY: the caller's promise.
        Self::from_limbs(unsafe { [*at, *at.add(1), *at.add(2), *at.add(3)] })
    }

    #[inline(always)]
    unsafe fn write(self, at: *mut u64) {
        let [a, b, c, d] = scalar(self.into_limbs());
        // SAFETY: the caller's promise.
        unsafe {
            *at = a;
            *at.add(1) = b;
            *at.add(2) = c;
            *at.add(3) = d;
        }
    }

    #[inline(always)]
    fn to_acc(self, _state: &mut State) {}

    #[inline(always)]
    fn of_acc(state: &State) -> Self {
        Self::of_word(state.acc)
    }

    #[inline(always)]
    fn to_word(self) -> u64 {
        self.into_limbs()[0]
    }

    #[inline(always)]
    fn of_word(word: u64) -> Self {
        Self::from_limbs([word, 0, 0, 0])
    }

    #[inline(always)]
    fn settled(self) -> Self {
        Self::from_limbs(scalar(self.into_limbs()))
    }
}

impl Cell for U512 {
    // SAFETY: the trait says what the caller promises.
    #[inline(always)]
    unsafe fn read(at: *const u64) -> Self {
        // SAFETY: the caller's promise.
        Self::from_limbs(unsafe { *at.cast::<[u64; 8]>() })
    }

    #[inline(always)]
    unsafe fn write(self, at: *mut u64) {
        // SAFETY: the caller's promise.
        unsafe { *at.cast::<[u64; 8]>() = self.into_limbs() }
    }

    #[inline(always)]
    fn to_acc(self, _state: &mut State) {}

    #[inline(always)]
    fn of_acc(state: &State) -> Self {
        Self::of_word(state.acc)
    }

    #[inline(always)]
    fn to_word(self) -> u64 {
        self.into_limbs()[0]
    }

    #[inline(always)]
    fn of_word(word: u64) -> Self {
        Self::from_limbs([word, 0, 0, 0, 0, 0, 0, 0])
    }
}

/// The same limbs, in registers one by one. Results pass through it on their way to the frame, so the compiler does
/// not compute or copy them as vectors: a 16-byte load of limbs that were just stored one by one could not be
/// forwarded from the store buffer, and costs more than the whole operation.
#[inline(always)]
fn scalar(limbs: [u64; 4]) -> [u64; 4] {
    #[cfg(all(any(target_arch = "x86_64", target_arch = "aarch64"), not(miri)))]
    {
        let [mut a, mut b, mut c, mut d] = limbs;
        // SAFETY: no instruction; the registers keep what they hold.
        unsafe {
            core::arch::asm!(
                "/* {0} {1} {2} {3} */",
                inout(reg) a, inout(reg) b, inout(reg) c, inout(reg) d,
                options(pure, nomem, nostack, preserves_flags)
            );
        }
        [a, b, c, d]
    }
    #[cfg(not(all(any(target_arch = "x86_64", target_arch = "aarch64"), not(miri))))]
    limbs
}
