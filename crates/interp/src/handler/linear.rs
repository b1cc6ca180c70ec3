//! Accesses of little-endian machine words of memory 0 with the check before them.
//!
//! Layout: `handler | dst a b | end add | value`, the value where it is a constant. The access ends where the address
//! and `end` lead, and all before must exist. An address of 32 bits may be a sum, which wraps; `add` is its constant.
//! Where the address has 64 bits or is known, `end` has the whole word.

mod operation;

use core::marker::PhantomData;

use lockstep_base::Int;
use lockstep_ir::{Type, op::meaning};

pub(crate) use self::operation::load_op;
use crate::{
    code::Word,
    dispatch::{Flow, Handler, Run, handler},
    frame::{Cell, State},
    handler::place::{Dest, ToAcc, ToBoth},
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

macro_rules! stored_float {
    ($($ty:ty)*) => {$(
        impl Stored for $ty {
            #[inline(always)]
            unsafe fn load(at: *const u8) -> Self {
                // SAFETY: the caller's promise; bits are kept.
                Self::from_bits(unsafe { Stored::load(at) })
            }

            #[inline(always)]
            unsafe fn store(self, at: *mut u8) {
                // SAFETY: as above.
                unsafe { Stored::store(self.to_bits(), at) }
            }
        }
    )*};
}

stored_float!(f32 f64);

/// How the address is given.
trait Where {
    /// Where the access ends; none beyond 64 bits.
    fn end(state: &State) -> Option<u64>;
}

/// The sum of an address of 32 bits and the constants in word 2.
#[inline(always)]
fn sum(state: &State, addr: u32) -> Option<u64> {
    let [end, _] = state.halves(2);
    // Two numbers of 32 bits: there is no carry.
    Some(u64::from(addr).wrapping_add(u64::from(end)))
}

/// 64 bits in a slot.
struct Wide;
/// In the code.
struct Known;
/// In a slot.
struct InSlot;
/// In the accumulator.
struct InAcc;
/// A slot and a constant.
struct SlotPlus;
/// The accumulator and a constant.
struct AccPlus;
/// Two slots.
struct SlotSlot;
/// A slot and the accumulator.
struct SlotAcc;

impl Where for Wide {
    #[inline(always)]
    fn end(state: &State) -> Option<u64> {
        state.operand::<u64>(1).checked_add(state.imm(2))
    }
}

impl Where for Known {
    #[inline(always)]
    fn end(state: &State) -> Option<u64> {
        Some(state.imm(2))
    }
}

impl Where for InSlot {
    #[inline(always)]
    fn end(state: &State) -> Option<u64> {
        sum(state, state.operand(1))
    }
}

impl Where for InAcc {
    #[inline(always)]
    fn end(state: &State) -> Option<u64> {
        sum(state, state.acc as u32)
    }
}

impl Where for SlotPlus {
    #[inline(always)]
    fn end(state: &State) -> Option<u64> {
        sum(state, meaning::iadd(state.operand(1), state.halves(2)[1]))
    }
}

impl Where for AccPlus {
    #[inline(always)]
    fn end(state: &State) -> Option<u64> {
        sum(state, meaning::iadd(state.acc as u32, state.halves(2)[1]))
    }
}

impl Where for SlotSlot {
    #[inline(always)]
    fn end(state: &State) -> Option<u64> {
        sum(state, meaning::iadd(state.operand::<u32>(1), state.operand(2)))
    }
}

impl Where for SlotAcc {
    #[inline(always)]
    fn end(state: &State) -> Option<u64> {
        sum(state, meaning::iadd(state.operand(1), state.acc as u32))
    }
}

/// Where the instruction accesses a `T`; none when the bytes do not exist.
#[inline(always)]
fn place<A: Where, T>(state: &mut State) -> Option<*mut u8> {
    let memory = state.memory(0);
    match A::end(state) {
        Some(end) if end <= memory.len => {
            let offset = (end as usize).wrapping_sub(size_of::<T>());
            // SAFETY: the access ends inside the memory, and the encoder wrote an end behind as many bytes.
            Some(unsafe { memory.base.add(offset) })
        }
        _ => None,
    }
}

/// The way of those that do not find their bytes: the general check, then the instruction again.
#[cold]
#[inline(never)]
extern "C-unwind" fn check<A: Where>(
    pc: *const Word,
    fp: *mut u64,
    gas: i64,
    cx: *mut lockstep_rt::Context,
    acc: u64,
    facc: f64,
) -> Flow {
    let mut state = State { pc, fp, gas, cx, acc, facc };
    let found = match A::end(&state) {
        Some(end) => state.ensure(0, 0, end),
        None => state.ensure(0, u64::MAX, 1),
    };
    match found {
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
        let Some(place) = place::<A, T>(&mut state) else {
            return check::<A>(state.pc, state.fp, state.gas, state.cx, state.acc, state.facc);
        };
        // SAFETY: `place` found the bytes.
        let value = W::widen(unsafe { T::load(place) });
        D::put(&mut state, value);
        state.next(3)
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
        let Some(place) = place::<A, T>(&mut state) else {
            return check::<A>(state.pc, state.fp, state.gas, state.cx, state.acc, state.facc);
        };
        // SAFETY: as for `Store`.
        unsafe { T::of_acc(&state).store(place) };
        state.next(3)
    }
}

impl<A: Where, T: Stored> Run for Store<A, T> {
    #[inline(always)]
    fn run(mut state: State) -> Flow {
        let Some(place) = place::<A, T>(&mut state) else {
            return check::<A>(state.pc, state.fp, state.gas, state.cx, state.acc, state.facc);
        };
        // SAFETY: `place` found the bytes; the verifier admits no store to a read-only memory.
        unsafe { state.operand::<T>(0).store(place) };
        state.next(3)
    }
}

impl<A: Where, T: Stored> Run for StoreKnown<A, T> {
    #[inline(always)]
    fn run(mut state: State) -> Flow {
        let Some(place) = place::<A, T>(&mut state) else {
            return check::<A>(state.pc, state.fp, state.gas, state.cx, state.acc, state.facc);
        };
        // SAFETY: as above.
        unsafe { T::of_word(state.imm(3)).store(place) };
        state.next(4)
    }
}

/// How a stored value is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Given {
    /// In a slot.
    Slot,
    /// In the code.
    Known,
    /// In the accumulator of its kind.
    Acc,
}

