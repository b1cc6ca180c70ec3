//! Handlers that compute a value from values, derived from the rows of the op table.
//!
//! Layout: `handler | dst a b c | constant`, where the constant, if any, is one word (zero-extended) or a whole word
//! of the operand's type.

use core::marker::PhantomData;

use lockstep_base::{Int, U256};
use lockstep_ir::{
    Op, Trap, Type,
    op::meaning::{self, Bits, Float},
};
use lockstep_rt::Context;

use crate::{
    code::Word,
    dispatch::{Flow, Handler, Run, handler},
    frame::{Cell, State},
    handler::{
        float::{self, FloatBinary, FloatCompare, FloatUnary},
        flow::{Go, fork},
        place::{Acc, Dest, FIXED_WORDS, Form, Imm, Place, Slot, ToAcc, ToBoth, ToSlot, Wide},
    },
};

/// A row `binary, pure`.
pub(super) trait Binary {
    /// Whether the operation is a few instructions, which read an operand where it lies; others are functions that get
    /// a copy, and must not get it as vectors.
    const IN_PLACE: bool;

    fn eval<T: Int>(a: T, b: T) -> T;
}

/// A row `binary, checked`.
trait Checked {
    fn eval<T: Int>(a: T, b: T) -> Result<T, Trap>;
}

/// A row `compare, pure`.
pub(super) trait Compare {
    fn eval<T: Int>(a: T, b: T) -> bool;
}

/// A row `unary, pure`.
trait Unary {
    fn eval<T: Int>(a: T) -> T;
}

struct BinaryRun<F, T, A, B, D>(PhantomData<(F, T, A, B, D)>);

impl<F: Binary, T: Int + Cell, A: Place, B: Place, D: Dest> Run for BinaryRun<F, T, A, B, D> {
    #[inline(always)]
    fn run(mut state: State) -> Flow {
        let (a, b) = (A::get::<T>(&state, 1), B::get::<T>(&state, 2));
        let (a, b) = if F::IN_PLACE { (a, b) } else { (a.settled(), b.settled()) };
        D::put(&mut state, F::eval(a, b));
        state.next(FIXED_WORDS + A::words::<T>() + B::words::<T>())
    }
}

struct CheckedRun<F, T, A, B, D>(PhantomData<(F, T, A, B, D)>);

impl<F: Checked, T: Int + Cell, A: Place, B: Place, D: Dest> Run for CheckedRun<F, T, A, B, D> {
    #[inline(always)]
    fn run(mut state: State) -> Flow {
        match F::eval(A::get::<T>(&state, 1), B::get::<T>(&state, 2)) {
            Ok(value) => {
                D::put(&mut state, value);
                state.next(FIXED_WORDS + A::words::<T>() + B::words::<T>())
            }
            Err(trap) => state.trap(trap),
        }
    }
}

struct CompareRun<F, T, A, B, D>(PhantomData<(F, T, A, B, D)>);

impl<F: Compare, T: Int + Cell, A: Place, B: Place, D: Dest> Run for CompareRun<F, T, A, B, D> {
    #[inline(always)]
    fn run(mut state: State) -> Flow {
        let (a, b) = (A::get::<T>(&state, 1).settled(), B::get::<T>(&state, 2));
        D::put(&mut state, u64::from(F::eval(a, b)));
        state.next(FIXED_WORDS + A::words::<T>() + B::words::<T>())
    }
}

/// Compares and branches: `handler | then_shift a b otherwise_shift | constant | then otherwise`. `G` says how a place
/// is gone to.
struct CompareBranch<F, T, A, B, G>(PhantomData<(F, T, A, B, G)>);

impl<F: Compare, T: Int + Cell, A: Place, B: Place, G: Go> Run for CompareBranch<F, T, A, B, G> {
    #[inline(always)]
    fn run(state: State) -> Flow {
        let (a, b) = (A::get::<T>(&state, 1).settled(), B::get::<T>(&state, 2));
        fork::<G>(state, F::eval(a, b), FIXED_WORDS + A::words::<T>() + B::words::<T>())
    }
}

