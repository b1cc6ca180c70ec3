//! Accesses of little-endian machine words of memory 0 with the check before them.
//!
//! Layout: `handler | dst addr | value | len offset`, the value where it is a constant. `len` bytes at the address must
//! exist, so that `offset + size` do; where the address is known, `len` and `offset` count from zero.

use core::marker::PhantomData;

use lockstep_base::Int;
use lockstep_ir::{Type, op::meaning};

use crate::{
    code::Word,
    dispatch::{Flow, Handler, Run, handler},
    frame::{Cell, State},
    handler::value::{Dest, ToAcc, ToBoth},
};

/// A type as memory holds it.
pub(super) trait Stored: Cell {
    /// # Safety
    ///
    /// So many bytes as the type has lie at `at`.
    unsafe fn load(at: *const u8) -> Self;
    /// # Safety
    ///
    /// The same, and they may be written.
    unsafe fn store(self, at: *mut u8);
}

macro_rules! stored {
    ($($ty:ty)*) => {$(
        impl Stored for $ty {
            #[inline(always)]
            unsafe fn load(at: *const u8) -> Self {
                // SAFETY: the caller's promise; no alignment is asked.
                Self::from_le(unsafe { at.cast::<Self>().read_unaligned() })
            }

            #[inline(always)]
            unsafe fn store(self, at: *mut u8) {
                // SAFETY: as above.
                unsafe { at.cast::<Self>().write_unaligned(self.to_le()) }
            }
        }
    )*};
}

stored!(u8 u16 u32 u64);

/// How the address is given.
trait Where {
    fn get(state: &State) -> u64;
}

struct InSlot;
struct InAcc;
struct Known;

impl Where for InAcc {
    #[inline(always)]
    fn get(state: &State) -> u64 {
        state.acc
    }
}

impl Where for InSlot {
    #[inline(always)]
    fn get(state: &State) -> u64 {
        state.operand(1)
    }
}

impl Where for Known {
    #[inline(always)]
    fn get(_: &State) -> u64 {
        0
    }
}

/// Where the instruction accesses its memory, whose length stands in word `at`; none when the bytes do not exist.
#[inline(always)]
fn place<A: Where>(state: &mut State, at: usize) -> Option<*mut u8> {
    let addr = A::get(state);
    let memory = state.memory(0);
    match addr.checked_add(state.imm(at)) {
        Some(end) if end <= memory.len => {
            // SAFETY: the offset lies inside the checked length, so the sum does not wrap.
            Some(unsafe { memory.base.add(addr.wrapping_add(state.imm(at + 1)) as usize) })
        }
        _ => None,
    }
}

/// The way of those that do not find their bytes: the general check, then the instruction again.
#[cold]
#[inline(never)]
extern "C-unwind" fn check<A: Where, const AT: usize>(
    pc: *const Word,
    fp: *mut u64,
    gas: i64,
    cx: *mut lockstep_rt::Context,
    acc: u64,
) -> Flow {
    let mut state = State { pc, fp, gas, cx, acc };
    let (addr, len) = (A::get(&state), state.imm(AT));
    match state.ensure(0, addr, len) {
        Ok(()) => state.jump(pc),
        Err(trap) => state.trap(trap),
    }
}

/// What a load makes of what it finds.
pub(super) trait Widen<A> {
    type To: Cell;
    fn widen(a: A) -> Self::To;
}

/// Nothing: narrow numbers are zero-extended in their slot.
pub(super) struct Plain;
/// The sign in all bits above, up to 32 or 64.
pub(super) struct Signed<B>(PhantomData<B>);

impl<A: Cell> Widen<A> for Plain {
    type To = A;

    #[inline(always)]
    fn widen(a: A) -> A {
        a
    }
}

impl<A: Int, B: Int + Cell> Widen<A> for Signed<B> {
    type To = B;

    #[inline(always)]
    fn widen(a: A) -> B {
        meaning::sextend(a)
    }
}

struct Load<A, T, W, D>(PhantomData<(A, T, W, D)>);

impl<A: Where, T: Stored, W: Widen<T>, D: Dest> Run for Load<A, T, W, D> {
    #[inline(always)]
    fn run(mut state: State) -> Flow {
        let Some(place) = place::<A>(&mut state, 2) else {
            return check::<A, 2>(state.pc, state.fp, state.gas, state.cx, state.acc);
        };
        // SAFETY: `place` found the bytes.
        let value = W::widen(unsafe { T::load(place) });
        D::put(&mut state, value);
        state.next(4)
    }
}

