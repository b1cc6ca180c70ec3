//! Loads with the operation that alone takes what is loaded: `handler | dst a b x | end add`.

use core::marker::PhantomData;

use lockstep_base::Int;
use lockstep_ir::{Op, Type, op::meaning::Float};

use super::{AccPlus, Address, InAcc, InSlot, Known, SlotPlus, Stored, Where, check, place};
use crate::{
    dispatch::{Flow, Handler, Run, handler},
    frame::{Cell, State},
    handler::{
        float::{FloatBinary, Reversed},
        place::{Acc, Dest, Form, Place, Slot, ToAcc, ToBoth},
        value::{Binary, rows},
    },
};

/// A load and the operation that alone takes what is loaded.
struct LoadOp<A, M, F, T, X, D>(PhantomData<(A, M, F, T, X, D)>);

impl<A, M, F, T, X, D> Run for LoadOp<A, M, F, T, X, D>
where
    A: Where,
    M: Stored,
    F: Binary,
    T: Int + Cell,
    X: Place,
    D: Dest,
{
    #[inline(always)]
    fn run(mut state: State) -> Flow {
        let Some(place) = place::<A, M>(&mut state) else {
            return check::<A>(state.pc, state.fp, state.gas, state.cx, state.acc, state.facc);
        };
        // SAFETY: `place` found the bytes.
        let loaded = T::of_word(unsafe { M::load(place) }.to_word());
        let value = F::eval(loaded, X::get::<T>(&state, 3));
        D::put(&mut state, value);
        state.next(3)
    }
}

/// The same with a float.
struct LoadFloatOp<A, F, T, X, D>(PhantomData<(A, F, T, X, D)>);

impl<A, F, T, X, D> Run for LoadFloatOp<A, F, T, X, D>
where
    A: Where,
    F: FloatBinary,
    T: Float + Stored,
    X: Place,
    D: Dest,
{
    #[inline(always)]
    fn run(mut state: State) -> Flow {
        let Some(place) = place::<A, T>(&mut state) else {
            return check::<A>(state.pc, state.fp, state.gas, state.cx, state.acc, state.facc);
        };
        // SAFETY: as above.
        let loaded = unsafe { T::load(place) };
        let value = F::eval(loaded, X::get::<T>(&state, 3));
        D::put(&mut state, value);
        state.next(3)
    }
}

/// The handler of a load and the operation `op` that takes what is loaded, widened with zeros from the first type to the
/// second, before `x`; with `is_reversed` after it. Only one of address and `x` is in one accumulator.
pub(crate) fn load_op(
    op: Op,
    types: (Type, Type),
    is_reversed: bool,
    (addr, x): (Address, Form),
    only_acc: bool,
) -> Option<Handler> {
    let places = (addr, x, only_acc);
    match (op, is_reversed) {
        (Op::Iadd, false) => ints::<rows::Iadd>(types, places),
        (Op::Imul, false) => ints::<rows::Imul>(types, places),
        (Op::Band, false) => ints::<rows::Band>(types, places),
        (Op::Bor, false) => ints::<rows::Bor>(types, places),
        (Op::Bxor, false) => ints::<rows::Bxor>(types, places),
        (Op::Fadd, false) => floats::<rows::Fadd>(types, places),
        (Op::Fmul, false) => floats::<rows::Fmul>(types, places),
        (Op::Fsub, false) => floats::<rows::Fsub>(types, places),
        (Op::Fsub, true) => floats::<Reversed<rows::Fsub>>(types, places),
        _ => None,
    }
}

/// Calls a function with the types of an address, of a place and of a destination.
macro_rules! at_places {
    ($places:expr, $function:ident::<$($ty:ty),*>) => {
        match $places {
            (addr, Form::Slot, false) => $function::<$($ty,)* Slot, ToBoth>(addr),
            (addr, Form::Slot, true) => $function::<$($ty,)* Slot, ToAcc>(addr),
            (addr, Form::Acc, false) => $function::<$($ty,)* Acc, ToBoth>(addr),
            (addr, Form::Acc, true) => $function::<$($ty,)* Acc, ToAcc>(addr),
            _ => None,
        }
    };
}

fn ints<F: Binary>(types: (Type, Type), places: (Address, Form, bool)) -> Option<Handler> {
    match types {
        (Type::I32, Type::I32) => at_places!(places, int_at::<u32, F, u32>),
        (Type::I32, Type::I64) => at_places!(places, int_at::<u32, F, u64>),
        (Type::I64, Type::I64) => at_places!(places, int_at::<u64, F, u64>),
        _ => None,
    }
}

fn int_at<M, F, T, X, D>(addr: Address) -> Option<Handler>
where
    M: Stored,
    F: Binary,
    T: Int + Cell,
    X: Place,
    D: Dest,
{
    Some(match addr {
        Address::Known => handler::<LoadOp<Known, M, F, T, X, D>>,
        Address::Slot => handler::<LoadOp<InSlot, M, F, T, X, D>>,
        Address::SlotPlus => handler::<LoadOp<SlotPlus, M, F, T, X, D>>,
        Address::Acc => handler::<LoadOp<InAcc, M, F, T, X, D>>,
        Address::AccPlus => handler::<LoadOp<AccPlus, M, F, T, X, D>>,
        _ => return None,
    })
}

fn floats<F: FloatBinary>(types: (Type, Type), places: (Address, Form, bool)) -> Option<Handler> {
    match types {
        (Type::F32, Type::F32) => at_places!(places, float_at::<F, f32>),
        (Type::F64, Type::F64) => at_places!(places, float_at::<F, f64>),
        _ => None,
    }
}

fn float_at<F, T, X, D>(addr: Address) -> Option<Handler>
where
    F: FloatBinary,
    T: Float + Stored,
    X: Place,
    D: Dest,
{
    Some(match addr {
        Address::Known => handler::<LoadFloatOp<Known, F, T, X, D>>,
        Address::Slot => handler::<LoadFloatOp<InSlot, F, T, X, D>>,
        Address::SlotPlus => handler::<LoadFloatOp<SlotPlus, F, T, X, D>>,
        Address::Acc => handler::<LoadFloatOp<InAcc, F, T, X, D>>,
        Address::AccPlus => handler::<LoadFloatOp<AccPlus, F, T, X, D>>,
        _ => return None,
    })
}
