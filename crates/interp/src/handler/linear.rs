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
struct Known;

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

/// Where the instruction accesses its memory, whose length stands in word `at`; null when the bytes do not exist.
#[inline(always)]
fn place<A: Where>(state: &mut State, at: usize) -> *mut u8 {
    let addr = A::get(state);
    let memory = state.memory(0);
    match addr.checked_add(state.imm(at)) {
        Some(end) if end <= memory.len => {
            // SAFETY: the offset lies inside the checked length.
            unsafe { memory.base.add((addr + state.imm(at + 1)) as usize) }
        }
        _ => core::ptr::null_mut(),
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
) -> Flow {
    let mut state = State { pc, fp, gas, cx };
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

struct Load<A, T, W>(PhantomData<(A, T, W)>);

impl<A: Where, T: Stored, W: Widen<T>> Run for Load<A, T, W> {
    #[inline(always)]
    fn run(mut state: State) -> Flow {
        let place = place::<A>(&mut state, 2);
        if place.is_null() {
            return check::<A, 2>(state.pc, state.fp, state.gas, state.cx);
        }
        // SAFETY: `place` found the bytes.
        state.set(0, W::widen(unsafe { T::load(place) }));
        state.next(4)
    }
}

/// A store of what lies in a slot.
struct Store<A, T>(PhantomData<(A, T)>);
/// A store of a constant.
struct StoreKnown<A, T>(PhantomData<(A, T)>);

impl<A: Where, T: Stored> Run for Store<A, T> {
    #[inline(always)]
    fn run(mut state: State) -> Flow {
        let place = place::<A>(&mut state, 2);
        if place.is_null() {
            return check::<A, 2>(state.pc, state.fp, state.gas, state.cx);
        }
        // SAFETY: `place` found the bytes; the verifier admits no store to a read-only memory.
        unsafe { state.operand::<T>(0).store(place) };
        state.next(4)
    }
}

impl<A: Where, T: Stored> Run for StoreKnown<A, T> {
    #[inline(always)]
    fn run(mut state: State) -> Flow {
        let place = place::<A>(&mut state, 3);
        if place.is_null() {
            return check::<A, 3>(state.pc, state.fp, state.gas, state.cx);
        }
        // SAFETY: as above.
        unsafe { T::of_word(state.imm(2)).store(place) };
        state.next(5)
    }
}

fn load_at<A: Where>(ty: Type, to: Option<Type>) -> Option<Handler> {
    Some(match (ty, to) {
        (Type::I8, None) => handler::<Load<A, u8, Plain>>,
        (Type::I16, None) => handler::<Load<A, u16, Plain>>,
        (Type::I32 | Type::F32, None) => handler::<Load<A, u32, Plain>>,
        (Type::I64 | Type::F64, None) => handler::<Load<A, u64, Plain>>,
        (Type::I8, Some(Type::I32)) => handler::<Load<A, u8, Signed<u32>>>,
        (Type::I8, Some(Type::I64)) => handler::<Load<A, u8, Signed<u64>>>,
        (Type::I16, Some(Type::I32)) => handler::<Load<A, u16, Signed<u32>>>,
        (Type::I16, Some(Type::I64)) => handler::<Load<A, u16, Signed<u64>>>,
        (Type::I32, Some(Type::I64)) => handler::<Load<A, u32, Signed<u64>>>,
        _ => return None,
    })
}

/// The handler of a load of `ty`, its sign extended to `to` if that is asked, from a known address or one in a slot.
pub(crate) fn load(ty: Type, to: Option<Type>, is_known: bool) -> Option<Handler> {
    if is_known { load_at::<Known>(ty, to) } else { load_at::<InSlot>(ty, to) }
}

fn store_at<A: Where>(ty: Type, is_constant: bool) -> Option<Handler> {
    Some(match (ty, is_constant) {
        (Type::I8, false) => handler::<Store<A, u8>>,
        (Type::I16, false) => handler::<Store<A, u16>>,
        (Type::I32 | Type::F32, false) => handler::<Store<A, u32>>,
        (Type::I64 | Type::F64, false) => handler::<Store<A, u64>>,
        (Type::I8, true) => handler::<StoreKnown<A, u8>>,
        (Type::I16, true) => handler::<StoreKnown<A, u16>>,
        (Type::I32 | Type::F32, true) => handler::<StoreKnown<A, u32>>,
        (Type::I64 | Type::F64, true) => handler::<StoreKnown<A, u64>>,
        _ => return None,
    })
}

/// The handler of a store of `ty` to a known address or one in a slot, of a constant or of what lies in a slot.
pub(crate) fn store(ty: Type, is_known: bool, is_constant: bool) -> Option<Handler> {
    if is_known { store_at::<Known>(ty, is_constant) } else { store_at::<InSlot>(ty, is_constant) }
}