/// A store of what lies in a slot.
struct Store<A, T>(PhantomData<(A, T)>);
/// A store of a constant.
struct StoreKnown<A, T>(PhantomData<(A, T)>);
/// A store of what the accumulator holds.
struct StoreAcc<A, T>(PhantomData<(A, T)>);

impl<A: Where, T: Stored> Run for StoreAcc<A, T> {
    #[inline(always)]
    fn run(mut state: State) -> Flow {
        let Some(place) = place::<A>(&mut state, 2) else {
            return check::<A, 2>(state.pc, state.fp, state.gas, state.cx, state.acc);
        };
        // SAFETY: as for `Store`.
        unsafe { T::of_word(state.acc).store(place) };
        state.next(4)
    }
}

impl<A: Where, T: Stored> Run for Store<A, T> {
    #[inline(always)]
    fn run(mut state: State) -> Flow {
        let Some(place) = place::<A>(&mut state, 2) else {
            return check::<A, 2>(state.pc, state.fp, state.gas, state.cx, state.acc);
        };
        // SAFETY: `place` found the bytes; the verifier admits no store to a read-only memory.
        unsafe { state.operand::<T>(0).store(place) };
        state.next(4)
    }
}

impl<A: Where, T: Stored> Run for StoreKnown<A, T> {
    #[inline(always)]
    fn run(mut state: State) -> Flow {
        let Some(place) = place::<A>(&mut state, 3) else {
            return check::<A, 3>(state.pc, state.fp, state.gas, state.cx, state.acc);
        };
        // SAFETY: as above.
        unsafe { T::of_word(state.imm(2)).store(place) };
        state.next(5)
    }
}

/// How an address or a stored value is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Given {
    /// In a slot.
    Slot,
    /// In the code.
    Known,
    /// In the accumulator.
    Acc,
}

fn load_at<A: Where, D: Dest>(ty: Type, to: Option<Type>) -> Option<Handler> {
    Some(match (ty, to) {
        (Type::I8, None) => handler::<Load<A, u8, Plain, D>>,
        (Type::I16, None) => handler::<Load<A, u16, Plain, D>>,
        (Type::I32 | Type::F32, None) => handler::<Load<A, u32, Plain, D>>,
        (Type::I64 | Type::F64, None) => handler::<Load<A, u64, Plain, D>>,
        (Type::I8, Some(Type::I32)) => handler::<Load<A, u8, Signed<u32>, D>>,
        (Type::I8, Some(Type::I64)) => handler::<Load<A, u8, Signed<u64>, D>>,
        (Type::I16, Some(Type::I32)) => handler::<Load<A, u16, Signed<u32>, D>>,
        (Type::I16, Some(Type::I64)) => handler::<Load<A, u16, Signed<u64>, D>>,
        (Type::I32, Some(Type::I64)) => handler::<Load<A, u32, Signed<u64>, D>>,
        _ => return None,
    })
}

/// The handler of a load of `ty`, its sign extended to `to` if that is asked; with `only_acc` to the accumulator alone.
pub(crate) fn load(ty: Type, to: Option<Type>, addr: Given, only_acc: bool) -> Option<Handler> {
    match (addr, only_acc) {
        (Given::Slot, false) => load_at::<InSlot, ToBoth>(ty, to),
        (Given::Known, false) => load_at::<Known, ToBoth>(ty, to),
        (Given::Acc, false) => load_at::<InAcc, ToBoth>(ty, to),
        (Given::Slot, true) => load_at::<InSlot, ToAcc>(ty, to),
        (Given::Known, true) => load_at::<Known, ToAcc>(ty, to),
        (Given::Acc, true) => load_at::<InAcc, ToAcc>(ty, to),
    }
}

fn store_at<A: Where>(ty: Type, value: Given) -> Option<Handler> {
    macro_rules! of {
        ($ty:ty) => {
            match value {
                Given::Slot => handler::<Store<A, $ty>>,
                Given::Known => handler::<StoreKnown<A, $ty>>,
                Given::Acc => handler::<StoreAcc<A, $ty>>,
            }
        };
    }
    Some(match ty {
        Type::I8 => of!(u8),
        Type::I16 => of!(u16),
        Type::I32 | Type::F32 => of!(u32),
        Type::I64 | Type::F64 => of!(u64),
        _ => return None,
    })
}

/// The handler of a store of `ty`; address and value are not both in the accumulator.
pub(crate) fn store(ty: Type, addr: Given, value: Given) -> Option<Handler> {
    match addr {
        Given::Slot => store_at::<InSlot>(ty, value),
        Given::Known => store_at::<Known>(ty, value),
        Given::Acc => store_at::<InAcc>(ty, value),
    }
}