struct UnaryRun<F, T, A, D>(PhantomData<(F, T, A, D)>);

impl<F: Unary, T: Int + Cell, A: Place, D: Dest> Run for UnaryRun<F, T, A, D> {
    #[inline(always)]
    fn run(mut state: State) -> Flow {
        let value = F::eval(A::get::<T>(&state, 1));
        D::put(&mut state, value);
        state.next(FIXED_WORDS)
    }
}

/// `(a * b) mod c` and `(a + b) mod c` in 256 bits, by the reciprocal of the last modulus seen.
struct Mulmod;
struct Addmod;

impl Run for Mulmod {
    #[inline(always)]
    fn run(state: State) -> Flow {
        mul_mod(state.pc, state.fp, state.cx);
        state.next(FIXED_WORDS)
    }
}

/// Takes the state apart, so that none of it has an address when the handler goes on with its last call.
#[inline(never)]
fn mul_mod(pc: *const Word, fp: *mut u64, cx: *mut Context) {
    let mut state = State { pc, fp, gas: 0, cx, acc: 0, facc: 0.0 };
    let (a, b, c) = (state.operand::<U256>(1), state.operand::<U256>(2), state.operand::<U256>(3));
    let result = state.activation().mul_mod(a, b, c);
    state.set(0, result);
}

impl Run for Addmod {
    #[inline(always)]
    fn run(state: State) -> Flow {
        add_mod(state.pc, state.fp);
        state.next(FIXED_WORDS)
    }
}

/// As for `mul_mod`.
#[inline(never)]
fn add_mod(pc: *const Word, fp: *mut u64) {
    let state = State { pc, fp, gas: 0, cx: core::ptr::null_mut(), acc: 0, facc: 0.0 };
    let (a, b, c) = (state.operand::<U256>(1), state.operand::<U256>(2), state.operand::<U256>(3));
    state.set(0, lockstep_base::modular::add_mod(a, b, c));
}

/// Any operation at any type: `handler | dst a b c | op, from and to`, through `meaning::evaluate`.
pub(crate) struct General;

impl General {
    /// The word that says which operation it is.
    pub(crate) fn selector(op: Op, ty: Type, to: Type) -> u64 {
        op as u64 | (ty as u64) << 8 | (to as u64) << 16
    }

    /// Computes and writes the result, or says which trap it is. Takes the state apart, so that none of it has an
    /// address when the caller goes on with its last call.
    #[inline(never)]
    fn compute(pc: *const Word, fp: *mut u64) -> Option<Trap> {
        let state = State { pc, fp, gas: 0, cx: core::ptr::null_mut(), acc: 0, facc: 0.0 };
        let selector = state.imm(2);
        let op = Op::ALL[selector as usize & 0xff];
        let ty = Type::ALL[(selector >> 8) as usize & 0xff];
        let to = Type::ALL[(selector >> 16) as usize & 0xff];
        let shape = op.shape();
        let mut args: [Bits; 3] = [[0; 8]; 3];
        for (k, arg) in args.iter_mut().enumerate().take(shape.arity()) {
            let slots = shape.operand(k, ty).slots() as i16;
            for (limb, slot) in arg.iter_mut().zip(0..slots) {
                *limb = state.read::<u64>(state.field(k + 1) + slot);
            }
        }
        match meaning::evaluate(op, ty, to, [&args[0], &args[1], &args[2]]) {
            Ok(bits) => {
                for (limb, slot) in bits.iter().zip(0..to.slots() as i16) {
                    state.write::<u64>(state.field(0) + slot, *limb);
                }
                None
            }
            Err(trap) => Some(trap),
        }
    }
}

