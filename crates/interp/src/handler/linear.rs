//! Accesses of little-endian machine words with the check before them: `handler | dst addr memory _ | len | offset`.
//!
//! `len` bytes at the address must exist, so that `offset + size` do.

use core::marker::PhantomData;

use lockstep_base::Int;
use lockstep_ir::{Type, op::meaning};

use crate::{
    code::Word,
    dispatch::{Flow, Handler, Run, handler},
    frame::{Cell, State},
};

/// Words of an instruction of this file.
pub(crate) const WORDS: usize = 4;

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

impl State {
    /// Where the instruction accesses its memory; null when the bytes do not exist.
    #[inline(always)]
    fn place(&mut self) -> *mut u8 {
        let addr: u64 = self.operand(1);
        let memory = self.memory(0);
        // Lengths are below 2^33, so only the address can make the sum wrap.
        match addr.checked_add(self.imm(2)) {
            Some(end) if end <= memory.len => {
                // SAFETY: the offset lies inside the checked length.
                unsafe { memory.base.add((addr + self.imm(3)) as usize) }
            }
            _ => core::ptr::null_mut(),
        }
    }
}

/// The way of those that do not find their bytes: the general check, then the instruction again.
#[cold]
#[inline(never)]
extern "C-unwind" fn check(
    pc: *const Word,
    fp: *mut u64,
    gas: i64,
    cx: *mut lockstep_rt::Context,
) -> Flow {
    let mut state = State { pc, fp, gas, cx };
    let (addr, len) = (state.operand::<u64>(1), state.imm(2));
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

struct Load<A, W>(PhantomData<(A, W)>);

impl<A: Stored, W: Widen<A>> Run for Load<A, W> {
    #[inline(always)]
    fn run(mut state: State) -> Flow {
        let place = state.place();
        if place.is_null() {
            return check(state.pc, state.fp, state.gas, state.cx);
        }
        // SAFETY: `place` found the bytes.
        state.set(0, W::widen(unsafe { A::load(place) }));
        state.next(WORDS)
    }
}

struct Store<A>(PhantomData<A>);

impl<A: Stored> Run for Store<A> {
    #[inline(always)]
    fn run(mut state: State) -> Flow {
        let place = state.place();
        if place.is_null() {
            return check(state.pc, state.fp, state.gas, state.cx);
        }
        // SAFETY: `place` found the bytes; the verifier admits no store to a read-only memory.
        unsafe { state.operand::<A>(0).store(place) };
        state.next(WORDS)
    }
}

/// The handler of a load of `ty`, its sign extended to `to` if that is asked.
pub(crate) fn load(ty: Type, to: Option<Type>) -> Option<Handler> {
    Some(match (ty, to) {
        (Type::I8, None) => handler::<Load<u8, Plain>>,
        (Type::I16, None) => handler::<Load<u16, Plain>>,
        (Type::I32 | Type::F32, None) => handler::<Load<u32, Plain>>,
        (Type::I64 | Type::F64, None) => handler::<Load<u64, Plain>>,
        (Type::I8, Some(Type::I32)) => handler::<Load<u8, Signed<u32>>>,
        (Type::I8, Some(Type::I64)) => handler::<Load<u8, Signed<u64>>>,
        (Type::I16, Some(Type::I32)) => handler::<Load<u16, Signed<u32>>>,
        (Type::I16, Some(Type::I64)) => handler::<Load<u16, Signed<u64>>>,
        (Type::I32, Some(Type::I64)) => handler::<Load<u32, Signed<u64>>>,
        _ => return None,
    })
}

/// The handler of a store of `ty`.
pub(crate) fn store(ty: Type) -> Option<Handler> {
    Some(match ty {
        Type::I8 => handler::<Store<u8>>,
        Type::I16 => handler::<Store<u16>>,
        Type::I32 | Type::F32 => handler::<Store<u32>>,
        Type::I64 | Type::F64 => handler::<Store<u64>>,
        _ => return None,
    })
}