/// How an address is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Address {
    /// 64 bits in a slot.
    Wide,
    /// In the code.
    Known,
    /// 32 bits in a slot.
    Slot,
    /// 32 bits in the accumulator.
    Acc,
    /// A slot and a constant.
    SlotPlus,
    /// The accumulator and a constant.
    AccPlus,
    /// Two slots.
    SlotSlot,
    /// A slot and the accumulator.
    SlotAcc,
}

impl Address {
    /// Whether it takes the accumulator.
    pub(crate) fn takes_acc(self) -> bool {
        matches!(self, Self::Acc | Self::AccPlus | Self::SlotAcc)
    }
}

fn load_at<A: Where, D: Dest>(ty: Type, to: Option<Type>) -> Option<Handler> {
    Some(match (ty, to) {
        (Type::I8, None) => handler::<Load<A, u8, Plain, D>>,
        (Type::I16, None) => handler::<Load<A, u16, Plain, D>>,
        (Type::I32, None) => handler::<Load<A, u32, Plain, D>>,
        (Type::I64, None) => handler::<Load<A, u64, Plain, D>>,
        (Type::F32, None) => handler::<Load<A, f32, Plain, D>>,
        (Type::F64, None) => handler::<Load<A, f64, Plain, D>>,
        (Type::I8, Some(Type::I32)) => handler::<Load<A, u8, Signed<u32>, D>>,
        (Type::I8, Some(Type::I64)) => handler::<Load<A, u8, Signed<u64>, D>>,
        (Type::I16, Some(Type::I32)) => handler::<Load<A, u16, Signed<u32>, D>>,
        (Type::I16, Some(Type::I64)) => handler::<Load<A, u16, Signed<u64>, D>>,
        (Type::I32, Some(Type::I64)) => handler::<Load<A, u32, Signed<u64>, D>>,
        _ => return None,
    })
}

/// Calls a function with the type of an address.
macro_rules! at_address {
    ($addr:expr, $function:ident $(, $dest:ty)? => $($arg:expr),*) => {
        match $addr {
            Address::Wide => $function::<Wide $(, $dest)?>($($arg),*),
            Address::Known => $function::<Known $(, $dest)?>($($arg),*),
            Address::Slot => $function::<InSlot $(, $dest)?>($($arg),*),
            Address::Acc => $function::<InAcc $(, $dest)?>($($arg),*),
            Address::SlotPlus => $function::<SlotPlus $(, $dest)?>($($arg),*),
            Address::AccPlus => $function::<AccPlus $(, $dest)?>($($arg),*),
            Address::SlotSlot => $function::<SlotSlot $(, $dest)?>($($arg),*),
            Address::SlotAcc => $function::<SlotAcc $(, $dest)?>($($arg),*),
        }
    };
}

/// The handler of a load of `ty`, its sign extended to `to` if that is asked; with `only_acc` to the accumulator alone.
pub(crate) fn load(ty: Type, to: Option<Type>, addr: Address, only_acc: bool) -> Option<Handler> {
    match only_acc {
        true => at_address!(addr, load_at, ToAcc => ty, to),
        false => at_address!(addr, load_at, ToBoth => ty, to),
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
        Type::I32 => of!(u32),
        Type::I64 => of!(u64),
        Type::F32 => of!(f32),
        Type::F64 => of!(f64),
        _ => return None,
    })
}

/// The handler of a store of `ty`; address and value are not both in one accumulator.
pub(crate) fn store(ty: Type, addr: Address, value: Given) -> Option<Handler> {
    at_address!(addr, store_at => ty, value)
}