impl Run for General {
    #[inline(always)]
    fn run(state: State) -> Flow {
        match Self::compute(state.pc, state.fp) {
            None => state.next(3),
            Some(trap) => state.trap(trap),
        }
    }
}

/// What a row asks to be derived: rows with handlers of their own get types that carry their meaning.
macro_rules! derive_rows {
    ($($(#[doc = $doc:literal])+ $name:ident = $mnemonic:ident: $shape:ident, $effect:ident, $heat:ident;)*) => {
        pub(super) mod rows { $(#[allow(dead_code)] pub(in crate::handler) struct $name;)* }

        $(derive_row!($name $mnemonic $shape $effect $heat);)*

        /// The handler of an operation of two operands in these places, if the row has one.
        ///
        /// With `only_acc` its result goes to the accumulator alone.
        pub(crate) fn binary(op: Op, ty: Type, a: Form, b: Form, only_acc: bool) -> Option<Handler> {
            match op { $(Op::$name => pick!(binary $shape $effect $heat rows::$name, ty, a, b, only_acc),)* }
        }

        /// The handler of a comparison with the branch that takes its result, if the row has one.
        pub(crate) fn compare_branch<G: Go>(op: Op, ty: Type, a: Form, b: Form) -> Option<Handler> {
            match op { $(Op::$name => pick!(branch $shape $effect $heat rows::$name, ty, a, b, false),)* }
        }

        /// The handler of a unary operation, if the row has one.
        pub(crate) fn unary(op: Op, ty: Type, a: Form, only_acc: bool) -> Option<Handler> {
            match op { $(Op::$name => pick!(unary $shape $effect $heat rows::$name, ty, a, a, only_acc),)* }
        }
    };
}

macro_rules! derive_row {
    ($name:ident $mnemonic:ident $shape:ident $effect:ident cold) => {};
    ($name:ident $mnemonic:ident binary pure $heat:ident) => {
        impl Binary for rows::$name {
            const IN_PLACE: bool = matches!(
                stringify!($mnemonic).as_bytes(),
                b"iadd" | b"isub" | b"band" | b"bor" | b"bxor"
            );

            #[inline(always)]
            fn eval<T: Int>(a: T, b: T) -> T {
                meaning::$mnemonic(a, b)
            }
        }
    };
    ($name:ident $mnemonic:ident binary checked $heat:ident) => {
        impl Checked for rows::$name {
            #[inline(always)]
            fn eval<T: Int>(a: T, b: T) -> Result<T, Trap> {
                meaning::$mnemonic(a, b)
            }
        }
    };
    ($name:ident $mnemonic:ident compare pure $heat:ident) => {
        impl Compare for rows::$name {
            #[inline(always)]
            fn eval<T: Int>(a: T, b: T) -> bool {
                meaning::$mnemonic(a, b)
            }
        }
    };
    ($name:ident $mnemonic:ident unary pure $heat:ident) => {
        impl Unary for rows::$name {
            #[inline(always)]
            fn eval<T: Int>(a: T) -> T {
                meaning::$mnemonic(a)
            }
        }
    };
    ($name:ident $mnemonic:ident float_binary pure $heat:ident) => {
        impl FloatBinary for rows::$name {
            #[inline(always)]
            fn eval<T: Float>(a: T, b: T) -> T {
                meaning::$mnemonic(a, b)
            }
        }
    };
    ($name:ident $mnemonic:ident float_compare pure $heat:ident) => {
        impl FloatCompare for rows::$name {
            #[inline(always)]
            fn eval<T: Float>(a: T, b: T) -> bool {
                meaning::$mnemonic(a, b)
            }
        }
    };
    ($name:ident $mnemonic:ident float_unary pure $heat:ident) => {
        impl FloatUnary for rows::$name {
            #[inline(always)]
            fn eval<T: Float>(a: T) -> T {
                meaning::$mnemonic(a)
            }
        }
    };
    ($($other:tt)*) => {};
}

macro_rules! pick {
    ($what:ident $shape:ident $effect:ident cold $row:path, $ty:ident, $a:expr, $b:expr, $only:expr) => {
        None
    };
    (binary binary pure $heat:ident $row:path, $ty:ident, $a:ident, $b:ident, $only:expr) => {
        place!($heat, PickBinary<$row>, $ty, $a, $b, $only)
    };
    (binary binary checked $heat:ident $row:path, $ty:ident, $a:ident, $b:ident, $only:expr) => {
        place!($heat, PickChecked<$row>, $ty, $a, $b, $only)
    };
    (binary compare pure $heat:ident $row:path, $ty:ident, $a:ident, $b:ident, $only:expr) => {
        place!($heat, PickCompare<$row>, $ty, $a, $b, $only)
    };
    (branch compare pure $heat:ident $row:path, $ty:ident, $a:ident, $b:ident, $only:expr) => {
        place!($heat, PickBranch<$row, G>, $ty, $a, $b, $only)
    };
    (binary float_binary pure $heat:ident $row:path, $ty:ident, $a:ident, $b:ident, $only:expr) => {
        float::place::<float::PickBinary<$row>>($ty, $a, $b, $only)
    };
    (binary float_compare pure $heat:ident $row:path, $ty:ident, $a:ident, $b:ident, $only:expr) => {
        float::place::<float::PickCompare<$row>>($ty, $a, $b, $only)
    };
    (branch float_compare pure $heat:ident $row:path, $ty:ident, $a:ident, $b:ident, $only:expr) => {
        float::place::<float::PickBranch<$row, G>>($ty, $a, $b, $only)
    };
    (unary float_unary pure $heat:ident $row:path, $ty:ident, $a:expr, $b:expr, $only:expr) => {
        float::unary::<$row>($ty, $a, $only)
    };
    (unary unary pure hot $row:path, $ty:ident, $a:expr, $b:expr, $only:expr) => {
        match $ty {
            Type::I64 => unary_at::<$row, u64>($a, $only),
            Type::I256 => Some(handler::<UnaryRun<$row, U256, Slot, ToSlot>> as Handler),
            _ => None,
        }
    };
    (unary unary pure $heat:ident $row:path, $ty:ident, $a:expr, $b:expr, $only:expr) => {
        match $ty {
            Type::I32 => unary_at::<$row, u32>($a, $only),
            Type::I64 => unary_at::<$row, u64>($a, $only),
            Type::I256 => Some(handler::<UnaryRun<$row, U256, Slot, ToSlot>> as Handler),
            _ => None,
        }
    };
    ($($other:tt)*) => {
        None
    };
}

/// A family of handlers over type, places and destination.
trait Pick {
    fn at<T: Int + Cell, A: Place, B: Place, D: Dest>() -> Handler;
}

struct PickBinary<F>(PhantomData<F>);
struct PickChecked<F>(PhantomData<F>);
struct PickCompare<F>(PhantomData<F>);
struct PickBranch<F, G>(PhantomData<(F, G)>);

impl<F: Binary> Pick for PickBinary<F> {
    fn at<T: Int + Cell, A: Place, B: Place, D: Dest>() -> Handler {
        handler::<BinaryRun<F, T, A, B, D>>
    }
}

impl<F: Checked> Pick for PickChecked<F> {
    fn at<T: Int + Cell, A: Place, B: Place, D: Dest>() -> Handler {
        handler::<CheckedRun<F, T, A, B, D>>
    }
}

impl<F: Compare> Pick for PickCompare<F> {
    fn at<T: Int + Cell, A: Place, B: Place, D: Dest>() -> Handler {
        handler::<CompareRun<F, T, A, B, D>>
    }
}

impl<F: Compare, G: Go> Pick for PickBranch<F, G> {
    fn at<T: Int + Cell, A: Place, B: Place, D: Dest>() -> Handler {
        handler::<CompareBranch<F, T, A, B, G>>
    }
}

/// The handlers of a family at the types that the heat names.
macro_rules! place {
    (word, $pick:ty, $ty:ident, $a:ident, $b:ident, $only:expr) => {
        match $ty {
            Type::I32 => narrow::<$pick, u32>($a, $b, $only),
            Type::I64 => narrow::<$pick, u64>($a, $b, $only),
            _ => None,
        }
    };
    (hot, $pick:ty, $ty:ident, $a:ident, $b:ident, $only:expr) => {
        match $ty {
            Type::I64 => narrow::<$pick, u64>($a, $b, $only),
            Type::I256 => wide::<$pick>($a, $b),
            _ => None,
        }
    };
    (all, $pick:ty, $ty:ident, $a:ident, $b:ident, $only:expr) => {
        match $ty {
            Type::I32 => narrow::<$pick, u32>($a, $b, $only),
            Type::I64 => narrow::<$pick, u64>($a, $b, $only),
            Type::I256 => wide::<$pick>($a, $b),
            _ => None,
        }
    };
}

fn unary_at<F: Unary, T: Int + Cell>(a: Form, only_acc: bool) -> Option<Handler> {
    Some(match (a, only_acc) {
        (Form::Acc, true) => handler::<UnaryRun<F, T, Acc, ToAcc>>,
        (Form::Acc, false) => handler::<UnaryRun<F, T, Acc, ToBoth>>,
        (_, true) => handler::<UnaryRun<F, T, Slot, ToAcc>>,
        (_, false) => handler::<UnaryRun<F, T, Slot, ToBoth>>,
    })
}

fn narrow<P: Pick, T: Int + Cell>(a: Form, b: Form, only_acc: bool) -> Option<Handler> {
    if only_acc { narrow_to::<P, T, ToAcc>(a, b) } else { narrow_to::<P, T, ToBoth>(a, b) }
}

fn narrow_to<P: Pick, T: Int + Cell, D: Dest>(a: Form, b: Form) -> Option<Handler> {
    Some(match (a, b) {
        (Form::Slot, Form::Slot) => P::at::<T, Slot, Slot, D>(),
        (Form::Slot, Form::Imm | Form::Wide) => P::at::<T, Slot, Imm, D>(),
        (Form::Imm | Form::Wide, Form::Slot) => P::at::<T, Imm, Slot, D>(),
        (Form::Acc, Form::Slot) => P::at::<T, Acc, Slot, D>(),
        (Form::Slot, Form::Acc) => P::at::<T, Slot, Acc, D>(),
        (Form::Acc, Form::Imm | Form::Wide) => P::at::<T, Acc, Imm, D>(),
        (Form::Imm | Form::Wide, Form::Acc) => P::at::<T, Imm, Acc, D>(),
        _ => return None,
    })
}

fn wide<P: Pick>(a: Form, b: Form) -> Option<Handler> {
    Some(match (a, b) {
        (Form::Slot, Form::Slot) => P::at::<U256, Slot, Slot, ToSlot>(),
        (Form::Slot, Form::Imm) => P::at::<U256, Slot, Imm, ToSlot>(),
        (Form::Imm, Form::Slot) => P::at::<U256, Imm, Slot, ToSlot>(),
        (Form::Slot, Form::Wide) => P::at::<U256, Slot, Wide, ToSlot>(),
        (Form::Wide, Form::Slot) => P::at::<U256, Wide, Slot, ToSlot>(),
        _ => return None,
    })
}

lockstep_ir::for_each_op!(derive_rows);

/// The handler of a ternary operation that has one of its own.
pub(crate) fn ternary(op: Op, ty: Type) -> Option<Handler> {
    match (op, ty) {
        (Op::Mulmod, Type::I256) => Some(handler::<Mulmod>),
        (Op::Addmod, Type::I256) => Some(handler::<Addmod>),
        _ => None,
    }
}
